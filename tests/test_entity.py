"""Test which entities an account gets, when they come and that they stay."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICES
from custom_components.goapi.entity import MAX_ENTITIES
from custom_components.goapi.levels import MAX_LEVELS
from custom_components.goapi.watch import MAX_BALANCES

from .common import entity_id, entity_table, poll, state_of
from .conftest import SetUp
from .simulator import SimulatedAccount, Simulator


@pytest.mark.usefixtures("all_enabled")
async def test_documented_account(
    hass: HomeAssistant, set_up: SetUp, snapshot: SnapshotAssertion
) -> None:
    """The documented answer gives an entity for each of its fields."""
    entry = await set_up()
    assert entity_table(hass, entry) == snapshot


@pytest.mark.usefixtures("all_enabled")
async def test_every_wallet_field_has_an_entity(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Each of the wallet's 35 documented fields is an entity, and so is the account's state."""
    entry = await set_up()
    own = {"id", "created_at", "updated_at", "deleted_at"}
    keys = [f"wallet_{name}" if name in own else name for name in account.data["wallet"]]
    assert len(keys) == 35
    for key in [*keys, "is_enable", "is_verified"]:
        assert state_of(hass, entry, key).state != STATE_UNAVAILABLE


async def test_enabled_is_what_matters(
    hass: HomeAssistant, set_up: SetUp, snapshot: SnapshotAssertion
) -> None:
    """Quotas with something in them start enabled, empty ones and bookkeeping do not."""
    entry = await set_up()
    assert sorted(hass.states.async_entity_ids()) == snapshot
    registry = er.async_get(hass)
    for key, enabled in {"mj_remain": True, "mj_frozen": True, "suno_remain": False}.items():
        registered = registry.async_get(entity_id(hass, entry, key))
        assert registered is not None
        assert registered.disabled is not enabled


async def test_demo_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    simulator: Simulator,
    snapshot: SnapshotAssertion,
) -> None:
    """A current account, with a balance in dollars, packs and a quota newer than the page."""
    account = SimulatedAccount.demo()
    account.set("id", 1)
    simulator.accounts = dict.fromkeys(simulator.accounts, account)
    await set_up()
    assert entity_table(hass, entry) == snapshot


@pytest.mark.parametrize(
    ("service", "plan", "address"),
    [
        ("goapi", "hobbyist", "https://goapi.ai/dashboard"),
        ("piapi", "hobbyist", "https://piapi.ai/workspace"),
        ("other", None, None),
    ],
)
async def test_device(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    account: SimulatedAccount,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    plan: str | None,
    address: str | None,
) -> None:
    """An account is one service device, which leads to the dashboard of its service."""
    account.set("plan", plan)
    monkeypatch.setattr(
        "custom_components.goapi.coordinator.SERVICES",
        {name: each._replace(base_url=simulator.url) for name, each in SERVICES.items()},
    )
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: service})
    await hass.config_entries.async_setup(entry.entry_id)
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.identifiers == {(DOMAIN, "1")}
    assert device.name == "Studio"
    assert device.manufacturer == "GoAPI"
    assert device.model == plan
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.configuration_url == address


async def test_new_quota_appears_by_itself(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A quota that nobody knows becomes sensors without a restart, under a readable name."""
    entry = await set_up()
    account.add_quota("kling_turbo", 25)
    account.set("max_kling_turbo_concurrency", 2)
    account.set("kling_turbo_failover_enabled", value=True)
    await poll(hass)
    remaining = state_of(hass, entry, "kling_turbo_remain")
    assert remaining.state == "25"
    assert remaining.name == "Studio Kling turbo remaining"
    assert remaining.attributes["unit_of_measurement"] == "units"
    registry = er.async_get(hass)
    for key in ("max_kling_turbo_concurrency", "kling_turbo_failover_enabled"):
        registered = registry.async_get(entity_id(hass, entry, key))
        assert registered is not None
        assert registered.entity_category is EntityCategory.DIAGNOSTIC
        assert registered.disabled


async def test_made_up_quotas_do_not_fill_the_registry(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A server that sends other quotas with each answer gets so many entities and no more."""
    entry = await set_up()
    for turn in range(6):
        for number in range(50):
            account.add_quota(f"made_up_{turn}_{number}", 1)
        await poll(hass)
        for number in range(50):
            for part in ("remain", "used", "frozen"):
                account.remove(f"wallet.made_up_{turn}_{number}_{part}")
    await hass.config_entries.async_reload(entry.entry_id)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    for domain in ("sensor", "binary_sensor", "number"):
        # Five of the sensors of a balance are worked out.
        limit = MAX_ENTITIES + 20 + (5 * MAX_LEVELS if domain == "sensor" else 0)
        assert len([each for each in entities if each.domain == domain]) <= limit
    assert MAX_LEVELS <= 50
    assert len(entry.runtime_data.watch.memory.low_since) <= MAX_BALANCES


async def test_late_field_is_added_once(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A field that turns up later is added; polls after that add nothing more."""
    account.remove("wallet.credit_remain")
    entry = await set_up()
    assert hass.states.get("sensor.studio_credits_remaining") is None
    account.set("wallet.credit_remain", 9)
    await poll(hass)
    assert state_of(hass, entry, "credit_remain").state == "9"
    account.set("wallet.credit_remain", 8)
    await poll(hass)
    assert state_of(hass, entry, "credit_remain").state == "8"


async def test_missing_field_is_unknown_and_never_zero(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A field that is no longer sent is unknown, also after a restart, and returns."""
    entry = await set_up()
    account.remove("wallet.credit_remain")
    account.set("is_enable", "yes")
    account.add_quota("udio", 5)
    await poll(hass)
    account.remove("wallet.udio_remain")
    await poll(hass)
    for key in ("credit_remain", "is_enable", "udio_remain"):
        assert state_of(hass, entry, key).state == STATE_UNKNOWN

    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    for key in ("credit_remain", "is_enable", "udio_remain"):
        assert state_of(hass, entry, key).state == STATE_UNKNOWN
    account.set("wallet.udio_remain", 4)
    await poll(hass)
    assert state_of(hass, entry, "udio_remain").state == "4"


async def test_foreign_registry_entry_is_left_alone(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    """An entity of the registry that no field describes is not revived."""
    entry.add_to_hass(hass)
    registry = er.async_get(hass)
    for domain in ("sensor", "binary_sensor"):
        registry.async_get_or_create(domain, DOMAIN, "1_no_such_field", config_entry=entry)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for state in hass.states.async_all():
        assert "no_such_field" not in state.entity_id


async def test_no_personal_data_in_attributes(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Attributes tell how to show a value, and nothing about the account."""
    entry = await set_up()
    allowed = {
        "device_class",
        "friendly_name",
        "state_class",
        "unit_of_measurement",
        "options",
        "last_reset",
    }
    of_alerts = {"quota", "remaining", "threshold", "since", "unit"}
    of_numbers = {"min", "max", "step", "mode"}
    of_events = {"event_type", "event_types", "quota", "amount", "balance_after", "unit", "usual"}
    of_calendars = {"message", "all_day", "start_time", "end_time", "location", "description"}
    extra = {
        "binary_sensor": of_alerts,
        "number": of_numbers,
        "event": of_events,
        "calendar": of_calendars,
    }
    account.top_up(5, "mj")
    await poll(hass)
    assert state_of(hass, entry, "account_activity").attributes["amount"] == 5
    for state in hass.states.async_all():
        names = {str(name) for name in state.attributes}
        assert names <= allowed | extra.get(state.domain, set())
