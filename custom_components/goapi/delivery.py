"""Deliver the events of an account: on the bus, where the event entity and logbook listen."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .accounting import Event
from .accounting.events import ALERTS
from .const import DOMAIN, EVENT_GOAPI
from .names import balance_attributes

EVENT_ENTITY_KEY = "account_activity"


@callback
def async_deliver(hass: HomeAssistant, entry: ConfigEntry, event: Event) -> None:
    """Fire the bus event for an event of an account.

    An alert belongs to the *low* sensor of its balance, and is dropped if that one is disabled;
    every other event belongs to the event entity.
    """
    registry = er.async_get(hass)
    is_alert = event.type in ALERTS
    platform = Platform.BINARY_SENSOR if is_alert else Platform.EVENT
    key = f"{event.balance}_low" if is_alert else EVENT_ENTITY_KEY
    entity_id = registry.async_get_entity_id(platform, DOMAIN, f"{entry.unique_id}_{key}")
    entity = registry.async_get(entity_id) if entity_id else None
    if is_alert and (entity is None or entity.disabled):
        return
    data = {
        "type": event.type.value,
        "account": entry.title,
        ATTR_CONFIG_ENTRY_ID: entry.entry_id,
        ATTR_ENTITY_ID: entity_id,
        ATTR_DEVICE_ID: entity.device_id if entity else None,
        **event_attributes(hass, event),
    }
    hass.bus.async_fire(EVENT_GOAPI, data)


def event_attributes(hass: HomeAssistant, event: Event) -> dict[str, str | float]:
    """Return how much of which balance an event is about; what makes no sense is left out."""
    if event.balance is None:
        return {}
    amounts = {
        "amount": event.amount,
        "remaining": event.remaining,
        "threshold": event.threshold,
        "usual": event.usual,
        "limit": event.limit,
    }
    return {
        **balance_attributes(hass, event.balance),
        **{name: amount for name, amount in amounts.items() if amount is not None},
    }
