"""Test the numbers that the user sets: thresholds, budgets and daily limits."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.const import EVENT_STATE_CHANGED, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from .common import delivered, entity_id, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

THRESHOLD = "credit_remain_low_threshold"
LOW = "credit_remain_low"


@pytest.mark.parametrize(
    ("remaining", "threshold", "low"),
    [
        (5.44, 5.44, STATE_ON),
        (5.44, 5.43, STATE_OFF),
        (12_840, 12_840, STATE_ON),
        (1, 0, STATE_OFF),
    ],
)
async def test_threshold_holds_at_once_and_after_a_restart(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    events: list[Event],
    remaining: float,
    threshold: float,
    low: str,
) -> None:
    """Credits can be fractions, so thresholds can be too."""
    account.set("wallet.credit_remain", remaining)
    entry = await set_up()
    await set_number(hass, entry, THRESHOLD, threshold)
    await hass.async_block_till_done()
    for _ in range(2):
        number = state_of(hass, entry, THRESHOLD)
        assert float(number.state) == threshold
        assert state_of(hass, entry, LOW).state == low
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert [event.data["type"] for event in events] == (["low"] if low == STATE_ON else [])


async def test_numbers_are_the_users_also_in_an_outage(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
    expected_logs: list[str],
) -> None:
    """They can be set then; old numbers are not evaluated, the next answer is."""
    entry = await set_up()
    expected_logs.append("Error fetching Studio data")
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, THRESHOLD).state == "0"
    await set_number(hass, entry, THRESHOLD, 100)
    await set_number(hass, entry, "available_credits_monthly_budget", 2000)
    assert state_of(hass, entry, THRESHOLD).state == "100"
    assert state_of(hass, entry, "available_credits_monthly_budget").state == "2000"
    assert state_of(hass, entry, LOW).state == STATE_UNAVAILABLE
    assert not events
    simulator.recover()
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, LOW).state == STATE_ON
    assert [event.data["type"] for event in events] == ["low"]


@pytest.mark.usefixtures("all_enabled")
async def test_each_balance_has_a_budget_of_its_own(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is used of it follows the spend of that balance; both outlive a restart."""
    entry = await set_up()
    await set_number(hass, entry, "point_remain_monthly_budget", 200)
    await set_number(hass, entry, "luma_remain_monthly_budget", 12.5)
    account.spend(50, "point")
    account.spend(1, "luma")
    await wait_and_poll(hass, freezer)
    for _ in range(2):
        assert state_of(hass, entry, "point_remain_budget_used").state == "25.0"
        assert state_of(hass, entry, "luma_remain_budget_used").state == "8.0"
        assert state_of(hass, entry, "luma_remain_monthly_budget").state == "12.5"
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()


async def test_a_daily_limit_is_the_main_balances_unless_more_are_enabled(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """It is off until somebody sets it."""
    entry = await set_up()
    assert state_of(hass, entry, "available_credits_daily_spend_limit").state == "0"
    other = entity_id(hass, entry, "point_remain_daily_spend_limit")
    assert hass.states.get(other) is None


@pytest.mark.usefixtures("all_enabled")
async def test_a_daily_limit_holds_at_once_and_after_a_restart(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """One that is reached already is so at once; each balance has its own."""
    freezer.move_to("2026-11-10 20:00:00+00:00")
    entry = await set_up()
    account.spend(50, "point")
    account.spend(2, "luma")
    await wait_and_poll(hass, freezer)
    await set_number(hass, entry, "point_remain_daily_spend_limit", 50)
    await set_number(hass, entry, "luma_remain_daily_spend_limit", 2.5)
    await hass.async_block_till_done()
    assert delivered(events) == [("daily_limit_reached", "point_remain", 50, 550)]
    await hass.config_entries.async_reload(entry.entry_id)
    account.spend(1, "point")
    account.spend(0.5, "luma")
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, "luma_remain_daily_spend_limit").state == "2.5"
    assert delivered(events) == [("daily_limit_reached", "luma_remain", 2.5, 147.5)]


async def test_a_daily_limit_that_is_set_in_an_outage_waits_for_the_next_answer(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
    expected_logs: list[str],
) -> None:
    """Also one that is the same as before the outage."""
    freezer.move_to("2026-11-10 20:00:00+00:00")
    entry = await set_up()
    account.set("credit_pack_info.used_credits", 5700)
    await wait_and_poll(hass, freezer)
    expected_logs.append("Error fetching Studio data")
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer)
    await set_number(hass, entry, "available_credits_daily_spend_limit", 20)
    assert delivered(events) == []
    simulator.recover()
    await wait_and_poll(hass, freezer)
    assert delivered(events) == [("daily_limit_reached", "available_credits", 22, 123)]


