"""Test what the user sees when the service fails, and that the next good answer mends it."""

import asyncio
from collections.abc import Generator
from datetime import timedelta
import logging
from typing import Any, override

from aiohttp import DummyCookieJar
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryDisabler,
    ConfigEntryState,
)
from homeassistant.const import (
    CONF_SCAN_INTERVAL,
    EVENT_HOMEASSISTANT_CLOSE,
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util.event_type import EventType

from custom_components.goapi.api import GoAPIAuthenticationError, GoAPIError, client
from custom_components.goapi.const import DOMAIN
from custom_components.goapi.session import async_get_session

from .common import entity_id, poll, state_of
from .conftest import SetUp
from .faults import ERRORS, SLOW
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

LOGGER = "custom_components.goapi.coordinator"

# What the log says of each error, and so what the user reads.
TEXTS = {
    "invalid_auth": "refused the API key twice in a row",
    "quota_exceeded": "a quota, credits or the balance is used up",
    "rate_limited": "wants fewer requests",
    "cannot_connect": "cannot be reached",
    "timeout_connect": "did not answer in time",
    "server_error": "has a fault of its own",
    "request_rejected": "refuses the request",
    "redirected": "points to another address",
    "invalid_response": "sent something that is not an account",
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Give a slow service half a second."""
    if (
        getattr(request.node, "callspec", None)
        and request.node.callspec.params.get("fault") in SLOW
    ):
        monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.5)


@pytest.fixture
def own_logs(caplog: pytest.LogCaptureFixture) -> Generator[list[str]]:
    """Return what the coordinator logs from now on."""
    messages: list[str] = []

    class Handler(logging.Handler):
        """Keeps what is at least an information."""

        @override
        def emit(self, record: logging.LogRecord) -> None:
            """Keep one record."""
            if record.levelno >= logging.INFO:
                messages.append(record.getMessage())

    handler = Handler()
    logging.getLogger(LOGGER).addHandler(handler)
    yield messages
    logging.getLogger(LOGGER).removeHandler(handler)


FAULTS = [pytest.param(fault, error, id=fault) for fault, error in ERRORS.items()]
PASSING = [each for each in FAULTS if each.values[1] is not GoAPIAuthenticationError]
REFUSING = [each for each in FAULTS if each.values[1] is GoAPIAuthenticationError]


@pytest.mark.parametrize(("fault", "error"), PASSING)
async def test_outage_is_one_line_and_recovers(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    own_logs: list[str],
    expected_logs: list[str],
    fault: Fault,
    error: type[GoAPIError],
) -> None:
    """Entities are unavailable during an outage; the log has a line for its begin and its end."""
    entry = await set_up()
    simulator.fail(fault)
    expected_logs.append(TEXTS[error.code])
    for _ in range(3):
        # As long as the longest Retry-After.
        await poll(hass, timedelta(hours=1, seconds=1))
        assert state_of(hass, entry, "credit_remain").state == STATE_UNAVAILABLE
    assert len(own_logs) == 1
    assert TEXTS[error.code] in own_logs[0]

    simulator.recover()
    await poll(hass, timedelta(hours=1, seconds=1))
    assert state_of(hass, entry, "credit_remain").state == "74"
    assert own_logs[1:] == ["Fetching Studio data recovered"]
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.parametrize(("fault", "error"), REFUSING)
async def test_refused_key_starts_reauthentication_once(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    own_logs: list[str],
    expected_logs: list[str],
    fault: Fault,
    error: type[GoAPIError],
) -> None:
    """A refused key asks the user for another one, once; a key that works again mends it."""
    entry = await set_up()
    simulator.fail(fault)
    expected_logs.append(TEXTS[error.code])
    await poll(hass)
    await poll(hass)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert state_of(hass, entry, "credit_remain").state == STATE_UNAVAILABLE
    assert len(own_logs) == 1

    simulator.recover()
    await hass.config_entries.async_reload(entry.entry_id)
    assert state_of(hass, entry, "credit_remain").state == "74"


async def test_stray_401_is_no_outage(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """One refused request changes nothing that anybody sees."""
    entry = await set_up()
    simulator.fail(Fault.UNAUTHORIZED, times=1)
    await poll(hass)
    assert state_of(hass, entry, "credit_remain").state == "74"
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.parametrize(("fault", "error"), PASSING)
async def test_failed_start_is_retried(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    expected_logs: list[str],
    fault: Fault,
    error: type[GoAPIError],
) -> None:
    """A start during an outage is tried again by itself, and its reason is readable."""
    simulator.fail(fault)
    entry.add_to_hass(hass)
    expected_logs.append(TEXTS[error.code])
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert TEXTS[error.code] in entry.reason

    simulator.recover()
    await poll(hass)
    assert hass.config_entries.async_loaded_entries(DOMAIN) == [entry]


@pytest.mark.parametrize(("fault", "error"), REFUSING)
async def test_failed_start_with_a_refused_key(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    expected_logs: list[str],
    fault: Fault,
    error: type[GoAPIError],
) -> None:
    """A start with a key that is refused asks the user for another one."""
    simulator.fail(fault)
    entry.add_to_hass(hass)
    expected_logs.append(TEXTS[error.code])
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_other_account_is_not_mixed_in(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    expected_logs: list[str],
) -> None:
    """An answer about another account is a failure, and its numbers are nowhere."""
    entry = await set_up()
    account.set("wallet.credit_remain", 99999)
    simulator.fail(Fault.OTHER_ACCOUNT)
    expected_logs.append("answered with another account")
    await poll(hass)
    assert state_of(hass, entry, "credit_remain").state == STATE_UNAVAILABLE
    assert not [state for state in hass.states.async_all() if state.state == "99999"]
    simulator.recover()
    await poll(hass)
    assert state_of(hass, entry, "credit_remain").state == "99999"


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        # Never more often than the shortest interval that a user can choose.
        (Fault.RATE_LIMITED, timedelta(minutes=1)),
        (Fault.RATE_LIMITED_ABSURD, timedelta(hours=1)),
        (Fault.RATE_LIMITED_SILENT, timedelta(minutes=5)),
    ],
)
async def test_next_poll_is_after_retry_after(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    expected_logs: list[str],
    fault: Fault,
    wait: timedelta,
) -> None:
    """The service is left alone for as long as it asks, and no longer."""
    await set_up()
    simulator.fail(fault)
    expected_logs.append(TEXTS["rate_limited"])
    await poll(hass)
    simulator.recover()
    simulator.requests.clear()
    await poll(hass, wait - timedelta(seconds=5))
    assert simulator.requests == []
    await poll(hass, wait)
    assert len(simulator.requests) == 1


async def test_nan_spoils_one_field(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """JSON with NaN and infinity leaves those fields unknown and the others as they are."""
    entry = await set_up()
    simulator.fail(Fault.BAD_JSON_NUMBERS)
    await poll(hass)
    account = entry.runtime_data.data
    assert account.unreadable
    for key in account.unreadable:
        assert account.fields[key] is None
    assert state_of(hass, entry, "plan").state == "hobbyist"
    assert STATE_UNKNOWN in {
        state.state for state in hass.states.async_all() if "remaining" in state.entity_id
    }


async def test_unchanged_poll_writes_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, account: SimulatedAccount
) -> None:
    """A poll whose answer is unchanged reports no state, and a changed one only what changed."""
    await set_up()
    written: dict[EventType[Any] | str, list[str]] = {
        EVENT_STATE_CHANGED: [],
        EVENT_STATE_REPORTED: [],
    }

    @callback
    def note(event: Event[Any]) -> None:
        """Note which entity was written."""
        written[event.event_type].append(event.data["entity_id"])

    for event_type in written:
        hass.bus.async_listen(event_type, note, event_filter=callback(lambda _: True))
    await poll(hass)
    await poll(hass)
    assert len(simulator.requests) == 3
    assert not any(written.values())

    account.set("wallet.credit_remain", 73)
    await poll(hass)
    for wrote in written.values():
        assert set(wrote) <= {"sensor.studio_credits_remaining", "binary_sensor.studio_credits_low"}
    assert written[EVENT_STATE_CHANGED]


@pytest.mark.parametrize(("minutes", "seconds"), [(None, 300), (1, 60), (1440, 86400)])
async def test_interval_is_the_users(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    simulator: Simulator,
    minutes: int | None,
    seconds: int,
) -> None:
    """The account is polled as often as the user chose, every five minutes without a choice."""
    entry.add_to_hass(hass)
    if minutes is not None:
        hass.config_entries.async_update_entry(entry, options={CONF_SCAN_INTERVAL: minutes})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    simulator.requests.clear()
    await poll(hass, timedelta(seconds=seconds - 5))
    assert simulator.requests == []
    await poll(hass, timedelta(seconds=seconds))
    assert len(simulator.requests) == 1


async def test_update_entity_polls_at_once(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The action `homeassistant.update_entity` fetches the account now."""
    await async_setup_component(hass, "homeassistant", {})
    entry = await set_up()
    seen: list[Event[EventStateChangedData]] = []
    sensor = entity_id(hass, entry, "credit_remain")
    async_track_state_change_event(hass, sensor, seen.append)
    account.set("wallet.credit_remain", 70)
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": sensor}, blocking=True
    )
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain").state == "70"
    assert len(seen) == 1


def test_every_error_has_a_line_in_the_log() -> None:
    """Every error of the client has a text for the log."""
    assert {error.code for error in ERRORS.values()} == set(TEXTS)


@pytest.mark.parametrize("how", ["reload", "remove", "disable"])
async def test_poll_that_outlives_its_entry(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """A poll that is under way while its entry is changed or removed is of no interest."""
    entry = await set_up()
    monkeypatch.setattr(client, "AUTHENTICATION_RETRY_SECONDS", 0.2)
    account.disable()
    simulator.fail(Fault.UNAUTHORIZED)
    late = hass.async_create_task(entry.runtime_data.async_refresh())
    await asyncio.sleep(0.1)
    if how == "reload":
        simulator.recover()
        simulator.accounts["new-key"] = simulator.accounts.pop(DEMO_KEY)
        hass.config_entries.async_update_entry(entry, data={**entry.data, "api_key": "new-key"})
        await hass.config_entries.async_reload(entry.entry_id)
    elif how == "remove":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await late
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress()
    assert bool(ir.async_get(hass).issues) is (how == "reload")


async def test_answer_that_outlives_its_entry(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A good answer for an entry that was removed meanwhile makes no repair of it."""
    entry = await set_up()
    monkeypatch.setattr(client, "AUTHENTICATION_RETRY_SECONDS", 0.2)
    account.disable()
    simulator.fail(Fault.UNAUTHORIZED, times=1)
    late = hass.async_create_task(entry.runtime_data.async_refresh())
    await asyncio.sleep(0.1)
    await hass.config_entries.async_remove(entry.entry_id)
    await late
    assert not ir.async_get(hass).issues


async def test_session_keeps_no_cookies(hass: HomeAssistant, set_up: SetUp) -> None:
    """All accounts share one session, which forgets cookies and ends with Home Assistant."""
    await set_up()
    session = async_get_session(hass)
    assert isinstance(session.cookie_jar, DummyCookieJar)
    assert async_get_session(hass) is session
    hass.bus.async_fire(EVENT_HOMEASSISTANT_CLOSE)
    await hass.async_block_till_done()
    assert session.closed
