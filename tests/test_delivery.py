"""Test that each event is delivered once: when somebody can act on it, and never lost."""

import copy
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STARTED,
    STATE_OFF,
    STATE_ON,
)
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from custom_components.goapi.const import CONF_SPIKE_MULTIPLE, DOMAIN, EVENT_GOAPI

from .common import delivered, entity_id, poll, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

# Automations are armed at the end of a start; events come a little later.
AFTER_START_SECONDS = 5


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up as a part of Home Assistant's start, which is not over then."""
    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def end_start(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """End the start, and let the seconds pass that events wait after it."""
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await tick(hass, freezer, AFTER_START_SECONDS)


async def tick(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let some seconds pass."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_an_alert_says_all_that_a_message_needs(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, events: list[Event]
) -> None:
    """It belongs to the sensor of its balance, which is on when the event is delivered."""
    entry = await set_up()
    await set_number(hass, entry, "credit_remain_low_threshold", 50)
    low = entity_id(hass, entry, "credit_remain_low")
    states: list[str] = []

    @callback
    def note(_event: Event) -> None:
        """Note what the sensor shows."""
        states.append(state_of(hass, entry, "credit_remain_low").state)

    hass.bus.async_listen(EVENT_GOAPI, note)
    account.set("wallet.credit_remain", 12)
    await poll(hass)
    registered = er.async_get(hass).async_get(low)
    assert registered
    (event,) = events
    assert event.data == {
        "type": "low",
        "account": "Studio",
        "config_entry_id": entry.entry_id,
        "entity_id": low,
        "device_id": registered.device_id,
        "balance": "credit_remain",
        "balance_name": "Credits",
        "unit": "credits",
        "remaining": 12,
        "threshold": 50,
    }
    assert states == [STATE_ON]


async def test_what_is_no_alert_belongs_to_the_event_entity(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, events: list[Event]
) -> None:
    """It says of which balance how much; what concerns the whole account names no balance."""
    entry = await set_up()
    account.top_up(400, "point")
    account.disable()
    await poll(hass)
    registered = er.async_get(hass).async_get(entity_id(hass, entry, "account_activity"))
    assert registered
    origin = {
        "account": "Studio",
        "config_entry_id": entry.entry_id,
        "entity_id": "event.studio_account_activity",
        "device_id": registered.device_id,
    }
    assert [event.data for event in events] == [
        {
            **origin,
            "type": "topped_up",
            "balance": "point_remain",
            "balance_name": "Points",
            "unit": "points",
            "amount": 400,
            "remaining": 1000,
        },
        {**origin, "type": "disabled"},
    ]


async def test_what_is_seen_for_the_first_time_has_not_happened(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, events: list[Event]
) -> None:
    """Neither what the account is like when it is added, nor a balance that turns up, is news."""
    account.disable()
    account.set("equivalent_in_usd", 4)
    entry = await set_up()
    assert state_of(hass, entry, "equivalent_in_usd_low").state == STATE_ON
    account.add_quota("udio", 0, used=20)
    await poll(hass)
    assert state_of(hass, entry, "udio_remain").state == "0"
    assert delivered(events) == []


async def test_an_alert_whose_sensor_is_disabled_is_dropped(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, events: list[Event]
) -> None:
    """Who disables a sensor hears nothing of it, also not later."""
    entry = await set_up()
    registry, low = er.async_get(hass), entity_id(hass, entry, "credit_remain_low")
    registry.async_update_entity(low, disabled_by=er.RegistryEntryDisabler.USER)
    account.set("wallet.credit_remain", 0)
    await poll(hass)
    registry.async_update_entity(low, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain_low").state == STATE_ON
    assert delivered(events) == []


async def test_a_threshold_is_evaluated_at_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, events: list[Event]
) -> None:
    """Nobody waits for the next poll."""
    entry = await set_up()
    simulator.requests.clear()
    for threshold, state, expected in [
        (100, STATE_ON, [("low", "credit_remain", 74)]),
        (70, STATE_ON, []),
        (60, STATE_OFF, [("recovered", "credit_remain", 74)]),
    ]:
        await set_number(hass, entry, "credit_remain_low_threshold", threshold)
        assert state_of(hass, entry, "credit_remain_low").state == state
        assert delivered(events) == expected
    assert simulator.requests == []


async def test_a_threshold_that_is_set_during_an_outage_waits_for_the_next_answer(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    events: list[Event],
    expected_logs: list[str],
) -> None:
    """An answer of before the outage is not evaluated, and the first one after it is, once."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    await poll(hass)
    await set_number(hass, entry, "credit_remain_low_threshold", 100)
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "100"
    await poll(hass)
    assert delivered(events) == []
    # The very answer that was known before the outage.
    simulator.recover()
    await poll(hass)
    assert state_of(hass, entry, "credit_remain_low").state == STATE_ON
    assert delivered(events) == [("low", "credit_remain", 74)]
    await poll(hass)
    assert delivered(events) == []


async def test_what_happened_in_an_outage_is_delivered_after_it(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    events: list[Event],
    expected_logs: list[str],
) -> None:
    """The outage itself is no event."""
    expected_logs.append("Error fetching")
    await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    account.top_up(30, "mj")
    await poll(hass)
    assert delivered(events) == []
    simulator.recover()
    await poll(hass)
    assert delivered(events) == [("topped_up", "mj_remain", 30, 41)]


async def test_downtime_is_delivered_some_seconds_after_the_start(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """Automations are not armed before; what happens in the meantime comes after it, in order."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    account.set("wallet.credit_remain", 0)
    await start(hass, entry)
    account.top_up(30, "mj")
    await wait_and_poll(hass, freezer)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    account.disable()
    await entry.runtime_data.async_refresh()
    await tick(hass, freezer, AFTER_START_SECONDS - 1)
    assert delivered(events) == []
    await tick(hass, freezer, 1)
    assert delivered(events) == [
        ("empty", "credit_remain", 0),
        ("topped_up", "mj_remain", 30, 41),
        ("disabled",),
    ]
    await hass.config_entries.async_reload(entry.entry_id)
    await wait_and_poll(hass, freezer)
    assert delivered(events) == []


@pytest.mark.parametrize("ends_by", ["unload", "crash"])
async def test_an_alert_of_a_start_that_ends_early_is_delivered_by_the_next(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    events: list[Event],
    ends_by: str,
) -> None:
    """The first answer finds it; Home Assistant ends before anybody heard of it, even twice."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    account.set("wallet.credit_remain", 0)
    name = f"{DOMAIN}.{entry.entry_id}"
    for _ in range(2):
        await start(hass, entry)
        at_crash = copy.deepcopy(hass_storage[name])
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        await tick(hass, freezer, AFTER_START_SECONDS - 1)
        await hass.config_entries.async_unload(entry.entry_id)
        if ends_by == "crash":
            hass_storage[name] = at_crash
    assert delivered(events) == []
    # Though it is no longer empty when somebody hears that it was.
    account.top_up(74)
    await start(hass, entry)
    await end_start(hass, freezer)
    assert delivered(events) == [
        ("empty", "credit_remain", 0),
        ("topped_up", "credit_remain", 74, 74),
        ("recovered", "credit_remain", 74),
    ]
    for _ in range(2):
        # What was delivered is not delivered again, whether or not this start ended well.
        after_delivery = copy.deepcopy(hass_storage[name])
        await hass.config_entries.async_unload(entry.entry_id)
        if ends_by == "crash":
            hass_storage[name] = after_delivery
        await start(hass, entry)
        await end_start(hass, freezer)
        assert delivered(events) == []


async def test_what_is_found_while_home_assistant_stops_is_delivered_by_the_next_start(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    hass_storage: dict[str, Any],
    events: list[Event],
) -> None:
    """Nobody would act on it any more, and it is saved with all else at last."""
    entry = await set_up()
    hass.set_state(CoreState.stopping)
    account.top_up(30, "mj")
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert delivered(events) == []
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    name = f"{DOMAIN}.{entry.entry_id}"
    at_stop = copy.deepcopy(hass_storage[name])
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[name] = at_stop
    hass.set_state(CoreState.running)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert delivered(events) == [("topped_up", "mj_remain", 30, 41)]


async def test_a_reload_delivers_what_happened_meanwhile_at_once(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, events: list[Event]
) -> None:
    """Home Assistant runs, and automations are armed."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    account.set("wallet.credit_remain", 0)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert delivered(events) == [("empty", "credit_remain", 0)]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert delivered(events) == []


async def test_each_account_has_its_own_events(
    hass: HomeAssistant,
    set_up: SetUp,
    entry: MockConfigEntry,
    simulator: Simulator,
    account: SimulatedAccount,
    events: list[Event],
) -> None:
    """Two accounts side by side do not get each other's, neither in events nor in entities."""
    other = SimulatedAccount.documented()
    other.set("id", 2)
    simulator.accounts["other-key"] = other
    await set_up()
    other_entry = MockConfigEntry(
        domain=DOMAIN,
        title="Lab",
        unique_id="2",
        data={**entry.data, "api_key": "other-key"},
        options=entry.options,
    )
    other_entry.add_to_hass(hass)
    await hass.config_entries.async_setup(other_entry.entry_id)
    other.top_up(7, "mj")
    account.top_up(30, "mj")
    await poll(hass)
    told = {event.data["account"]: event.data for event in events}
    assert len(events) == 2
    for each, amount in ((entry, 30), (other_entry, 7)):
        data = told[each.title]
        assert data["config_entry_id"] == each.entry_id
        assert data["amount"] == amount
        activity = state_of(hass, each, "account_activity")
        assert data["entity_id"] == activity.entity_id
        assert activity.attributes["amount"] == amount


async def test_a_daily_limit_is_delivered_once_a_day(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """With what was spent since the local midnight, and the limit."""
    await hass.config.async_set_time_zone("Asia/Kolkata")
    freezer.move_to("2026-11-10 17:50:00+00:00")  # 40 minutes before midnight
    account.set("credit_pack_info.used_credits", 0)
    account.set("credit_pack_info.available_credits", 5000)
    entry = await set_up()
    await set_number(hass, entry, "available_credits_daily_spend_limit", 40)

    async def spend(amount: float) -> None:
        """Spend credits of the packs, and poll."""
        packs = account.data["credit_pack_info"]
        packs["used_credits"] += amount
        packs["available_credits"] -= amount
        await wait_and_poll(hass, freezer, timedelta(minutes=10))

    for amount in (39, 1.5, 100):
        await spend(amount)
    registered = er.async_get(hass).async_get(entity_id(hass, entry, "account_activity"))
    assert registered
    (event,) = events
    assert event.data == {
        "type": "daily_limit_reached",
        "account": "Studio",
        "config_entry_id": entry.entry_id,
        "entity_id": "event.studio_account_activity",
        "device_id": registered.device_id,
        "balance": "available_credits",
        "balance_name": "Credit packs",
        "unit": "credits",
        "amount": 40.5,
        "remaining": 4959.5,
        "limit": 40,
    }
    # What is polled at midnight belongs to the new day.
    events.clear()
    for amount in (30, 30, 30):
        await spend(amount)
    assert delivered(events) == [("daily_limit_reached", "available_credits", 60, 4799.5)]


async def test_unusual_spend_is_delivered_once_an_hour(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """How much is unusual is the user's choice."""
    freezer.move_to("2026-11-10 09:10:00+00:00")
    account.set("wallet.point_remain", 5000)
    entry = await set_up()
    for _ in range(25):
        account.spend(10, "point")
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    account.spend(95, "point")
    await wait_and_poll(hass, freezer)
    (event,) = events
    assert (event.data["amount"], event.data["usual"]) == (105, 10)
    assert delivered(events) == [("spend_spike", "point_remain", 105, 4655)]
    options = {**entry.options, CONF_SPIKE_MULTIPLE: 100}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_reload(entry.entry_id)
    account.spend(60, "point")
    await wait_and_poll(hass, freezer)
    await wait_and_poll(hass, freezer, timedelta(hours=1))
    account.spend(900, "point")
    await wait_and_poll(hass, freezer)
    assert delivered(events) == []
