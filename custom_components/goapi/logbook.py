"""Logbook entries that read as sentences: "Credit is low: 12 credits left, threshold 50"."""

from collections.abc import Callable

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback

from .alerts import EVENT_ALERT, AlertType
from .const import DOMAIN

MESSAGES: dict[str, str] = {
    AlertType.LOW: "{quota} is low: {left} left, threshold {threshold:g}",
    AlertType.EMPTY: "{quota} is empty: {left} left",
    AlertType.RECOVERED: "{quota} is no longer low: {left} left",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the alerts."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        """Describe one alert."""
        data = event.data
        left = f"{data['remaining']:g} {data['unit'] or ''}".rstrip()
        return {
            LOGBOOK_ENTRY_NAME: data["account"],
            LOGBOOK_ENTRY_MESSAGE: MESSAGES[data["type"]].format(
                quota=data["quota"], left=left, threshold=data["threshold"]
            ),
            LOGBOOK_ENTRY_ENTITY_ID: data["entity_id"],
        }

    async_describe_event(DOMAIN, EVENT_ALERT, describe)
