"""Test the alerts: what is low, since when, and that each crossing of a line is told once."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from custom_components.goapi.alerts import EVENT_ALERT
from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICES
from custom_components.goapi.delivery import AFTER_START_SECONDS

from .common import DEFAULT_INTERVAL, entity_id, poll, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

LOW = "credit_remain_low"

type Spend = Callable[[float], Awaitable[None]]


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    """Return the alerts that are fired from now on."""
    return async_capture_events(hass, EVENT_ALERT)


@pytest.fixture
def set_credit(hass: HomeAssistant, account: SimulatedAccount) -> Spend:
    """Return a function that sets the remaining credits and polls."""

    async def set_and_poll(remaining: float) -> None:
        """Set the credits, and poll."""
        account.set("wallet.credit_remain", remaining)
        await poll(hass)

    return set_and_poll


async def set_threshold(
    hass: HomeAssistant, entry: MockConfigEntry, threshold: float, key: str = "credit_remain"
) -> None:
    """Set the threshold of a balance as a user does."""
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": entity_id(hass, entry, f"{key}_low_threshold"), "value": threshold},
        blocking=True,
    )


def told(alerts: list[Event]) -> list[tuple[str, float]]:
    """Return what was told, in short, and forget it."""
    short = [(each.data["type"], each.data["remaining"]) for each in alerts]
    alerts.clear()
    return short


async def test_alert_of_a_balance(
    hass: HomeAssistant, set_up: SetUp, set_credit: Spend, alerts: list[Event]
) -> None:
    """Low begins at the threshold, does not flap in the band, and ends above it."""
    entry = await set_up()
    await set_threshold(hass, entry, 50)
    for remaining, low, alert in [
        (51, False, None),
        (50, True, "low"),
        (55, True, None),
        (50, True, None),
        (55.5, False, "recovered"),
        (52, False, None),
        (20, True, "low"),
        (0, True, "empty"),
        (1, True, None),
        (0, True, None),
        (30, True, None),
        (0, True, "empty"),
        (74, False, "recovered"),
        (0, True, "empty"),
    ]:
        await set_credit(remaining)
        assert state_of(hass, entry, LOW).state == (STATE_ON if low else STATE_OFF), remaining
        assert told(alerts) == ([(alert, remaining)] if alert else []), remaining


async def test_what_an_alert_says(
    hass: HomeAssistant, set_up: SetUp, set_credit: Spend, alerts: list[Event]
) -> None:
    """An alert and the attributes of its entity say all that a message needs."""
    entry = await set_up()
    await set_threshold(hass, entry, 50)
    sensor = state_of(hass, entry, LOW)
    assert sensor.attributes["since"] is None
    await set_credit(12)
    (alert,) = alerts
    registered = er.async_get(hass).async_get(sensor.entity_id)
    assert registered is not None
    assert alert.data == {
        "type": "low",
        "entity_id": "binary_sensor.studio_credits_low",
        "device_id": registered.device_id,
        "account": "Studio",
        "quota": "Credit",
        "remaining": 12,
        "threshold": 50,
        "unit": "credits",
    }
    attributes = state_of(hass, entry, LOW).attributes
    assert attributes["device_class"] == "problem"
    assert {key: attributes[key] for key in ("quota", "remaining", "threshold", "unit")} == {
        "quota": "Credit",
        "remaining": 12,
        "threshold": 50,
        "unit": "credits",
    }
    assert attributes["since"] is not None


@pytest.mark.parametrize(
    ("key", "quota", "unit"),
    [
        ("equivalent_in_usd", "Balance", "USD"),
        ("available_credits", "Available credit", "credits"),
        ("wallet.point_remain", "Point balance", "points"),
        ("wallet.mj_remain", "Midjourney", "units"),
        ("wallet.kling_turbo_remain", "Kling turbo", "units"),
    ],
)
async def test_every_balance_has_an_alert(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    alerts: list[Event],
    key: str,
    quota: str,
    unit: str,
) -> None:
    """Money, credit packs and every quota, known or not, warn in their own unit."""
    path = f"credit_pack_info.{key}" if key == "available_credits" else key
    account.set(path, 1000)
    await set_up()
    account.set(path, 0)
    await poll(hass)
    (alert,) = alerts
    assert (alert.data["quota"], alert.data["unit"]) == (quota, unit)


async def test_threshold_is_applied_without_a_poll(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, alerts: list[Event]
) -> None:
    """The alert follows the threshold at once."""
    entry = await set_up()
    simulator.requests.clear()
    assert state_of(hass, entry, LOW).state == STATE_OFF
    await set_threshold(hass, entry, 100)
    assert state_of(hass, entry, LOW).state == STATE_ON
    assert told(alerts) == [("low", 74)]
    await set_threshold(hass, entry, 70)
    assert state_of(hass, entry, LOW).state == STATE_ON
    await set_threshold(hass, entry, 60)
    assert state_of(hass, entry, LOW).state == STATE_OFF
    assert told(alerts) == [("recovered", 74)]
    assert simulator.requests == []


async def test_defaults(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, alerts: list[Event]
) -> None:
    """Quotas warn when they are empty, money below five dollars; what is empty does not cry."""
    account.set("equivalent_in_usd", 4)
    entry = await set_up()
    assert state_of(hass, entry, "equivalent_in_usd_low_threshold").state == "5"
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "0"
    assert state_of(hass, entry, "equivalent_in_usd_low").state == STATE_ON
    registry = er.async_get(hass)
    for key, enabled in {
        "equivalent_in_usd_low": True,
        "credit_remain_low": True,
        "mj_remain_low": True,
        "suno_remain_low": False,
        "suno_remain_low_threshold": False,
    }.items():
        registered = registry.async_get(entity_id(hass, entry, key))
        assert registered is not None
        assert registered.disabled is not enabled, key
    # Seen for the first time: it is shown, and nobody is disturbed.
    assert told(alerts) == []


async def test_empty_primary_balance_starts_enabled(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The balance that speaks for the account is watched even if it is empty at first."""
    account.set("equivalent_in_usd", 0)
    entry = await set_up()
    assert state_of(hass, entry, "equivalent_in_usd_low").state == STATE_ON
    assert state_of(hass, entry, "account_status").state == "unverified"


