"""Test the blueprint that tells phones of low credits: what it sends, when, and that it is once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import itertools
from pathlib import Path
from typing import Any, Final, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.goapi.const import DOMAIN

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

PATH: Final = "goapi/low_credits.yaml"

CREDITS: Final = "binary_sensor.studio_credits_low"
BALANCE: Final = "binary_sensor.studio_balance_low"
MIDJOURNEY: Final = "binary_sensor.studio_midjourney_low"
DASHBOARD: Final = "https://goapi.ai/dashboard"

NIGHT = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
QUOTAS = {
    CREDITS: ("Credit", "credits"),
    BALANCE: ("Balance", "USD"),
    MIDJOURNEY: ("Midjourney", "units"),
}


class Home(BlueprintHome):
    """A home with an account of three balances."""

    blueprint = PATH
    alias = "Credits"

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Register the account and its sensors."""
        super().__init__(hass, freezer)
        self.account = self.add_device(DOMAIN, "Studio", configuration_url=DASHBOARD)
        registry = er.async_get(hass)
        for sensor in QUOTAS:
            registry.async_get_or_create(
                "binary_sensor",
                DOMAIN,
                sensor,
                suggested_object_id=sensor.partition(".")[2],
                device_id=self.account.id,
            )
            self.show(sensor, STATE_OFF, remaining=100)

    @override
    async def automate(self, **inputs: Any) -> None:
        """Make an automation that watches the credits."""
        await super().automate(**{"low_sensors": [CREDITS], **inputs})

    def show(
        self,
        sensor: str,
        state: str,
        *,
        remaining: float | None = 12,
        since: datetime | None = None,
    ) -> None:
        """Set the state of a sensor, as the integration does."""
        if state == STATE_UNAVAILABLE:
            self.hass.states.async_set(sensor, state)
            return
        quota, unit = QUOTAS[sensor]
        attributes = {
            "quota": quota,
            "unit": unit,
            "remaining": remaining,
            "threshold": 50,
            "since": since and since.isoformat(),
        }
        self.hass.states.async_set(sensor, state, attributes)

    def fire(self, kind: str, sensor: str = CREDITS, remaining: float | None = 12) -> None:
        """Tell of a crossing, as the integration does."""
        quota, unit = QUOTAS.get(sensor, ("Other", "units"))
        data = {
            "type": kind,
            "entity_id": sensor,
            "device_id": self.account.id,
            "account": "Studio",
            "quota": quota,
            "remaining": remaining,
            "threshold": 50,
            "unit": unit,
        }
        self.hass.bus.async_fire("goapi_alert", data)

    async def cross(self, kind: str, sensor: str = CREDITS, remaining: float = 12) -> list[Push]:
        """Let a balance cross a line: first the event, then the state. Return the pushes."""
        before = self.hass.states.get(sensor)
        assert before
        since = before.attributes.get("since")
        since = datetime.fromisoformat(since) if since else datetime.now(ZONE)
        self.fire(kind, sensor, remaining)
        low = kind != "recovered"
        self.show(
            sensor,
            STATE_ON if low else STATE_OFF,
            remaining=remaining,
            since=since if low else None,
        )
        await self.hass.async_block_till_done()
        return self.pushes()


@pytest.fixture
async def home(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, tmp_path: Path
) -> AsyncGenerator[Home]:
    """Return a home at noon."""
    async with home_at_noon(hass, freezer, tmp_path, Home) as home:
        yield home


LOW = "Studio: Credit low"
STILL_LOW = "Studio: Credit still low"
EMPTY = "Studio: Credit used up"
RECOVERED = "Studio: Credit no longer low"


def test_blueprint_can_be_imported() -> None:
    """It is valid, names where it comes from and the oldest Home Assistant that can use it."""
    blueprint = load_blueprint(PATH)
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(f"/blob/main/blueprints/automation/{PATH}")
    assert blueprint.metadata["homeassistant"] == {"min_version": "2026.6.0"}


def test_only_the_sensors_must_be_chosen() -> None:
    """Each input is explained, and all but the first two work as they are."""
    inputs = inputs_of(PATH)
    assert all(each["name"] and each["description"] for each in inputs.values())
    assert [name for name, each in inputs.items() if "default" not in each] == ["low_sensors"]


