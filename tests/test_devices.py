"""Test the devices of balances: quotas that never held anything wait as disabled ones."""

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryDisabler

from custom_components.goapi.const import DOMAIN

from .common import entity_id, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount


def device_of(hass: HomeAssistant, entry: MockConfigEntry, balance: str) -> dr.DeviceEntry:
    """Return the device of a balance."""
    identifier = (DOMAIN, f"{entry.unique_id}_{balance}")
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        if identifier in device.identifiers:
            return device
    raise AssertionError(f"no device {identifier}")


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up anew."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_a_first_use_that_nobody_saw_enables_the_device_at_the_next_start(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A quota in which there never was anything shows up when there is, with its entities."""
    entry = await set_up()
    low = entity_id(hass, entry, "suno_remain_low")
    assert device_of(hass, entry, "suno_remain").disabled_by is DeviceEntryDisabler.INTEGRATION
    assert hass.states.get(low) is None
    await hass.config_entries.async_unload(entry.entry_id)
    account.top_up(5, "suno")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert device_of(hass, entry, "suno_remain").disabled_by is None
    assert state_of(hass, entry, "suno_remain").state == "5"
    assert state_of(hass, entry, "suno_remain_low").state == "off"


async def test_a_device_that_the_user_disabled_is_left_alone(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Neither its first use nor a restart enables it."""
    entry = await set_up()
    dr.async_get(hass).async_update_device(
        device_of(hass, entry, "suno_remain").id, disabled_by=DeviceEntryDisabler.USER
    )
    account.top_up(5, "suno")
    await wait_and_poll(hass, freezer)
    await reload(hass, entry)
    assert device_of(hass, entry, "suno_remain").disabled_by is DeviceEntryDisabler.USER


async def test_a_device_that_the_user_enabled_is_left_alone(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Who wants to see an unused quota sees it."""
    entry = await set_up()
    dr.async_get(hass).async_update_device(
        device_of(hass, entry, "suno_remain").id, disabled_by=None
    )
    await reload(hass, entry)
    assert device_of(hass, entry, "suno_remain").disabled_by is None
    assert state_of(hass, entry, "suno_remain").state == "0"


async def test_a_balance_that_turns_up_later_waits_until_it_is_used(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """It is no different from one that was there at first."""
    entry = await set_up()
    account.add_quota("udio", 0)
    await wait_and_poll(hass, freezer)
    assert device_of(hass, entry, "udio_remain").disabled_by is DeviceEntryDisabler.INTEGRATION
    account.add_quota("udio", 3)
    await wait_and_poll(hass, freezer)
    assert device_of(hass, entry, "udio_remain").disabled_by is None
    await reload(hass, entry)
    assert state_of(hass, entry, "udio_remain").state == "3"


async def test_an_empty_main_balance_is_in_sight(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Without dollars and packs, credits speak for the account, even if there never were any."""
    account.remove("credit_pack_info")
    account.add_quota("credit", 0)
    entry = await set_up()
    assert device_of(hass, entry, "credit_remain").disabled_by is None
    assert state_of(hass, entry, "credit_remain_low").state == "on"
    assert state_of(hass, entry, "account_status").state == "empty"
