"""Test the blueprint that notifies phones of low balances: of what, when, and that it is once."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime, timedelta
import itertools
import json
from pathlib import Path
from typing import Any, Final, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    CONF_SCAN_INTERVAL,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components import goapi

from .blueprints import (
    TOP_UP_PAGE,
    ZONE,
    BlueprintHome,
    Push,
    Titles,
    at,
    check_blueprint,
    home_at_noon,
    of_piapi,
)
from .simulator import Fault, SimulatedAccount, Simulator

GERMAN: Final = json.loads((Path(goapi.__file__).parent / "translations/de.json").read_text())
CREDITS: Final = "binary_sensor.studio_credits_low"
BALANCE: Final = "binary_sensor.studio_balance_low"
MIDJOURNEY: Final = "binary_sensor.studio_midjourney_low"
PATHS: Final = {
    CREDITS: "wallet.credit_remain",
    BALANCE: "equivalent_in_usd",
    MIDJOURNEY: "wallet.mj_remain",
}
LOW: Final = "Studio: Credits low"
STILL_LOW: Final = "Studio: Credits still low"
EMPTY: Final = "Studio: Credits used up"
RECOVERED: Final = "Studio: Credits no longer low"
NIGHT: Final = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}


class Home(BlueprintHome):
    """A home with an account that has 100 of three balances, each with a threshold of 50."""

    blueprint = "goapi/low_credits.yaml"
    alias = "Credits"
    account: SimulatedAccount
    simulator: Simulator
    entry: MockConfigEntry

    @override
    async def automate(self, **inputs: Any) -> None:
        """Make an automation that watches the credits."""
        await super().automate(**{"low_sensors": [CREDITS], **inputs})

    async def start_account(self) -> None:
        """Set the account up."""
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()
        assert self.entry.state is ConfigEntryState.LOADED

    async def set_threshold(self, sensor: str, value: float) -> None:
        """Set the threshold of a balance."""
        number = f"{sensor.replace('binary_sensor', 'number')}_threshold"
        data = {"entity_id": number, "value": value}
        await self.hass.services.async_call("number", "set_value", data, blocking=True)

    async def stop(self) -> None:
        """Stop Home Assistant, as far as the account is concerned."""
        await self.hass.config_entries.async_unload(self.entry.entry_id)

    @override
    async def restart(self, last_run: datetime | None, **inputs: Any) -> None:
        """Start, with the automation as it was then; events are sent a few seconds later."""
        self.hass.set_state(CoreState.not_running)
        await self.start_account()
        await super().restart(last_run, **inputs)

    async def poll(self) -> list[Push]:
        """Let the account be fetched; return the notifications."""
        await self.entry.runtime_data.async_refresh()
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return self.pushes()

    async def show(self, remaining: float | None, sensor: str = CREDITS) -> list[Push]:
        """Let the service send what remains of a balance; return the notifications."""
        self.account.set(PATHS[sensor], remaining)
        return await self.poll()

    async def titles(self, remaining: float | None, sensor: str = CREDITS) -> list[str]:
        """Let the service send what remains of a balance; return the titles that are sent."""
        return [push.title for push in await self.show(remaining, sensor)]

    async def wait(self, until: datetime) -> Titles:
        """Let time pass, half an hour at once; return the titles that are sent."""

        def moments() -> Iterator[datetime]:
            moment = datetime.now(ZONE).replace(minute=0, second=0, microsecond=0)
            while (moment := moment + timedelta(minutes=30)) < until:
                yield moment
            yield until

        return await self.go_through(moments())


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
    """Return a home at noon; the account is fetched when a test asks for it."""
    platforms = [Platform.BINARY_SENSOR, Platform.NUMBER]
    async with home_at_noon(hass, freezer, tmp_path, Home, platforms) as home:
        home.account, home.simulator = account, simulator
        home.entry = of_piapi(entry, simulator, monkeypatch)
        home.entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            home.entry, options={**entry.options, CONF_SCAN_INTERVAL: 1440}
        )
        for path in PATHS.values():
            account.set(path, 100)
        await home.start_account()
        for sensor in PATHS:
            await home.set_threshold(sensor, 50)
        yield home


def test_blueprint_can_be_imported() -> None:
    """Only the sensors must be chosen."""
    check_blueprint(Home.blueprint, required="low_sensors")


async def test_balances_and_units_are_called_as_in_home_assistants_language(home: Home) -> None:
    """Also by the texts that the blueprint begins with."""
    await home.hass.config.async_update(language="de")
    await home.automate(low_sensors=[BALANCE, MIDJOURNEY])
    options = {name: each["options"] for name, each in GERMAN["selector"].items()}
    (low,) = await home.show(10, BALANCE)
    assert low.title == f"Studio: {options['balance']['equivalent_in_usd']} low"
    (low,) = await home.show(10, MIDJOURNEY)
    units = options["unit"]["units"]
    assert low.message == f"10 {units} left, the threshold is 50 {units}."


async def test_low_balance_is_sent_with_a_button_to_top_up(home: Home) -> None:
    """The notification says what is low and how much is left, and leads to the top-up page."""
    await home.automate()
    assert await home.show(12) == [
        Push(
            "ann_s_phone",
            LOW,
            "12 credits left, the threshold is 50 credits.",
            {
                "tag": f"goapi-{CREDITS}",
                "group": "goapi",
                "priority": "high",
                "actions": [{"action": "URI", "title": "Top up", "uri": TOP_UP_PAGE}],
            },
        )
    ]


async def test_empty_and_recovered_replace_the_warning(home: Home) -> None:
    """The tag makes the phone show only the latest; only a recovery needs no button."""
    await home.automate()
    (low,) = await home.show(12)
    (empty,) = await home.show(0)
    (recovered,) = await home.show(10000)
    assert (empty.title, empty.message) == (EMPTY, "Nothing is left. Top up before jobs fail.")
    assert (recovered.title, recovered.message) == (RECOVERED, "10,000 credits left.")
    assert low.data["tag"] == empty.data["tag"] == recovered.data["tag"]
    assert empty.data["actions"] == low.data["actions"]
    assert "actions" not in recovered.data


async def test_recovery_can_be_left_out(home: Home) -> None:
    """A user who only wants the warnings gets only the warnings."""
    await home.automate(tell_recovered=False)
    assert await home.titles(12) == [LOW]
    assert await home.titles(0) == [EMPTY]
    assert await home.titles(99) == []


@pytest.mark.parametrize(
    ("sensor", "remaining", "message"),
    [
        (CREDITS, 10000.0, "10,000 credits left, the threshold is 12,000.5 credits."),
        (CREDITS, 18.4271, "18.43 credits left, the threshold is 12,000.5 credits."),
        (CREDITS, 0.00412, "0.0041 credits left, the threshold is 12,000.5 credits."),
        (BALANCE, 4.5, "4.50 USD left, the threshold is 12,000.50 USD."),
    ],
)
async def test_amounts_are_easy_to_read(
    home: Home, sensor: str, remaining: float, message: str
) -> None:
    """Dollars have two decimals, other amounts as few as possible."""
    home.account.set(PATHS[sensor], 50000)
    await home.poll()
    await home.set_threshold(sensor, 12000.5)
    await home.automate(low_sensors=[sensor])
    (push,) = await home.show(remaining, sensor)
    assert push.message == message


async def test_texts_and_page_can_be_chosen(home: Home) -> None:
    """Templates and additional actions have the variables that their descriptions promise."""
    names = ("alert", "sensor", "account", "balance", "remaining", "threshold", "unit", "title")
    action = {"action": "test.extra", "data": {name: f"{{{{ {name} }}}}" for name in names}}
    await home.automate(
        title="{{ alert }} {{ remaining + threshold }} {{ unit }}",
        message="{{ account }}|{{ balance }}|{{ left }}|{{ limit }}",
        recovered_title="12.50",
        recovered_message="{{ left }}!",
        top_up_url="https://example.com/pay",
        extra_actions=[action],
        phones=home.phones,
    )
    low, _ = await home.show(12)
    recovered, _ = await home.show(99)
    assert low.title == "low 62 credits"
    assert low.message == "Studio|Credits|12 credits|50 credits"
    assert low.data["actions"][0]["uri"] == "https://example.com/pay"
    assert (str(recovered.title), recovered.message) == ("12.5", "99 credits!")
    # Once for each notification, however many phones there are.
    assert [call.data["alert"] for call in home.extra] == ["low", "recovered"]
    assert home.extra[0].data == {
        "alert": "low",
        "sensor": CREDITS,
        "account": "Studio",
        "balance": "Credits",
        "remaining": 12,
        "threshold": 50,
        "unit": "credits",
        "title": "low 62 credits",
    }


async def test_emptied_fields_mean_their_defaults(home: Home) -> None:
    """A user may empty a field instead of leaving it alone."""
    emptied = ("remind_hours", "quiet_start", "quiet_end", "critical", "top_up_url")
    await home.automate(**dict.fromkeys(emptied))
    (push,) = await home.show(0)
    assert push.data["actions"][0]["uri"] == TOP_UP_PAGE
    assert "push" not in push.data
    assert await home.wait(at("12:00", 21)) == {}


async def test_without_a_top_up_page_the_button_opens_the_device(
    home: Home, entry: MockConfigEntry
) -> None:
    """A service that was entered by its address has no known page."""
    home.hass.config_entries.async_update_entry(home.entry, data=entry.data)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.automate()
    (push,) = await home.show(12)
    registered = er.async_get(home.hass).async_get(CREDITS)
    assert registered
    uri = f"/config/devices/device/{registered.device_id}"
    assert push.data["actions"] == [{"action": "URI", "title": "Show account", "uri": uri}]


async def test_several_balances_at_once_are_sent_to_every_phone(home: Home) -> None:
    """Each is called by the account's and its own name, and has a place of its own."""
    await home.automate(low_sensors=list(PATHS), phones=home.phones)
    for path in PATHS.values():
        home.account.set(path, 12)
    pushes = await home.poll()
    assert len(pushes) == 6
    assert {(push.phone, push.title, push.data["tag"]) for push in pushes} == {
        (phone, f"Studio: {name} low", f"goapi-{sensor}")
        for phone, (name, sensor) in itertools.product(
            ("ann_s_phone", "tablet"),
            (("Credits", CREDITS), ("Balance", BALANCE), ("Midjourney", MIDJOURNEY)),
        )
    }


