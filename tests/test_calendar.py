"""Test the calendar of the credit packs' ends: what is on it, on which day, and until when."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import logging
from typing import Any, Final
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from homeassistant.components.calendar import DOMAIN as CALENDAR
from homeassistant.const import EVENT_STATE_CHANGED, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

from .common import credit_pack, entity_id, poll, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

KEY: Final = "credit_packs_expiry"
ENTITY_ID: Final = "calendar.studio_credit_expiry"
PACKS: Final = "credit_pack_info.credit_packs"
POLL: Final = timedelta(minutes=5, seconds=1)

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 11, 20, 12, tzinfo=ZONE)
NOON_OF_THE_3RD = datetime(2026, 12, 3, 12, tzinfo=ZONE)

type Event = dict[str, str]
type Summaries = list[tuple[str, str]]
type GetEvents = Callable[[datetime, datetime], Awaitable[list[Event]]]
type Agenda = Callable[[], Awaitable[Summaries]]


@pytest.fixture(autouse=True)
async def _noon_in_amsterdam(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Live where clocks are changed."""
    await hass.config.async_set_time_zone(ZONE.key)
    freezer.move_to(NOON)


@pytest.fixture(autouse=True)
def _no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the web server from logging requests: a frozen clock lacks what it needs for it."""
    caplog.set_level(logging.WARNING, "aiohttp.access")


@pytest.fixture
def get_events(hass: HomeAssistant) -> GetEvents:
    """Return a function that asks for the events between two moments, as an automation does."""

    async def ask(start: datetime, end: datetime) -> list[Event]:
        """Run the action of Home Assistant."""
        response: Any = await hass.services.async_call(
            CALENDAR,
            "get_events",
            {"entity_id": ENTITY_ID, "start_date_time": start, "end_date_time": end},
            blocking=True,
            return_response=True,
        )
        events: list[Event] = response[ENTITY_ID]["events"]
        return events

    return ask


@pytest.fixture
def agenda(get_events: GetEvents) -> Agenda:
    """Return a function that tells the days and the summaries of all events."""

    async def read() -> Summaries:
        """Ask for many years."""
        events = await get_events(NOON - timedelta(days=900), NOON + timedelta(days=900_000))
        return [(event["start"], event["summary"]) for event in events]

    return read


async def go_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let the clock run to a moment, and to the timers that are due then."""
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_pack_is_an_event_of_a_day(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, get_events: GetEvents
) -> None:
    """The event says what is lost and which pack it is; the state shows the next one."""
    account.set(PACKS, [credit_pack(9021, NOON_OF_THE_3RD)])
    entry = await set_up()

    assert await get_events(NOON, NOON + timedelta(days=30)) == [
        {
            "start": "2026-12-03",
            "end": "2026-12-04",
            "summary": "1,600 credits expire",
            "description": "Credit pack 9021: 1,600 of 10,000 credits are left.",
        }
    ]
    assert entity_id(hass, entry, KEY) == ENTITY_ID
    state = state_of(hass, entry, KEY)
    assert state.state == STATE_OFF
    # What is left changes with each job, and has sensors that are recorded.
    assert state.state_info
    assert state.state_info["unrecorded_attributes"] >= {"message", "description"}
    assert state.attributes == {
        "friendly_name": "Studio Credit expiry",
        "message": "1,600 credits expire",
        "description": "Credit pack 9021: 1,600 of 10,000 credits are left.",
        "all_day": True,
        "start_time": "2026-12-03 00:00:00",
        "end_time": "2026-12-04 00:00:00",
        "location": "",
    }


