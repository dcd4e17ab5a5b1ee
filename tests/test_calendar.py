"""Test the calendar of the credit packs' ends: what is on it, on which day, and until when."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
import json
import logging
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from homeassistant.components.calendar import DOMAIN as CALENDAR
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import translation

from custom_components import goapi

from .common import credit_pack, poll, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

KEY: Final = "credit_packs_expiry"
ENTITY_ID: Final = "calendar.studio_credit_expiry"
PACKS: Final = "credit_pack_info.credit_packs"
GERMAN = Path(goapi.__file__).parent / "translations" / "de.json"
ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 11, 20, 12, tzinfo=ZONE)
END = datetime(2026, 12, 3, 12, tzinfo=ZONE)

type Event = dict[str, str]
type GetEvents = Callable[..., Awaitable[list[Event]]]


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

    async def ask(
        start: datetime = NOON - timedelta(days=30), end: datetime = NOON + timedelta(days=300)
    ) -> list[Event]:
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


async def go_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let the clock run to a moment, and to the timers that are due then."""
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("used", "summary", "left"),
    [
        (8400, "1,600 credits expire", "1,600 of 10,000 credits are left"),
        (8400.5, "1,599.5 credits expire", "1,599.5 of 10,000 credits are left"),
        (9999, "1 credit expires", "1 of 10,000 credits is left"),
    ],
)
async def test_a_pack_is_an_event_of_the_day_of_its_end(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    get_events: GetEvents,
    used: float,
    summary: str,
    left: str,
) -> None:
    """It says what is lost and which pack it is, and not what the account's owner calls it."""
    account.set(PACKS, [credit_pack(9021, END, used=used, description="For Jane Roe")])
    entry = await set_up()
    description = f"Credit pack 9021: {left}."
    assert await get_events() == [
        {
            "start": "2026-12-03",
            "end": "2026-12-04",
            "summary": summary,
            "description": description,
        }
    ]
    state = state_of(hass, entry, KEY)
    assert (state.entity_id, state.state) == (ENTITY_ID, STATE_OFF)
    assert state.attributes == {
        "friendly_name": "Studio Credit expiry",
        "message": summary,
        "description": description,
        "all_day": True,
        "start_time": "2026-12-03 00:00:00",
        "end_time": "2026-12-04 00:00:00",
        "location": "",
    }
    # What is left changes with each job, and has sensors that are recorded.
    assert state.state_info
    assert state.state_info["unrecorded_attributes"] >= {"message", "description"}


@pytest.mark.parametrize(("used", "ending"), [(8400, ""), (9999, "_one")])
async def test_it_is_in_home_assistants_language(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    get_events: GetEvents,
    monkeypatch: pytest.MonkeyPatch,
    used: float,
    ending: str,
) -> None:
    """Also in one that is chosen later."""
    # All tests share what one of them loaded: begin with nothing, as Home Assistant does.
    cache = hass.data[translation.TRANSLATION_FLATTEN_CACHE]
    monkeypatch.setattr(cache, "cache_data", type(cache.cache_data)({}, {}))
    account.set(PACKS, [credit_pack(9021, END, used=used)])
    await set_up()
    await hass.config.async_update(language="de")
    await hass.async_block_till_done()
    texts = json.loads(GERMAN.read_text())["selector"]["calendar"]["options"]
    left = "1" if ending else "1.600"
    (event,) = await get_events()
    assert event["summary"] == texts[f"expires{ending}"].format(left=left)
    description = texts[f"pack{ending}"].format(pack=9021, left=left, capacity="10.000")
    assert event["description"] == description


@pytest.mark.parametrize(
    ("zone", "ends_at", "day"),
    [
        ("Europe/Amsterdam", "2026-12-03T23:30:00Z", "2026-12-04"),
        ("Europe/Amsterdam", "2026-12-03T22:30:00Z", "2026-12-03"),
        ("Europe/Amsterdam", "2027-06-30T22:30:00Z", "2027-07-01"),  # summer time
        ("America/Los_Angeles", "2026-12-03T23:30:00+08:00", "2026-12-03"),
    ],
)
async def test_the_day_is_that_of_the_home(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    get_events: GetEvents,
    zone: str,
    ends_at: str,
    day: str,
) -> None:
    """Whatever the zone of the service, the day is that of Home Assistant's own clock."""
    await hass.config.async_set_time_zone(zone)
    account.set(PACKS, [credit_pack(1, NOON, expired_at=ends_at)])
    await set_up()
    assert [event["start"] for event in await get_events()] == [day]


