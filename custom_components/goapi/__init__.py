"""The GoAPI integration watches the wallet of a GoAPI or PiAPI account."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .history import async_remove_history
from .issues import async_delete_issues
from .memory import AccountMemory

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what does not depend on an account."""
    async_setup_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> bool:
    """Set up an account from its config entry."""
    coordinator = GoAPICoordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    coordinator.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> bool:
    """Unload an account; one that is disabled keeps no repairs."""
    coordinator = entry.runtime_data
    # What a poll that is under way still finds is left for the next start: nobody hears it now.
    await coordinator.async_shutdown()
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    await coordinator.async_save()
    if entry.disabled_by:
        async_delete_issues(hass, entry)
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
    """Forget an account."""
    async_delete_issues(hass, entry)
    await AccountMemory(hass, entry.entry_id).async_remove()
    await async_remove_history(hass, entry.entry_id)
