"""The GoAPI integration watches the wallet of a GoAPI or PiAPI account."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .issues import async_delete_issues
from .memory import AccountMemory

PLATFORMS = [Platform.BINARY_SENSOR, Platform.NUMBER, Platform.SENSOR]


async def async_setup_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> bool:
    """Set up an account from its config entry."""
    coordinator = GoAPICoordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> bool:
    """Unload an account; one that is disabled keeps no repairs."""
    await entry.runtime_data.watch.memory.async_save()
    if entry.disabled_by:
        async_delete_issues(hass, entry)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
    """Forget an account."""
    async_delete_issues(hass, entry)
    await AccountMemory(hass, entry.entry_id).async_remove()
