"""Test the sensors: spend, forecast and budget of a balance, expiry and status of an account."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import get_metadata, validate_statistics
from homeassistant.components.sensor import ATTR_LAST_RESET, ATTR_STATE_CLASS, SensorStateClass
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    CONF_SCAN_INTERVAL,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .common import credit_pack, entity_id, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount, Simulator

ZONE = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
PACKS = "credit_pack_info.credit_packs"

pytestmark = pytest.mark.usefixtures("all_enabled")


@pytest.fixture(autouse=True)
async def _local_time(hass: HomeAssistant) -> None:
    """Live in a time zone of its own."""
    await hass.config.async_set_time_zone(ZONE.key)


def at(day: int, clock: str, month: int = 11) -> datetime:
    """Return a local moment of 2026."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


async def go_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let the clock run to a moment, and to the timers that are due then."""
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_spend_rolls_over_at_local_midnight(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Each period starts again by itself, and says when it started."""
    freezer.move_to(at(28, "23:40"))  # a Saturday
    entry = await set_up()

    def shown() -> list[tuple[str, str]]:
        """Return what was spent today, this week and this month, and since when."""
        states = [
            state_of(hass, entry, f"point_remain_spent_{period}")
            for period in ("today", "this_week", "this_month")
        ]
        return [(state.state, state.attributes[ATTR_LAST_RESET][:10]) for state in states]

    account.spend(10, "point")
    await wait_and_poll(hass, freezer)
    assert shown() == [("10", "2026-11-28"), ("10", "2026-11-23"), ("10", "2026-11-01")]
    await go_to(hass, freezer, at(29, "00:00"))
    assert shown() == [("0", "2026-11-29"), ("10", "2026-11-23"), ("10", "2026-11-01")]
    await go_to(hass, freezer, at(30, "00:00"))
    assert shown() == [("0", "2026-11-30"), ("0", "2026-11-30"), ("10", "2026-11-01")]
    account.spend(2.25, "point")
    await go_to(hass, freezer, at(30, "12:00"))
    await go_to(hass, freezer, at(1, "00:00", month=12))
    assert shown() == [("0", "2026-12-01"), ("2.25", "2026-11-30"), ("0", "2026-12-01")]
    today = state_of(hass, entry, "point_remain_spent_today")
    assert today.attributes[ATTR_LAST_RESET] == at(1, "00:00", month=12).isoformat()


