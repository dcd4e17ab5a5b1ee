"""The devices of an account: one for the account, one for each balance but US dollars.

The device of a quota that never held anything is disabled until its first use.
"""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import (
    DeviceEntryDisabler,
    DeviceEntryType,
    DeviceInfo,
)
from homeassistant.helpers.typing import UNDEFINED

from .accounting import AccountSummary
from .api.models import USD
from .const import CONF_SERVICE, DOMAIN, SERVICES
from .coordinator import GoAPICoordinator
from .names import balance_name


def device_info(
    hass: HomeAssistant, entry: ConfigEntry, data: AccountSummary, balance: str | None
) -> DeviceInfo:
    """Return the device of a balance, or of the account, which US dollars belong to."""
    service = SERVICES.get(entry.data[CONF_SERVICE])
    plan = data.fields.get("plan")
    info = DeviceInfo(
        identifiers={(DOMAIN, data.account.id)},
        name=entry.title,
        manufacturer="GoAPI",
        model=plan if isinstance(plan, str) else None,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=service.top_up_url if service else None,
    )
    if balance not in (None, USD):
        info["identifiers"] = {(DOMAIN, f"{data.account.id}_{balance}")}
        info["name"] = f"{entry.title} {balance_name(hass, balance)}"
        info["model"] = None
    return info


@callback
def async_follow_devices(coordinator: GoAPICoordinator) -> None:
    """Create the devices of balances, and enable each at its first use.

    A device that is known stays as disabled or enabled as it is: the user may have chosen that.
    """
    registry = dr.async_get(coordinator.hass)
    entry = coordinator.config_entry
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    known = set().union(*(device.identifiers for device in devices))
    seen: dict[str, bool] = {}

    @callback
    def follow() -> None:
        """Look at each balance when it turns up, and when it is used for the first time."""
        data = coordinator.data
        for key, balance in data.balances.items():
            is_in_use = balance.is_in_use or key == data.main
            if key == USD or seen.get(key) in (True, is_in_use):
                continue
            info = device_info(coordinator.hass, entry, data, key)
            is_idle = not is_in_use and key not in seen and known.isdisjoint(info["identifiers"])
            seen[key] = is_in_use
            device = registry.async_get_or_create(
                config_entry_id=entry.entry_id,
                disabled_by=DeviceEntryDisabler.INTEGRATION if is_idle else UNDEFINED,
                **info,
            )
            if is_in_use and device.disabled_by is DeviceEntryDisabler.INTEGRATION:
                registry.async_update_device(device.id, disabled_by=None)

    follow()
    entry.async_on_unload(coordinator.async_add_listener(follow))