async def test_what_can_be_lost_is_on_it_the_first_end_first(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, get_events: GetEvents
) -> None:
    """Packs that are inactive, empty, reserved, over or of an unknown shape are left out."""
    account.set(
        PACKS,
        [
            credit_pack(1, END + timedelta(days=2), used=9001),
            credit_pack(2, END + timedelta(hours=1), frozen=600),
            credit_pack(3, END, used=9000),
            credit_pack(4, END, active=False),
            credit_pack(5, END, used=12_000),
            credit_pack(6, END, frozen=1600),
            credit_pack(7, NOON - timedelta(seconds=1)),
            credit_pack(8, NOON, expired_at="soon"),
            {},
            "pack",
        ],
    )
    entry = await set_up()
    assert [(event["start"], event["summary"]) for event in await get_events()] == [
        ("2026-12-03", "1,000 credits expire"),
        ("2026-12-03", "1,000 credits expire"),
        ("2026-12-05", "999 credits expire"),
    ]
    description = state_of(hass, entry, KEY).attributes["description"]
    assert description == "Credit pack 3: 1,000 of 10,000 credits are left."


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
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
    account.set(PACKS, [credit_pack(1, END)])
    await set_up()
    first, last = (datetime.fromisoformat(each).replace(tzinfo=ZONE) for each in (start, end))
    assert bool(await get_events(first, last)) is found


async def test_the_calendar_page_follows_each_poll(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What is spent, bought or gone is shown with the next poll, under ids that stay the same."""
    account.set(PACKS, [credit_pack("pk_1", END)])
    await set_up()
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

    async def shown() -> list[tuple[str, str]]:
        """Return the ids and summaries that the page is given next."""
        events = (await client.receive_json())["event"]["events"]
        return [(event["uid"], event["summary"]) for event in events]

    assert await shown() == [("pk_1", "1,600 credits expire")]
    account.set(PACKS, [credit_pack("pk_1", END, used=8500), credit_pack("pk_2", END)])
    await poll(hass)
    assert await shown() == [("pk_1", "1,500 credits expire"), ("pk_2", "1,600 credits expire")]
    account.set(PACKS, [])
    await poll(hass)
    assert await shown() == []


async def test_a_pack_leaves_at_the_moment_of_its_end(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    get_events: GetEvents,
) -> None:
    """It is on from midnight until the pack ends, between two polls, and then the next is shown."""
    ends_at = NOON + timedelta(days=1, minutes=2)
    account.set(PACKS, [credit_pack(1, ends_at), credit_pack(2, END)])
    await go_to(hass, freezer, NOON.replace(hour=23, minute=57))
    entry = await set_up()
    assert state_of(hass, entry, KEY).state == STATE_OFF
    await go_to(hass, freezer, NOON.replace(day=21, hour=0))
    assert state_of(hass, entry, KEY).state == STATE_ON
    await go_to(hass, freezer, ends_at - timedelta(seconds=30))
    assert state_of(hass, entry, KEY).state == STATE_ON
    assert len(await get_events()) == 2

    simulator.requests.clear()
    await go_to(hass, freezer, ends_at)
    assert simulator.requests == []
    state = state_of(hass, entry, KEY)
    assert (state.state, state.attributes["start_time"]) == (STATE_OFF, "2026-12-03 00:00:00")
    assert [event["start"] for event in await get_events()] == ["2026-12-03"]


async def test_an_outage_makes_it_unavailable(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_client: ClientSessionGenerator,
    expected_logs: list[str],
) -> None:
    """Who looks at the page meanwhile sees what was known last; an end that passed is gone."""
    expected_logs.append("Error fetching")
    account.set(PACKS, [credit_pack(1, NOON + timedelta(minutes=7)), credit_pack(2, END)])
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    for _ in range(2):
        await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, KEY).state == STATE_UNAVAILABLE
    client = await hass_client()
    response = await client.get(
        f"/api/calendars/{ENTITY_ID}",
        params={"start": "2026-11-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"},
    )
    assert [each["uid"] for each in await response.json()] == ["2"]


async def test_it_comes_with_the_first_packs_and_stays(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    get_events: GetEvents,
) -> None:
    """An account of which the service never spoke of packs has no calendar."""
    account.remove("credit_pack_info")
    account.remove("wallet.credit_packs")
    entry = await set_up()
    assert hass.states.async_all(CALENDAR) == []
    account.set("wallet.credit_packs", [credit_pack(1, END)])
    await wait_and_poll(hass, freezer)
    assert len(await get_events()) == 1
    account.remove("wallet.credit_packs")
    await wait_and_poll(hass, freezer)
    for _ in range(2):
        state = state_of(hass, entry, KEY)
        assert state.state == STATE_OFF
        assert state.attributes == {"friendly_name": "Studio Credit expiry"}
        assert await get_events() == []
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
