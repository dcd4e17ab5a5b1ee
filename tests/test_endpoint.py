"""Test that an endpoint of tasks that fails, or is not there, harms nothing but its entities."""

import asyncio
from collections.abc import Callable, Generator
from datetime import timedelta
import logging
from typing import Any, NamedTuple

from freezegun import freeze_time
from freezegun.api import TickingDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State

from custom_components.goapi.api import GoAPIResponseError, client
from custom_components.goapi.const import CONF_RUNNING_TASKS, CONF_USAGE

from .common import DEFAULT_INTERVAL, entity_id, poll, state_of
from .conftest import SetUp
from .faults import ERRORS, HARMLESS, SLOW
from .simulator import Fault, SimulatedAccount, Simulator
from .simulator.endpoints import ACCOUNT_INFO, ACTIVE_TASKS, HISTORIES

# As long as the longest Retry-After.
LONGEST_WAIT = timedelta(hours=1, seconds=1)


class Endpoint(NamedTuple):
    """An endpoint: path, name in the log, entities with their values, faults that it can take."""

    path: str
    name: str
    shown: dict[str, str]
    harmless: set[Fault]


ENDPOINTS = (
    Endpoint(
        ACTIVE_TASKS,
        "Studio tasks",
        {"running_tasks": "1", "waiting_tasks": "0", "free_task_slots": "7"},
        # Neither of them has an id.
        HARMLESS | {Fault.NO_ID},
    ),
    Endpoint(
        HISTORIES,
        "Studio usage",
        {"tasks_today": "2", "failed_tasks_today": "0", "top_model_today": "Flux"},
        # A page of tasks may be larger than an account.
        HARMLESS | {Fault.NO_ID, Fault.TOO_LARGE},
    ),
)
each_endpoint = pytest.mark.parametrize(
    "endpoint", [pytest.param(each, id=each.name) for each in ENDPOINTS]
)


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of an entry that polls both endpoints."""
    return {CONF_RUNNING_TASKS: True, CONF_USAGE: True}


@pytest.fixture(autouse=True)
def clock() -> Generator[TickingDateTimeFactory]:
    """Return a clock that runs, and can be put forward."""
    with freeze_time("2026-11-10 20:00:00+00:00", tick=True) as running:
        assert isinstance(running, TickingDateTimeFactory)
        yield running


@pytest.fixture(autouse=True)
def _tasks(clock: TickingDateTimeFactory, account: SimulatedAccount) -> None:
    """Let a task run, after another one that finished."""
    account.finish_task(account.start_task("flux", 1, "luma"))
    account.start_task("kling", 5, "luma")


type Lines = Callable[[], list[tuple[int, str]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """Return a function that returns what the integration logged since its last call."""
    seen = 0

    def lines_of() -> list[tuple[int, str]]:
        """Return level and text of each line, without Home Assistant's own at debug level."""
        nonlocal seen
        records = caplog.get_records("call")
        new, seen = records[seen:], len(records)
        return [
            (record.levelno, record.getMessage())
            for record in new
            if record.name.startswith("custom_components.goapi")
            and (record.levelno > logging.DEBUG or record.module != "update_coordinator")
        ]

    return lines_of


def shown(hass: HomeAssistant, entry: MockConfigEntry, endpoint: Endpoint) -> dict[str, str]:
    """Return the states of the entities of an endpoint."""
    return {key: state_of(hass, entry, key).state for key in endpoint.shown}


def is_away(hass: HomeAssistant, entry: MockConfigEntry, endpoint: Endpoint) -> bool:
    """Return whether all entities of an endpoint are unavailable."""
    return set(shown(hass, entry, endpoint).values()) == {STATE_UNAVAILABLE}


def states_of_account(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, State]:
    """Return the states of all entities that are not of these endpoints."""
    others = {entity_id(hass, entry, key) for each in ENDPOINTS for key in each.shown}
    return {
        state.entity_id: state for state in hass.states.async_all() if state.entity_id not in others
    }


async def tick_and_poll(
    hass: HomeAssistant, clock: TickingDateTimeFactory, after: timedelta = DEFAULT_INTERVAL
) -> None:
    """Put the clock forward to the next poll, and wait until it is over."""
    clock.tick(after)
    await poll(hass, timedelta())


def asked(simulator: Simulator, path: str) -> int:
    """Return how often a path was asked for."""
    return [request.path for request in simulator.requests].count(path)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault) for fault in Fault])
async def test_a_fault_harms_nothing_else(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    clock: TickingDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    lines: Lines,
    expected_logs: list[str],
    fault: Fault,
) -> None:
    """The account stays as it is, and what was missing or failed is back with the next answer.

    An outage is one line in the log and its end another; that the service lacks an endpoint is
    said once, at debug level.
    """
    entry = await set_up()
    account = states_of_account(hass, entry)
    if fault in SLOW:
        monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.2)
    for endpoint in ENDPOINTS:
        assert shown(hass, entry, endpoint) == endpoint.shown
        simulator.fail(fault, path=endpoint.path)
    lines()
    for _ in range(2):
        await tick_and_poll(hass, clock, LONGEST_WAIT)
        for endpoint in ENDPOINTS:
            assert is_away(hass, entry, endpoint) is (fault not in endpoint.harmless)
        assert states_of_account(hass, entry) == account
        assert entry.runtime_data.last_update_success
    begun = lines()
    simulator.recover()
    await tick_and_poll(hass, clock, LONGEST_WAIT)
    ended = lines()
    for endpoint in ENDPOINTS:
        assert shown(hass, entry, endpoint) == endpoint.shown
        found = [
            (level, text.partition(f" {endpoint.name} data")[0])
            for level, text in (*begun, *ended)
            if f" {endpoint.name} data" in text
        ]
        if fault in endpoint.harmless:
            assert found == []
        elif issubclass(ERRORS[fault], GoAPIResponseError):
            assert found == [(logging.DEBUG, "The service has no")]
        else:
            assert found == [(logging.ERROR, "Error fetching"), (logging.INFO, "Fetching")]
            expected_logs.append(f"Error fetching {endpoint.name} data")
    assert not [text for level, text in (*begun, *ended) if level > logging.INFO] or expected_logs
    assert all(hass.states.get(each) is state for each, state in account.items())
    assert not hass.config_entries.flow.async_progress()


