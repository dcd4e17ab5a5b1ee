"""Test usage by model through Home Assistant: statistics, sensors, the action and the file."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import logging
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import Store
from homeassistant.util import slugify

from custom_components.goapi.const import CONF_RUNNING_TASKS, CONF_USAGE, DOMAIN
from custom_components.goapi.store import SAVE_DELAY_SECONDS

from .common import state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator
from .simulator.endpoints import HISTORIES
from .simulator.tasks import new_row

NOW = datetime(2026, 11, 10, 12, 5, tzinfo=UTC)
SENSORS = ("tasks_today", "failed_tasks_today", "top_model_today")
ID = 90210
# Tasks of some days.
FEW = 60
WARNING = "The history of an account cannot be read"

type Sums = dict[str, dict[datetime, tuple[Decimal, Decimal]]]
type Statistics = Callable[[], Awaitable[Sums]]


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of the entry: it reads what was used."""
    return {CONF_RUNNING_TASKS: False, CONF_USAGE: True}


@pytest.fixture
def account(freezer: FrozenDateTimeFactory) -> SimulatedAccount:
    """Return an account that has run tasks for a month, and again this morning."""
    freezer.move_to(NOW)
    account = SimulatedAccount.demo(NOW)
    account.data["id"] = ID
    return account


