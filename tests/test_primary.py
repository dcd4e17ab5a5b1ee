"""Test the balance that speaks for the account: it is the first there is, and no gap changes it."""

from datetime import UTC, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import entity_id, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount

POLL = timedelta(minutes=5, seconds=1)
USD = "equivalent_in_usd"
NAMED_AFTER_IT = ("monthly_budget", "monthly_budget_use", "projected_month_end")


def budget(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[str, str | None]:
    """Return the budget and its unit."""
    state = state_of(hass, entry, "monthly_budget")
    return state.state, state.attributes.get("unit_of_measurement")


async def set_budget(hass: HomeAssistant, entry: MockConfigEntry, amount: float) -> None:
    """Set the budget as a user does."""
    target = {"entity_id": entity_id(hass, entry, "monthly_budget"), "value": amount}
    await hass.services.async_call("number", "set_value", target, blocking=True)


async def test_a_gap_does_not_change_it(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """An answer that leaves it out is nothing to change a budget for, over a restart neither."""
    account.set(USD, 40)
    entry = await set_up()
    await set_budget(hass, entry, 50)
    account.remove(USD)
    await wait_and_poll(hass, freezer, POLL)
    assert budget(hass, entry) == ("50", "USD")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert budget(hass, entry) == ("50", "USD")
    account.set(USD, 39)
    await wait_and_poll(hass, freezer, POLL)
    assert budget(hass, entry) == ("50", "USD")
    assert state_of(hass, entry, "monthly_budget_use").state == "2.0"


async def test_another_takes_over_when_it_is_gone_for_good(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """A day later the next one speaks for the account, with a budget of its own, and until then."""
    account.set(USD, 40)
    account.set("wallet.point_remain", 1000)
    entry = await set_up()
    await set_budget(hass, entry, 50)
    account.remove(USD)
    for wait in (POLL, timedelta(hours=23)):
        # Only an answer that is new is looked at.
        account.spend(1, "point")
        await wait_and_poll(hass, freezer, wait)
        assert budget(hass, entry) == ("50", "USD")
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    account.spend(1, "point")
    await wait_and_poll(hass, freezer, timedelta(hours=2))
    assert budget(hass, entry) == ("0", "credits")
    assert state_of(hass, entry, "monthly_budget_use").state == STATE_UNKNOWN
    await set_budget(hass, entry, 700)
    # When it is there again, so is what was set for it.
    account.set(USD, 40)
    await wait_and_poll(hass, freezer, POLL)
    assert budget(hass, entry) == ("50", "USD")
    assert entry.runtime_data.watch.memory.primary_missed_since is None


@pytest.mark.parametrize("value", ["left out", None])
async def test_another_takes_over_from_one_that_says_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    value: str | None,
) -> None:
    """An account at rest is looked at too, and nothing is as little as no number."""
    account.set(USD, 40)
    entry = await set_up()
    account.remove(USD) if value else account.set(USD, None)
    for hours in (1, 22):
        await wait_and_poll(hass, freezer, timedelta(hours=hours))
        assert budget(hass, entry)[1] == "USD"
    await wait_and_poll(hass, freezer, timedelta(hours=3))
    assert budget(hass, entry)[1] == "credits"


async def test_a_clock_that_was_ahead_of_a_gap(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The day begins when the clock is right."""
    account.set(USD, 40)
    entry = await set_up()
    account.remove(USD)
    await wait_and_poll(hass, freezer, POLL)
    memory = entry.runtime_data.watch.memory
    memory.primary_missed_since = freezer().astimezone(UTC) + timedelta(days=900)
    account.spend(1, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert memory.primary_missed_since == dt_util.utcnow()


async def test_a_gap_is_forgotten_when_it_is_over(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Two gaps, a day apart, are not one that lasts."""
    account.set(USD, 40)
    entry = await set_up()
    for hours in (0, 30):
        account.remove(USD)
        await wait_and_poll(hass, freezer, timedelta(hours=hours) + POLL)
        account.set(USD, 40)
        await wait_and_poll(hass, freezer, POLL)
        assert budget(hass, entry)[1] == "USD"


async def test_the_first_turns_up_later(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """It is what the budget is for from then on, without a restart."""
    entry = await set_up()
    assert budget(hass, entry) == ("0", "credits")
    account.set(USD, 40)
    await wait_and_poll(hass, freezer, POLL)
    assert budget(hass, entry) == ("0", "USD")
    assert "USD" in str(state_of(hass, entry, "projected_month_end").attributes)


async def test_an_account_that_gets_its_first_balance(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """What needs a primary balance is there as soon as there is one, without a restart."""
    for path in ("credit_pack_info", "wallet.credit_remain", "wallet.point_remain"):
        account.remove(path)
    entry = await set_up()
    for key in NAMED_AFTER_IT:
        with pytest.raises(AssertionError, match="no entity"):
            entity_id(hass, entry, key)
    account.set(USD, 40)
    await wait_and_poll(hass, freezer, POLL)
    for key in NAMED_AFTER_IT:
        assert state_of(hass, entry, key)
    assert budget(hass, entry) == ("0", "USD")
