"""Test setting up, unloading and removing an entry."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.goapi.const import DOMAIN
from custom_components.goapi.store import SAVE_DELAY_SECONDS

from .common import delivered, poll, state_of, wait_and_poll
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


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_failed_unload_leaves_an_account_that_is_followed(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """Home Assistant asks for a restart; until then it is polled as often as before."""
    entry = await set_up()
    with patch("homeassistant.components.number.async_unload_entry", return_value=False):
        assert not await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.FAILED_UNLOAD
    simulator.requests.clear()
    account.top_up(30, "mj")
    for polls in (1, 2):
        await wait_and_poll(hass, freezer)
        assert len(simulator.requests) == polls
    assert entry.runtime_data.data.balances["mj_remain"].remaining == 41
    assert delivered(events) == [("topped_up", "mj_remain", 30, 41)]


@pytest.mark.parametrize("method", ["async_reload", "async_remove"])
async def test_a_poll_during_an_unload_loses_nothing_and_brings_nothing_back(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    events: list[Event],
    method: str,
) -> None:
    """What it finds is delivered once, after the reload; a file that was removed stays away."""
    entry = await set_up()
    coordinator = entry.runtime_data
    unload = hass.config_entries.async_unload_platforms

    async def unload_while_polling(*args: Any) -> bool:
        """Let a poll come in the middle."""
        account.top_up(400, "point")
        await coordinator.async_refresh()
        return await unload(*args)

    polling = hass.async_create_task(coordinator.async_refresh(), eager_start=True)
    with patch.object(hass.config_entries, "async_unload_platforms", unload_while_polling):
        await getattr(hass.config_entries, method)(entry.entry_id)
    await polling
    await coordinator.async_refresh()
    await wait_and_poll(hass, freezer, timedelta(seconds=SAVE_DELAY_SECONDS + 60))
    is_kept = method == "async_reload"
    assert delivered(events) == ([("topped_up", "point_remain", 400, 1000)] if is_kept else [])
    assert (f"{DOMAIN}.{entry.entry_id}" in hass_storage) is is_kept


async def test_remove_leaves_nothing(
    hass: HomeAssistant, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    """Removing the entry removes its devices, its entities and its file."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not hass.states.async_all()
    assert not [name for name in hass_storage if name.startswith(DOMAIN)]
