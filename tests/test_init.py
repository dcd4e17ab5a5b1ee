"""Test setting up, unloading and removing an entry."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.goapi.event import EVENT_ACTIVITY

from .common import poll, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount, Simulator


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


@pytest.mark.parametrize("method", ["async_reload", "async_remove"])
async def test_poll_that_is_under_way_while_unloading(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    method: str,
) -> None:
    """What it finds is told once, by the next start, and brings back no file that was removed."""
    entry = await set_up()
    heard = async_capture_events(hass, EVENT_ACTIVITY)
    coordinator = entry.runtime_data
    unload = hass.config_entries.async_unload_platforms

    async def unload_while_polling(*args: Any) -> bool:
        """Let a poll come in the middle."""
        account.top_up(400, "point")
        await coordinator.async_refresh()
        coordinator.async_set_updated_data(coordinator.data)
        return await unload(*args)

    polling = hass.async_create_task(coordinator.async_refresh(), eager_start=True)
    with patch.object(hass.config_entries, "async_unload_platforms", unload_while_polling):
        await getattr(hass.config_entries, method)(entry.entry_id)
    await polling
    await hass.async_block_till_done()
    told = [(each.data["type"], each.data["amount"]) for each in heard]
    assert told == ([("topped_up", 400)] if method == "async_reload" else [])
    await wait_and_poll(hass, freezer, timedelta(minutes=16))
    assert [each.data["amount"] for each in heard] == [400][: len(told)]
    files = [name for name in hass_storage if name.startswith("goapi.")]
    assert len(files) == (2 if method == "async_reload" else 0)


async def test_remove_leaves_nothing(hass: HomeAssistant, set_up: SetUp) -> None:
    """Removing the entry removes its device and its entities."""
    entry = await set_up()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not hass.states.async_all()
