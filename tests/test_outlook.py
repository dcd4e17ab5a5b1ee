"""Test where the credits go and when they end: spend, forecast, expiry and budget."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from homeassistant.const import (
    CONF_SCAN_INTERVAL,
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from custom_components.goapi.const import CONF_FORECAST_DAYS

from .common import credit_pack, entity_id, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

ZONE = ZoneInfo("Europe/Amsterdam")
POLL = timedelta(minutes=5, seconds=1)
PERIODS = ("today", "this_week", "this_month")

pytestmark = pytest.mark.usefixtures("all_enabled")


@pytest.fixture(autouse=True)
async def _local_time(hass: HomeAssistant) -> None:
    """Live where clocks are changed."""
    await hass.config.async_set_time_zone(str(ZONE))


def at(day: int, clock: str, month: int = 11) -> datetime:
    """Return a local moment of 2026."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def spent(hass: HomeAssistant, entry: MockConfigEntry, balance: str = "point_remain") -> list[str]:
    """Return what was spent of a balance today, this week and this month."""
    return [state_of(hass, entry, f"{balance}_spent_{period}").state for period in PERIODS]


async def go_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let the clock run to a moment, and to the timers that are due then."""
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_spend_is_what_the_counter_rose_by(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was there before is no spend; reserving, giving back and topping up are none either."""
    entry = await set_up()
    assert spent(hass, entry) == ["0", "0", "0"]
    account.spend(10, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry) == ["10", "10", "10"]
    account.freeze(50, "point")
    await wait_and_poll(hass, freezer, POLL)
    account.release(50, "point")
    account.top_up(1000, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry) == ["10", "10", "10"]
    account.set("wallet.point_used", 250)
    await wait_and_poll(hass, freezer, POLL)
    account.spend(2.25, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry) == ["12.25", "12.25", "12.25"]


