"""Test the blueprint that warns of expiring credits: of what, when, and that it is once."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import itertools
from pathlib import Path
from typing import Any, Final, override
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.const import CONF_URL, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component

from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICES

from .blueprints import (
    ZONE,
    BlueprintHome,
    Push,
    Titles,
    at,
    home_at_noon,
    inputs_of,
    load_blueprint,
)
from .common import credit_pack
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

PATH: Final = "goapi/expiring_credits.yaml"
PACKS: Final = "credit_pack_info.credit_packs"
STUDIO: Final = "calendar.studio_credit_expiry"
LAB: Final = "calendar.lab_credit_expiry"

# When the pack of the tests ends: 30 days before is the 25th of November, 7 the 18th of December.
CHRISTMAS = at("17:30", 25, 12)
IN_30_DAYS = "Studio: 1,600 credits expire in 30 days"
IN_7_DAYS = "Studio: 1,600 credits expire in 7 days"
TOMORROW = "Studio: 1,600 credits expire tomorrow"
LAB_IN_30_DAYS = "Lab: 1,600 credits expire in 30 days"
LAB_IN_7_DAYS = "Lab: 1,600 credits expire in 7 days"
LAB_TOMORROW = "Lab: 1,600 credits expire tomorrow"


class Home(BlueprintHome):
    """A home with an automation that watches the calendar of the account."""

    blueprint = PATH
    alias = "Expiry"

    @override
    async def automate(self, **inputs: Any) -> None:
        """Make an automation that watches the first account."""
        await super().automate(**{"calendars": [STUDIO], **inputs})

    async def live(self, until: datetime, *clocks: str) -> Titles:
        """Let time pass; return the titles that were sent, by the minute of the year.

        It stops at some times of each day: the one when warnings come, and another.
        """
        told: Titles = {}
        day = datetime.now(ZONE).date()
        while day <= until.date():
            for clock in clocks or ("09:00", "21:00"):
                moment = at(clock, day.day, day.month, day.year)
                if datetime.now(ZONE) < moment <= until:
                    await self.go_to(moment)
                    if pushes := self.pushes():
                        told[f"{moment:%d %b} {clock}"] = [push.title for push in pushes]
            day += timedelta(days=1)
        return told

    async def tell_at(self, moment: datetime) -> list[str]:
        """Go to a moment; return the titles that are sent then."""
        await self.go_to(moment)
        return [push.title for push in self.pushes()]


@pytest.fixture
async def home(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, tmp_path: Path, account: SimulatedAccount
) -> AsyncGenerator[Home]:
    """Return a home at noon, and give the account a pack that ends at Christmas."""
    account.set(PACKS, [credit_pack(9021, CHRISTMAS)])
    # Months go by, and no other entity matters.
    with patch("custom_components.goapi.PLATFORMS", [Platform.CALENDAR]):
        async with home_at_noon(hass, freezer, tmp_path, Home) as home:
            yield home
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def other(simulator: Simulator) -> AsyncGenerator[Simulator]:
    """Run another service with an account of its own, whose pack ends as that of the first does."""
    account = SimulatedAccount.documented()
    account.set("id", 2)
    account.set(PACKS, [credit_pack(9021, CHRISTMAS)])
    async with Simulator({DEMO_KEY: account}) as running:
        yield running


@pytest.fixture
def lab(other: Simulator, entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry of the account of the other service, not added yet."""
    return MockConfigEntry(
        domain=DOMAIN, title="Lab", unique_id="2", data={**entry.data, CONF_URL: other.url}
    )