async def test_disabled_alert_is_not_told(
    hass: HomeAssistant, set_up: SetUp, set_credit: Spend, alerts: list[Event]
) -> None:
    """Who disables an alert does not hear of it."""
    entry = await set_up()
    er.async_get(hass).async_update_entity(
        entity_id(hass, entry, LOW), disabled_by=er.RegistryEntryDisabler.USER
    )
    await set_credit(0)
    assert told(alerts) == []


async def test_unknown_balance(
    hass: HomeAssistant,
    set_up: SetUp,
    set_credit: Spend,
    account: SimulatedAccount,
    alerts: list[Event],
) -> None:
    """A balance that is not known is neither low nor fine, and is judged on when it returns."""
    entry = await set_up()
    await set_threshold(hass, entry, 50)
    await set_credit(40)
    assert told(alerts) == [("low", 40)]
    since = state_of(hass, entry, LOW).attributes["since"]
    for value in ("many", None):
        account.set("wallet.credit_remain", value)
        await poll(hass)
        assert state_of(hass, entry, LOW).state == STATE_UNKNOWN
    account.remove("wallet.credit_remain")
    await poll(hass)
    assert state_of(hass, entry, LOW).state == STATE_UNKNOWN
    await set_credit(52)
    assert state_of(hass, entry, LOW).state == STATE_ON
    assert state_of(hass, entry, LOW).attributes["since"] == since
    assert told(alerts) == []


async def test_outage_is_no_crossing(
    hass: HomeAssistant,
    set_up: SetUp,
    set_credit: Spend,
    simulator: Simulator,
    alerts: list[Event],
    expected_logs: list[str],
) -> None:
    """An outage tells nothing, whatever the balance was; a crossing during it is told once."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    await set_threshold(hass, entry, 50)
    await set_credit(40)
    assert told(alerts) == [("low", 40)]
    for remaining, expected in [(40, []), (90, [("recovered", 90)]), (30, [("low", 30)])]:
        simulator.fail(Fault.SERVER_ERROR)
        await set_credit(remaining)
        assert state_of(hass, entry, LOW).state == STATE_UNAVAILABLE
        assert told(alerts) == []
        simulator.recover()
        await poll(hass)
        assert told(alerts) == expected


async def test_threshold_can_be_set_during_an_outage(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, expected_logs: list[str]
) -> None:
    """A threshold is the user's, whatever the service does."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    simulator.fail(Fault.SERVER_ERROR)
    await poll(hass)
    await set_threshold(hass, entry, 100)
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "100"
    simulator.recover()
    await poll(hass)
    assert state_of(hass, entry, LOW).state == STATE_ON


