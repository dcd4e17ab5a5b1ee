"""Logbook entries that read as sentences: "Credits low: 12 credits left, threshold 50 credits"."""

from collections.abc import Callable

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback

from .accounting import EventType
from .amounts import format_amount
from .const import DOMAIN, EVENT_GOAPI

MESSAGES: dict[str, str] = {
    EventType.LOW: "{balance_name} low: {remaining} left, threshold {threshold}",
    EventType.EMPTY: "{balance_name} used up: {remaining} left",
    EventType.RECOVERED: "{balance_name} no longer low: {remaining} left",
    EventType.TOPPED_UP: "{balance_name} topped up by {amount}: {remaining} left",
    EventType.RECHARGED: "{balance_name} recharged by {amount}: {remaining} left",
    EventType.PACK_EXPIRED: "Credit packs expired: {amount} lost",
    EventType.SPEND_SPIKE: "{balance_name}, unusual spending: {amount} this hour, usually {usual}",
    EventType.DAILY_LIMIT_REACHED: "{balance_name}, daily limit reached: {amount} of {limit} spent",
    EventType.ENABLED: "Account enabled",
    EventType.DISABLED: "Account disabled",
}
# The service says that it recharged, and shows nothing of it.
RECHARGED_BY_UNKNOWN = "Account recharged"
AMOUNTS = ("amount", "remaining", "threshold", "usual", "limit")


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the events of accounts."""
    async_describe_event(DOMAIN, EVENT_GOAPI, _describe)


@callback
def _describe(event: Event) -> dict[str, str]:
    """Describe one event."""
    data = event.data
    unit = data.get("unit", "")
    amounts = {name: format_amount(data[name], unit) for name in AMOUNTS if name in data}
    message = MESSAGES[data["type"]]
    if data["type"] == EventType.RECHARGED and "amount" not in data:
        message = RECHARGED_BY_UNKNOWN
    return {
        LOGBOOK_ENTRY_NAME: data["account"],
        LOGBOOK_ENTRY_MESSAGE: message.format_map({**data, **amounts}),
        LOGBOOK_ENTRY_ENTITY_ID: data[ATTR_ENTITY_ID],
    }
