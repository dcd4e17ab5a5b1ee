"""Test the account's activity: what is told, how much it says, and that it is once."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.helpers import entity_registry as er

from custom_components.goapi.bookkeeper import MAX_UNTOLD
from custom_components.goapi.const import CONF_SPIKE_MULTIPLE, DOMAIN
from custom_components.goapi.event import EVENT_ACTIVITY

from .common import entity_id, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

ACTIVITY = "account_activity"
POLL = timedelta(minutes=5, seconds=1)


@pytest.fixture
def activity(hass: HomeAssistant) -> list[Event]:
    """Return what is told from now on."""
    return async_capture_events(hass, EVENT_ACTIVITY)


def told(activity: list[Event]) -> list[tuple[Any, ...]]:
    """Return what was told, in short, and forget it."""
    names = ("type", "quota", "amount", "balance_after")
    short = [tuple(each.data[name] for name in names if name in each.data) for each in activity]
    activity.clear()
    return short


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the account and set it up again."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_what_an_activity_says(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """The entity and the event say which balance it was, how much, and what is left now."""
    entry = await set_up()
    assert state_of(hass, entry, ACTIVITY).state == STATE_UNKNOWN
    account.top_up(400, "point")
    await wait_and_poll(hass, freezer, POLL)
    attributes = {
        "quota": "Point balance",
        "amount": 400,
        "balance_after": 1000,
        "unit": "points",
    }
    state = state_of(hass, entry, ACTIVITY)
    assert datetime.fromisoformat(state.state).tzinfo is UTC
    assert state.attributes["event_type"] == "topped_up"
    assert {name: state.attributes[name] for name in attributes} == attributes
    registered = er.async_get(hass).async_get(state.entity_id)
    assert registered is not None
    (event,) = activity
    assert event.data == attributes | {
        "type": "topped_up",
        "entity_id": "event.studio_account_activity",
        "device_id": registered.device_id,
        "account": "Studio",
    }


async def test_the_kinds_of_activity(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """Top-ups, recharges and the switching off and on of the account are told, once each."""
    account.set("wallet.auto_recharge_enabled", value=True)
    account.set("wallet.auto_recharge_threshold_credit", 20)
    account.set("wallet.auto_recharge_target_credit", 520)
    account.set("wallet.credit_used", 30)
    await set_up()
    account.spend(60)
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == [("recharged", "Credit", 506, 520)]
    account.disable()
    await wait_and_poll(hass, freezer, POLL)
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == [("disabled",)]
    account.enable()
    account.top_up(5, "mj")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == [("topped_up", "Midjourney", 5, 16), ("enabled",)]
    account.set("wallet.last_auto_recharge_triggered_at", int(freezer().timestamp()) + 60)
    # Its amount may still turn up.
    for _ in range(3):
        await wait_and_poll(hass, freezer, POLL)
        assert told(activity) == []
    for expected in ([("recharged",)], []):
        await wait_and_poll(hass, freezer, POLL)
        assert told(activity) == expected


async def test_an_expired_pack_is_told_with_the_next_answer(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """A pack that ends is told once, also where the answer is unchanged."""
    ends_at = freezer() + timedelta(minutes=12)
    ending = {
        "id": 7,
        "active": True,
        "capacity": 1000,
        "frozen": 0,
        "used": 940,
        "expired_at": ends_at.replace(tzinfo=UTC).isoformat(),
    }
    account.set("credit_pack_info.credit_packs", [ending])
    await set_up()
    for expected in ([], [], [("pack_expired", "Available credit", 60, 123)], [], []):
        await wait_and_poll(hass, freezer, POLL)
        assert told(activity) == expected


async def live_a_day(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Set the account up and spend ten points in each hour of a day, so that this is usual."""
    freezer.move_to("2026-11-10 09:10:00+00:00")
    account.set("wallet.point_remain", 5000)
    entry = await set_up()
    for _ in range(25):
        account.spend(10, "point")
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    return entry


