"""Diagnostics that show what the API sends, by name and kind, and never the values or the key."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, CONF_URL, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .api import GoAPIError
from .coordinator import GoAPIConfigEntry
from .endpoint import EndpointCoordinator

TO_REDACT = {CONF_API_KEY, CONF_URL, CONF_WEBHOOK_ID, "title", "unique_id"}


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
    tasks, usage, history = coordinator.tasks, coordinator.usage, coordinator.history
    return diagnostics | {
        "coordinator": {
            **_polls(coordinator),
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
        "tasks": {
            **_endpoint(tasks),
            "providers": sorted(tasks.data.providers) if tasks and tasks.data else [],
        },
        "usage": {
            **_endpoint(usage),
            "unreadable_rows": history.reader.unreadable if history and history.reader else 0,
            "quarters_with_tasks": len(usage.data.tallies) if usage and usage.data else 0,
            "quarters_to_read": len(usage.data.due) if usage and usage.data else 0,
        },
        "notices": dict(sorted(coordinator.notices.items())),
    }


def _endpoint(endpoint: EndpointCoordinator[Any] | None) -> dict[str, Any]:
    """Return how the polls of another endpoint go."""
    if endpoint is None:
        return {"is_on": False}
    return {"is_on": True, "is_missing": endpoint.is_missing, **_polls(endpoint)}


def _polls(coordinator: DataUpdateCoordinator[Any]) -> dict[str, Any]:
    """Return how the polls of a coordinator go."""
    error = coordinator.last_exception
    cause = error.__cause__ if error else None
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": type(error).__name__ if error else None,
        "last_error_code": cause.code if isinstance(cause, GoAPIError) else None,
    }
