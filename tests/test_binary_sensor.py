"""Test the binary sensors: flags of the account, low balances, a recharge that is overdue."""

from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount

OVERDUE = "auto_recharge_overdue"

pytestmark = pytest.mark.usefixtures("all_enabled")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("is_enable", "is_enable"),
        ("is_verified", "is_verified"),
        ("skip_suno_flagged_account", "skip_suno_flagged_account"),
        ("is_using_private_suno_pool", "is_using_private_suno_pool"),
        ("wallet.auto_recharge_enabled", "auto_recharge_enabled"),
    ],
)
async def test_flags_are_as_the_service_sends_them(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    path: str,
    key: str,
) -> None:
    """What is neither true nor false is unknown."""
    entry = await set_up()
    for sent, shown in [(True, STATE_ON), (False, STATE_OFF), (1, STATE_UNKNOWN)]:
        account.set(path, sent)
        await wait_and_poll(hass, freezer)
        assert state_of(hass, entry, key).state == shown


async def test_low_says_what_a_notification_needs(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The name of the balance, how much of what is left, the threshold, and since when."""
    entry = await set_up()
    key = "point_remain_low"
    await set_number(hass, entry, "point_remain_low_threshold", 500)
    state = state_of(hass, entry, key)
    assert state.state == STATE_OFF
    assert state.attributes == {
        "balance_name": "Points",
        "unit": "points",
        "remaining": 600,
        "threshold": 500,
        "since": None,
        "device_class": "problem",
        "friendly_name": "Studio Points Low",
    }
    account.spend(100, "point")
    await wait_and_poll(hass, freezer)
    state = state_of(hass, entry, key)
    assert (state.state, state.attributes["remaining"]) == (STATE_ON, 500)
    since = datetime.fromisoformat(state.attributes["since"])
    assert since.utcoffset() == dt_util.now().utcoffset()
    assert dt_util.now() - since < timedelta(seconds=5)
    # They change with each job, and the balance has a sensor that is recorded.
    assert state.state_info
    assert state.state_info["unrecorded_attributes"] >= {
        *("balance_name", "unit", "remaining", "threshold", "since")
    }
    # A balance that is not sent is neither low nor fine.
    account.remove("wallet.point_remain")
    await wait_and_poll(hass, freezer)
    state = state_of(hass, entry, key)
    assert (state.state, state.attributes["remaining"]) == (STATE_UNKNOWN, None)
    assert state.attributes["since"] == since.isoformat()


async def test_recharge_is_overdue_until_it_comes(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """It is overdue 15 minutes after the credits fell below its threshold."""
    account.auto_recharge_fails = True
    account.set("wallet.auto_recharge_enabled", value=True)
    account.set("wallet.auto_recharge_threshold_credit", 50)
    account.set("wallet.auto_recharge_target_credit", 100)
    entry = await set_up()
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    account.spend(30)
    for expected in (STATE_OFF, STATE_OFF, STATE_OFF, STATE_ON):
        await wait_and_poll(hass, freezer)
        assert state_of(hass, entry, OVERDUE).state == expected
    account.top_up(56)
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    account.set("wallet.auto_recharge_threshold_credit", None)
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, OVERDUE).state == STATE_UNKNOWN
