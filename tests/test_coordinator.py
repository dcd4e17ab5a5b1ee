"""Test what the user sees when the service fails, and that the next good answer mends it."""

import asyncio
from collections.abc import Generator
from datetime import timedelta
import logging
from typing import Any, override

from aiohttp import DummyCookieJar
from freezegun.api import FrozenDateTimeFactory
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
    STATE_OFF,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.goapi.api import client
from custom_components.goapi.const import DOMAIN
from custom_components.goapi.session import async_get_session

from .common import credit_pack, entity_id, poll, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

LOGGER = "custom_components.goapi.coordinator"

# What the log and the user's screen say of each error that an answer can mean.
TEXTS = {
    Fault.QUOTA_402: "a quota, credits or the balance is used up",
    Fault.RATE_LIMITED: "received too many requests",
    Fault.RESET: "cannot be reached",
    Fault.SLOW_HEADERS: "did not answer in time",
    Fault.SERVER_ERROR: "has an internal error",
    Fault.NOT_FOUND: "refused the request",
    Fault.REDIRECT: "redirects to another address",
    Fault.HTML_200: "sent an answer that is not an account",
}
REFUSED = "refused the API key twice in a row"
# As long as the longest Retry-After.
LONGEST_WAIT = timedelta(hours=1, seconds=1)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a slow service half a second."""
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


@pytest.mark.parametrize(("fault", "text"), TEXTS.items())
async def test_an_outage_is_one_line_and_its_end_another(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    own_logs: list[str],
    expected_logs: list[str],
    fault: Fault,
    text: str,
) -> None:
    """However long it lasts; entities are unavailable meanwhile, and nobody is asked for a key."""
    entry = await set_up()
    simulator.fail(fault)
    expected_logs.append(text)
    for _ in range(3):
        await poll(hass, LONGEST_WAIT)
        assert state_of(hass, entry, "credit_remain").state == STATE_UNAVAILABLE
    assert len(own_logs) == 1
    assert text in own_logs[0]

    simulator.recover()
    await poll(hass, LONGEST_WAIT)
    assert state_of(hass, entry, "credit_remain").state == "74"
    assert own_logs[1:] == ["Fetching Studio data recovered"]
    assert not hass.config_entries.flow.async_progress()


async def test_refused_key_starts_reauthentication_once(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    own_logs: list[str],
    expected_logs: list[str],
) -> None:
    """A refused key asks the user for another one, once; a key that works again mends it."""
    entry = await set_up()
    simulator.fail(Fault.UNAUTHORIZED)
    expected_logs.append(REFUSED)
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


@pytest.mark.parametrize(("fault", "text"), TEXTS.items())
async def test_failed_start_is_retried(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    expected_logs: list[str],
    fault: Fault,
    text: str,
) -> None:
    """A start during an outage is tried again by itself, and its reason is readable."""
    simulator.fail(fault)
    entry.add_to_hass(hass)
    expected_logs.append(text)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert text in entry.reason

    simulator.recover()
    await poll(hass)
    assert hass.config_entries.async_loaded_entries(DOMAIN) == [entry]


async def test_failed_start_with_a_refused_key(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, expected_logs: list[str]
) -> None:
    """A start with a key that is refused asks the user for another one."""
    simulator.fail(Fault.UNAUTHORIZED)
    entry.add_to_hass(hass)
    expected_logs.append(REFUSED)
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
    expected_logs.append(TEXTS[Fault.RATE_LIMITED])
    await poll(hass)
    simulator.recover()
    simulator.requests.clear()
    await poll(hass, wait - timedelta(seconds=5))
    assert simulator.requests == []
    await poll(hass, wait)
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("wallet.credit_remain", 0, "unverified"),
        ("is_verified", True, "ok"),
        ("credit_pack_info.available_credits", 5, "low"),
        ("credit_pack_info.available_credits", 0, "empty"),
        ("is_enable", False, "disabled"),
    ],
)
async def test_the_status_is_the_worst_of_the_main_balance_and_the_account(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    path: str,
    value: Any,
    status: str,
) -> None:
    """The documented account is not verified, which hides nothing that is worse."""
    entry = await set_up()
    await set_number(hass, entry, "available_credits_low_threshold", 10)
    assert state_of(hass, entry, "account_status").state == "unverified"
    account.set(path, value)
    await poll(hass)
    assert state_of(hass, entry, "account_status").state == status


@pytest.mark.parametrize("path", ["equivalent_in_usd", "wallet"])
async def test_what_turns_up_after_the_setup_is_followed_without_a_reload(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, simulator: Simulator, path: str
) -> None:
    """An account that first answers without dollars, or without a wallet, gets its entities."""
    account.set("equivalent_in_usd", 12.5)
    later = account.data.pop(path)
    entry = await set_up()
    coordinator = entry.runtime_data
    key = "equivalent_in_usd" if path == "equivalent_in_usd" else "credit_remain"
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, key)
    account.data[path] = later
    # As the action to refresh does it, which must not meet an account that is being reloaded.
    simulator.requests.clear()
    await hass.services.async_call(DOMAIN, "refresh", blocking=True)
    await hass.async_block_till_done()
    assert entry.runtime_data is coordinator
    assert len(simulator.requests) == 1
    assert float(state_of(hass, entry, key).state) in (12.5, 74)
    assert state_of(hass, entry, f"{key}_low").state == STATE_OFF
    account.set("equivalent_in_usd", 11.5)
    account.set("wallet.credit_remain", 73)
    await poll(hass)
    assert float(state_of(hass, entry, key).state) in (11.499, 73)


async def test_midnight_begins_a_new_day_without_a_poll(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was spent today is nothing then, since the local midnight."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-11-10 22:53:00+00:00")
    entry = await set_up()
    account.set("credit_pack_info.used_credits", 5700)
    await wait_and_poll(hass, freezer)
    spent = state_of(hass, entry, "available_credits_spent_today")
    assert (spent.state, spent.attributes["last_reset"]) == ("22", "2026-11-10T00:00:00+01:00")
    simulator.requests.clear()
    await wait_and_poll(hass, freezer, timedelta(minutes=2))
    assert simulator.requests == []
    spent = state_of(hass, entry, "available_credits_spent_today")
    assert (spent.state, spent.attributes["last_reset"]) == ("0", "2026-11-11T00:00:00+01:00")
    assert state_of(hass, entry, "available_credits_spent_this_month").state == "22"


async def test_a_pack_that_ends_is_gone_without_a_poll(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The next one takes its place at that moment."""
    first, second = (dt_util.utcnow() + timedelta(minutes=minutes) for minutes in (1, 2))
    account.set("credit_pack_info.credit_packs", [credit_pack(1, first), credit_pack(2, second)])
    entry = await set_up()
    simulator.requests.clear()
    for expected in (first, second, None):
        state = state_of(hass, entry, "next_credit_expiry").state
        if expected is None:
            assert state == STATE_UNKNOWN
        else:
            assert state == expected.isoformat(timespec="seconds")
        await wait_and_poll(hass, freezer, timedelta(minutes=1))
    assert simulator.requests == []


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
        options = {**entry.options, CONF_SCAN_INTERVAL: minutes}
        hass.config_entries.async_update_entry(entry, options=options)
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