@pytest.mark.parametrize(
    ("capacity", "used", "frozen", "summary", "left"),
    [
        (10000, 8400, 0, "1,600 credits expire", "1,600 of 10,000 credits are"),
        (10000, 8000.5, 400, "1,599.5 credits expire", "1,599.5 of 10,000 credits are"),
        (1234567, 0, None, "1,234,567 credits expire", "1,234,567 of 1,234,567 credits are"),
        (20.0, 19, 0, "1 credit expires", "1 of 20 credits is"),
        (20, 18.5, 0, "1.5 credits expire", "1.5 of 20 credits are"),
        (0.3, 0.1, 0, "0.2 credits expire", "0.2 of 0.3 credits are"),
        (20, 19.995, 0, "0.01 credits expire", "0.01 of 20 credits are"),
        (20, 19.9988, 0, "0.0012 credits expire", "0.0012 of 20 credits are"),
        (1, 0.9999999, 0, "0.0000001 credits expire", "0.0000001 of 1 credits are"),
        (2**53, 0, 0, "9,007,199,254,740,992 credits expire", None),
    ],
)
async def test_amounts_are_as_short_as_they_can_be(
    set_up: SetUp,
    account: SimulatedAccount,
    get_events: GetEvents,
    capacity: float,
    used: float,
    frozen: float | None,
    summary: str,
    left: str | None,
) -> None:
    """Whole numbers have no decimals, nothing is rounded to nothing, and one is one."""
    pack = credit_pack(7, NOON_OF_THE_3RD, capacity=capacity, used=used, frozen=frozen)
    account.set(PACKS, [pack])
    await set_up()
    (event,) = await get_events(NOON, NOON + timedelta(days=30))
    assert event["summary"] == summary
    if left:
        assert event["description"] == f"Credit pack 7: {left} left."


@pytest.mark.parametrize(
    ("zone", "ends_at", "day"),
    [
        ("Europe/Amsterdam", "2026-12-03T23:30:00Z", "2026-12-04"),
        ("Europe/Amsterdam", "2026-12-03T22:30:00Z", "2026-12-03"),
        # In summer the clock is an hour further.
        ("Europe/Amsterdam", "2027-06-30T22:30:00Z", "2027-07-01"),
        # The days of the changes have 25 and 23 hours.
        ("Europe/Amsterdam", "2027-10-31T22:59:59Z", "2027-10-31"),
        ("Europe/Amsterdam", "2027-03-27T23:00:00Z", "2027-03-28"),
        ("America/Los_Angeles", "2026-12-03T07:30:00Z", "2026-12-02"),
        ("America/Los_Angeles", "2026-12-03T23:30:00+08:00", "2026-12-03"),
        ("UTC", "2026-12-03T23:30:00Z", "2026-12-03"),
    ],
)
async def test_the_day_is_that_of_the_home(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    agenda: Agenda,
    zone: str,
    ends_at: str,
    day: str,
) -> None:
    """Whatever the zone of the service, the day is that of Home Assistant's own clock."""
    await hass.config.async_set_time_zone(zone)
    account.set(PACKS, [credit_pack(1, NOON, expired_at=ends_at)])
    entry = await set_up()
    assert await agenda() == [(day, "1,600 credits expire")]
    assert state_of(hass, entry, KEY).attributes["start_time"] == f"{day} 00:00:00"


async def test_only_what_can_be_lost_is_on_it(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, agenda: Agenda
) -> None:
    """Packs that are inactive, empty, wholly reserved or over are left out; so are unknown ones."""
    account.set(
        PACKS,
        [
            credit_pack(1, NOON_OF_THE_3RD, active=False),
            credit_pack(2, NOON_OF_THE_3RD, used=10000),
            credit_pack(3, NOON_OF_THE_3RD, used=12000),
            credit_pack(4, NOON_OF_THE_3RD, frozen=1600),
            credit_pack(5, NOON - timedelta(seconds=1)),
            credit_pack(6, NOON_OF_THE_3RD, active="yes"),
            credit_pack(7, NOON_OF_THE_3RD, expired_at="soon"),
            credit_pack(8, NOON_OF_THE_3RD, expired_at=None),
            {},
            "pack",
            credit_pack(9, NOON_OF_THE_3RD, frozen=600),
        ],
    )
    entry = await set_up()
    assert await agenda() == [("2026-12-03", "1,000 credits expire")]
    description = state_of(hass, entry, KEY).attributes["description"]
    assert description == "Credit pack 9: 1,000 of 10,000 credits are left."