async def test_units_of_numbers(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A number is in the unit of its balance; US dollars are money, and 5 of them are low."""
    account.set("equivalent_in_usd", 12.5)
    entry = await set_up()
    threshold = state_of(hass, entry, "equivalent_in_usd_low_threshold")
    assert threshold.state == "5"
    assert threshold.attributes["device_class"] == "monetary"
    units = {
        key: state_of(hass, entry, f"{key}_low_threshold").attributes["unit_of_measurement"]
        for key in ("equivalent_in_usd", "available_credits", "point_remain", "mj_remain")
    }
    assert list(units.values()) == ["USD", "credits", "points", "units"]


@pytest.mark.parametrize(
    ("remaining", "threshold", "top", "step"),
    [
        (0.004, 0, 10, 0.01),
        (5, 0, 10, 0.01),
        (5.01, 0, 20, 0.01),
        (12.5, 30, 100, 0.01),
        (499, 0, 1000, 1),
        (12.5, 50.01, 200, 0.01),
        (1_234_567.5, 0, 5_000_000, 1),
        (2**53, 0, 1_000_000_000, 1),
    ],
)
async def test_a_slider_has_a_range_that_fits_the_balance(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    remaining: float,
    threshold: float,
    top: float,
    step: float,
) -> None:
    """It reaches to a round number, at least twice the largest amount that is known."""
    account.set("wallet.credit_remain", remaining)
    entry = await set_up()
    await set_number(hass, entry, THRESHOLD, threshold)
    attributes = state_of(hass, entry, THRESHOLD).attributes
    assert (attributes["min"], attributes["max"]) == (0, top)
    assert (attributes["step"], attributes["mode"]) == (step, "box")


async def test_a_slider_of_a_balance_that_is_unknown_goes_by_the_rest(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Such as what was spent this month, and the threshold."""
    entry = await set_up()
    account.spend(70)
    await wait_and_poll(hass, freezer)
    account.set("wallet.credit_remain", None)
    await wait_and_poll(hass, freezer)
    for threshold, top in ((1, 200), (101, 500)):
        await set_number(hass, entry, THRESHOLD, threshold)
        assert state_of(hass, entry, THRESHOLD).attributes["max"] == top


async def test_more_can_be_set_than_a_slider_reaches(hass: HomeAssistant, set_up: SetUp) -> None:
    """A slider then reaches further; what is beyond all reason is refused."""
    entry = await set_up()
    budget = "available_credits_monthly_budget"
    top = state_of(hass, entry, budget).attributes["max"]
    await set_number(hass, entry, budget, 10 * top + 0.25)
    state = state_of(hass, entry, budget)
    assert float(state.state) == 10 * top + 0.25
    assert state.attributes["max"] > 2 * 10 * top
    registered = er.async_get(hass).async_get(state.entity_id)
    assert registered
    assert registered.capabilities
    assert registered.capabilities["max"] == state.attributes["max"]
    await set_number(hass, entry, budget, 1_000_000_000)
    for refused in (1_000_000_000.01, -0.01):
        with pytest.raises(ServiceValidationError):
            await set_number(hass, entry, budget, refused)


async def test_what_a_slider_sends_is_a_short_number(hass: HomeAssistant, set_up: SetUp) -> None:
    """It multiplies its step, as floats do."""
    entry = await set_up()
    await set_number(hass, entry, THRESHOLD, 57 * 0.01)
    assert state_of(hass, entry, THRESHOLD).state == "0.57"


async def test_a_poll_writes_no_number(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Whatever it brings: the range follows when the number is set the next time."""
    entry = await set_up()
    top = state_of(hass, entry, THRESHOLD).attributes["max"]
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    account.set("wallet.credit_remain", 5 * top)
    await wait_and_poll(hass, freezer)
    assert "sensor.studio_credits_remaining" in {event.data["entity_id"] for event in changes}
    assert not [event for event in changes if event.data["entity_id"].startswith("number.")]
    await set_number(hass, entry, THRESHOLD, 1)
    assert state_of(hass, entry, THRESHOLD).attributes["max"] == 10 * top