async def test_other_balances_are_left_to_other_automations(home: Home) -> None:
    """Not even a run is recorded."""
    await home.automate()
    assert await home.show(12, BALANCE) == []
    assert home.last_run() is None


async def test_outage_is_no_news(home: Home, expected_logs: list[str]) -> None:
    """Nothing is sent while the balance is unknown, nor because it is known again."""
    expected_logs.append("Error fetching")
    await home.automate(remind_hours=1)
    assert await home.titles(12) == [LOW]
    home.simulator.fail(Fault.SERVER_ERROR)
    for remaining, state in ((12, STATE_UNAVAILABLE), (None, STATE_UNKNOWN), (12, STATE_ON)):
        assert await home.titles(remaining) == []
        assert home.hass.states.is_state(CREDITS, state)
        until = datetime.now(ZONE) + timedelta(minutes=75)
        reminders = {"20 Nov 15:00": [STILL_LOW]} if state == STATE_ON else {}
        assert await home.wait(until) == reminders
        home.simulator.recover()


async def test_reminders_are_sent_every_so_many_hours(home: Home) -> None:
    """They are counted from the moment when the balance became low, and are sent on the hour."""
    await home.go_to(at("18:07"))
    await home.automate(remind_hours=2, low_sensors=[CREDITS, BALANCE])
    await home.show(12)
    await home.show(12, BALANCE)
    both = [STILL_LOW, "Studio: Balance still low"]
    assert await home.wait(at("23:30")) == {"20 Nov 21:00": both, "20 Nov 23:00": both}
    await home.show(99, BALANCE)
    await home.show(0)
    assert await home.wait(at("01:30", 21)) == {"21 Nov 01:00": ["Studio: Credits still used up"]}
    await home.show(99)
    assert await home.wait(at("05:30", 21)) == {}


