"""Diagnostics that show what the API sends, by name and kind, and never the values or the key."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, CONF_URL
from homeassistant.core import HomeAssistant

from .api import GoAPIError
from .coordinator import GoAPIConfigEntry

TO_REDACT = {CONF_API_KEY, CONF_URL, "title", "unique_id"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: GoAPIConfigEntry
) -> dict[str, Any]:
    """Return what helps to find a fault without telling whose account it is."""
    diagnostics: dict[str, Any] = {"entry": async_redact_data(entry.as_dict(), TO_REDACT)}
    if entry.state is not ConfigEntryState.LOADED:
        return diagnostics | {"state": entry.state.value, "reason": entry.reason}
    coordinator = entry.runtime_data
    data = coordinator.data
    interval = coordinator.update_interval
    error = coordinator.last_exception
    cause = error.__cause__ if error else None
    return diagnostics | {
        "coordinator": {
            "last_update_success": coordinator.last_update_success,
            "last_error": type(error).__name__ if error else None,
            "last_error_code": cause.code if isinstance(cause, GoAPIError) else None,
            "update_interval_seconds": interval.total_seconds() if interval else None,
        },
        "account": {
            "fields": {key: type(value).__name__ for key, value in sorted(data.fields.items())},
            "unreadable": sorted(data.account.unreadable),
            "unread": sorted(data.account.unread),
            "readable_packs": len(data.account.packs or ()),
        },
        "balances": {
            key: {
                "parts": {
                    part: type(value).__name__ for part, value in sorted(balance.parts.items())
                },
                "is_main": key == data.main,
                "is_in_use": balance.is_in_use,
                "has_forecast": balance.burn_rate is not None,
            }
            for key, balance in sorted(data.balances.items())
        },
    }