@pytest.mark.parametrize("ends_at", ["9999-12-31T23:59:59Z", "9999-12-30T00:00:00+08:00"])
async def test_a_pack_that_never_ends_is_not_on_it(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, agenda: Agenda, ends_at: str
) -> None:
    """The last year of all calendars says that there is no end; the year before is one."""
    account.set(
        PACKS,
        [
            credit_pack(1, NOON, expired_at=ends_at),
            credit_pack(2, NOON, expired_at="9998-12-31T23:59:59Z", used=9999),
        ],
    )
    entry = await set_up()
    state = state_of(hass, entry, KEY)
    assert state.attributes["message"] == "1 credit expires"
    assert state.attributes["start_time"] == "9999-01-01 00:00:00"
    assert await agenda() == []


@pytest.mark.parametrize("packs", [[{}], [], None, {"id": 1}, "none", [[credit_pack(1, NOON)]]])
async def test_packs_of_an_unknown_shape_give_an_empty_calendar(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, agenda: Agenda, packs: Any
) -> None:
    """The documented answer lists an empty object as a pack."""
    account.set(PACKS, packs)
    entry = await set_up()
    state = state_of(hass, entry, KEY)
    assert state.state == STATE_OFF
    assert state.attributes == {"friendly_name": "Studio Credit expiry"}
    assert await agenda() == []


async def test_what_the_service_calls_a_pack_is_not_shown(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, get_events: GetEvents
) -> None:
    """It may be a text of the account's owner, with names in it."""
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD, description="For Jane Roe")])
    entry = await set_up()
    shown = str(await get_events(NOON, NOON + timedelta(days=30)))
    assert "Jane" not in shown + str(state_of(hass, entry, KEY).attributes)


async def test_packs_of_one_day_are_events_of_their_own(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, agenda: Agenda
) -> None:
    """They are sorted by their moments, whatever the order of the answer."""
    account.set(
        PACKS,
        [
            credit_pack(1, NOON_OF_THE_3RD + timedelta(days=2), capacity=8401),
            credit_pack(2, NOON_OF_THE_3RD + timedelta(hours=1), capacity=8402),
            credit_pack(3, NOON_OF_THE_3RD, capacity=8403),
            credit_pack(4, NOON_OF_THE_3RD, capacity=8404),
        ],
    )
    entry = await set_up()
    assert await agenda() == [
        ("2026-12-03", "3 credits expire"),
        ("2026-12-03", "4 credits expire"),
        ("2026-12-03", "2 credits expire"),
        ("2026-12-05", "1 credit expires"),
    ]
    assert state_of(hass, entry, KEY).attributes["message"] == "3 credits expire"


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-11-20T00:00", "2026-12-02T23:59", False),
        ("2026-11-20T00:00", "2026-12-03T00:00", False),
        ("2026-11-20T00:00", "2026-12-03T00:01", True),
        ("2026-12-03T20:00", "2026-12-03T21:00", True),
        ("2026-12-03T23:59", "2026-12-20T00:00", True),
        ("2026-12-04T00:00", "2026-12-20T00:00", False),
    ],
)
async def test_only_events_within_the_range_are_given(
    set_up: SetUp,
    account: SimulatedAccount,
    get_events: GetEvents,
    start: str,
    end: str,
    found: bool,
) -> None:
    """An event is given if any part of its day lies within the range."""
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD)])
    await set_up()
    first, last = (datetime.fromisoformat(each).replace(tzinfo=ZONE) for each in (start, end))
    assert bool(await get_events(first, last)) is found


async def test_the_calendar_page_shows_it(
    set_up: SetUp, account: SimulatedAccount, hass_client: ClientSessionGenerator
) -> None:
    """The page lists the calendar and gets its events, each with an id that stays the same."""
    account.set(
        PACKS, [credit_pack("pk_9021", NOON_OF_THE_3RD), credit_pack(None, NOON_OF_THE_3RD)]
    )
    await set_up()
    client = await hass_client()

    calendars = await (await client.get("/api/calendars")).json()
    assert calendars == [{"name": "Studio Credit expiry", "entity_id": ENTITY_ID}]

    response = await client.get(
        f"/api/calendars/{ENTITY_ID}",
        params={"start": "2026-12-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"},
    )
    assert response.status == HTTPStatus.OK
    events = await response.json()
    assert [(each["uid"], each["start"], each["end"]) for each in events] == [
        ("2026-12-03T11:00:00+00:00", {"date": "2026-12-03"}, {"date": "2026-12-04"}),
        ("pk_9021", {"date": "2026-12-03"}, {"date": "2026-12-04"}),
    ]