async def test_new_automation_sends_no_old_news(home: Home) -> None:
    """A balance that is low already is part of the next reminder."""
    await home.go_to(at("03:30", 21))
    await home.show(12)
    await home.go_to(at("12:00", 21))
    await home.automate(**NIGHT, remind_hours=6)
    assert await home.wait(at("16:30", 21)) == {"21 Nov 16:00": [STILL_LOW]}


async def test_only_empty_is_sent_in_quiet_hours(home: Home) -> None:
    """It is not sent again in the morning, nor is anything made up for that is no longer true."""
    await home.automate(**NIGHT, low_sensors=list(PATHS))
    await home.go_to(at("21:59"))
    assert await home.titles(12) == [LOW]
    await home.go_to(at("23:30"))
    assert await home.titles(99) == []
    assert await home.titles(12, BALANCE) == []
    assert await home.titles(12, MIDJOURNEY) == []
    await home.go_to(at("00:30", 21))
    assert await home.titles(99, BALANCE) == []
    assert await home.titles(0, MIDJOURNEY) == ["Studio: Midjourney used up"]
    assert await home.wait(at("12:00", 21)) == {}


async def test_warning_waits_for_the_end_of_quiet_hours(home: Home) -> None:
    """It is sent then, once, if it is still true; reminders are counted from the beginning."""
    await home.automate(**NIGHT, remind_hours=3, low_sensors=list(PATHS))
    await home.go_to(at("23:10"))
    assert await home.titles(12) == []
    assert await home.titles(12, BALANCE) == []
    assert home.last_run() is None
    await home.go_to(at("02:00", 21))
    assert await home.titles(99, BALANCE) == []
    assert await home.titles(12, MIDJOURNEY) == []
    assert await home.wait(at("10:30", 21)) == {
        "21 Nov 07:00": [LOW, "Studio: Midjourney low"],
        "21 Nov 08:00": ["Studio: Midjourney still low"],
        "21 Nov 09:00": [STILL_LOW],
    }


