"""When to tell what happened: not before somebody can hear it."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

# Automations are armed at the end of a start: what happened before is told after that.
AFTER_START_SECONDS = 5


@callback
def async_when_heard(hass: HomeAssistant, entry: ConfigEntry, tell: Callable[[], None]) -> None:
    """Tell at once or, while Home Assistant starts, a little after the start.

    What was not told when the entry is unloaded is not told any more.
    """

    @callback
    def tell_now(_now: datetime) -> None:
        """Tell."""
        tell()

    @callback
    def tell_later(_hass: HomeAssistant) -> None:
        """Tell a little later."""
        entry.async_on_unload(async_call_later(hass, AFTER_START_SECONDS, tell_now))

    if hass.state is CoreState.running:
        tell()
    else:
        entry.async_on_unload(async_at_started(hass, tell_later))