async def test_restart_keeps_everything_and_tells_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    set_credit: Spend,
    account: SimulatedAccount,
    alerts: list[Event],
) -> None:
    """After a restart thresholds, alerts and their beginnings are what they were."""
    entry = await set_up()
    await set_threshold(hass, entry, 50)
    await set_credit(40)
    await set_credit(52)
    since = state_of(hass, entry, LOW).attributes["since"]
    assert told(alerts) == [("low", 40)]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "50"
    assert state_of(hass, entry, LOW).state == STATE_ON
    assert state_of(hass, entry, LOW).attributes["since"] == since
    assert told(alerts) == []

    await hass.config_entries.async_unload(entry.entry_id)
    account.set("wallet.credit_remain", 0)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert told(alerts) == [("empty", 0)]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert told(alerts) == []


async def test_crossing_during_downtime_is_told_after_the_start(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, alerts: list[Event]
) -> None:
    """What was crossed while Home Assistant was down is told when automations can hear it."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    account.set("wallet.credit_remain", 0)
    hass.set_state(CoreState.not_running)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert told(alerts) == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done()
    assert told(alerts) == []
    async_fire_time_changed(hass, None, fire_all=True)
    await hass.async_block_till_done()
    assert told(alerts) == [("empty", 0)]
    assert AFTER_START_SECONDS < 60


async def test_key_rotation_keeps_thresholds(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, account: SimulatedAccount
) -> None:
    """A new key changes no threshold."""
    entry = await set_up()
    await set_threshold(hass, entry, 33)
    simulator.accounts["another-key"] = account
    result = await entry.start_reauth_flow(hass)
    await hass.config_entries.flow.async_configure(result["flow_id"], {"api_key": "another-key"})
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "33"


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("wallet.credit_remain", 5, "ok"),
        ("credit_pack_info.available_credits", 0, "empty"),
        ("is_verified", False, "unverified"),
        ("is_enable", False, "disabled"),
    ],
)
async def test_account_status(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    path: str,
    value: Any,
    status: str,
) -> None:
    """The status says in one word how the account is."""
    account.set("is_verified", value=True)
    entry = await set_up()
    assert state_of(hass, entry, "account_status").state == "ok"
    account.set(path, value)
    await poll(hass)
    assert state_of(hass, entry, "account_status").state == status


async def test_account_status_low(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Low speaks of the primary balance, with its hysteresis."""
    account.set("is_verified", value=True)
    entry = await set_up()
    await set_threshold(hass, entry, 100, "credit_remain")
    assert state_of(hass, entry, "account_status").state == "ok"
    await set_threshold(hass, entry, 200, "available_credits")
    assert state_of(hass, entry, "account_status").state == "low"


@pytest.fixture
def recharging(account: SimulatedAccount) -> SimulatedAccount:
    """Return an account with auto-recharge below 50 credits, which does not come by itself."""
    account.set("wallet.credit_used", 500)
    account.set("wallet.auto_recharge_enabled", value=True)
    account.set("wallet.auto_recharge_threshold_credit", 50)
    account.set("wallet.auto_recharge_target_credit", 500)
    return account


OVERDUE = "auto_recharge_overdue"


async def test_alert_waits_for_a_recharge(
    hass: HomeAssistant,
    set_up: SetUp,
    recharging: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    alerts: list[Event],
) -> None:
    """While a recharge is due nobody is disturbed; when it comes, nobody ever was."""
    entry = await set_up()
    await set_threshold(hass, entry, 45)
    for remaining in (40, 40):
        recharging.set("wallet.credit_remain", remaining)
        await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
        assert state_of(hass, entry, LOW).state == STATE_OFF
        assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    recharging.set("wallet.credit_remain", 500)
    await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
    assert state_of(hass, entry, LOW).state == STATE_OFF
    assert told(alerts) == []