async def test_low_is_told_with_a_button_to_top_up(home: Home) -> None:
    """The notification says what is low, how much is left, and leads to the dashboard."""
    await home.automate()

    (push,) = await home.cross("low")

    assert push == Push(
        "ann_s_phone",
        "Studio: Credit low",
        "12 credits left, the warning is set to 50 credits.",
        {
            "tag": f"goapi-{CREDITS}",
            "group": "goapi",
            "priority": "high",
            "actions": [{"action": "URI", "title": "Top up", "uri": DASHBOARD}],
        },
    )


async def test_empty_and_recovered_replace_the_warning(home: Home) -> None:
    """Each is told, and the tag makes the phone show the latest alone."""
    await home.automate()
    (low,) = await home.cross("low")
    home.freezer.tick(3600)

    (empty,) = await home.cross("empty", remaining=0)
    (recovered,) = await home.cross("recovered", remaining=10000)

    assert (empty.title, empty.message) == (EMPTY, "Nothing is left. Top up before jobs fail.")
    assert (recovered.title, recovered.message) == (RECOVERED, "10000 credits left.")
    assert low.data["tag"] == empty.data["tag"] == recovered.data["tag"]
    assert "actions" in empty.data
    assert "actions" not in recovered.data


@pytest.mark.parametrize(
    ("remaining", "said"),
    [(12, "12.00 USD"), (4.5, "4.50 USD"), (4.126, "4.13 USD"), (0.001, "0.00 USD")],
)
async def test_money_is_told_in_cents(home: Home, remaining: float, said: str) -> None:
    """Dollars have two decimals."""
    await home.automate(low_sensors=[BALANCE])
    (push,) = await home.cross("low", BALANCE, remaining)
    assert push.message == f"{said} left, the warning is set to 50.00 USD."


@pytest.mark.parametrize(
    ("remaining", "said"),
    [(12, "12"), (12.0, "12"), (18.4271, "18.43"), (0.00412, "0.0041"), (-3, "-3")],
)
async def test_amounts_are_told_as_short_as_they_can_be(
    home: Home, remaining: float, said: str
) -> None:
    """Whole numbers have no decimal point, and what is left is not rounded to nothing."""
    await home.automate(message="{{ remaining }} of {{ threshold }} {{ unit }}")
    (push,) = await home.cross("low", remaining=remaining)
    assert push.message == f"{said} of 50 credits"


async def test_texts_and_page_can_be_chosen(home: Home) -> None:
    """Templates have the variables that their description promises."""
    await home.automate(
        title="{{ alert }} {{ quota }}",
        message="{{ account }}|{{ remaining }}|{{ threshold }}|{{ unit }}|{{ left }}|{{ limit }}",
        recovered_title="12.50",
        recovered_message="{{ left }}!",
        top_up_url="https://example.com/pay",
    )

    (low,) = await home.cross("low")
    (recovered,) = await home.cross("recovered", remaining=99)

    assert low.title == "low Credit"
    assert low.message == "Studio|12|50|credits|12 credits|50 credits"
    assert low.data["actions"][0]["uri"] == "https://example.com/pay"
    assert (str(recovered.title), recovered.message) == ("12.5", "99 credits!")


async def test_cleared_fields_mean_their_defaults(home: Home) -> None:
    """A user may empty a field instead of leaving it alone."""
    cleared = ("remind_hours", "quiet_start", "quiet_end", "critical", "top_up_url")
    await home.automate(**dict.fromkeys(cleared))
    (push,) = await home.cross("empty", remaining=0)
    assert push.data["actions"][0]["uri"] == DASHBOARD
    assert "push" not in push.data
    assert await home.wait(at("12:00", 21), minutes=30) == {}


async def test_unknown_dashboard_leads_to_the_device(home: Home) -> None:
    """Without an address of a page, the button shows the account and says so."""
    dr.async_get(home.hass).async_update_device(home.account.id, configuration_url=None)
    await home.automate()

    (push,) = await home.cross("low")

    (button,) = push.data["actions"]
    assert button == {
        "action": "URI",
        "title": "Show account",
        "uri": f"/config/devices/device/{home.account.id}",
    }