@pytest.fixture
def statistics(
    recorder_mock: Recorder, hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> Statistics:
    """Return a function that returns all that is recorded, by id and hour."""
    # Each row of thousands would be logged.
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")

    async def read() -> Sums:
        """Return the amount of each hour, and the sum at its end."""
        await async_wait_recording_done(hass)
        ids = await recorder_mock.async_add_executor_job(list_statistic_ids, hass)
        found = await recorder_mock.async_add_executor_job(
            statistics_during_period,
            hass,
            datetime.fromtimestamp(0, UTC),
            None,
            {each["statistic_id"] for each in ids if each["source"] == DOMAIN},
            "hour",
            None,
            {"state", "sum"},
        )
        return {
            name: {
                datetime.fromtimestamp(row["start"], UTC): (
                    Decimal(str(row["state"])).normalize(),
                    Decimal(str(row["sum"])).normalize(),
                )
                for row in rows
            }
            for name, rows in found.items()
        }

    return read


def add_tasks(account: SimulatedAccount, count: int, begin: datetime, end: datetime) -> None:
    """List tasks that are spread over a time."""
    first = max((row["id"] for row in account.history), default=0) + 1
    account.history += [
        new_row(
            first + number,
            ID,
            model=("kling", "music-s")[number % 2],
            action="generate",
            usage=0.1,
            usage_type="credit",
            status="failed" if number % 10 == 0 else "finished",
            created_at=begin + (end - begin) * number / count,
        )
        for number in range(count)
    ]


def record_of(account: SimulatedAccount) -> Sums:
    """Return what the simulator's own record says that statistics should be.

    Hours in which nothing ran have no row, those in which others ran have one.
    """
    amounts: dict[str, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    hours: set[datetime] = set()
    for row in account.history:
        moment = datetime.fromisoformat(row["created_at"]).astimezone(UTC)
        hour = moment.replace(minute=0, second=0, microsecond=0)
        hours.add(hour)
        model = f"{DOMAIN}:{ID}_{slugify(row['task_model'])}"
        used = Decimal(str(row["usage"])) if row["status"] == "finished" else Decimal(0)
        amounts[f"{model}_tasks"][hour] += 1
        amounts[f"{model}_failures"][hour] += row["status"] == "failed"
        amounts[f"{model}_{row['usage_type']}_usage"][hour] += used
    sums: Sums = {}
    for name, found in amounts.items():
        total = Decimal(0)
        sums[name] = {}
        for hour in sorted(hours):
            total += found[hour]
            sums[name][hour] = (found[hour].normalize(), total.normalize())
    return sums


def without_idle_hours(sums: Sums) -> Sums:
    """Return the hours in which something was added."""
    return {
        name: {hour: row for hour, row in rows.items() if row[0]} for name, rows in sums.items()
    }


async def get_usage(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Return the answer of the action."""
    return await hass.services.async_call(  # type: ignore[return-value]
        DOMAIN, "get_usage", data, blocking=True, return_response=True
    )


def values(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return the states of the sensors."""
    return [state_of(hass, entry, key).state for key in SENSORS]


# --- Statistics ---


async def test_last_month_is_there_at_once(
    statistics: Statistics, hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Each hour of each model, and the sums, equal the service's own record to the last unit."""
    await set_up()
    recorded = await statistics()
    assert recorded == record_of(account)
    assert len({hour.date() for hour in recorded[f"{DOMAIN}:{ID}_kling_tasks"]}) > 25


async def test_statistics_have_names_and_units(
    recorder_mock: Recorder, statistics: Statistics, hass: HomeAssistant, set_up: SetUp
) -> None:
    """Readable names; usage is in the service's own units, and counts have none."""
    await set_up()
    await statistics()
    listed = await recorder_mock.async_add_executor_job(list_statistic_ids, hass)
    found = {each["statistic_id"].removeprefix(f"{DOMAIN}:{ID}_"): each for each in listed}
    for name, title, unit in (
        ("music_s_tasks", "Studio Suno tasks", None),
        ("music_s_failures", "Studio Suno failed tasks", None),
        ("music_s_point_usage", "Studio Suno usage (point)", "point"),
        ("llm_llm_usage", "Studio LLM usage (llm)", "llm"),
    ):
        assert found[name]["name"] == title
        assert found[name]["statistics_unit_of_measurement"] == unit
        assert found[name]["has_sum"] is True
        assert found[name]["source"] == DOMAIN


async def test_tasks_that_end_late_correct_their_hour(
    statistics: Statistics,
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is written again as a whole, and all sums after it."""
    del account.history[:-FEW]
    await set_up()
    slow, failing = (account.start_task("kling", 0.7) for _ in range(2))
    await wait_and_poll(hass, freezer)
    assert await statistics() == record_of(account)
    # After two hours it is read every hour.
    await wait_and_poll(hass, freezer, timedelta(hours=2))
    account.finish_task(account.start_task("flux", 0.1))
    await wait_and_poll(hass, freezer)
    account.finish_task(slow)
    account.fail_task(failing)
    await wait_and_poll(hass, freezer, timedelta(hours=1))
    assert await statistics() == record_of(account)


async def test_restart_and_crash_count_nothing_twice(
    statistics: Statistics,
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Also if the file is older than the statistics, or was never written."""
    del account.history[:-FEW]
    entry = await set_up()
    key = f"{DOMAIN}.{entry.entry_id}.usage"
    files: list[Any] = [None]
    for _ in range(3):
        account.finish_task(account.start_task("kling", 0.3))
        await wait_and_poll(hass, freezer)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert await statistics() == record_of(account)
        files.append(copy.deepcopy(hass_storage[key]))
    for file in files[:2]:
        account.finish_task(account.start_task("flux", 0.3))
        await wait_and_poll(hass, freezer)
        await hass.config_entries.async_unload(entry.entry_id)
        del hass_storage[key]
        if file:
            hass_storage[key] = file
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert await statistics() == record_of(account)


async def test_outage_in_the_middle_of_paging(
    statistics: Statistics,
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """It goes on where it was; a poll makes ten requests at most."""
    expected_logs.append("Error fetching Studio usage data")
    account.history.clear()
    add_tasks(account, 1600, NOW - timedelta(days=29), NOW)
    entry = await set_up()
    asked = [request for request in simulator.requests if request.path == HISTORIES]
    assert len(asked) == 10
    simulator.fail(Fault.SERVER_ERROR, times=1, path=HISTORIES)
    await wait_and_poll(hass, freezer)
    assert values(hass, entry) == [STATE_UNAVAILABLE] * 3
    assert await statistics() != record_of(account)
    for _ in range(3):
        await wait_and_poll(hass, freezer)
    assert await statistics() == record_of(account)
    assert STATE_UNAVAILABLE not in values(hass, entry)


async def test_account_that_is_added_again_goes_on(
    statistics: Statistics,
    hass: HomeAssistant,
    set_up: SetUp,
    entry: MockConfigEntry,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Statistics stay when an account is removed; later ones continue their sums."""
    del account.history[:-FEW]
    await set_up()
    await statistics()
    await hass.config_entries.async_remove(entry.entry_id)
    freezer.tick(timedelta(hours=3))
    for _ in range(3):
        account.finish_task(account.start_task("kling", 0.3))
    again = MockConfigEntry(
        domain=DOMAIN,
        title="Studio",
        unique_id=str(ID),
        data=dict(entry.data),
        options=dict(entry.options),
    )
    again.add_to_hass(hass)
    await hass.config_entries.async_setup(again.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    recorded = await statistics()
    name = f"{DOMAIN}:{ID}_kling_tasks"
    assert recorded[name] == record_of(account)[name]
    # Of what ran only before nothing is written again, not even that nothing was added.
    assert without_idle_hours(recorded) == without_idle_hours(record_of(account))
    await hass.config_entries.async_unload(again.entry_id)


async def test_unchanged_polls_write_no_statistics(
    statistics: Statistics,
    hass: HomeAssistant,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    account: SimulatedAccount,
) -> None:
    """The database is left alone, until a task ran: then hours from its own on are written."""
    del account.history[:-FEW]
    await set_up()
    await statistics()
    written: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "custom_components.goapi.usage_statistics.async_add_external_statistics",
        lambda _, metadata, rows: written.append((metadata["statistic_id"], len(rows))),
    )
    for _ in range(6):
        await wait_and_poll(hass, freezer)
    assert written == []
    account.finish_task(account.start_task("kling", 0.3))
    await wait_and_poll(hass, freezer)
    assert len(written) == len({name for name, _ in written}) == len(record_of(account))
    assert {count for _, count in written} == {1}


async def test_without_a_recorder_all_else_works(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What statistics would be made of is kept for a start with a recorder."""
    entry = await set_up()
    await wait_and_poll(hass, freezer)
    assert STATE_UNKNOWN not in values(hass, entry)
    assert sum(row["tasks"] for row in (await get_usage(hass))["rows"]) == len(account.history)
    assert entry.runtime_data.history.store.state.changed_from is not None


# --- Sensors ---


async def test_sensors_of_today(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """They count tasks by when they were created, and failed ones as soon as they failed."""
    account.history.clear()
    entry = await set_up()
    assert values(hass, entry) == ["0", "0", STATE_UNKNOWN]
    account.start_task("flux", 0.5)
    task_id = account.start_task("music-s", 3)
    account.fail_task(account.start_task("flux", 0.5))
    account.finish_task(account.start_task("flux", 0.5))
    await wait_and_poll(hass, freezer)
    assert values(hass, entry) == ["4", "1", "Flux"]
    account.finish_task(task_id)
    await wait_and_poll(hass, freezer)
    assert values(hass, entry) == ["4", "1", "Suno"]


async def test_sensors_are_unknown_until_all_of_today_is_read(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Part of a day is no number of its tasks."""
    account.history.clear()
    await hass.config.async_set_time_zone("UTC")
    add_tasks(account, 1500, NOW.replace(hour=0, minute=0), NOW - timedelta(hours=2))
    entry = await set_up()
    assert values(hass, entry) == [STATE_UNKNOWN] * 3
    response = await get_usage(hass)
    assert response["complete"] is False
    for _ in range(3):
        await wait_and_poll(hass, freezer)
    assert values(hass, entry) == ["1500", "150", "Suno"]
    assert (await get_usage(hass))["complete"] is True


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Asia/Kolkata", "America/St_Johns"])
async def test_sensors_roll_over_at_local_midnight(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    zone: str,
) -> None:
    """At that minute, and not at the next poll."""
    await hass.config.async_set_time_zone(zone)
    midnight = datetime(2026, 11, 11, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    freezer.move_to(midnight - timedelta(minutes=4))
    account.history.clear()
    account.finish_task(account.start_task("flux", 0.5))
    entry = await set_up()
    assert values(hass, entry) == ["1", "0", "Flux"]
    await wait_and_poll(hass, freezer, timedelta(minutes=4))
    assert values(hass, entry) == ["0", "0", STATE_UNKNOWN]
    account.fail_task(account.start_task("kling", 0.5))
    await wait_and_poll(hass, freezer)
    assert values(hass, entry) == ["1", "1", "Kling"]


async def test_option_that_is_turned_off_removes_the_entities(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """And the history is not read any more; what was read stays for when it is turned on."""
    entry = await set_up()
    registry = er.async_get(hass)
    ids = [state_of(hass, entry, key).entity_id for key in SENSORS]
    simulator.requests.clear()
    hass.config_entries.async_update_entry(entry, options={CONF_RUNNING_TASKS: False})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not any(registry.async_get(each) for each in ids)
    assert not any(hass.states.get(each) for each in ids)
    assert not any(request.path == HISTORIES for request in simulator.requests)


# --- The action ---


@pytest.mark.parametrize(
    ("group_by", "column"),
    [
        ("model", "task_model"),
        ("task_type", "action"),
        ("api_key", "api_key_id"),
        ("status", "status"),
    ],
)
async def test_usage_equals_the_record_of_the_service(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, group_by: str, column: str
) -> None:
    """However it is grouped, to the last unit; the shares of a type make a hundred."""
    await set_up()
    expected: dict[tuple[str, str], list[Decimal]] = {}
    for row in account.history:
        found = expected.setdefault((str(row[column]), row["usage_type"]), [Decimal(0)] * 3)
        found[0] += 1
        found[1] += row["status"] == "failed"
        found[2] += Decimal(str(row["usage"])) if row["status"] == "finished" else 0
    response = await get_usage(hass, group_by=group_by)
    assert response["complete"] is True
    assert {
        (row["name"], row["usage_type"]): [
            row["tasks"],
            row["failed"],
            Decimal(str(row["usage"])),
        ]
        for row in response["rows"]
    } == expected
    for usage_type in {row["usage_type"] for row in response["rows"]}:
        shares = [row["share"] for row in response["rows"] if row["usage_type"] == usage_type]
        assert sum(shares) == pytest.approx(100, abs=0.1)


async def test_usage_of_a_time(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Times without a zone are local; without times it is all that is kept."""
    await hass.config.async_set_time_zone("Asia/Kolkata")
    account.history.clear()
    add_tasks(account, 24, NOW - timedelta(hours=24), NOW)
    await set_up()
    response = await get_usage(hass, start="2026-11-10 12:30:00", end="2026-11-10T09:00:00+00:00")
    assert response["start"] == "2026-11-10T12:30:00+05:30"
    assert response["end"] == "2026-11-10T14:30:00+05:30"
    assert sum(row["tasks"] for row in response["rows"]) == 2
    response = await get_usage(hass)
    assert response["start"] == "2026-10-11T17:30:00+05:30"
    assert response["end"] == "2026-11-10T17:35:00+05:30"
    assert sum(row["tasks"] for row in response["rows"]) == 24


@pytest.mark.parametrize(
    "period",
    [
        {"start": "2026-11-10 10:00:00", "end": "2026-11-10 10:00:00"},
        {"start": "2026-11-11 10:00:00"},
        {"end": "2026-09-01 10:00:00"},
        {"start": "2026-08-01 10:00:00", "end": "2026-09-01 10:00:00"},
    ],
)
async def test_period_that_is_none(
    hass: HomeAssistant, set_up: SetUp, period: dict[str, Any]
) -> None:
    """It ends before it begins, or before all that is known."""
    await set_up()
    with pytest.raises(ServiceValidationError, match="start must be before the end") as error:
        await get_usage(hass, **period)
    assert error.value.translation_key == "invalid_period"


async def test_usage_is_not_complete_when_polls_failed(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """What ran meanwhile is not known."""
    expected_logs.append("Error fetching Studio data")
    await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    for _ in range(6):
        await wait_and_poll(hass, freezer)
    assert (await get_usage(hass))["complete"] is False
    before = (NOW - timedelta(minutes=20)).isoformat()
    assert (await get_usage(hass, end=before))["complete"] is True
    simulator.recover()
    await wait_and_poll(hass, freezer)
    assert (await get_usage(hass))["complete"] is True


async def test_usage_that_is_unknown(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The service has no history, for now."""
    simulator.lacks.add(HISTORIES)
    entry = await set_up()
    with pytest.raises(HomeAssistantError, match="has not been read yet") as error:
        await get_usage(hass)
    assert error.value.translation_key == "usage_unknown"
    with pytest.raises(AssertionError, match="no entity"):
        state_of(hass, entry, "tasks_today")
    simulator.lacks.clear()
    await wait_and_poll(hass, freezer)
    assert (await get_usage(hass))["complete"] is True
    assert STATE_UNAVAILABLE not in values(hass, entry)


@pytest.mark.parametrize("options", [{CONF_RUNNING_TASKS: False}])
async def test_usage_that_is_off(hass: HomeAssistant, set_up: SetUp) -> None:
    """The option is off until somebody turns it on."""
    await set_up()
    with pytest.raises(HomeAssistantError, match='"Usage by model" of Studio is off') as error:
        await get_usage(hass)
    assert error.value.translation_key == "usage_off"


# --- The file ---


async def test_file_is_written_loaded_and_removed(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """What was read once is not read again after a restart."""
    entry = await set_up()
    key = f"{DOMAIN}.{entry.entry_id}.usage"
    assert key not in hass_storage
    await wait_and_poll(hass, freezer, timedelta(seconds=SAVE_DELAY_SECONDS + 1))
    assert hass_storage[key]["data"]["tallies"]
    await hass.config_entries.async_unload(entry.entry_id)
    simulator.requests.clear()
    freezer.tick(timedelta(minutes=5))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    (asked,) = [request for request in simulator.requests if request.path == HISTORIES]
    assert f"start_time={int(NOW.timestamp()) - 30 * 86400}" not in asked.query
    assert sum(row["tasks"] for row in (await get_usage(hass))["rows"]) == len(account.history)
    await hass.config_entries.async_remove(entry.entry_id)
    await wait_and_poll(hass, freezer, timedelta(seconds=SAVE_DELAY_SECONDS + 60))
    assert not [name for name in hass_storage if name.startswith(DOMAIN)]


@pytest.mark.parametrize("data", ["text", {}, {"groups": 5}])
async def test_damaged_file_is_set_aside(
    hass: HomeAssistant,
    set_up: SetUp,
    entry: MockConfigEntry,
    account: SimulatedAccount,
    hass_storage: dict[str, Any],
    expected_logs: list[str],
    data: object,
) -> None:
    """The history is read again."""
    if data:
        expected_logs.append(WARNING)
    hass_storage[f"{DOMAIN}.{entry.entry_id}.usage"] = {"version": 1, "data": data}
    await set_up()
    assert sum(row["tasks"] for row in (await get_usage(hass))["rows"]) == len(account.history)


@pytest.mark.parametrize("method", ["async_unload", "async_remove"])
async def test_unload_in_the_middle_of_reading(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    method: str,
) -> None:
    """The request is cancelled, what was read is kept, and no file comes back later."""
    entry = await set_up()
    key = f"{DOMAIN}.{entry.entry_id}.usage"
    simulator.fail(Fault.SLOW_HEADERS, path=HISTORIES)
    account.finish_task(account.start_task("kling", 0.3))
    freezer.tick(timedelta(minutes=5))
    await entry.runtime_data.async_refresh()
    await getattr(hass.config_entries, method)(entry.entry_id)
    content = hass_storage.get(key)
    assert (content is not None) is (method == "async_unload")
    await wait_and_poll(hass, freezer, timedelta(seconds=SAVE_DELAY_SECONDS + 60))
    assert hass_storage.get(key) is content


async def test_unload_before_anything_was_read_keeps_the_file(
    hass: HomeAssistant,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    hass_storage: dict[str, Any],
) -> None:
    """A record that was not loaded yet does not overwrite the one in the file."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    content = hass_storage[f"{DOMAIN}.{entry.entry_id}.usage"]
    assert content["data"]["tallies"]
    load = Store.async_load

    async def slow_load(store: Store[Any]) -> Any:
        """Take for ever to load the record."""
        if store.key.endswith(".usage"):
            await asyncio.Event().wait()
        return await load(store)

    monkeypatch.setattr(Store, "async_load", slow_load)
    await hass.config_entries.async_setup(entry.entry_id)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(entry.entry_id)
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}.usage"] is content


async def test_file_is_written_when_home_assistant_stops(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """With all that was read until then."""
    entry = await set_up()
    await wait_and_poll(hass, freezer)
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}.usage"]["data"]["tallies"]
    hass.set_state(CoreState.running)