async def add(hass: HomeAssistant, *entries: MockConfigEntry) -> None:
    """Set entries up, whether or not that works."""
    for entry in entries:
        if hass.config_entries.async_get_entry(entry.entry_id) is None:
            entry.add_to_hass(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()


def was_there_before(hass: HomeAssistant, entry: MockConfigEntry, calendar: str) -> None:
    """Register the calendar of an entry as one that Home Assistant knows from before its start."""
    entry.add_to_hass(hass)
    er.async_get(hass).async_get_or_create(
        "calendar",
        DOMAIN,
        f"{entry.unique_id}_credit_packs_expiry",
        config_entry=entry,
        suggested_object_id=calendar.partition(".")[2],
    )


def test_blueprint_can_be_imported() -> None:
    """It is valid, names where it comes from and the oldest Home Assistant that can use it."""
    blueprint = load_blueprint(PATH)
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(f"/blob/main/blueprints/automation/{PATH}")
    assert blueprint.metadata["homeassistant"] == {"min_version": "2026.6.0"}


def test_only_the_calendars_must_be_chosen() -> None:
    """Each input is explained, and all but the first work as they are."""
    inputs = inputs_of(PATH)
    assert all(each["name"] and each["description"] for each in inputs.values())
    assert [name for name, each in inputs.items() if "default" not in each] == ["calendars"]
    assert inputs["days"]["default"] == ["30", "7", "1"]


def test_what_both_blueprints_ask_for_is_the_same() -> None:
    """Phones, page and actions are chosen alike."""
    other = inputs_of("goapi/low_credits.yaml")
    for name, each in inputs_of(PATH).items():
        if name in ("phones", "top_up_url"):
            assert each == other[name]
        elif name in other:
            assert each["name"] == other[name]["name"]
            assert each["selector"] == other[name]["selector"]


async def test_it_warns_30_and_7_and_1_days_before(home: Home, set_up: SetUp) -> None:
    """Each warning comes once, at nine o'clock, and none comes after the end."""
    await set_up()
    await home.automate()
    assert await home.live(at("12:00", 27, 12)) == {
        "25 Nov 09:00": [IN_30_DAYS],
        "18 Dec 09:00": [IN_7_DAYS],
        "24 Dec 09:00": [TOMORROW],
    }


async def test_what_a_warning_says(home: Home, set_up: SetUp) -> None:
    """It says how much is lost when and in which pack, and leads to the account."""
    entry = await set_up()
    await home.automate()
    await home.go_to(at("09:00", 25))
    (push,) = home.pushes()
    (device,) = dr.async_entries_for_config_entry(dr.async_get(home.hass), entry.entry_id)
    assert push == Push(
        "ann_s_phone",
        IN_30_DAYS,
        "Credit pack 9021: 1,600 of 10,000 credits are left. It ends on 25 December 2026.",
        {
            "tag": f"goapi-{STUDIO}-credit_pack_9021",
            "group": "goapi",
            "priority": "high",
            "actions": [
                {
                    "action": "URI",
                    "title": "Show account",
                    "uri": f"/config/devices/device/{device.id}",
                }
            ],
        },
    )


@pytest.mark.parametrize("chosen", ["", "https://example.com/pay", None])
async def test_button_opens_the_dashboard_or_the_chosen_page(
    home: Home,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    chosen: str | None,
) -> None:
    """Where the page is known, the button opens it."""
    monkeypatch.setattr(
        "custom_components.goapi.coordinator.SERVICES",
        {name: each._replace(base_url=simulator.url) for name, each in SERVICES.items()},
    )
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: "piapi"})
    await hass.config_entries.async_setup(entry.entry_id)
    await home.automate(top_up_url=chosen)
    await home.go_to(at("09:00", 25))
    (push,) = home.pushes()
    assert push.data["actions"] == [
        {"action": "URI", "title": "Top up", "uri": chosen or "https://piapi.ai/workspace"}
    ]


