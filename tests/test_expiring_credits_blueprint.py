"""Test the blueprint that warns of expiring credits: of what, when, and that it is once."""

from collections.abc import AsyncGenerator
from datetime import date, datetime, timedelta
import itertools
from pathlib import Path
from typing import Any, Final, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.const import CONF_URL, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component

from custom_components import goapi
from custom_components.goapi.const import DOMAIN

from .blueprints import (
    TOP_UP_PAGE,
    ZONE,
    BlueprintHome,
    Push,
    Titles,
    at,
    check_blueprint,
    home_at_noon,
    inputs_of,
    load_blueprint,
    of_piapi,
)
from .common import credit_pack
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

PACKS: Final = "credit_pack_info.credit_packs"
TRANSLATIONS: Final = Path(goapi.__file__).parent / "translations"
LANGUAGES: Final = sorted(file.stem for file in TRANSLATIONS.glob("*.json"))
STUDIO: Final = "calendar.studio_credit_expiry"
LAB: Final = "calendar.lab_credit_expiry"

# When the pack of the tests ends: 30 days before is the 25th of November, 7 the 18th of December.
CHRISTMAS: Final = at("17:30", 25, 12)
IN_30_DAYS: Final = "Studio: 1,600 credits expire in 30 days"
IN_7_DAYS: Final = "Studio: 1,600 credits expire in 7 days"
TOMORROW: Final = "Studio: 1,600 credits expire tomorrow"
LAB_IN_30_DAYS: Final = "Lab: 1,600 credits expire in 30 days"
LAB_IN_7_DAYS: Final = "Lab: 1,600 credits expire in 7 days"
LAB_TOMORROW: Final = "Lab: 1,600 credits expire tomorrow"


class Home(BlueprintHome):
    """A home with an automation that watches the accounts of two services."""

    blueprint = "goapi/expiring_credits.yaml"
    alias = "Expiry"
    account: SimulatedAccount
    simulator: Simulator
    studio: MockConfigEntry
    other: Simulator
    lab: MockConfigEntry

    @override
    async def automate(self, **inputs: Any) -> None:
        """Make an automation that watches the first account."""
        await super().automate(**{"calendars": [STUDIO], **inputs})

    async def add(self, *entries: MockConfigEntry) -> None:
        """Set entries up, or the first account's; whether or not that works."""
        for entry in entries or [self.studio]:
            if self.hass.config_entries.async_get_entry(entry.entry_id) is None:
                entry.add_to_hass(self.hass)
        assert await async_setup_component(self.hass, DOMAIN, {})
        await self.hass.async_block_till_done()

    async def live(self, until: datetime, *clocks: str) -> Titles:
        """Let time pass, and stop at some times of each day; return the titles that are sent.

        Unless told otherwise, these are the time when warnings are sent, and another.
        """
        days = range(datetime.now(ZONE).toordinal(), until.toordinal() + 1)
        times = itertools.product(map(date.fromordinal, days), clocks or ("09:00", "21:00"))
        moments = (at(clock, day.day, day.month, day.year) for day, clock in times)
        return await self.go_through(moment for moment in moments if moment <= until)

    async def titles(self, moment: datetime) -> list[str]:
        """Go to a moment; return the titles that are sent then."""
        return [push.title for push in await self.go_to(moment)]


@pytest.fixture
async def home(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    account: SimulatedAccount,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Home]:
    """Return a home at noon; each account has a pack that ends at Christmas."""
    other = SimulatedAccount.documented()
    other.set("id", 2)
    for each in (account, other):
        each.set(PACKS, [credit_pack(9021, CHRISTMAS)])
    async with (
        Simulator({DEMO_KEY: other}) as other_simulator,
        home_at_noon(hass, freezer, tmp_path, Home, [Platform.CALENDAR]) as home,
    ):
        home.account, home.simulator, home.other = account, simulator, other_simulator
        home.studio = of_piapi(entry, simulator, monkeypatch)
        data = {**entry.data, CONF_URL: other_simulator.url}
        home.lab = MockConfigEntry(
            domain=DOMAIN, title="Lab", unique_id="2", data=data, options=entry.options
        )
        yield home