async def test_several_sensors_at_once_are_told_each_to_every_phone(home: Home) -> None:
    """One poll shows three balances low: three notifications on each of two phones."""
    await home.automate(low_sensors=list(QUOTAS), phones=home.phones)

    for sensor in QUOTAS:
        home.fire("low", sensor)
    await home.hass.async_block_till_done()

    pushes = home.pushes()
    assert len(pushes) == 6
    assert {(push.phone, push.data["tag"]) for push in pushes} == set(
        itertools.product(("ann_s_phone", "tablet"), (f"goapi-{sensor}" for sensor in QUOTAS))
    )


async def test_other_sensors_are_none_of_its_business(home: Home) -> None:
    """Another automation may watch them."""
    await home.automate()
    assert await home.cross("low", BALANCE) == []
    assert home.last_run() is None


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, [LOW, EMPTY, RECOVERED]),
        ({"tell_recovered": False}, [LOW, EMPTY]),
    ],
)
async def test_recovered_can_be_left_out(
    home: Home, inputs: dict[str, Any], told: list[str]
) -> None:
    """A user who wants the warnings alone gets them alone."""
    await home.automate(**inputs)
    titles = [push.title for push in await home.cross("low")]
    home.freezer.tick(300)
    titles += [push.title for push in await home.cross("empty", remaining=0)]
    titles += [push.title for push in await home.cross("recovered", remaining=99)]
    assert titles == told


async def test_unavailable_sensor_that_returns_tells_nothing(home: Home) -> None:
    """An outage is no news, with reminders and quiet hours neither."""
    await home.automate(**NIGHT, remind_hours=6)
    assert len(await home.cross("low")) == 1
    for state in (STATE_UNAVAILABLE, STATE_ON, STATE_UNKNOWN, STATE_ON):
        home.show(CREDITS, state, remaining=None, since=at("12:00"))
        await home.wait(datetime.now(ZONE) + timedelta(minutes=3))
    assert home.pushes() == []


async def test_unknown_amount_is_not_told(home: Home) -> None:
    """There is nothing to say of it."""
    await home.automate()
    home.fire("low", remaining=None)
    await home.hass.async_block_till_done()
    assert home.pushes() == []


@pytest.mark.parametrize("state", [STATE_UNAVAILABLE, STATE_UNKNOWN, STATE_OFF])
async def test_reminder_needs_a_sensor_that_is_low(home: Home, state: str) -> None:
    """While nobody knows whether it is still low, nobody is reminded."""
    await home.automate(remind_hours=1)
    await home.cross("low")
    home.show(CREDITS, state, since=at("12:00"))
    assert await home.wait(at("15:30")) == {}


async def test_reminders_come_every_so_many_hours(home: Home) -> None:
    """They are counted from the moment when it became low, and come on the hour."""
    home.freezer.move_to(at("12:07"))
    await home.automate(remind_hours=2, low_sensors=[CREDITS, BALANCE])
    await home.cross("low")
    await home.cross("low", BALANCE)

    told = await home.wait(at("17:30"))
    both = [STILL_LOW, "Studio: Balance still low"]
    assert told == {"15:00": both, "17:00": both}

    await home.cross("recovered", BALANCE, 99)
    home.show(CREDITS, STATE_ON, remaining=0, since=at("12:07"))
    assert await home.wait(at("19:30")) == {"19:00": ["Studio: Credit still used up"]}
    await home.cross("recovered", remaining=99)
    assert await home.wait(at("23:00")) == {}


@pytest.mark.parametrize(
    ("down_since", "up_again", "told"),
    [
        # Nothing was due in the meantime.
        ("12:30", "12:40", {"14:00": [STILL_LOW]}),
        ("13:59", "13:59", {"14:00": [STILL_LOW]}),
        # Two reminders were.
        ("13:50", "16:30", {"18:00": [STILL_LOW]}),
    ],
)
async def test_reminders_survive_a_restart(
    home: Home, down_since: str, up_again: str, told: Titles
) -> None:
    """They go on as if nothing had happened; a start alone is no reason for one."""
    home.show(CREDITS, STATE_ON, since=at("12:00"))
    home.freezer.move_to(at(up_again))
    await home.restart(at("12:00"), remind_hours=2)
    found = {"start": titles} if (titles := [push.title for push in home.pushes()]) else {}
    last = datetime.strptime(list(told)[-1], "%H:%M").replace(tzinfo=ZONE)
    found |= await home.wait(at(last.strftime("%H:%M")) + timedelta(minutes=30))
    assert found == told