@each_endpoint
async def test_one_endpoint_fails_without_the_other(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    clock: TickingDateTimeFactory,
    expected_logs: list[str],
    endpoint: Endpoint,
) -> None:
    """They know nothing of each other."""
    (other,) = (each for each in ENDPOINTS if each is not endpoint)
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR, path=endpoint.path)
    expected_logs.append(f"Error fetching {endpoint.name} data")
    await tick_and_poll(hass, clock)
    assert is_away(hass, entry, endpoint)
    assert shown(hass, entry, other) == other.shown


@pytest.mark.parametrize("fault", [None, Fault.NOT_FOUND, Fault.SERVER_ERROR, Fault.UNAUTHORIZED])
@each_endpoint
async def test_an_endpoint_that_never_answered_has_no_entities(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    clock: TickingDateTimeFactory,
    lines: Lines,
    expected_logs: list[str],
    endpoint: Endpoint,
    fault: Fault | None,
) -> None:
    """The account is set up all the same; they appear when there is something to show."""
    if fault is None:
        simulator.lacks.add(endpoint.path)
    else:
        simulator.fail(fault, path=endpoint.path)
    entry = await set_up()
    await tick_and_poll(hass, clock)
    (found,) = [level for level, text in lines() if f" {endpoint.name} data" in text]
    if fault in (None, Fault.NOT_FOUND):
        assert found == logging.DEBUG
    else:
        assert found == logging.ERROR
        expected_logs.append(f"Error fetching {endpoint.name} data")
    for key in endpoint.shown:
        with pytest.raises(AssertionError, match="no entity"):
            entity_id(hass, entry, key)
    assert state_of(hass, entry, "credit_remain").state == "74"
    assert not hass.config_entries.flow.async_progress()
    simulator.lacks.clear()
    simulator.recover()
    await tick_and_poll(hass, clock)
    assert shown(hass, entry, endpoint) == endpoint.shown
    # One that goes again is said again.
    lines()
    simulator.lacks.add(endpoint.path)
    for _ in range(2):
        await tick_and_poll(hass, clock)
        assert is_away(hass, entry, endpoint)
    assert [level for level, _ in lines()] == [logging.DEBUG]


@each_endpoint
async def test_a_service_that_asks_to_wait_is_left_alone(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    clock: TickingDateTimeFactory,
    expected_logs: list[str],
    endpoint: Endpoint,
) -> None:
    """At that endpoint, for as long as it asked; the account is polled as before."""
    entry = await set_up()
    simulator.fail(Fault.RATE_LIMITED_ABSURD, path=endpoint.path)
    expected_logs.append(f"Error fetching {endpoint.name} data")
    await tick_and_poll(hass, clock)
    simulator.recover()
    simulator.requests.clear()
    for _ in range(11):
        await tick_and_poll(hass, clock)
        assert is_away(hass, entry, endpoint)
    assert asked(simulator, endpoint.path) == 0
    assert asked(simulator, ACCOUNT_INFO) == 11
    for _ in range(2):
        await tick_and_poll(hass, clock)
    assert asked(simulator, endpoint.path) > 0
    assert not is_away(hass, entry, endpoint)


async def test_in_an_outage_of_the_account_nobody_asks_for_its_tasks(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    clock: TickingDateTimeFactory,
    lines: Lines,
    expected_logs: list[str],
) -> None:
    """What would be shown of them may be old; the log says no more than it does without them."""
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR, path=ACCOUNT_INFO)
    expected_logs.append("Error fetching Studio data")
    simulator.requests.clear()
    lines()
    for _ in range(2):
        await tick_and_poll(hass, clock)
        assert all(is_away(hass, entry, endpoint) for endpoint in ENDPOINTS)
    assert asked(simulator, ACCOUNT_INFO) == len(simulator.requests) == 2
    simulator.recover()
    await tick_and_poll(hass, clock)
    for endpoint in ENDPOINTS:
        assert shown(hass, entry, endpoint) == endpoint.shown
    assert [text.partition(":")[0] for _, text in lines()] == [
        "Error fetching Studio data",
        "Fetching Studio data recovered",
    ]


@each_endpoint
async def test_a_poll_that_takes_long_is_not_started_twice_and_ends_with_the_entry(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    clock: TickingDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    lines: Lines,
    endpoint: Endpoint,
) -> None:
    """The account's poll does not wait for it, nor does the entry when it is unloaded."""
    entry = await set_up()
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 3600)
    simulator.fail(Fault.SLOW_HEADERS, path=endpoint.path)
    simulator.requests.clear()
    lines()

    def polls() -> list[str]:
        """Return the polls of the endpoint that are under way."""
        names = (task.get_name() for task in asyncio.all_tasks())
        return [name for name in names if name == f"{endpoint.name} poll"]

    for _ in range(3):
        clock.tick(timedelta(minutes=5))
        await entry.runtime_data.async_refresh()
        await asyncio.sleep(0.05)
        assert polls() == [f"{endpoint.name} poll"]
    assert asked(simulator, ACCOUNT_INFO) == 3
    assert asked(simulator, endpoint.path) == 1
    assert shown(hass, entry, endpoint) == endpoint.shown
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert polls() == []
    assert lines() == []