async def test_each_pack_is_told_to_each_phone_the_most_urgent_first(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Packs that are due on one day are notifications of their own, each with its place."""
    account.set(
        PACKS,
        [
            credit_pack(1, at("10:00", 25, 12)),
            credit_pack(2, at("11:00", 25, 12), used=9999),
            credit_pack(None, at("12:00", 25, 12), used=9999.5),
            credit_pack(4, at("11:00", 26)),
        ],
    )
    await set_up()
    await home.automate(phones=home.phones)
    await home.go_to(at("09:00", 25))
    pushes = home.pushes()
    assert [push.title for push in pushes if push.phone == "tablet"] == [
        "Studio: 1,600 credits expire tomorrow",
        "Studio: 1,600 credits expire in 30 days",
        "Studio: 1 credit expires in 30 days",
        "Studio: 0.5 credits expire in 30 days",
    ]
    packs = ("1", "2", "2026_12_25t11_00_00_00_00", "4")
    assert {(push.phone, push.data["tag"]) for push in pushes} == set(
        itertools.product(
            ("ann_s_phone", "tablet"), (f"goapi-{STUDIO}-credit_pack_{pack}" for pack in packs)
        )
    )


async def test_a_pack_keeps_its_place_on_the_phone(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A later warning replaces the earlier one, though less is left by then."""
    await set_up()
    await home.automate()
    await home.go_to(at("09:00", 25))
    (first,) = home.pushes()
    account.set(PACKS, [credit_pack(9021, CHRISTMAS, used=9000.5)])
    await home.go_to(at("08:00", 18, 12))
    await home.go_to(at("09:00", 18, 12))
    (second,) = home.pushes()
    assert second.title == "Studio: 999.5 credits expire in 7 days"
    assert first.data["tag"] == second.data["tag"]


async def test_what_was_used_up_is_not_told(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Who spends the pack in time hears no more of it; a new pack has days of its own."""
    await set_up()
    await home.automate()
    assert await home.tell_at(at("09:00", 25)) == [IN_30_DAYS]
    account.set(PACKS, [credit_pack(9021, CHRISTMAS, used=10000), credit_pack(2, at("9:00", 24))])
    assert await home.live(at("12:00", 10, 12)) == {}
    account.set(PACKS, [credit_pack(3, at("12:00", 20, 12))])
    assert await home.live(at("12:00", 27, 12)) == {
        "13 Dec 09:00": [IN_7_DAYS],
        "19 Dec 09:00": [TOMORROW],
    }


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["45", "14", "0"], ["21 Nov", "11 Dec", "25 Dec"]),
        (["3"], ["22 Dec"]),
        (["2", "5", "3", "4"], ["20 Dec", "21 Dec", "22 Dec", "23 Dec"]),
        # As a person writes them into the configuration or the field.
        ([2, "03", "soon", "-1", "2.5", "12345", "7 days"], ["22 Dec", "23 Dec"]),
        ([], ["25 Nov", "18 Dec", "24 Dec"]),
        (["often"], ["25 Nov", "18 Dec", "24 Dec"]),
        (None, ["25 Nov", "18 Dec", "24 Dec"]),
    ],
)
async def test_days_can_be_chosen(
    home: Home, set_up: SetUp, days: list[Any] | None, told: list[str]
) -> None:
    """There can be any number of days; without a usable one they are 30, 7 and 1."""
    await set_up()
    await home.automate(days=days)
    assert [moment[:6] for moment in await home.live(at("12:00", 26, 12))] == told


@pytest.mark.parametrize(
    ("time", "clock"), [("18:30:00", "18:30"), ("00:00:00", "00:00"), (None, "09:00")]
)
async def test_time_of_day_can_be_chosen(
    home: Home, set_up: SetUp, time: str | None, clock: str
) -> None:
    """The day is still that of the calendar."""
    await set_up()
    await home.automate(time=time)
    clocks = sorted({"08:59", "09:00", clock, "20:00"})
    assert await home.live(at("12:00", 26, 12), *clocks) == {
        f"25 Nov {clock}": [IN_30_DAYS],
        f"18 Dec {clock}": [IN_7_DAYS],
        f"24 Dec {clock}": [TOMORROW],
    }


async def test_changed_clocks_change_nothing(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Summer time ends within the last day: it is still nine o'clock on the day before."""
    home.freezer.move_to(at("12:00", 10, 10))
    account.set(PACKS, [credit_pack(1, at("23:30", 25, 10))])
    await set_up()
    await home.automate(days=["7", "1", "0"], time="02:30:00")
    assert await home.live(at("12:00", 27, 10), "01:30", "02:30", "12:00") == {
        "18 Oct 02:30": [IN_7_DAYS],
        "24 Oct 02:30": [TOMORROW],
        "25 Oct 02:30": ["Studio: 1,600 credits expire today"],
    }


async def test_a_time_that_a_day_lacks_is_made_up_for(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Summer time begins at two o'clock, so half past two comes on the next day only."""
    home.freezer.move_to(at("12:00", 20, 3, 2027))
    account.set(PACKS, [credit_pack(1, at("12:00", 4, 4, 2027))])
    await set_up()
    await home.automate(days=["7", "1"], time="02:30:00")
    assert await home.live(at("10:00", 4, 4, 2027), "01:30", "02:30", "12:00") == {
        "29 Mar 02:30": ["Studio: 1,600 credits expire in 6 days"],
        "03 Apr 02:30": [TOMORROW],
    }


@pytest.mark.parametrize(
    ("moment", "title"),
    [
        (at("18:00", 5, 12), "Studio: 1,600 credits expire in 19 days"),
        (at("18:00", 20, 12), "Studio: 1,600 credits expire in 4 days"),
        (at("18:00", 24, 12), "Studio: 1,600 credits expire today"),
        (at("18:00", 23), None),
    ],
)
async def test_first_run_tells_all_that_is_near(
    home: Home, set_up: SetUp, moment: datetime, title: str | None
) -> None:
    """A new automation tells each pack within the longest lead time once, the next morning."""
    home.freezer.move_to(moment)
    await set_up()
    await home.automate()
    morning = moment.replace(hour=9) + timedelta(days=1)
    assert await home.live(morning) == ({f"{morning:%d %b %H:%M}": [title]} if title else {})
    assert await home.tell_at(morning + timedelta(hours=1)) == []


RESTARTS = [
    # Nothing was missed.
    (at("09:00", 24), at("18:00", 24), [], {"25 Nov 09:00": [IN_30_DAYS]}),
    (at("09:00", 24), at("08:59", 25), [], {"25 Nov 09:00": [IN_30_DAYS]}),
    (at("09:00", 25), at("09:01", 25), [], {}),
    (at("09:00", 25), at("10:00", 26), [], {}),
    # One warning was.
    (at("09:00", 24), at("09:01", 25), [IN_30_DAYS], {}),
    (at("09:00", 24), at("03:00", 26), ["Studio: 1,600 credits expire in 29 days"], {}),
    (at("09:00", 1), at("10:00", 5, 12), ["Studio: 1,600 credits expire in 20 days"], {}),
    # Several were: what is true now is told once.
    (at("09:00", 24), at("10:00", 18, 12), [IN_7_DAYS], {}),
    (at("09:00", 24), at("10:00", 20, 12), ["Studio: 1,600 credits expire in 5 days"], {}),
    (at("09:00", 1), at("10:00", 24, 12), [TOMORROW], {}),
    # What is due on the same day anyway is not told twice.
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
]


@pytest.mark.parametrize(("last_run", "up_again", "at_start", "later"), RESTARTS)
async def test_a_missed_warning_is_given_after_the_start(
    home: Home,
    set_up: SetUp,
    last_run: datetime | None,
    up_again: datetime,
    at_start: list[str],
    later: Titles,
) -> None:
    """It is given once, with what is true by then; a start alone is no reason for one."""
    home.freezer.move_to(up_again)
    await set_up()
    await home.restart(last_run)
    assert [push.title for push in home.pushes()] == at_start
    evening = at("20:00", up_again.day, up_again.month)
    assert await home.live(evening + timedelta(days=1), "08:59", "09:00", "20:00") == later


async def test_a_restart_after_a_warning_tells_nothing_again(home: Home, set_up: SetUp) -> None:
    """The run that gave it is remembered."""
    home.freezer.move_to(at("09:00", 25))
    await set_up()
    await home.restart(at("09:00", 24))
    assert [push.title for push in home.pushes()] == [IN_30_DAYS]
    last_run = home.last_run()
    assert last_run == at("09:00", 25)
    entry = home.hass.config_entries.async_entries(DOMAIN)[0]
    await home.hass.config_entries.async_reload(entry.entry_id)
    await home.hass.async_block_till_done()
    assert await home.live(at("12:00", 10, 12)) == {}


async def test_what_was_missed_while_it_was_off_is_told(home: Home, set_up: SetUp) -> None:
    """Who turns it on again gets one warning the next morning."""
    await set_up()
    await home.automate()
    assert await home.tell_at(at("09:00", 25)) == [IN_30_DAYS]
    for action, moment in (("turn_off", at("12:00", 26)), ("turn_on", at("12:00", 20, 12))):
        await home.live(moment)
        await home.go_to(moment)
        await home.hass.services.async_call(
            AUTOMATION, action, {"entity_id": home.automation_id}, blocking=True
        )
    assert await home.live(at("12:00", 22, 12)) == {
        "21 Dec 09:00": ["Studio: 1,600 credits expire in 4 days"]
    }


async def test_an_outage_postpones_the_warning(
    home: Home, set_up: SetUp, simulator: Simulator, expected_logs: list[str]
) -> None:
    """The service cannot be reached at nine o'clock: it is given once it can be."""
    expected_logs.append("Error fetching")
    await set_up()
    await home.automate()
    assert await home.tell_at(at("09:00", 24)) == []
    simulator.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 27)) == {}
    simulator.recover()
    assert await home.live(at("12:00", 28), "09:00", "10:30") == {
        "27 Nov 10:30": ["Studio: 1,600 credits expire in 28 days"]
    }
    # A later outage, over no day of a warning, is no news.
    simulator.fail(Fault.SERVER_ERROR)
    await home.live(at("12:00", 29))
    simulator.recover()
    assert await home.live(at("12:00", 30), "09:00", "10:30") == {}


async def test_each_calendar_is_told_once_whatever_becomes_of_the_other(
    home: Home,
    entry: MockConfigEntry,
    lab: MockConfigEntry,
    other: Simulator,
    expected_logs: list[str],
) -> None:
    """One account cannot be reached when both are due: it is told when it returns, alone."""
    expected_logs.append("Error fetching Lab")
    await add(home.hass, entry, lab)
    await home.automate(calendars=[STUDIO, LAB])
    assert await home.live(at("12:00", 17, 12)) == {"25 Nov 09:00": [IN_30_DAYS, LAB_IN_30_DAYS]}
    other.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 18, 12)) == {"18 Dec 09:00": [IN_7_DAYS]}
    other.recover()
    assert await home.live(at("12:00", 23, 12), "09:00", "10:30") == {
        "18 Dec 10:30": [LAB_IN_7_DAYS]
    }
    # Both can be reached again when the next is due, the other a little late.
    other.fail(Fault.SERVER_ERROR)
    assert await home.live(at("08:30", 24, 12), "08:00", "08:30") == {}
    other.recover()
    assert await home.live(at("12:00", 26, 12), "08:45", "09:00", "12:00") == {
        "24 Dec 09:00": [TOMORROW, LAB_TOMORROW]
    }