async def test_money_is_spent_by_its_falls(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """US dollars have no counter: what they fall by is spent, a top-up is not."""
    account.set("equivalent_in_usd", 5)
    entry = await set_up()
    for balance in (4.9, 4.7, 20, 19.65):
        account.set("equivalent_in_usd", balance)
        await wait_and_poll(hass, freezer, POLL)
    state = state_of(hass, entry, "equivalent_in_usd_spent_today")
    assert state.state == "0.65"
    assert {key: state.attributes[key] for key in ("device_class", "state_class")} == {
        "device_class": "monetary",
        "state_class": "total",
    }
    assert state.attributes["unit_of_measurement"] == "USD"


async def test_periods_begin_at_local_midnight(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each period begins anew by itself, and says when it began; nothing else does."""
    freezer.move_to(at(28, "23:40"))  # a Saturday
    entry = await set_up()
    account.spend(10, "point")
    await wait_and_poll(hass, freezer, POLL)
    sensor = "point_remain_spent_today"
    assert state_of(hass, entry, sensor).attributes["last_reset"] == at(28, "00:00").isoformat()
    await go_to(hass, freezer, at(29, "00:00"))
    assert spent(hass, entry) == ["0", "10", "10"]
    assert state_of(hass, entry, sensor).attributes["last_reset"] == at(29, "00:00").isoformat()
    await go_to(hass, freezer, at(30, "00:00"))
    assert spent(hass, entry) == ["0", "0", "10"]
    account.spend(3, "point")
    await go_to(hass, freezer, at(30, "12:00"))
    assert spent(hass, entry) == ["3", "3", "13"]
    await go_to(hass, freezer, at(1, "00:00", month=12))
    assert spent(hass, entry) == ["0", "3", "0"]
    month = state_of(hass, entry, "point_remain_spent_this_month")
    assert month.attributes["last_reset"] == at(1, "00:00", month=12).isoformat()


@pytest.mark.parametrize(
    ("day", "month", "hours"), [(25, 10, 25), (29, 3, 23)], ids=["autumn", "spring"]
)
async def test_a_day_of_changing_clocks_is_one_day(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    day: int,
    month: int,
    hours: int,
) -> None:
    """A day of 23 or 25 hours has all that was spent in it, and the next one nothing of it."""
    midnight = at(day, "00:00", month)
    freezer.move_to(midnight)
    entry = await set_up()
    for hour in range(1, hours + 1):
        account.spend(1, "point")
        await go_to(hass, freezer, midnight.astimezone(UTC) + timedelta(hours=hour, minutes=-1))
        assert spent(hass, entry)[0] == str(hour)
    await go_to(hass, freezer, at(day + 1, "00:00", month))
    assert spent(hass, entry)[0] == "0"


async def test_downtime_over_midnight_loses_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is spent while Home Assistant is down belongs to the day that first sees it."""
    freezer.move_to(at(25, "22:00"))
    entry = await set_up()
    account.spend(10, "point")
    await wait_and_poll(hass, freezer, POLL)
    await hass.config_entries.async_unload(entry.entry_id)
    account.spend(20, "point")
    freezer.move_to(at(26, "08:00"))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert spent(hass, entry) == ["20", "30", "30"]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert spent(hass, entry) == ["20", "30", "30"]


async def test_an_outage_loses_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """What is spent while the service cannot be reached is there with the next answer."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry) == [STATE_UNAVAILABLE] * 3
    account.spend(20, "point")
    simulator.recover()
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry)[0] == "20"


async def test_a_missing_balance_is_no_spend(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A balance that is missing for a while is compared with what it was before."""
    account.set("equivalent_in_usd", 5)
    entry = await set_up()
    account.remove("equivalent_in_usd")
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry, "equivalent_in_usd")[0] == "0"
    account.data["equivalent_in_usd"] = 4.5
    await wait_and_poll(hass, freezer, POLL)
    assert spent(hass, entry, "equivalent_in_usd")[0] == "0.5"


async def test_only_what_is_in_use_has_spend_and_a_forecast(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Quotas that nobody ever used wait for their sensors until somebody does, and keep them."""
    entry = await set_up()
    registry = er.async_get(hass)

    def sensors() -> set[str]:
        """Return the computed sensors of a quota that is all zero at first."""
        return {
            each.unique_id
            for each in er.async_entries_for_config_entry(registry, entry.entry_id)
            if each.unique_id.startswith("1_sd_remain_") and each.domain == "sensor"
        }

    assert sensors() == set()
    account.top_up(5, "sd")
    await wait_and_poll(hass, freezer, POLL)
    assert sensors() == {
        f"1_sd_remain_{name}"
        for name in (
            "spent_today",
            "spent_this_week",
            "spent_this_month",
            "burn_rate",
            "runs_out",
        )
    }
    account.spend(5, "sd")
    await wait_and_poll(hass, freezer, POLL)
    account.set("wallet.sd_used", 0)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert spent(hass, entry, "sd_remain")[0] == "5"


async def test_forecast(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After a day with three falls it is known how fast a balance is spent, and when it is gone."""
    freezer.move_to(at(10, "09:00"))
    entry = await set_up()
    rate, date = "point_remain_burn_rate", "point_remain_runs_out"
    for hour in range(24):
        assert state_of(hass, entry, rate).state == STATE_UNKNOWN
        assert state_of(hass, entry, date).state == STATE_UNKNOWN
        account.spend(5, "point")
        await go_to(hass, freezer, at(10, "09:30") + timedelta(hours=hour))
    account.spend(5, "point")
    await go_to(hass, freezer, at(11, "09:00"))
    assert float(state_of(hass, entry, rate).state) == pytest.approx(125)
    assert state_of(hass, entry, rate).attributes["unit_of_measurement"] == "points/d"
    # 475 points are left: 3.8 days.
    assert state_of(hass, entry, date).state == (
        (at(11, "09:00") + timedelta(days=3.8)).replace(minute=0).astimezone(UTC).isoformat()
    )
    # Nobody spent any of these.
    assert state_of(hass, entry, "mj_remain_runs_out").state == STATE_UNKNOWN
    assert state_of(hass, entry, "mj_remain_burn_rate").state == STATE_UNKNOWN

    # A restart knows it at once.
    before = state_of(hass, entry, date).state
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, date).state == before

    # It changes with the hours also while nothing is spent, and is gone when nothing is left.
    for clock in ("20:58", "21:00"):
        await go_to(hass, freezer, at(11, clock))
    assert float(state_of(hass, entry, rate).state) == pytest.approx(125 / 1.5, rel=1e-2)
    account.spend(475, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert state_of(hass, entry, date).state == STATE_UNKNOWN


async def test_forecast_close_to_the_end_is_by_the_minute(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is less than a day ahead is told more exactly than to the hour."""
    freezer.move_to(at(10, "09:00"))
    entry = await set_up()
    for hour in range(25):
        account.spend(20, "point")
        await go_to(hass, freezer, at(10, "09:00") + timedelta(hours=hour))
    # 100 points are left, and 500 were spent in 24 hours.
    ends = at(11, "09:00") + timedelta(hours=4.8)
    assert state_of(hass, entry, "point_remain_runs_out").state == ends.astimezone(UTC).isoformat()


async def test_window_of_the_forecast(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The option says how many days the forecast goes by."""
    freezer.move_to(at(10, "09:00"))
    await set_up()
    for day in range(1, 4):
        account.spend(50, "point")
        await go_to(hass, freezer, at(10 + day, "09:00"))
    assert float(state_of(hass, entry, "point_remain_burn_rate").state) == pytest.approx(50)
    for clock in ("08:58", "09:00"):
        await go_to(hass, freezer, at(16, clock))
    rate = float(state_of(hass, entry, "point_remain_burn_rate").state)
    assert rate == pytest.approx(25, rel=1e-2)
    hass.config_entries.async_update_entry(entry, options={CONF_FORECAST_DAYS: 1})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, "point_remain_burn_rate").state == STATE_UNKNOWN


async def test_unchanged_polls_and_hours_write_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Of an account that nobody uses, no state changes, poll after poll and hour after hour."""
    freezer.move_to(at(10, "09:02"))
    await set_up()
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    for _ in range(24):
        await wait_and_poll(hass, freezer, POLL)
    assert not changes


async def test_next_expiry(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The next end of a pack is shown with all that is lost then, until the moment it comes."""
    freezer.move_to(at(10, "09:00"))
    first, last = at(10, "15:30"), at(20, "09:00")
    account.set(
        "credit_pack_info.credit_packs",
        [
            credit_pack(1, last),
            credit_pack(2, first),
            credit_pack(3, first, used=9000.5),
            credit_pack(4, at(10, "12:00"), active=False),
            credit_pack(5, at(10, "12:00"), used=10_000),
            {},
        ],
    )
    entry = await set_up()
    assert state_of(hass, entry, "next_credit_expiry").state == first.astimezone(UTC).isoformat()
    expiring = state_of(hass, entry, "credits_expiring_next")
    assert expiring.state == "2599.5"
    assert expiring.attributes["unit_of_measurement"] == "credits"
    await go_to(hass, freezer, first)
    assert state_of(hass, entry, "next_credit_expiry").state == last.astimezone(UTC).isoformat()
    assert state_of(hass, entry, "credits_expiring_next").state == "1600"
    account.set("credit_pack_info.credit_packs", [])
    await go_to(hass, freezer, at(10, "16:00"))
    assert state_of(hass, entry, "next_credit_expiry").state == STATE_UNKNOWN
    assert state_of(hass, entry, "credits_expiring_next").state == STATE_UNKNOWN


async def test_each_end_is_shown_between_two_polls(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Packs that end one after the other need no answer of the service to be gone."""
    freezer.move_to(at(10, "09:10"))
    ends = [at(10, "09:20"), at(10, "09:30"), at(10, "09:40")]
    account.set(
        "credit_pack_info.credit_packs", [credit_pack(n, end) for n, end in enumerate(ends, 1)]
    )
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_SCAN_INTERVAL: 1440})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    requests = len(simulator.requests)
    for end, following in pairwise([*ends, None]):
        assert end is not None
        await go_to(hass, freezer, end + timedelta(seconds=1))
        shown = following.astimezone(UTC).isoformat() if following else STATE_UNKNOWN
        assert state_of(hass, entry, "next_credit_expiry").state == shown
    assert len(simulator.requests) == requests


async def test_expiry_of_unknown_packs_is_unknown(hass: HomeAssistant, set_up: SetUp) -> None:
    """The documented answer lists an empty object as a pack."""
    entry = await set_up()
    assert state_of(hass, entry, "credit_packs").state == "5"
    assert state_of(hass, entry, "next_credit_expiry").state == STATE_UNKNOWN
    assert state_of(hass, entry, "credits_expiring_next").state == STATE_UNKNOWN


async def test_account_without_packs_has_no_expiry(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Where the service says nothing of packs there is nothing to show."""
    account.remove("credit_pack_info")
    account.remove("wallet.credit_packs")
    entry = await set_up()
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, "next_credit_expiry")


async def set_budget(hass: HomeAssistant, entry: MockConfigEntry, budget: float) -> None:
    """Set the budget as a user does."""
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": entity_id(hass, entry, "monthly_budget"), "value": budget},
        blocking=True,
    )


async def test_budget(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The budget is of the primary balance, counts at once, survives a restart and may be off."""
    account.set("equivalent_in_usd", 100)
    freezer.move_to(at(10, "09:00"))
    entry = await set_up()
    number = state_of(hass, entry, "monthly_budget")
    assert (number.state, number.attributes["unit_of_measurement"]) == ("0", "USD")
    assert state_of(hass, entry, "monthly_budget_use").state == STATE_UNKNOWN
    account.set("equivalent_in_usd", 95)
    await wait_and_poll(hass, freezer, POLL)
    await set_budget(hass, entry, 20)
    assert state_of(hass, entry, "monthly_budget").state == "20"
    assert state_of(hass, entry, "monthly_budget_use").state == "25.0"
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, "monthly_budget_use").state == "25.0"
    await set_budget(hass, entry, 0)
    assert state_of(hass, entry, "monthly_budget_use").state == STATE_UNKNOWN


async def test_projected_month_end(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The projection is what was spent, and what will be until the month ends."""
    account.set("equivalent_in_usd", 100)
    freezer.move_to(at(10, "00:00"))
    entry = await set_up()
    assert state_of(hass, entry, "projected_month_end").state == STATE_UNKNOWN
    for hour in range(1, 25):
        account.set("equivalent_in_usd", 100 - hour / 4)
        await go_to(hass, freezer, at(10, "00:00") + timedelta(hours=hour))
    # Six dollars a day, and 20 of November's days are to come.
    assert float(state_of(hass, entry, "projected_month_end").state) == pytest.approx(6 + 20 * 6)


async def test_budget_follows_the_balance_it_was_made_for(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A primary balance that is unknown at a restart stays the primary balance."""
    account.set("equivalent_in_usd", 100)
    entry = await set_up()
    account.set("equivalent_in_usd", None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    number = state_of(hass, entry, "monthly_budget")
    assert number.attributes["unit_of_measurement"] == "USD"
    assert state_of(hass, entry, "account_status").state == "unverified"
