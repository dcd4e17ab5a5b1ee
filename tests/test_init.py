"""Test setting up, unloading and removing an entry."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .common import poll, state_of
from .conftest import SetUp
from .simulator import Simulator


async def test_unload_stops_polling_and_reload_resumes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """An unloaded entry is not polled; a reloaded one shows the wallet again."""
    entry = await set_up()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert state_of(hass, entry, "credit_remain").state == STATE_UNAVAILABLE
    simulator.requests.clear()
    await poll(hass)
    assert simulator.requests == []

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain").state == "74"


async def test_remove_leaves_nothing(hass: HomeAssistant, set_up: SetUp) -> None:
    """Removing the entry removes its device and its entities."""
    entry = await set_up()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not hass.states.async_all()