@pytest.fixture
def late_lab(home: Home, expected_logs: list[str]) -> None:
    """Let the other account be known from before the start, and its service be unreachable."""
    expected_logs.append("Config entry 'Lab' for goapi integration not ready yet")
    home.lab.add_to_hass(home.hass)
    er.async_get(home.hass).async_get_or_create(
        "calendar",
        DOMAIN,
        f"{home.lab.unique_id}_credit_packs_expiry",
        config_entry=home.lab,
        suggested_object_id=LAB.partition(".")[2],
    )
    home.other.fail(Fault.SERVER_ERROR)


def test_blueprint_can_be_imported() -> None:
    """Only the calendars must be chosen."""
    check_blueprint(Home.blueprint, required="calendars")


def test_both_blueprints_notify_phones_alike() -> None:
    """The other blueprint's tests of phones and additional actions are valid for this one."""
    mine, others = load_blueprint(Home.blueprint), load_blueprint("goapi/low_credits.yaml")
    assert mine["variables"]["phones"] == others["variables"]["phones"]
    last_steps = [each["actions"][-1]["repeat"]["sequence"][-2:] for each in (mine, others)]
    assert last_steps[0] == last_steps[1]
    mine, others = inputs_of(Home.blueprint), inputs_of("goapi/low_credits.yaml")
    for name in ("phones", "top_up_url"):
        assert mine[name] == others[name]


async def test_warnings_are_sent_30_and_7_and_1_days_before(home: Home) -> None:
    """Each is sent once, at nine o'clock, and none after the end."""
    await home.add()
    await home.automate()
    assert await home.live(at("12:00", 27, 12)) == {
        "25 Nov 09:00": [IN_30_DAYS],
        "18 Dec 09:00": [IN_7_DAYS],
        "24 Dec 09:00": [TOMORROW],
    }


async def test_what_a_warning_says(home: Home) -> None:
    """It says how much is lost when and in which pack, and leads to the top-up page."""
    await home.add()
    await home.automate(top_up_url=None)
    assert await home.go_to(at("09:00", 25)) == [
        Push(
            "ann_s_phone",
            IN_30_DAYS,
            "Credit pack 9021: 1,600 of 10,000 credits are left. It ends on 25 December 2026.",
            {
                "tag": f"goapi-{STUDIO}-credit_pack_9021",
                "group": "goapi",
                "priority": "high",
                "actions": [{"action": "URI", "title": "Top up", "uri": TOP_UP_PAGE}],
            },
        )
    ]


async def test_texts_and_page_can_be_chosen(home: Home) -> None:
    """Templates and additional actions have the variables that their descriptions promise."""
    await home.add()
    names = ("alert", "calendar", "title")
    action = {"action": "test.extra", "data": {name: f"{{{{ {name} }}}}" for name in names}}
    await home.automate(
        title="{{ alert }} {{ amount + 400 }}",
        message="{{ account }}|{{ summary }}|{{ details }}|{{ days - 1 }}|{{ when }}|{{ date }}",
        top_up_url="https://example.com/pay",
        extra_actions=[action],
    )
    (push,) = await home.go_to(at("09:00", 25))
    assert push.title == "expiring 2000"
    assert push.message == (
        "Studio|1,600 credits expire|Credit pack 9021: 1,600 of 10,000 credits are left."
        "|29|in 30 days|25 December 2026"
    )
    assert push.data["actions"][0]["uri"] == "https://example.com/pay"
    assert [call.data for call in home.extra] == [
        {"alert": "expiring", "calendar": STUDIO, "title": "expiring 2000"}
    ]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_amount_and_pack_are_found_in_every_language(home: Home, language: str) -> None:
    """However numbers are written; the pack's place is the same while its credits are spent."""
    places = set()
    await home.add()
    await home.hass.config.async_update(language=language)
    await home.automate(title="{{ amount * 2 }} of them")
    for day, left, title in (
        (date(2026, 11, 25), 1600, "3200 of them"),
        (date(2026, 12, 18), 1600.25, "3200.5 of them"),
        (date(2026, 12, 24), 1, "2 of them"),
    ):
        home.account.set(PACKS, [credit_pack(9021, CHRISTMAS, used=10_000 - left)])
        await home.go_to(at("08:00", day.day, day.month))
        (push,) = await home.go_to(at("09:00", day.day, day.month))
        assert push.title == title
        places.add(push.data["tag"])
    assert len(places) == 1
    assert "9021" in places.pop()


