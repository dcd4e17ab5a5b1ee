"""What the targets of our triggers and conditions stand for."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .api.models import USD
from .const import DOMAIN

# The translation keys of entities: whether an account is enabled, whether a balance is low, and
# what is left of it.
ENABLED = frozenset({"is_enable"})
LOW = frozenset({"balance_low", "low"})
REMAINING = frozenset({"balance", "remaining"})


@callback
def async_select_entities(
    hass: HomeAssistant, entities: set[str], keys: frozenset[str]
) -> set[str]:
    """Return those that are entities of this integration with one of the translation keys."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entities
        if (entity := registry.async_get(entity_id))
        and entity.platform == DOMAIN
        and entity.translation_key in keys
    }


@callback
def async_is_targeted(
    hass: HomeAssistant, target: Mapping[str, Any], entry_id: str, balance: str | None
) -> bool:
    """Return whether a target includes a balance of an account or, without one, the account.

    An entity of a balance stands for that balance, and any other one for the account with all its
    balances. US dollars have no device of their own.
    """
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None:
        return False
    account = entry.unique_id
    names = {(DOMAIN, account), (DOMAIN, f"{account}_{balance}")}
    devices = {
        device.id
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
        if not names.isdisjoint(device.identifiers)
    }
    registry = er.async_get(hass)
    selected = async_extract_referenced_entity_ids(hass, TargetSelection({**target}), False)
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = registry.async_get(entity_id)
        if entity is None or entity.platform != DOMAIN or entity.device_id not in devices:
            continue
        if balance == USD or not entity.unique_id.startswith(f"{account}_{USD}"):
            return True
    return False