async def test_both_outages_are_made_up_for(
    home: Home,
    entry: MockConfigEntry,
    lab: MockConfigEntry,
    simulator: Simulator,
    other: Simulator,
    expected_logs: list[str],
) -> None:
    """Both accounts cannot be reached, and return one after the other: each is told once."""
    expected_logs += ["Error fetching Studio", "Error fetching Lab"]
    await add(home.hass, entry, lab)
    await home.automate(calendars=[STUDIO, LAB])
    assert await home.live(at("21:00", 24)) == {}
    simulator.fail(Fault.SERVER_ERROR)
    other.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 25), "08:00", "09:00") == {}
    simulator.recover()
    assert await home.tell_at(at("10:30", 25)) == [IN_30_DAYS]
    other.recover()
    assert await home.live(at("12:00", 16, 12)) == {"25 Nov 21:00": [LAB_IN_30_DAYS]}


async def test_the_start_waits_for_all_calendars(
    home: Home,
    entry: MockConfigEntry,
    lab: MockConfigEntry,
    other: Simulator,
    expected_logs: list[str],
) -> None:
    """The network comes later than Home Assistant: nothing that was missed is forgotten."""
    expected_logs.append("Config entry 'Lab' for goapi integration not ready yet")
    home.freezer.move_to(at("10:00", 25))
    was_there_before(home.hass, lab, LAB)
    other.fail(Fault.SERVER_ERROR)
    await add(home.hass, entry, lab)
    await home.restart(at("09:00", 24), calendars=[STUDIO, LAB])
    assert home.hass.states.is_state(LAB, STATE_UNAVAILABLE)
    assert await home.tell_at(at("10:30", 25)) == []
    other.recover()
    both = [IN_30_DAYS, LAB_IN_30_DAYS]
    assert await home.live(at("12:00", 26), "09:00", "11:30") == {"25 Nov 11:30": both}