@pytest.mark.parametrize(
    ("quiet", "became_low", "hours", "sent"),
    [
        # Due at 03:30 and 09:30; at 07:30; at each half hour; at 21:30.
        (("22:00", "07:00"), "21:30", 6, ["07:00", "10:00"]),
        (("22:00", "07:00"), "21:30", 10, ["08:00"]),
        (("22:00", "07:00"), "21:30", 1, ["07:00", "08:00", "09:00", "10:00"]),
        (("22:00", "07:00"), "21:30", 24, []),
        # Due when the quiet hours end, or after the last full hour before they start.
        (("22:00", "06:30"), "21:30", 9, ["06:30"]),
        (("22:45", "06:30"), "12:30", 10, ["06:30", "09:00"]),
    ],
)
async def test_reminder_of_the_night_is_sent_in_the_morning(
    home: Home, quiet: tuple[str, str], became_low: str, hours: int, sent: list[str]
) -> None:
    """One that is due in the quiet hours is sent when they end."""
    await home.go_to(at(became_low))
    await home.automate(quiet_start=quiet[0], quiet_end=quiet[1], remind_hours=hours)
    assert await home.titles(12) == [LOW]
    assert await home.wait(at("10:30", 21)) == {f"21 Nov {clock}": [STILL_LOW] for clock in sent}


