"""System health: whether the services answer and the accounts are up to date."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import CONF_SERVICE, DOMAIN, SERVICES
from .coordinator import GoAPIConfigEntry


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information of this integration."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how many accounts are up to date, and whether the services they use can be reached."""
    entries: list[GoAPIConfigEntry] = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    used = {entry.data[CONF_SERVICE] for entry in entries}
    return {
        "accounts": len(entries),
        "accounts_up_to_date": sum(
            entry.state is ConfigEntryState.LOADED and entry.runtime_data.last_update_success
            for entry in entries
        ),
    } | {
        f"can_reach_{name}": system_health.async_check_can_reach_url(hass, service.base_url)
        for name, service in SERVICES.items()
        if name in used
    }
