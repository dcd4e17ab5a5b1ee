"""Logbook entries that read as sentences: "Credit is low: 12 credits left, threshold 50"."""

from collections.abc import Callable

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback

from .activity import ActivityType
from .alerts import EVENT_ALERT, AlertType
from .const import DOMAIN
from .event import EVENT_ACTIVITY

MESSAGES: dict[str, str] = {
    AlertType.LOW: "{quota} is low: {remaining} left, threshold {threshold}",
    AlertType.EMPTY: "{quota} is empty: {remaining} left",
    AlertType.RECOVERED: "{quota} is no longer low: {remaining} left",
    ActivityType.TOPPED_UP: "{quota} was topped up by {amount}: {balance_after} now",
    ActivityType.RECHARGED: "{quota} was recharged by {amount}: {balance_after} now",
    ActivityType.PACK_EXPIRED: "A credit pack expired: {amount} lost",
    ActivityType.SPEND_SPIKE: "{quota} is spent fast: {amount} this hour, usually {usual}",
    ActivityType.ENABLED: "The account was enabled",
    ActivityType.DISABLED: "The account was disabled",
}
# The service says that it recharged, and shows nothing of it.
RECHARGED_BY_UNKNOWN = "The account was recharged"
AMOUNTS = ("remaining", "amount", "balance_after", "usual")


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the alerts, and what happened to the account."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        """Describe one event."""
        data = event.data
        unit = data.get("unit") or ""
        amounts = {
            name: f"{_shown(data[name])} {unit}".rstrip()
            for name in AMOUNTS
            if data.get(name) is not None
        }
        if "threshold" in data:
            amounts["threshold"] = _shown(data["threshold"])
        message = MESSAGES[data["type"]]
        if data["type"] == ActivityType.RECHARGED and "amount" not in amounts:
            message = RECHARGED_BY_UNKNOWN
        return {
            LOGBOOK_ENTRY_NAME: data["account"],
            LOGBOOK_ENTRY_MESSAGE: message.format_map({**data, **amounts}),
            LOGBOOK_ENTRY_ENTITY_ID: data["entity_id"],
        }

    for event_type in (EVENT_ALERT, EVENT_ACTIVITY):
        async_describe_event(DOMAIN, event_type, describe)


def _shown(amount: float) -> str:
    """Return an amount as one reads it: 12, 12.5, 10000."""
    return f"{amount:.6f}".rstrip("0").rstrip(".")