@pytest.mark.parametrize(
    "left",
    [1000, 9_999.5, 1_234_567.25, 0.5, 0.001, 0.0012],
)
@pytest.mark.parametrize("language", ["en", "de", "fr"])
async def test_amount_is_a_number(home: Home, language: str, left: float) -> None:
    """A point or a comma before three digits does not always separate thousands."""
    home.account.set(PACKS, [credit_pack(1, CHRISTMAS, capacity=left, used=0)])
    await home.add()
    await home.hass.config.async_update(language=language)
    await home.go_to(at("08:00", 25))
    await home.automate(title="{{ amount + 0 }} of them")
    assert await home.titles(at("09:00", 25)) == [f"{left} of them"]


async def test_renamed_account_is_called_by_its_new_name(home: Home) -> None:
    """The user's name of the device comes first."""
    await home.add()
    calendar = er.async_get(home.hass).async_get(STUDIO)
    assert calendar
    assert calendar.device_id
    name = 'Work\'s "own", 1,000'
    dr.async_get(home.hass).async_update_device(calendar.device_id, name_by_user=name)
    await home.automate()
    assert await home.titles(at("09:00", 25)) == [f"{name}: 1,600 credits expire in 30 days"]


async def test_each_pack_is_sent_to_each_phone_the_most_urgent_first(home: Home) -> None:
    """Packs that are due on one day are notifications of their own, each with its place."""
    home.account.set(
        PACKS,
        [
            credit_pack(1, at("10:00", 25, 12)),
            credit_pack(2, at("11:00", 25, 12), used=9999),
            credit_pack(None, at("12:00", 25, 12), used=9999.5),
            credit_pack(4, at("11:00", 26)),
        ],
    )
    await home.add()
    await home.automate(phones=home.phones)
    pushes = await home.go_to(at("09:00", 25))
    assert [push.title for push in pushes if push.phone == "tablet"] == [
        TOMORROW,
        IN_30_DAYS,
        "Studio: 1 credit expires in 30 days",
        "Studio: 0.5 credits expire in 30 days",
    ]
    packs = ("1", "2", "2026_12_25t11_00_00_00_00", "4")
    assert {(push.phone, push.data["tag"]) for push in pushes} == set(
        itertools.product(
            ("ann_s_phone", "tablet"), (f"goapi-{STUDIO}-credit_pack_{pack}" for pack in packs)
        )
    )


async def test_later_warnings_follow_what_is_left_of_a_pack(home: Home) -> None:
    """They replace the earlier one on the phone; for a pack that is used up there are none."""
    await home.add()
    await home.automate()
    (first,) = await home.go_to(at("09:00", 25))
    home.account.set(PACKS, [credit_pack(9021, CHRISTMAS, used=9000.5)])
    await home.go_to(at("08:00", 18, 12))
    (second,) = await home.go_to(at("09:00", 18, 12))
    assert second.title == "Studio: 999.5 credits expire in 7 days"
    assert first.data["tag"] == second.data["tag"]
    home.account.set(PACKS, [credit_pack(9021, CHRISTMAS, used=10000), {}])
    assert await home.live(at("12:00", 27, 12)) == {}


@pytest.mark.parametrize(
    ("days", "sent"),
    [
        (["45", "14", "0"], ["21 Nov", "11 Dec", "25 Dec"]),
        (["2", "5", "3", "4"], ["20 Dec", "21 Dec", "22 Dec", "23 Dec"]),
        # As a person writes them into the configuration or the field.
        ([2, "03", "soon", "-1", "2.5", "12345", "7 days"], ["22 Dec", "23 Dec"]),
        # None that can be used.
        (["often"], ["25 Nov", "18 Dec", "24 Dec"]),
        (None, ["25 Nov", "18 Dec", "24 Dec"]),
    ],
)
async def test_days_can_be_chosen(home: Home, days: list[Any] | None, sent: list[str]) -> None:
    """There can be any number of days; without a usable one they are 30, 7 and 1."""
    await home.add()
    await home.automate(days=days)
    assert [moment[:6] for moment in await home.live(at("12:00", 26, 12))] == sent