async def test_new_automation_does_not_tell_old_news(home: Home) -> None:
    """What became low before it was made is reminded of when the next reminder is due."""
    home.show(CREDITS, STATE_ON, since=at("03:30"))
    await home.automate(**NIGHT, remind_hours=6)
    home.show(CREDITS, STATE_UNAVAILABLE)
    home.show(CREDITS, STATE_ON, since=at("03:30"))
    assert await home.wait(at("16:30")) == {"16:00": [STILL_LOW]}


async def test_only_empty_gets_through_quiet_hours(home: Home) -> None:
    """At night low, recovered and reminders are silent, empty is not."""
    await home.automate(**NIGHT, remind_hours=1, low_sensors=[CREDITS, BALANCE])
    home.freezer.move_to(at("21:59"))
    assert [push.title for push in await home.cross("low")] == [LOW]
    assert await home.wait(at("23:30")) == {}
    assert [push.title for push in await home.cross("empty", remaining=0)] == [EMPTY]
    assert await home.cross("recovered", remaining=99) == []
    assert await home.cross("low", BALANCE) == []
    assert await home.cross("recovered", BALANCE, 99) == []
    assert await home.wait(at("12:00", 21), minutes=10) == {}


async def test_warning_waits_for_the_end_of_quiet_hours(home: Home) -> None:
    """It is given then, once, if it is still true."""
    await home.automate(**NIGHT, remind_hours=3, low_sensors=list(QUOTAS))
    home.freezer.move_to(at("23:10"))
    assert await home.cross("low") == []
    assert await home.cross("low", BALANCE) == []
    assert home.last_run() is None
    await home.wait(at("02:00", 21), minutes=10)
    assert await home.cross("recovered", BALANCE, 99) == []
    assert await home.cross("low", MIDJOURNEY) == []
    midjourney = "Studio: Midjourney low"
    told = await home.wait(at("10:30", 21))
    assert told == {
        "07:00": [LOW, midjourney],
        "08:00": ["Studio: Midjourney still low"],
        "09:00": [STILL_LOW],
    }


async def test_what_became_empty_at_night_is_not_told_again_in_the_morning(home: Home) -> None:
    """Empty was told at once."""
    await home.automate(**NIGHT)
    home.freezer.move_to(at("23:10"))
    assert await home.cross("low") == []
    home.freezer.tick(3600)
    assert [push.title for push in await home.cross("empty", remaining=0)] == [EMPTY]
    assert await home.wait(at("12:00", 21), minutes=10) == {}


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        # Due at 03:30, and then at 09:30, which is told on the hour.
        (6, {"07:00": [STILL_LOW], "10:00": [STILL_LOW]}),
        # At 07:30.
        (10, {"08:00": [STILL_LOW]}),
        # At 06:30, and then at 15:30.
        (9, {"07:00": [STILL_LOW]}),
        # At 05:30, 07:30 and 09:30; at 06:30 and 09:30.
        (2, {"07:00": [STILL_LOW], "08:00": [STILL_LOW], "10:00": [STILL_LOW]}),
        (3, {"07:00": [STILL_LOW], "10:00": [STILL_LOW]}),
        # At each half hour: one for all of the night.
        (
            1,
            {
                "07:00": [STILL_LOW],
                "08:00": [STILL_LOW],
                "09:00": [STILL_LOW],
                "10:00": [STILL_LOW],
            },
        ),
        (24, {}),
    ],
)
async def test_reminder_of_the_night_comes_in_the_morning(
    home: Home, hours: int, told: Titles
) -> None:
    """It does when the quiet hours end."""
    home.freezer.move_to(at("21:30"))
    await home.automate(**NIGHT, remind_hours=hours)
    assert len(await home.cross("low")) == 1
    assert await home.wait(at("10:30", 21), minutes=10) == told