async def test_the_start_waits_until_the_time_of_day_at_most(
    home: Home,
    entry: MockConfigEntry,
    lab: MockConfigEntry,
    other: Simulator,
    expected_logs: list[str],
) -> None:
    """An account whose service stays away does not keep the other from being told for long."""
    expected_logs.append("Config entry 'Lab' for goapi integration not ready yet")
    home.freezer.move_to(at("10:00", 25))
    was_there_before(home.hass, lab, LAB)
    other.fail(Fault.SERVER_ERROR)
    await add(home.hass, entry, lab)
    await home.restart(at("09:00", 24), calendars=[STUDIO, LAB])
    told = await home.live(at("12:00", 26))
    assert told == {"26 Nov 09:00": ["Studio: 1,600 credits expire in 29 days"]}


async def test_an_outage_does_not_wait_for_an_account_that_stays_away(
    home: Home,
    entry: MockConfigEntry,
    lab: MockConfigEntry,
    simulator: Simulator,
    other: Simulator,
    expected_logs: list[str],
) -> None:
    """One account has been away since the start when the other returns from an outage."""
    expected_logs += ["Config entry 'Lab' for goapi integration not ready", "Error fetching Studio"]
    home.freezer.move_to(at("10:00", 24))
    was_there_before(home.hass, lab, LAB)
    other.fail(Fault.SERVER_ERROR)
    await add(home.hass, entry, lab)
    await home.restart(at("09:00", 24), calendars=[STUDIO, LAB])
    simulator.fail(Fault.SERVER_ERROR)
    assert await home.live(at("10:00", 25)) == {}
    simulator.recover()
    assert await home.live(at("12:00", 26), "09:00", "10:30") == {"25 Nov 10:30": [IN_30_DAYS]}


