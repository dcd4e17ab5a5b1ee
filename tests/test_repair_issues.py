"""Test the repairs: what only the user can mend, for as long as it lasts."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.goapi.const import CONF_SERVICE, SERVICES

from .common import delivered, poll, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

OVERDUE = "auto_recharge_overdue"
LOW = "credit_remain_low"


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the repairs by what they are about."""
    return {issue.translation_key or "": issue for issue in ir.async_get(hass).issues.values()}


@pytest.fixture
def recharging(account: SimulatedAccount) -> SimulatedAccount:
    """Return an account with auto-recharge below 50 credits, which does not come by itself."""
    account.auto_recharge_fails = True
    account.set("wallet.credit_used", 500)
    account.set("wallet.auto_recharge_enabled", value=True)
    account.set("wallet.auto_recharge_threshold_credit", 50)
    account.set("wallet.auto_recharge_target_credit", 500)
    return account


async def test_a_disabled_account_is_a_repair_until_it_is_enabled(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    expected_logs: list[str],
) -> None:
    """It stays over outages, restarts, and answers that do not say."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    assert issues(hass) == {}
    account.disable()
    await poll(hass)
    (issue,) = issues(hass).values()
    assert issue.translation_key == "account_disabled"
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_placeholders == {"account": "Studio"}
    assert not issue.is_fixable
    account.set("is_enable", "no")
    await poll(hass)
    assert issues(hass)
    simulator.fail(Fault.SERVER_ERROR)
    await poll(hass)
    assert issues(hass)
    simulator.recover()
    account.disable()
    await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass)
    account.enable()
    await poll(hass)
    assert issues(hass) == {}


@pytest.mark.parametrize("how", ["remove", "disable"])
async def test_repairs_go_with_the_entry(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, how: str
) -> None:
    """An entry that is removed or disabled leaves no repair."""
    account.disable()
    entry = await set_up()
    assert issues(hass)
    if how == "remove":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert issues(hass) == {}


@pytest.mark.parametrize(
    ("service", "address"),
    [
        ("piapi", "https://piapi.ai/workspace/billing"),
        ("goapi", "https://goapi.ai/dashboard"),
        ("other", None),
    ],
)
async def test_a_repair_leads_to_the_page_where_one_tops_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    account: SimulatedAccount,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    address: str | None,
) -> None:
    """Of another service, nobody knows it."""
    for name, each in SERVICES.items():
        monkeypatch.setitem(SERVICES, name, each._replace(base_url=simulator.url))
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: service})
    account.disable()
    await hass.config_entries.async_setup(entry.entry_id)
    assert issues(hass)["account_disabled"].learn_more_url == address


async def test_a_recharge_that_comes_disturbs_nobody(
    hass: HomeAssistant,
    set_up: SetUp,
    recharging: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """While it is due, what it refills is not reported as low."""
    entry = await set_up()
    await set_number(hass, entry, "credit_remain_low_threshold", 45)
    recharging.spend(34)
    for _ in range(2):
        await wait_and_poll(hass, freezer)
        assert state_of(hass, entry, LOW).state == STATE_OFF
    recharging.auto_recharge_fails = False
    recharging.auto_recharge()
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    assert delivered(events) == [("recharged", "credit_remain", 460, 500)]
    assert issues(hass) == {}


async def test_an_overdue_recharge_shows_everywhere_though_no_field_changed(
    hass: HomeAssistant,
    set_up: SetUp,
    recharging: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
) -> None:
    """After 15 minutes the repair, the sensors and the alert say so, of an answer that is the same.

    But for a field that nobody reads, or to the last byte: only the time has passed.
    """
    entry = await set_up()
    recharging.set("wallet.credit_remain", 0)
    for number, is_overdue in enumerate((False, False, False, True, True)):
        if number != 1:
            recharging.data["request_id"] = f"request {number}"
        await wait_and_poll(hass, freezer, timedelta(minutes=5, seconds=1))
        expected = STATE_ON if is_overdue else STATE_OFF
        assert state_of(hass, entry, OVERDUE).state == expected
        assert state_of(hass, entry, LOW).state == expected
        assert issues(hass).keys() == ({OVERDUE} if is_overdue else set())
    assert delivered(events) == [("empty", "credit_remain", 0)]

    # It is still overdue after a restart, without another 15 minutes.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, OVERDUE).state == STATE_ON
    assert issues(hass)[OVERDUE].severity is ir.IssueSeverity.WARNING

    recharging.set("wallet.credit_remain", 500)
    await wait_and_poll(hass, freezer)
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    assert issues(hass) == {}
    assert [event[0] for event in delivered(events)] == ["topped_up", "recovered"]


async def test_a_threshold_that_is_set_during_an_outage_makes_no_repair(
    hass: HomeAssistant,
    set_up: SetUp,
    recharging: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    events: list[Event],
    expected_logs: list[str],
) -> None:
    """Nobody knows whether the recharge has come meanwhile; the next answer says it has."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    recharging.spend(60)
    await wait_and_poll(hass, freezer)
    simulator.fail(Fault.SERVER_ERROR)
    for _ in range(4):
        await wait_and_poll(hass, freezer)
    await set_number(hass, entry, "credit_remain_low_threshold", 100)
    assert issues(hass) == {}
    assert delivered(events) == []
    recharging.auto_recharge_fails = False
    recharging.auto_recharge()
    simulator.recover()
    await wait_and_poll(hass, freezer)
    assert issues(hass) == {}
    assert delivered(events) == [("recharged", "credit_remain", 486, 500)]


async def test_where_the_service_says_too_little_nothing_is_overdue_and_nothing_is_fine(
    hass: HomeAssistant, set_up: SetUp, recharging: SimulatedAccount
) -> None:
    """The sensor is unknown."""
    entry = await set_up()
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    recharging.set("wallet.auto_recharge_enabled", None)
    await poll(hass)
    assert state_of(hass, entry, OVERDUE).state == STATE_UNKNOWN