async def test_reminder_is_not_made_up_for_at_night(home: Home) -> None:
    """Home Assistant was down when it was due, and starts in the quiet hours."""
    home.show(CREDITS, STATE_ON, since=at("18:00"))
    home.freezer.move_to(at("22:30"))
    await home.restart(at("18:00"), **NIGHT, remind_hours=3)
    assert home.pushes() == []
    assert await home.wait(at("09:30", 21), minutes=10) == {
        "07:00": [STILL_LOW],
        "09:00": [STILL_LOW],
    }


@pytest.mark.parametrize(
    ("start", "end", "became_low", "told"),
    [
        ("22:00:00", "07:00:00", at("23:00"), at("07:00", 21)),
        ("22:00:00", "07:00:00", at("03:00"), at("07:00")),
        ("13:00:00", "15:30:00", at("13:00"), at("15:30")),
        ("22:00", "06:45", at("22:00"), at("06:46", 21)),
        # Not in them: at their very end, and where there are none.
        ("22:00:00", "07:00:00", at("07:00"), None),
        ("00:00:00", "00:00:00", at("00:00"), None),
    ],
)
async def test_quiet_hours_may_span_midnight(
    home: Home, start: str, end: str, became_low: datetime, told: datetime | None
) -> None:
    """A warning within them is told at their end, one outside of them at once."""
    home.freezer.move_to(became_low - timedelta(minutes=5))
    await home.automate(quiet_start=start, quiet_end=end)
    await home.wait(became_low)
    at_once = await home.cross("low")
    later = await home.wait(became_low + timedelta(hours=20), minutes=2)
    if told is None:
        assert len(at_once) == 1
        assert later == {}
    else:
        assert at_once == []
        assert later == {told.strftime("%H:%M"): [LOW]}


@pytest.mark.parametrize("last_run", [None, at("23:00")])
async def test_postponed_warning_survives_restarts(home: Home, last_run: datetime | None) -> None:
    """A start during the quiet hours changes nothing."""
    home.show(CREDITS, STATE_ON, since=at("23:00"))
    home.freezer.move_to(at("03:00", 21))
    await home.restart(last_run, **NIGHT)
    assert home.pushes() == []
    assert await home.wait(at("12:00", 21), minutes=10) == {"07:00": [LOW]}


async def test_postponed_warning_is_made_up_for_after_a_start(home: Home) -> None:
    """Home Assistant was down at the end of the quiet hours: it is given on the next hour."""
    home.show(CREDITS, STATE_ON, since=at("23:00"))
    home.freezer.move_to(at("07:20", 21))
    await home.restart(at("20:00"), **NIGHT)
    assert home.pushes() == []
    assert await home.wait(at("12:00", 21), minutes=10) == {"08:00": [LOW]}


async def test_postponed_warning_is_made_up_for_after_an_outage(home: Home) -> None:
    """The service could not be reached at the end of the quiet hours: it is given on the hour."""
    await home.automate(**NIGHT)
    home.freezer.move_to(at("23:00"))
    assert await home.cross("low") == []
    home.show(CREDITS, STATE_UNAVAILABLE)
    assert await home.wait(at("07:20", 21)) == {}
    for _ in range(2):
        home.show(CREDITS, STATE_UNAVAILABLE)
        home.show(CREDITS, STATE_ON, since=at("23:00"))
        await home.hass.async_block_till_done()
    assert home.pushes() == []
    assert await home.wait(at("12:00", 21), minutes=10) == {"08:00": [LOW]}


async def test_restart_while_low_tells_nothing(home: Home) -> None:
    """What was told is not told again, neither with quiet hours and reminders."""
    home.show(CREDITS, STATE_ON, since=at("11:00"))
    await home.restart(at("11:00"), **NIGHT, remind_hours=24)
    assert home.pushes() == []
    assert await home.wait(at("13:00")) == {}


@pytest.mark.parametrize(
    ("critical", "loud"),
    [("never", []), ("empty", [EMPTY]), ("low", [LOW, EMPTY])],
)
async def test_critical_notifications_break_through_silence(
    home: Home, critical: str, loud: list[str]
) -> None:
    """Those the user chose do, on iOS and on Android; reminders and recoveries never do."""
    await home.automate(critical=critical, remind_hours=1)
    pushes = await home.cross("low")
    home.freezer.move_to(at("13:00"))
    async_fire_time_changed(home.hass, at("13:00"))
    await home.hass.async_block_till_done()
    pushes += home.pushes()
    pushes += await home.cross("empty", remaining=0)
    pushes += await home.cross("recovered", remaining=99)
    assert [push.title for push in pushes] == [LOW, STILL_LOW, EMPTY, RECOVERED]

    found = [push for push in pushes if "push" in push.data]
    assert [push.title for push in found] == loud
    for push in found:
        assert push.data["push"] == {
            "interruption-level": "critical",
            "sound": {"name": "default", "critical": 1, "volume": 1.0},
        }
        assert push.data["channel"] == "alarm_stream"