async def test_it_follows_each_poll(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What is spent, bought or gone is shown with the next poll, also to who looks at it."""
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD)])
    entry = await set_up()
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {
            "type": "calendar/event/subscribe",
            "entity_id": ENTITY_ID,
            "start": "2026-12-01T00:00:00Z",
            "end": "2027-01-01T00:00:00Z",
        }
    )
    assert (await client.receive_json())["success"]

    async def shown() -> list[str]:
        """Return the summaries that the page is given next."""
        events = (await client.receive_json())["event"]["events"]
        return [event["summary"] for event in events]

    assert await shown() == ["1,600 credits expire"]
    later = credit_pack(2, NOON_OF_THE_3RD + timedelta(days=1))
    for packs, expected in [
        ([credit_pack(1, NOON_OF_THE_3RD, used=8500)], ["1,500 credits expire"]),
        (
            [credit_pack(1, NOON_OF_THE_3RD, used=8500), later],
            ["1,500 credits expire", "1,600 credits expire"],
        ),
        ([later], ["1,600 credits expire"]),
        ([], []),
    ]:
        account.set(PACKS, packs)
        await poll(hass)
        assert await shown() == expected
        assert state_of(hass, entry, KEY).attributes.get("message") == next(iter(expected), None)


async def test_what_it_does_not_show_writes_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Neither an unchanged poll nor one that changes other things touches the state."""
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD), credit_pack(2, NOON, active=False)])
    entry = await set_up()
    written = state_of(hass, entry, KEY).last_reported
    await wait_and_poll(hass, freezer, POLL)
    account.spend(10, "point")
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD, description="Renamed")])
    await wait_and_poll(hass, freezer, POLL)
    assert state_of(hass, entry, "point_remain").last_reported > written
    assert state_of(hass, entry, KEY).last_reported == written

    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD, used=8401)])
    await wait_and_poll(hass, freezer, POLL)
    assert state_of(hass, entry, KEY).last_reported > written


async def test_a_pack_leaves_at_the_moment_of_its_end(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    agenda: Agenda,
) -> None:
    """It is on from midnight until the pack ends, between two polls, and then the next is shown."""
    ends_at = NOON + timedelta(days=1, minutes=2)
    account.set(PACKS, [credit_pack(1, ends_at), credit_pack(2, NOON_OF_THE_3RD)])
    await go_to(hass, freezer, NOON.replace(hour=23, minute=57))
    entry = await set_up()
    assert state_of(hass, entry, KEY).state == STATE_OFF
    await go_to(hass, freezer, NOON.replace(day=21, hour=0))
    assert state_of(hass, entry, KEY).state == STATE_ON

    await go_to(hass, freezer, ends_at - timedelta(seconds=30))
    state = state_of(hass, entry, KEY)
    assert (state.state, state.attributes["start_time"]) == (STATE_ON, "2026-11-21 00:00:00")
    assert len(await agenda()) == 2

    simulator.requests.clear()
    await go_to(hass, freezer, ends_at)
    assert simulator.requests == []
    state = state_of(hass, entry, KEY)
    assert (state.state, state.attributes["start_time"]) == (STATE_OFF, "2026-12-03 00:00:00")
    assert await agenda() == [("2026-12-03", "1,600 credits expire")]


async def test_it_is_on_for_a_whole_day_of_25_hours(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """On the day when clocks are put back, the day is an hour longer."""
    await go_to(hass, freezer, datetime(2026, 10, 24, 23, 50, tzinfo=ZONE))
    account.set(PACKS, [credit_pack(1, datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC))])
    entry = await set_up()
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    moment = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    for _ in range(25):
        await go_to(hass, freezer, moment)
        assert state_of(hass, entry, KEY).state == STATE_ON, moment
        moment += timedelta(hours=1)
    assert moment == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
    await go_to(hass, freezer, moment)
    assert state_of(hass, entry, KEY).state == STATE_OFF
    states = [
        change.data["new_state"] for change in changes if change.data["entity_id"] == ENTITY_ID
    ]
    assert [state.state for state in states if state] == [STATE_ON, STATE_OFF]