@pytest.mark.parametrize(
    ("time", "clock"), [("18:30:00", "18:30"), ("00:00:00", "00:00"), (None, "09:00")]
)
async def test_time_of_day_can_be_chosen(home: Home, time: str | None, clock: str) -> None:
    """The day is still that of the calendar."""
    await home.add()
    await home.automate(time=time)
    clocks = sorted({"08:59", "09:00", clock, "20:00"})
    assert await home.live(at("12:00", 26, 12), *clocks) == {
        f"25 Nov {clock}": [IN_30_DAYS],
        f"18 Dec {clock}": [IN_7_DAYS],
        f"24 Dec {clock}": [TOMORROW],
    }


@pytest.mark.parametrize(
    ("start", "end", "sent"),
    [
        # Summer time ends within the last day.
        (
            at("12:00", 10, 10),
            at("23:30", 25, 10),
            {
                "18 Oct 02:30": [IN_7_DAYS],
                "24 Oct 02:30": [TOMORROW],
                "25 Oct 02:30": ["Studio: 1,600 credits expire today"],
            },
        ),
        # Summer time begins at two o'clock: half past two comes on the next day only.
        (
            at("12:00", 20, 3, 2027),
            at("12:00", 4, 4, 2027),
            {
                "29 Mar 02:30": ["Studio: 1,600 credits expire in 6 days"],
                "03 Apr 02:30": [TOMORROW],
                "04 Apr 02:30": ["Studio: 1,600 credits expire today"],
            },
        ),
    ],
)
async def test_changed_clocks_lose_no_warning(
    home: Home, start: datetime, end: datetime, sent: Titles
) -> None:
    """Days are those of the local calendar."""
    home.freezer.move_to(start)
    home.account.set(PACKS, [credit_pack(1, end)])
    await home.add()
    await home.automate(days=["7", "1", "0"], time="02:30:00")
    assert await home.live(end, "01:30", "02:30", "12:00") == sent


@pytest.mark.parametrize(
    ("last_run", "up", "at_start", "later"),
    [
        # Nothing was missed.
        (at("09:00", 24), at("08:59", 25), [], {"25 Nov 09:00": [IN_30_DAYS]}),
        (at("09:00", 25), at("09:01", 25), [], {}),
        # One warning was.
        (at("09:00", 24), at("09:01", 25), [IN_30_DAYS], {}),
        (at("09:00", 24), at("03:00", 26), ["Studio: 1,600 credits expire in 29 days"], {}),
        # Several were: what is true now is sent once.
        (at("09:00", 24), at("10:00", 20, 12), ["Studio: 1,600 credits expire in 5 days"], {}),
        # What is due on the same day anyway is not sent twice.
        (at("09:00", 24), at("08:00", 24, 12), [], {"24 Dec 09:00": [TOMORROW]}),
        (
            at("09:00", 24),
            at("08:00", 23, 12),
            ["Studio: 1,600 credits expire in 2 days"],
            {"24 Dec 09:00": [TOMORROW]},
        ),
        (at("09:00", 1), at("16:00", 25, 12), ["Studio: 1,600 credits expire today"], {}),
        (at("09:00", 1), at("18:00", 25, 12), [], {}),
        # It never ran.
        (None, at("18:00", 24), [], {"25 Nov 09:00": [IN_30_DAYS]}),
        (None, at("18:00", 15, 12), ["Studio: 1,600 credits expire in 10 days"], {}),
    ],
)
async def test_missed_warning_is_sent_after_the_start(
    home: Home, last_run: datetime | None, up: datetime, at_start: list[str], later: Titles
) -> None:
    """It is sent once, with what is true by then; a start is no reason for one."""
    home.freezer.move_to(up)
    await home.add()
    await home.restart(last_run)
    assert [push.title for push in home.pushes()] == at_start
    if at_start:
        assert home.last_run() == up
    evening = at("20:00", up.day, up.month)
    assert await home.live(evening + timedelta(days=1), "08:59", "09:00", "20:00") == later


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (at("18:00", 20, 12), {"21 Dec 09:00": ["Studio: 1,600 credits expire in 4 days"]}),
        (at("18:00", 23), {}),
    ],
)
async def test_first_run_sends_all_that_is_near(home: Home, moment: datetime, sent: Titles) -> None:
    """A new automation sends each pack within the longest time once, the next morning.

    So does one that was turned off, and is turned on again.
    """
    await home.add()
    await home.automate()
    switch = {"entity_id": home.automation_id}
    await home.hass.services.async_call(AUTOMATION, "turn_off", switch, blocking=True)
    await home.go_to(moment)
    await home.hass.services.async_call(AUTOMATION, "turn_on", switch, blocking=True)
    assert await home.live(moment + timedelta(days=1), "09:00", "10:00") == sent