async def test_a_reload_tells_nothing_again(
    home: Home, set_up: SetUp, lab: MockConfigEntry
) -> None:
    """New options, or a new key, make the calendars leave and return."""
    entry = await set_up()
    await home.automate()
    assert await home.tell_at(at("09:00", 25)) == [IN_30_DAYS]
    for _ in range(2):
        await home.hass.config_entries.async_reload(entry.entry_id)
        await home.hass.async_block_till_done()
    assert home.pushes() == []
    assert await home.live(at("12:00", 10, 12)) == {}


async def test_other_calendars_are_none_of_its_business(
    home: Home, entry: MockConfigEntry, lab: MockConfigEntry
) -> None:
    """Another automation may watch them."""
    await add(home.hass, entry, lab)
    await home.automate(calendars=[LAB])
    assert await home.tell_at(at("09:00", 25)) == [LAB_IN_30_DAYS]


async def test_calendars_that_are_gone_do_not_keep_others_from_being_told(
    home: Home, entry: MockConfigEntry, lab: MockConfigEntry
) -> None:
    """An account that was removed or disabled may still be chosen."""
    await add(home.hass, entry, lab)
    await home.hass.config_entries.async_remove(lab.entry_id)
    await home.automate(calendars=[LAB, STUDIO])
    assert await home.tell_at(at("09:00", 25)) == [IN_30_DAYS]