async def test_an_outage_makes_it_unavailable(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    agenda: Agenda,
    hass_client: ClientSessionGenerator,
    expected_logs: list[str],
) -> None:
    """Automations get nothing then; who looks at the page sees what was known last."""
    expected_logs += ["Error fetching", f"{ENTITY_ID} are missing or not currently available"]
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD)])
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    await poll(hass)
    assert state_of(hass, entry, KEY).state == STATE_UNAVAILABLE
    with pytest.raises(HomeAssistantError, match="did not match any entities"):
        await agenda()
    client = await hass_client()
    response = await client.get(
        f"/api/calendars/{ENTITY_ID}",
        params={"start": "2026-12-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"},
    )
    assert [each["summary"] for each in await response.json()] == ["1,600 credits expire"]

    simulator.recover()
    await poll(hass)
    assert state_of(hass, entry, KEY).state == STATE_OFF
    assert await agenda() == [("2026-12-03", "1,600 credits expire")]


async def test_an_end_during_an_outage_is_gone_afterwards(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    agenda: Agenda,
    expected_logs: list[str],
) -> None:
    """It stays unavailable while it is, and then no longer shows the pack."""
    expected_logs.append("Error fetching")
    account.set(PACKS, [credit_pack(1, NOON + timedelta(minutes=7))])
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer, POLL)
    await wait_and_poll(hass, freezer, POLL)
    assert state_of(hass, entry, KEY).state == STATE_UNAVAILABLE
    simulator.recover()
    await wait_and_poll(hass, freezer, POLL)
    state = state_of(hass, entry, KEY)
    assert (state.state, state.attributes.get("message")) == (STATE_OFF, None)
    assert await agenda() == []


async def test_it_survives_a_restart_and_packs_that_are_no_longer_sent(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, agenda: Agenda
) -> None:
    """After a reload it shows the same; without packs it stays, empty, and fills again."""
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD)])
    entry = await set_up()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert await agenda() == [("2026-12-03", "1,600 credits expire")]

    account.remove("credit_pack_info")
    account.remove("wallet.credit_packs")
    await poll(hass)
    assert await agenda() == []
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, KEY).state == STATE_OFF
    assert await agenda() == []

    account.set("wallet.credit_packs", [credit_pack(2, NOON_OF_THE_3RD)])
    await poll(hass)
    assert await agenda() == [("2026-12-03", "1,600 credits expire")]
    calendars = [
        each
        for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if each.domain == CALENDAR
    ]
    assert [(each.entity_id, each.disabled_by) for each in calendars] == [(ENTITY_ID, None)]


async def test_an_account_without_packs_has_no_calendar(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, agenda: Agenda
) -> None:
    """It gets one when the service first speaks of packs."""
    account.remove("credit_pack_info")
    account.remove("wallet.credit_packs")
    await set_up()
    assert hass.states.async_all(CALENDAR) == []
    account.set("wallet.credit_packs", [credit_pack(1, NOON_OF_THE_3RD)])
    await poll(hass)
    assert await agenda() == [("2026-12-03", "1,600 credits expire")]


async def test_it_cannot_be_written_to(
    hass: HomeAssistant, set_up: SetUp, hass_ws_client: WebSocketGenerator
) -> None:
    """Packs come from the service: nobody can add an end."""
    await set_up()
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {
            "type": "calendar/event/create",
            "entity_id": ENTITY_ID,
            "event": {"summary": "Mine", "dtstart": "2026-12-03", "dtend": "2026-12-04"},
        }
    )
    assert (await client.receive_json())["error"]["code"] == "not_supported"


async def test_removed_account_leaves_no_calendar(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The calendar goes with its account."""
    account.set(PACKS, [credit_pack(1, NOON_OF_THE_3RD)])
    await set_up()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.get(ENTITY_ID) is None
