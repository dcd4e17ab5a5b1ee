"""The GoAPI integration watches the wallet of a GoAPI or PiAPI account."""

from homeassistant.const import CONF_WEBHOOK_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import CONF_NOTICES, DOMAIN
from .coordinator import GoAPIConfigEntry, GoAPICoordinator, account_store
from .dashboard import async_setup_dashboard
from .devices import async_follow_devices
from .entity import async_remove_unwanted_entities
from .repair_issues import async_delete_issues
from .services import async_setup_services
from .texts import async_follow_language
from .usage_history import usage_store
from .webhook import async_delete_address, async_receive_notices

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
    async_follow_language(hass)
    async_setup_services(hass)
    await async_setup_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> bool:
    """Set up an account from its config entry."""
    coordinator = GoAPICoordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    async_follow_devices(coordinator)
    async_remove_unwanted_entities(coordinator)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    if entry.options.get(CONF_NOTICES):
        async_receive_notices(hass, entry)
    coordinator.async_start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> bool:
    """Unload an account; one that is disabled keeps no repairs."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    if entry.disabled_by:
        async_delete_issues(hass, entry)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
    """Remove all that is kept of an account."""
    async_delete_issues(hass, entry)
    await async_delete_address(hass, entry.options.get(CONF_WEBHOOK_ID))
    await account_store(hass, entry.entry_id).async_remove()
    await usage_store(hass, entry.entry_id).async_remove()