async def test_more_actions_get_the_same_variables(home: Home) -> None:
    """They run once for each notification, however many phones there are."""
    names = ("alert", "account", "quota", "remaining", "threshold", "unit", "sensor", "title")
    action = {"action": "test.extra", "data": {name: f"{{{{ {name} }}}}" for name in names}}
    await home.automate(extra_actions=[action], phones=home.phones)
    await home.cross("low")
    await home.cross("recovered", remaining=99)
    assert [call.data["alert"] for call in home.extra] == ["low", "recovered"]
    assert home.extra[0].data == {
        "alert": "low",
        "account": "Studio",
        "quota": "Credit",
        "remaining": 12,
        "threshold": 50,
        "unit": "credits",
        "sensor": CREDITS,
        "title": LOW,
    }


async def test_more_actions_can_do_without_a_phone(home: Home) -> None:
    """A user may have no phone with the app."""
    await home.automate(extra_actions=[{"action": "test.extra"}], phones=[])
    assert await home.cross("low") == []
    assert len(home.extra) == 1


async def test_slow_actions_do_not_hold_up_the_next_alert(home: Home) -> None:
    """Each alert is a run of its own."""
    runs = asyncio.Barrier(3)

    async def wait(call: ServiceCall) -> None:
        await runs.wait()

    home.hass.services.async_register("test", "slow", wait)
    await home.automate(low_sensors=[CREDITS, BALANCE], extra_actions=[{"action": "test.slow"}])
    home.fire("low")
    home.fire("low", BALANCE)
    async with asyncio.timeout(10):
        await runs.wait()
    await home.hass.async_block_till_done()
    assert [push.title for push in home.pushes()] == [LOW, "Studio: Balance low"]


async def test_phones_that_cannot_be_told_do_not_keep_others_from_being_told(
    home: Home, expected_logs: list[str]
) -> None:
    """One is gone, one takes no notifications, one refuses: the fourth and the actions go on."""
    expected_logs.append("not connected")

    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("not connected")

    home.hass.services.async_register("notify", "mobile_app_ann_s_phone", refuse)
    muted = home.add_phone("Muted")
    home.hass.states.async_set("notify.muted", STATE_UNAVAILABLE)
    await home.automate(
        phones=["gone", muted, *home.phones], extra_actions=[{"action": "test.extra"}]
    )
    (push,) = await home.cross("low")
    assert push.phone == "tablet"
    assert len(home.extra) == 1


async def test_phone_without_notification_action_comes_last(
    home: Home, expected_logs: list[str]
) -> None:
    """Home Assistant reports it to the user, after the others have been told."""
    expected_logs.append("Action notify.mobile_app_new not found")
    new = home.add_phone("New", notify=False)
    await home.automate(phones=[new, *home.phones])
    assert {push.phone for push in await home.cross("low")} == {"ann_s_phone", "tablet"}


async def test_renamed_phone_is_still_found(home: Home) -> None:
    """The user's name of the device is not what its notification service is called after."""
    dr.async_get(home.hass).async_update_device(home.phones[0], name_by_user="Work")
    await home.automate()
    assert len(await home.cross("low")) == 1


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (STATE_OFF, "Studio, Credit: 100 credits left, the warning is set to 50 credits."),
        (STATE_UNAVAILABLE, "Studio: nothing is known of it now."),
    ],
)
async def test_run_by_hand_shows_that_it_works(home: Home, state: str, said: str) -> None:
    """The user sees a notification at once, with the button and the present amount."""
    await home.automate()
    home.show(CREDITS, state, remaining=100)
    (push,) = await home.run_by_hand()
    assert push.title == "Notifications of GoAPI work"
    assert push.message == said
    assert push.data["actions"][0]["uri"] == DASHBOARD