async def test_us_dollars_are_money_with_two_digits(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Amounts are monetary totals; a rate is a measurement, and the projection is neither."""
    account.set("equivalent_in_usd", 12.5)
    entry = await set_up()
    shown = {}
    registry = er.async_get(hass)
    for each in er.async_entries_for_config_entry(registry, entry.entry_id):
        if each.domain != "sensor" or not each.unique_id.startswith("1_equivalent_in_usd"):
            continue
        attributes = state_of(hass, entry, each.unique_id.removeprefix("1_")).attributes
        shown[each.unique_id.removeprefix("1_equivalent_in_usd")] = (
            attributes.get(ATTR_DEVICE_CLASS),
            attributes.get(ATTR_STATE_CLASS),
            attributes.get(ATTR_UNIT_OF_MEASUREMENT),
            dict(each.options.get("sensor", {})).get("suggested_display_precision"),
        )
    money = ("monetary", "total", "USD", 2)
    assert shown == {
        "": money,
        "_spent_today": money,
        "_spent_this_week": money,
        "_spent_this_month": money,
        "_projected_spend": ("monetary", None, "USD", 2),
        "_burn_rate": (None, "measurement", "USD/d", 2),
        "_budget_used": (None, "measurement", "%", 0),
        "_runs_out": ("timestamp", None, None, None),
    }


async def test_used_is_a_total_that_may_fall(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The service corrects its counters; that is shown, and no spend."""
    entry = await set_up()
    account.set("wallet.point_used", 240)
    await wait_and_poll(hass, freezer)
    used = state_of(hass, entry, "point_used")
    assert (used.state, used.attributes[ATTR_STATE_CLASS]) == ("240", SensorStateClass.TOTAL)
    assert state_of(hass, entry, "point_remain_spent_today").state == "0"


async def test_forecast_and_budget(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """They are known after a day with spend, and the same after a restart."""
    account.set("equivalent_in_usd", 100)
    freezer.move_to(at(10, "00:00"))
    entry = await set_up()
    keys = ("burn_rate", "runs_out", "projected_spend", "budget_used")
    budget = "equivalent_in_usd_monthly_budget"

    def shown() -> list[str]:
        """Return the states of the sensors that look ahead."""
        return [state_of(hass, entry, f"equivalent_in_usd_{key}").state for key in keys]

    assert shown() == [STATE_UNKNOWN] * 4
    for hour in range(1, 25):
        account.set("equivalent_in_usd", 100 - hour / 4)
        await go_to(hass, freezer, at(10, "00:00") + hour * HOUR)
    await set_number(hass, entry, budget, 20)
    # Six dollars a day: 94 last 15 days and 16 hours, and 20 days of November are to come.
    runs_out = (at(11, "00:00") + timedelta(days=15, hours=16)).astimezone(UTC).isoformat()
    assert shown() == ["6.0", runs_out, "126", "30.0"]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown() == ["6.0", runs_out, "126", "30.0"]
    # Nobody spent any of these.
    assert state_of(hass, entry, "mj_remain_runs_out").state == STATE_UNKNOWN
    await set_number(hass, entry, budget, 0)
    assert shown()[3] == STATE_UNKNOWN


async def test_next_expiry(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The next end of a pack and all that is lost then are shown until it comes, without a poll."""
    freezer.move_to(at(10, "09:10"))
    first, last = at(10, "15:30"), at(10, "15:40")
    account.set(
        PACKS,
        [
            credit_pack(1, last),
            credit_pack(2, first),
            credit_pack(3, first, used=9000.5),
            credit_pack(4, at(10, "12:00"), active=False),
            credit_pack(5, at(10, "12:00"), used=10_000),
        ],
    )
    entry.add_to_hass(hass)
    options = {**entry.options, CONF_SCAN_INTERVAL: 1440}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    def shown() -> list[str]:
        """Return when something is lost next, and how much."""
        keys = ("next_credit_expiry", "credits_expiring_next")
        return [state_of(hass, entry, key).state for key in keys]

    simulator.requests.clear()
    assert shown() == [first.astimezone(UTC).isoformat(), "2599.5"]
    await go_to(hass, freezer, first)
    assert shown() == [last.astimezone(UTC).isoformat(), "1600"]
    await go_to(hass, freezer, last)
    assert shown() == [STATE_UNKNOWN] * 2
    assert simulator.requests == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"equivalent_in_usd": 12, "is_verified": True}, "ok"),
        ({"equivalent_in_usd": 12}, "unverified"),
        ({"equivalent_in_usd": 5}, "low"),
        ({"equivalent_in_usd": -0.01}, "empty"),
        ({"equivalent_in_usd": -0.01, "is_enable": False}, "disabled"),
        ({"equivalent_in_usd": None, "is_verified": True}, STATE_UNKNOWN),
    ],
)
async def test_account_status(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    changes: dict[str, object],
    status: str,
) -> None:
    """The most severe of what is wrong is shown."""
    account.set("equivalent_in_usd", 12)
    entry = await set_up()
    account.data |= changes
    await wait_and_poll(hass, freezer)
    state = state_of(hass, entry, "account_status")
    assert state.state == status
    assert status in [*state.attributes["options"], STATE_UNKNOWN]


async def test_account_without_packs_has_no_expiry(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Where the service says nothing of packs there is nothing to show."""
    account.remove("credit_pack_info")
    account.remove("wallet.credit_packs")
    entry = await set_up()
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, "next_credit_expiry")


async def test_every_sensor_suits_the_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The recorder compiles all that have a state class, and has nothing to complain of."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) + HOUR
    freezer.move_to(start)
    account = SimulatedAccount.demo()
    account.data["id"] = 1
    simulator.accounts = dict.fromkeys(simulator.accounts, account)
    await set_up()
    account.spend(100)
    await wait_and_poll(hass, freezer)
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)

    suited = {
        state.entity_id
        for state in hass.states.async_all("sensor")
        if ATTR_STATE_CLASS in state.attributes and state.state != STATE_UNKNOWN
    }
    assert len(suited) > 50
    compiled = await recorder_mock.async_add_executor_job(get_metadata, hass)
    assert compiled.keys() == suited
    assert await recorder_mock.async_add_executor_job(validate_statistics, hass) == {}