async def test_nothing_to_tell_runs_and_says_nothing(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Packs of an unknown shape are no packs."""
    account.set(PACKS, [{}])
    await set_up()
    await home.automate(extra_actions=[{"action": "test.extra"}])
    assert await home.live(at("12:00", 26)) == {}
    assert home.extra == []


async def test_texts_can_be_chosen(home: Home, set_up: SetUp) -> None:
    """Templates have the variables that their description promises."""
    await set_up()
    await home.automate(
        title="{{ alert }} {{ amount + 400 }}",
        message="{{ account }}|{{ summary }}|{{ details }}|{{ days - 1 }}|{{ when }}|{{ date }}",
    )
    await home.go_to(at("09:00", 25))
    (push,) = home.pushes()
    assert push.title == "expiring 2000"
    assert push.message == (
        "Studio|1,600 credits expire|Credit pack 9021: 1,600 of 10,000 credits are left."
        "|29|in 30 days|25 December 2026"
    )


async def test_renamed_account_is_called_by_its_new_name(home: Home, set_up: SetUp) -> None:
    """The user's name of the device comes first."""
    entry = await set_up()
    devices = dr.async_get(home.hass)
    (device,) = dr.async_entries_for_config_entry(devices, entry.entry_id)
    devices.async_update_device(device.id, name_by_user='Work\'s "own", 1,000')
    await home.automate()
    assert await home.tell_at(at("09:00", 25)) == [
        'Work\'s "own", 1,000: 1,600 credits expire in 30 days'
    ]


async def test_more_actions_get_the_same_variables(
    home: Home, set_up: SetUp, account: SimulatedAccount
) -> None:
    """They run once for each notification, however many phones there are."""
    account.set(PACKS, [credit_pack(1, CHRISTMAS), credit_pack(2, CHRISTMAS, used=9999.5)])
    await set_up()
    names = ("alert", "calendar", "account", "amount", "days", "when", "date", "title", "message")
    action = {"action": "test.extra", "data": {name: f"{{{{ {name} }}}}" for name in names}}
    await home.automate(extra_actions=[action], phones=home.phones)
    await home.go_to(at("09:00", 25))
    assert [call.data["amount"] for call in home.extra] == [1600, 0.5]
    assert home.extra[0].data == {
        "alert": "expiring",
        "calendar": STUDIO,
        "account": "Studio",
        "amount": 1600,
        "days": 30,
        "when": "in 30 days",
        "date": "25 December 2026",
        "title": IN_30_DAYS,
        "message": (
            "Credit pack 1: 1,600 of 10,000 credits are left. It ends on 25 December 2026."
        ),
    }


async def test_more_actions_can_do_without_a_phone(home: Home, set_up: SetUp) -> None:
    """A user may have no phone with the app."""
    await set_up()
    await home.automate(extra_actions=[{"action": "test.extra"}], phones=[])
    assert await home.tell_at(at("09:00", 25)) == []
    assert len(home.extra) == 1


async def test_phones_that_cannot_be_told_do_not_keep_others_from_being_told(
    home: Home, set_up: SetUp, expected_logs: list[str]
) -> None:
    """One is gone, one takes no notifications, one refuses: the fourth and the actions go on."""
    expected_logs.append("not connected")

    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("not connected")

    await set_up()
    home.hass.services.async_register("notify", "mobile_app_ann_s_phone", refuse)
    muted = home.add_phone("Muted")
    home.hass.states.async_set("notify.muted", STATE_UNAVAILABLE)
    await home.automate(
        phones=["gone", muted, *home.phones], extra_actions=[{"action": "test.extra"}]
    )
    await home.go_to(at("09:00", 25))
    (push,) = home.pushes()
    assert push.phone == "tablet"
    assert len(home.extra) == 1


async def test_phone_without_notification_action_comes_last(
    home: Home, set_up: SetUp, expected_logs: list[str]
) -> None:
    """Home Assistant reports it to the user, after the others have been told."""
    expected_logs.append("Action notify.mobile_app_new not found")
    await set_up()
    new = home.add_phone("New", notify=False)
    await home.automate(phones=[new, *home.phones])
    await home.go_to(at("09:00", 25))
    assert {push.phone for push in home.pushes()} == {"ann_s_phone", "tablet"}


async def test_run_by_hand_lists_what_expires(
    home: Home,
    entry: MockConfigEntry,
    lab: MockConfigEntry,
    other: Simulator,
    account: SimulatedAccount,
) -> None:
    """The user sees a notification at once, with the button and all that is near, by its end."""
    other.account.set(PACKS, [credit_pack(1, at("12:00", 25))])
    account.set(
        PACKS,
        [
            credit_pack(1, at("12:00", 10, 12), used=9999),
            credit_pack(2, at("12:00", 21)),
            credit_pack(3, CHRISTMAS),
        ],
    )
    await add(home.hass, entry, lab)
    await home.automate(calendars=[STUDIO, LAB], extra_actions=[{"action": "test.extra"}])
    (push,) = await home.run_by_hand()
    assert push.title == "Notifications of GoAPI work"
    assert push.message == (
        "Studio: 1,600 credits expire tomorrow. Lab: 1,600 credits expire in 5 days. "
        "Studio: 1 credit expires in 20 days."
    )
    assert push.data["actions"][0]["title"] == "Show account"
    assert push.data["tag"] == f"goapi-{STUDIO}-test"
    assert len(home.extra) == 1


async def test_run_by_hand_without_anything_near(home: Home, set_up: SetUp) -> None:
    """It says so."""
    await set_up()
    await home.automate(days=["3", "14"])
    (push,) = await home.run_by_hand()
    assert push.message == "Studio: nothing expires within 14 days."


async def test_run_by_hand_while_nothing_is_known(
    home: Home, set_up: SetUp, simulator: Simulator, expected_logs: list[str]
) -> None:
    """It works during an outage too."""
    expected_logs.append("Error fetching")
    await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    await home.go_to(at("12:30"))
    await home.automate()
    (push,) = await home.run_by_hand()
    assert push.message == "Studio: nothing is known of it now."


async def test_run_by_hand_swallows_no_warning(home: Home, set_up: SetUp) -> None:
    """What is due later on the same day is still told, and what is due on later days."""
    await set_up()
    await home.automate()
    await home.go_to(at("08:00", 25))
    (push,) = await home.run_by_hand()
    assert push.message == f"{IN_30_DAYS}."
    assert await home.tell_at(at("09:00", 25)) == [IN_30_DAYS]
    await home.run_by_hand()
    assert await home.live(at("12:00", 19, 12)) == {"18 Dec 09:00": [IN_7_DAYS]}