@pytest.mark.parametrize(
    ("start", "end", "became_low", "sent"),
    [
        ("22:00:00", "07:00:00", at("03:00", 21), "21 Nov 07:00"),
        ("13:00:00", "15:30:00", at("13:00"), "20 Nov 15:30"),
        ("22:00", "06:30", at("22:00"), "21 Nov 06:30"),
        # Not in quiet hours: at their very end, and where there are none.
        ("22:00:00", "07:00:00", at("07:00", 21), None),
        ("00:00:00", "00:00:00", at("00:00", 21), None),
    ],
)
async def test_quiet_hours_may_span_midnight(
    home: Home, start: str, end: str, became_low: datetime, sent: str | None
) -> None:
    """A warning in them is sent when they end, any other at once."""
    await home.automate(quiet_start=start, quiet_end=end)
    await home.go_to(became_low)
    assert await home.titles(12) == ([] if sent else [LOW])
    assert await home.wait(became_low + timedelta(hours=20)) == ({sent: [LOW]} if sent else {})


async def test_postponed_warning_survives_an_outage(home: Home, expected_logs: list[str]) -> None:
    """The service has an outage when the quiet hours end: the warning is sent on the next hour."""
    expected_logs.append("Error fetching")
    await home.automate(**NIGHT)
    await home.go_to(at("23:00"))
    await home.show(12)
    home.simulator.fail(Fault.SERVER_ERROR)
    await home.poll()
    assert await home.wait(at("07:20", 21)) == {}
    home.simulator.recover()
    assert await home.poll() == []
    assert await home.wait(at("12:00", 21)) == {"21 Nov 08:00": [LOW]}


@pytest.mark.parametrize(
    ("became_low", "last_run", "up", "inputs", "sent"),
    [
        # No reminder was due in the meantime, then two were: a start is no reason for one.
        (at("12:00"), at("12:00"), at("13:59"), {"remind_hours": 2}, {"20 Nov 14:00": [STILL_LOW]}),
        (at("12:00"), at("12:00"), at("16:30"), {"remind_hours": 2}, {"20 Nov 18:00": [STILL_LOW]}),
        # One was due in the quiet hours.
        (
            at("18:00"),
            at("18:00"),
            at("22:30"),
            {**NIGHT, "remind_hours": 3},
            {"21 Nov 07:00": [STILL_LOW]},
        ),
        # A warning was postponed; a start in the quiet hours changes nothing, nor does a run.
        (at("23:00"), None, at("03:00", 21), NIGHT, {"21 Nov 07:00": [LOW]}),
        (at("23:00"), at("23:00"), at("03:00", 21), NIGHT, {"21 Nov 07:00": [LOW]}),
        # Home Assistant was down when the quiet hours ended.
        (at("23:00"), at("20:00"), at("07:20", 21), NIGHT, {"21 Nov 08:00": [LOW]}),
    ],
)
async def test_reminders_and_postponed_warnings_survive_a_restart(
    home: Home,
    became_low: datetime,
    last_run: datetime | None,
    up: datetime,
    inputs: dict[str, Any],
    sent: Titles,
) -> None:
    """They go on as if nothing had happened."""
    await home.go_to(became_low)
    await home.show(12)
    await home.stop()
    home.freezer.move_to(up)
    await home.restart(last_run, **inputs)
    until = datetime.strptime(f"2026 {list(sent)[-1]}", "%Y %d %b %H:%M").replace(tzinfo=ZONE)
    assert await home.wait(until + timedelta(minutes=90)) == sent


async def test_what_happens_while_home_assistant_is_down_is_sent_after_the_start(
    home: Home,
) -> None:
    """The automation is ready by then."""
    await home.stop()
    home.account.set(PATHS[CREDITS], 12)
    home.freezer.move_to(at("14:20"))
    await home.restart(None)
    assert await home.wait(at("15:30")) == {"20 Nov 14:30": [LOW]}


