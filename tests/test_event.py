"""Test the event entity: it shows what happened last."""

from freezegun.api import FrozenDateTimeFactory

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

ACTIVITY = "account_activity"


async def test_it_says_what_happened_to_which_balance(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Alerts are among it; where the event comes from is not repeated."""
    entry = await set_up()
    assert state_of(hass, entry, ACTIVITY).state == STATE_UNKNOWN
    account.set("wallet.point_remain", 0)
    await wait_and_poll(hass, freezer)
    state = state_of(hass, entry, ACTIVITY)
    assert state.state == dt_util.utcnow().isoformat(timespec="milliseconds")
    shown = {"event_type", "balance", "balance_name", "unit", "remaining", "threshold"}
    assert {name: value for name, value in state.attributes.items() if name in shown} == {
        "event_type": "empty",
        "balance": "point_remain",
        "balance_name": "Points",
        "unit": "points",
        "remaining": 0,
        "threshold": 0,
    }
    assert state.attributes.keys() - shown == {"event_types", "friendly_name"}


async def test_a_daily_limit_is_shown_with_what_was_spent(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """And with the limit."""
    freezer.move_to("2026-11-10 20:00:00+00:00")
    entry = await set_up()
    await set_number(hass, entry, "available_credits_daily_spend_limit", 20)
    account.set("credit_pack_info.used_credits", 5700)
    await wait_and_poll(hass, freezer)
    attributes = state_of(hass, entry, ACTIVITY).attributes
    shown = ("event_type", "balance", "amount", "limit")
    assert [attributes[name] for name in shown] == [
        *("daily_limit_reached", "available_credits", 22, 20)
    ]


async def test_the_last_event_stays_over_outages_and_restarts(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """It would look like a new one to automations if it went and came back."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    account.disable()
    await wait_and_poll(hass, freezer)
    last = state_of(hass, entry, ACTIVITY)
    assert last.attributes["event_type"] == "disabled"
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, ACTIVITY) is last
    simulator.recover()
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, ACTIVITY) is last
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, ACTIVITY).state == last.state
