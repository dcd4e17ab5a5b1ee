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
from .names import balance_name, balance_unit
from .texts import translate

AMOUNTS = ("amount", "remaining", "threshold", "usual", "limit")


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the events of accounts, in Home Assistant's language."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        """Describe one event."""
        data = event.data
        texts: dict[str, str] = {}
        if balance := data.get("balance"):
            unit = balance_unit(hass, balance)
            texts = {
                name: format_amount(hass, data[name], unit) for name in AMOUNTS if name in data
            }
            texts["balance_name"] = balance_name(hass, balance)
        option = data["type"]
        if option == EventType.RECHARGED and not texts:
            # The service says that it recharged, and shows nothing of it.
            option = "recharged_by_unknown"
        return {
            LOGBOOK_ENTRY_NAME: data["account"],
            LOGBOOK_ENTRY_MESSAGE: translate(hass, "logbook", option, **texts),
            LOGBOOK_ENTRY_ENTITY_ID: data[ATTR_ENTITY_ID],
        }

    async_describe_event(DOMAIN, EVENT_GOAPI, describe)