async def test_outage_postpones_the_warning(home: Home, expected_logs: list[str]) -> None:
    """The service cannot be reached at nine o'clock: the warning is sent once it can be."""
    expected_logs.append("Error fetching")
    await home.add()
    await home.automate()
    assert await home.titles(at("09:00", 24)) == []
    home.simulator.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 27)) == {}
    home.simulator.recover()
    assert await home.live(at("12:00", 28), "09:00", "10:30") == {
        "27 Nov 10:30": ["Studio: 1,600 credits expire in 28 days"]
    }
    # A later outage, over no day of a warning, is no news.
    home.simulator.fail(Fault.SERVER_ERROR)
    await home.live(at("12:00", 29))
    home.simulator.recover()
    assert await home.live(at("12:00", 30), "09:00", "10:30") == {}


async def test_each_account_is_sent_once_whatever_happens_to_the_other(
    home: Home, expected_logs: list[str]
) -> None:
    """One account cannot be reached when both are due: it is sent when it returns, alone."""
    expected_logs.append("Error fetching Lab")
    await home.add(home.studio, home.lab)
    await home.automate(calendars=[STUDIO, LAB])
    assert await home.live(at("12:00", 17, 12)) == {"25 Nov 09:00": [IN_30_DAYS, LAB_IN_30_DAYS]}
    home.other.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 18, 12)) == {"18 Dec 09:00": [IN_7_DAYS]}
    home.other.recover()
    assert await home.live(at("12:00", 23, 12), "09:00", "10:30") == {
        "18 Dec 10:30": [LAB_IN_7_DAYS]
    }
    # Both can be reached again when the next is due, the other a little late.
    home.other.fail(Fault.SERVER_ERROR)
    assert await home.live(at("08:30", 24, 12), "08:00", "08:30") == {}
    home.other.recover()
    assert await home.live(at("12:00", 26, 12), "08:45", "09:00", "12:00") == {
        "24 Dec 09:00": [TOMORROW, LAB_TOMORROW]
    }


async def test_outages_of_both_accounts_are_made_up_for(
    home: Home, expected_logs: list[str]
) -> None:
    """Both accounts cannot be reached, and return one after the other: each is sent once."""
    expected_logs += ["Error fetching Studio", "Error fetching Lab"]
    await home.add(home.studio, home.lab)
    await home.automate(calendars=[STUDIO, LAB])
    assert await home.live(at("21:00", 24)) == {}
    home.simulator.fail(Fault.SERVER_ERROR)
    home.other.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 25), "08:00", "09:00") == {}
    home.simulator.recover()
    assert await home.titles(at("10:30", 25)) == [IN_30_DAYS]
    home.other.recover()
    assert await home.live(at("12:00", 16, 12)) == {"25 Nov 21:00": [LAB_IN_30_DAYS]}


@pytest.mark.usefixtures("late_lab")
async def test_start_waits_for_all_accounts(home: Home) -> None:
    """The network comes later than Home Assistant: no missed warning is forgotten."""
    home.freezer.move_to(at("10:00", 25))
    await home.add(home.studio, home.lab)
    await home.restart(at("09:00", 24), calendars=[STUDIO, LAB])
    assert home.hass.states.is_state(LAB, STATE_UNAVAILABLE)
    assert await home.titles(at("10:30", 25)) == []
    home.other.recover()
    both = [IN_30_DAYS, LAB_IN_30_DAYS]
    assert await home.live(at("12:00", 26), "09:00", "11:30") == {"25 Nov 11:30": both}