async def test_unusual_spend(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """An hour that costs more than a multiple of the usual one is told once."""
    entry = await live_a_day(hass, set_up, account, freezer)
    account.spend(35, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []
    account.spend(60, "point")
    await wait_and_poll(hass, freezer, POLL)
    (event,) = activity
    assert (event.data["amount"], event.data["usual"]) == (105, 10)
    assert told(activity) == [("spend_spike", "Point balance", 105, 4655)]
    account.spend(60, "point")
    await wait_and_poll(hass, freezer, POLL)
    await restart(hass, entry)
    account.spend(60, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []
    hass.config_entries.async_update_entry(entry, options={CONF_SPIKE_MULTIPLE: 100})
    await restart(hass, entry)
    await wait_and_poll(hass, freezer, timedelta(hours=1))
    account.spend(900, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []


async def test_unusual_spend_during_a_start(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """What nobody could hear yet is told after the next start."""
    entry = await live_a_day(hass, set_up, account, freezer)
    hass.set_state(CoreState.starting)
    account.spend(95, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []
    hass.set_state(CoreState.running)
    await restart(hass, entry)
    assert told(activity) == [("spend_spike", "Point balance", 105, 4655)]
    account.spend(5, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []


async def test_first_sight_tells_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """What an account has when it is added has not happened, nor has a quota that appears."""
    account.disable()
    await set_up()
    account.add_quota("udio", 50, used=20)
    account.set("equivalent_in_usd", 12)
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []


async def test_downtime_is_told_once(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """What happened in between is told after the start, when automations hear it, and then once."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    account.top_up(400, "point")
    freezer.tick(timedelta(hours=3))
    hass.set_state(CoreState.not_running)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert told(activity) == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    async_fire_time_changed(hass, None, fire_all=True)
    await hass.async_block_till_done()
    assert told(activity) == [("topped_up", "Point balance", 400, 1000)]
    last = state_of(hass, entry, ACTIVITY).state
    await restart(hass, entry)
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []
    assert state_of(hass, entry, ACTIVITY).state == last


async def test_a_crash_tells_nothing_twice(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    activity: list[Event],
) -> None:
    """A journal that was not saved in time is made up for, and what was told is not told again."""
    entry = await set_up()
    await restart(hass, entry)
    name = f"{DOMAIN}.{entry.entry_id}.history"
    before = copy.deepcopy(hass_storage[name])
    account.top_up(400, "point")
    await wait_and_poll(hass, freezer, POLL)
    account.spend(15, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == [("topped_up", "Point balance", 400, 1000)]
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[name] = before
    account.top_up(100, "mj")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert told(activity) == [("topped_up", "Midjourney", 100, 111)]
    spent = entry.runtime_data.books.journal.ledger.books["point_remain"].hours
    assert sum(spent.values()) == 15


@pytest.mark.parametrize("crashes", [False, True])
async def test_nobody_hears_it_before_automations_do(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    activity: list[Event],
    crashes: bool,
) -> None:
    """What was found during a start that ended early is told after the next one."""
    entry = await set_up()
    await restart(hass, entry)
    name = f"{DOMAIN}.{entry.entry_id}.history"
    before = copy.deepcopy(hass_storage[name])
    hass.set_state(CoreState.starting)
    account.top_up(400, "point")
    await wait_and_poll(hass, freezer, POLL)
    account.top_up(30, "mj")
    await wait_and_poll(hass, freezer, POLL)
    await hass.config_entries.async_unload(entry.entry_id)
    if crashes:
        hass_storage[name] = before
    account.top_up(100, "point")
    for _ in range(2):
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert told(activity) == []
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    account.disable()
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == [
        ("topped_up", "Point balance", 500, 1100),
        ("topped_up", "Midjourney", 30, 41),
        ("disabled",),
    ]
    await restart(hass, entry)
    await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []


async def test_what_waits_is_not_forgotten_for_what_does_not(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """What is found in the seconds after the start is told before what was found in it."""
    entry = await set_up()
    hass.set_state(CoreState.starting)
    account.top_up(400, "point")
    await wait_and_poll(hass, freezer, POLL)
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done()
    account.top_up(30, "mj")
    await entry.runtime_data.async_refresh()
    assert told(activity) == [("topped_up", "Midjourney", 30, 41)]
    await restart(hass, entry)
    assert ("topped_up", "Point balance", 400, 1000) in told(activity)


async def test_who_hears_nothing_is_told_nothing_old(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """A disabled entity that is enabled again does not tell what happened during some old start."""
    entry = await set_up()
    registry = er.async_get(hass)
    activity_id = entity_id(hass, entry, ACTIVITY)
    registry.async_update_entity(activity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await restart(hass, entry)
    hass.set_state(CoreState.starting)
    account.top_up(400, "point")
    await wait_and_poll(hass, freezer, POLL)
    hass.set_state(CoreState.running)
    await wait_and_poll(hass, freezer, timedelta(hours=1))
    await restart(hass, entry)
    registry.async_update_entity(activity_id, disabled_by=None)
    await restart(hass, entry)
    assert told(activity) == []


async def test_an_outage_is_no_activity(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
    expected_logs: list[str],
) -> None:
    """The last activity stays what it was during an outage: it would look new after it."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    account.disable()
    await wait_and_poll(hass, freezer, POLL)
    last = state_of(hass, entry, ACTIVITY)
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer, POLL)
    assert state_of(hass, entry, ACTIVITY) is last
    simulator.recover()
    await wait_and_poll(hass, freezer, POLL)
    assert state_of(hass, entry, ACTIVITY) is last
    assert told(activity) == [("disabled",)]


async def test_what_nobody_listens_to_is_not_kept_for_ever(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    activity: list[Event],
) -> None:
    """Who disables the entity hears nothing; who enables it again hears the latest at most."""
    entry = await set_up()
    registry = er.async_get(hass)
    event_entity = entity_id(hass, entry, ACTIVITY)
    registry.async_update_entity(event_entity, disabled_by=er.RegistryEntryDisabler.USER)
    await restart(hass, entry)
    for _ in range(MAX_UNTOLD // 2 + 2):
        account.disable()
        await wait_and_poll(hass, freezer, POLL)
        account.enable()
        await wait_and_poll(hass, freezer, POLL)
    assert told(activity) == []
    books = entry.runtime_data.books
    heard: list[object] = []
    stop = books.async_listen(heard.append)
    assert len(heard) == MAX_UNTOLD
    stop()
    account.disable()
    await wait_and_poll(hass, freezer, POLL)
    assert len(heard) == MAX_UNTOLD
