"""Tell automations and the logbook that a balance crossed a line."""

from enum import StrEnum
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.translation import async_get_cached_translations

from .balances import BALANCE_USD, LOW, LOW_THRESHOLD, derived_key
from .const import CURRENCY_USD, DOMAIN
from .delivery import async_when_heard
from .names import balance_name, balance_texts
from .rules import Judgement

EVENT_ALERT = f"{DOMAIN}_alert"


class AlertType(StrEnum):
    """What an alert tells of a balance."""

    LOW = "low"
    EMPTY = "empty"
    RECOVERED = "recovered"


def unit_of_balance(hass: HomeAssistant, key: str) -> str | None:
    """Return the unit that a balance is shown in."""
    if key == BALANCE_USD:
        return CURRENCY_USD
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    name = balance_texts(key, LOW_THRESHOLD)["translation_key"]
    return texts.get(f"component.{DOMAIN}.entity.number.{name}.unit_of_measurement")


def account_name(hass: HomeAssistant, entry: ConfigEntry, device_id: str | None) -> str:
    """Return what the user calls an account."""
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    return (device and (device.name_by_user or device.name)) or entry.title


@callback
def async_tell(
    hass: HomeAssistant,
    entry: ConfigEntry,
    alert: AlertType,
    key: str,
    judgement: Judgement,
) -> None:
    """Fire the event of an alert, unless the user has disabled the entity of that alert.

    Its data: type, entity_id (of the alert), device_id, account, quota, remaining, threshold, unit.
    """
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(
        Platform.BINARY_SENSOR, DOMAIN, f"{entry.unique_id}_{derived_key(key, LOW)}"
    )
    entity = registry.async_get(entity_id) if entity_id else None
    if entity is None or entity.disabled:
        return
    data: dict[str, Any] = {
        "type": alert.value,
        "entity_id": entity.entity_id,
        "device_id": entity.device_id,
        "account": account_name(hass, entry, entity.device_id),
        "quota": balance_name(key),
        "remaining": judgement.remaining,
        "threshold": judgement.threshold,
        "unit": unit_of_balance(hass, key),
    }

    async_when_heard(hass, entry, lambda: hass.bus.async_fire(EVENT_ALERT, data))