@pytest.mark.usefixtures("late_lab")
async def test_start_waits_until_the_time_of_day_at_most(home: Home) -> None:
    """An account whose service stays away does not delay the other for long."""
    home.freezer.move_to(at("10:00", 25))
    await home.add(home.studio, home.lab)
    await home.restart(at("09:00", 24), calendars=[STUDIO, LAB])
    assert await home.live(at("12:00", 26)) == {
        "26 Nov 09:00": ["Studio: 1,600 credits expire in 29 days"]
    }


@pytest.mark.usefixtures("late_lab")
async def test_account_that_returns_does_not_wait_for_one_that_stays_away(
    home: Home, expected_logs: list[str]
) -> None:
    """One account has been away since the start when the other returns from an outage."""
    expected_logs.append("Error fetching Studio")
    home.freezer.move_to(at("10:00", 24))
    await home.add(home.studio, home.lab)
    await home.restart(at("09:00", 24), calendars=[STUDIO, LAB])
    home.simulator.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 25)) == {}
    home.simulator.recover()
    assert await home.live(at("12:00", 26), "09:00", "10:30") == {"25 Nov 10:30": [IN_30_DAYS]}


async def test_reload_sends_nothing_again(home: Home) -> None:
    """New options, or a new key, make the calendars leave and return."""
    await home.add()
    await home.automate()
    assert await home.titles(at("09:00", 25)) == [IN_30_DAYS]
    await home.hass.config_entries.async_reload(home.studio.entry_id)
    await home.hass.async_block_till_done()
    assert await home.live(at("12:00", 10, 12)) == {}


async def test_only_the_chosen_accounts_are_watched(home: Home) -> None:
    """One that is gone does not matter; without a top-up page, the button opens the device."""
    await home.add(home.studio, home.lab)
    await home.automate(calendars=["calendar.gone", LAB])
    (push,) = await home.go_to(at("09:00", 25))
    assert push.title == LAB_IN_30_DAYS
    registered = er.async_get(home.hass).async_get(LAB)
    assert registered
    uri = f"/config/devices/device/{registered.device_id}"
    assert push.data["actions"] == [{"action": "URI", "title": "Show account", "uri": uri}]


async def test_run_by_hand_lists_what_expires(home: Home) -> None:
    """The user gets a notification at once, with the button and all that is near, by its end."""
    home.other.account.set(PACKS, [credit_pack(1, at("12:00", 25))])
    home.account.set(
        PACKS,
        [
            credit_pack(1, at("12:00", 10, 12), used=9999),
            credit_pack(2, at("12:00", 21)),
            credit_pack(3, CHRISTMAS),
        ],
    )
    await home.add(home.studio, home.lab)
    await home.automate(calendars=[STUDIO, LAB], extra_actions=[{"action": "test.extra"}])
    (push,) = await home.run_by_hand()
    assert push.title == "GoAPI notifications work"
    assert push.message == (
        "Studio: 1,600 credits expire tomorrow. Lab: 1,600 credits expire in 5 days. "
        "Studio: 1 credit expires in 20 days."
    )
    assert push.data["actions"][0]["title"] == "Top up"
    assert push.data["tag"] == f"goapi-{STUDIO}-test"
    assert [call.data for call in home.extra] == [{}]


async def test_run_by_hand_without_anything_to_list(home: Home, expected_logs: list[str]) -> None:
    """It says whether nothing expires soon or, during an outage, that nothing is known."""
    expected_logs.append("Error fetching")
    await home.add()
    await home.automate(days=["3", "14"])
    (push,) = await home.run_by_hand()
    assert push.message == "Studio: nothing expires within 14 days."
    home.simulator.fail(Fault.SERVER_ERROR)
    await home.go_to(at("12:30"))
    (push,) = await home.run_by_hand()
    assert push.message == "Studio: the credit packs are unknown at the moment."


async def test_run_by_hand_replaces_no_warning(home: Home) -> None:
    """What is due later on the same day, and on later days, is still sent."""
    await home.add()
    await home.automate()
    await home.go_to(at("08:00", 25))
    (push,) = await home.run_by_hand()
    assert push.message == f"{IN_30_DAYS}."
    assert await home.titles(at("09:00", 25)) == [IN_30_DAYS]
    await home.run_by_hand()
    assert await home.live(at("12:00", 19, 12)) == {"18 Dec 09:00": [IN_7_DAYS]}