async def test_recharge_that_does_not_come(
    hass: HomeAssistant,
    set_up: SetUp,
    recharging: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    alerts: list[Event],
) -> None:
    """After the time of two polls the recharge is overdue: alert, entity and repair say so."""
    entry = await set_up()
    issues = ir.async_get(hass)
    issue = (DOMAIN, f"auto_recharge_overdue_{entry.entry_id}")
    recharging.set("wallet.credit_remain", 0)
    for overdue in (False, False, True, True):
        await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
        assert state_of(hass, entry, OVERDUE).state == (STATE_ON if overdue else STATE_OFF)
        assert state_of(hass, entry, LOW).state == (STATE_ON if overdue else STATE_OFF)
        assert (issues.async_get_issue(*issue) is not None) is overdue
    assert told(alerts) == [("empty", 0)]

    # It is still overdue after a restart, without another two polls.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, OVERDUE).state == STATE_ON
    assert issues.async_get_issue(*issue) is not None

    recharging.set("wallet.credit_remain", 500)
    await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    assert issues.async_get_issue(*issue) is None
    assert told(alerts) == [("recovered", 500)]


async def test_recharge_that_was_not_enough(
    hass: HomeAssistant,
    set_up: SetUp,
    recharging: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A recharge that came and was used up at once is followed by another, with time of its own."""
    entry = await set_up()
    recharging.set("wallet.credit_remain", 10)
    await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
    await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
    recharging.set("wallet.last_auto_recharge_triggered_at", int(freezer().timestamp()))
    await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    await wait_and_poll(hass, freezer, DEFAULT_INTERVAL + timedelta(seconds=1))
    assert state_of(hass, entry, OVERDUE).state == STATE_ON


async def test_recharge_is_unknown(
    hass: HomeAssistant, set_up: SetUp, recharging: SimulatedAccount
) -> None:
    """Where the API does not say enough, nothing is overdue and nothing is fine."""
    entry = await set_up()
    assert state_of(hass, entry, OVERDUE).state == STATE_OFF
    recharging.set("wallet.auto_recharge_enabled", None)
    await poll(hass)
    assert state_of(hass, entry, OVERDUE).state == STATE_UNKNOWN


async def test_account_disabled_repair(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    expected_logs: list[str],
) -> None:
    """A disabled account is a repair, which stays over outages and restarts and goes by itself."""
    expected_logs.append("Error fetching")
    issues = ir.async_get(hass)
    await set_up()
    issue_id = f"account_disabled_{entry.entry_id}"
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    account.disable()
    await poll(hass)
    issue = issues.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_placeholders == {"account": "Studio"}
    assert not issue.is_fixable

    account.set("is_enable", "no")
    await poll(hass)
    simulator.fail(Fault.SERVER_ERROR)
    await poll(hass)
    assert issues.async_get_issue(DOMAIN, issue_id) is not None
    simulator.recover()
    account.disable()
    await hass.config_entries.async_reload(entry.entry_id)
    assert issues.async_get_issue(DOMAIN, issue_id) is not None
    account.enable()
    await poll(hass)
    assert issues.async_get_issue(DOMAIN, issue_id) is None


@pytest.mark.parametrize("how", ["remove", "disable"])
async def test_repairs_go_with_the_entry(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, how: str
) -> None:
    """An entry that is removed or disabled leaves no repair."""
    entry = await set_up()
    account.disable()
    await poll(hass)
    assert ir.async_get(hass).issues
    if how == "remove":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert not ir.async_get(hass).issues


@pytest.mark.parametrize(
    ("service", "address"),
    [("goapi", "https://goapi.ai/dashboard"), ("other", None)],
)
async def test_repair_links_to_the_dashboard(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    account: SimulatedAccount,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    address: str | None,
) -> None:
    """A repair leads to where the account is managed."""
    goapi = SERVICES["goapi"]._replace(base_url=simulator.url)
    monkeypatch.setitem(SERVICES, "goapi", goapi)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: service})
    account.disable()
    await hass.config_entries.async_setup(entry.entry_id)
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.learn_more_url == address