@pytest.mark.parametrize(
    ("critical", "loud"), [("never", []), ("empty", [EMPTY]), ("low", [LOW, EMPTY])]
)
async def test_critical_notifications_can_be_chosen(
    home: Home, critical: str, loud: list[str]
) -> None:
    """They are critical on iOS and on Android; reminders and recoveries never are."""
    await home.automate(critical=critical, remind_hours=1)
    pushes = await home.show(12)
    pushes += await home.go_to(at("13:00"))
    pushes += await home.show(0)
    pushes += await home.show(99)
    assert [push.title for push in pushes] == [LOW, STILL_LOW, EMPTY, RECOVERED]
    found = [push for push in pushes if {"push", "channel"} & push.data.keys()]
    assert [push.title for push in found] == loud
    for push in found:
        assert push.data["push"] == {
            "interruption-level": "critical",
            "sound": {"name": "default", "critical": 1, "volume": 1.0},
        }
        assert push.data["channel"] == "alarm_stream"


async def test_slow_actions_do_not_delay_the_next_notification(home: Home) -> None:
    """Each notification is sent by a run of its own; no phone is needed for the actions."""
    runs = asyncio.Barrier(3)

    async def wait(call: ServiceCall) -> None:
        await runs.wait()

    home.hass.services.async_register("test", "slow", wait)
    actions = [{"action": "test.slow"}]
    await home.automate(low_sensors=[CREDITS, MIDJOURNEY], extra_actions=actions, phones=[])
    home.account.set(PATHS[MIDJOURNEY], 12)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(home.show(12))
        await runs.wait()
    assert home.pushes() == []


async def test_phones_that_fail_do_not_stop_the_run(home: Home, expected_logs: list[str]) -> None:
    """One is gone, one has notifications turned off, one is not connected."""
    expected_logs.append("not connected")

    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("not connected")

    muted, refusing = home.add_phone("Muted"), home.add_phone("Refusing")
    home.hass.states.async_set("notify.muted", STATE_UNAVAILABLE)
    home.hass.services.async_register("notify", "mobile_app_refusing", refuse)
    phones = ["gone", muted, refusing, *home.phones]
    await home.automate(phones=phones, extra_actions=[{"action": "test.extra"}])
    assert [push.phone for push in await home.show(12)] == ["ann_s_phone", "tablet"]
    assert len(home.extra) == 1


async def test_phone_without_notification_action_comes_last(
    home: Home, expected_logs: list[str]
) -> None:
    """Home Assistant ends the run there and reports the phone, but the others are notified."""
    expected_logs.append("Action notify.mobile_app_new not found")
    new = home.add_phone("New", notify=False)
    await home.automate(phones=[new, *home.phones])
    assert [push.phone for push in await home.show(12)] == ["ann_s_phone", "tablet"]


async def test_renamed_phone_is_still_found(home: Home) -> None:
    """Its notification action is called after the name that it gave itself."""
    dr.async_get(home.hass).async_update_device(home.phones[0], name_by_user="Work")
    await home.automate()
    assert len(await home.show(12)) == 1


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (STATE_OFF, "Studio, Midjourney: 100 units left, the threshold is 50 units."),
        (STATE_UNAVAILABLE, "Studio: the balance is unknown at the moment."),
    ],
)
async def test_run_by_hand_shows_that_notifications_work(
    home: Home, expected_logs: list[str], state: str, message: str
) -> None:
    """The user gets a notification at once, with the button and the current amount."""
    if state == STATE_UNAVAILABLE:
        expected_logs.append("Error fetching")
        home.simulator.fail(Fault.SERVER_ERROR)
    await home.poll()
    assert home.hass.states.is_state(MIDJOURNEY, state)
    await home.automate(low_sensors=[MIDJOURNEY], extra_actions=[{"action": "test.extra"}])
    (push,) = await home.run_by_hand()
    assert push.title == "GoAPI notifications work"
    assert push.message == message
    assert push.data["actions"][0]["uri"] == TOP_UP_PAGE
    assert len(home.extra) == 1
