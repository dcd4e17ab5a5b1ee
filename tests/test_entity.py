"""Test the entities and devices of an account: which there are, which start enabled."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import (
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    EntityCategory,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType
from homeassistant.helpers.entity_registry import RegistryEntry, RegistryEntryDisabler

from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICES

from .common import entity_id, poll, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator
from .simulator.demo import DEMO_TIME


def devices_of(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, DeviceEntry]:
    """Return the devices of an entry by their names."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {device.name or "": device for device in devices}


def entities_of(hass: HomeAssistant, device: DeviceEntry) -> list[RegistryEntry]:
    """Return the entities of a device, disabled ones too."""
    return er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )


def registered(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> RegistryEntry:
    """Return the registry's entry of the entity for a key."""
    entity = er.async_get(hass).async_get(entity_id(hass, entry, key))
    assert entity
    return entity


def tables(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, list[str]]:
    """Return a table of the entities of each device that reads well in a snapshot."""
    found = {}
    for name, device in devices_of(hass, entry).items():
        ((_, identifier),) = device.identifiers
        disabled = f" (disabled by {device.disabled_by})" if device.disabled_by else ""
        rows = []
        for each in entities_of(hass, device):
            state = hass.states.get(each.entity_id)
            kinds = (
                each.original_device_class,
                (each.capabilities or {}).get("state_class"),
                each.entity_category,
            )
            columns = (
                each.unique_id,
                each.entity_id,
                each.original_name,
                state.state if state else f"(disabled by {each.disabled_by})",
                each.unit_of_measurement,
                ", ".join(kind for kind in kinds if kind),
            )
            rows.append(" | ".join(column or "" for column in columns))
        found[f"{name} [{identifier}]{disabled}"] = sorted(rows)
    return found


@pytest.fixture
async def demo(
    simulator: Simulator, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> SimulatedAccount:
    """Return the demo account, which the entry is about."""
    freezer.move_to(DEMO_TIME)
    account = SimulatedAccount.demo()
    account.data["id"] = int(entry.unique_id or "")
    simulator.accounts = dict.fromkeys(simulator.accounts, account)
    return account


async def test_documented_account(
    hass: HomeAssistant, set_up: SetUp, snapshot: SnapshotAssertion
) -> None:
    """The account of the vendor's documentation: its devices, their entities, what is enabled."""
    assert tables(hass, await set_up()) == snapshot


@pytest.mark.usefixtures("demo")
async def test_demo_account(
    hass: HomeAssistant, set_up: SetUp, snapshot: SnapshotAssertion
) -> None:
    """A studio's account, with US dollars, credit packs, and quotas newer than the page."""
    assert tables(hass, await set_up()) == snapshot


async def test_every_wallet_field_has_an_entity(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Each of the wallet's 35 documented fields has an entity, and so has each of the two flags."""
    entry = await set_up()
    own = {"id", "created_at", "updated_at", "deleted_at"}
    keys = [f"wallet_{name}" if name in own else name for name in account.data["wallet"]]
    assert len(keys) == 35
    for key in [*keys, "is_enable", "is_verified"]:
        assert registered(hass, entry, key)


@pytest.mark.parametrize("options", [{}])
async def test_a_studio_sees_few_entities_that_all_have_something_to_say(
    hass: HomeAssistant, set_up: SetUp, demo: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """At most 24 on the account's own page, after a day with a top-up, spend and a budget."""
    entry = await set_up()
    demo.top_up(1000)
    for _ in range(26):
        demo.spend(20)
        demo.spend(3, "kling")
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    await set_number(hass, entry, "equivalent_in_usd_monthly_budget", 50)
    devices = devices_of(hass, entry)
    enabled = [each for each in entities_of(hass, devices["Studio"]) if not each.disabled]
    assert 15 < len(enabled) <= 24
    silent = [
        each.entity_id
        for each in enabled
        if (state := hass.states.get(each.entity_id)) is None
        or state.state in (STATE_UNKNOWN, STATE_UNAVAILABLE)
    ]
    assert silent == []
    assert devices.keys() == {
        "Studio",
        *(
            f"Studio {name}"
            for name in ("Credit packs", "Credits", "Points", "Midjourney", "Kling")
        ),
        *(f"Studio {name}" for name in ("Suno", "Luma", "Hailuo", "LLM")),
    }


async def test_an_exhausted_quota_does_not_ask_for_attention(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Its numbers are shown; what warns and forecasts starts disabled."""
    account.add_quota("suno", 0, used=70)
    entry = await set_up()
    states = {key: registered(hass, entry, key).disabled_by for key in ("suno_remain", "suno_used")}
    assert set(states.values()) == {None}
    for what in ("low", "low_threshold", "runs_out"):
        entity = registered(hass, entry, f"suno_remain_{what}")
        assert entity.disabled_by is RegistryEntryDisabler.INTEGRATION


@pytest.mark.parametrize(
    ("service", "plan", "page"),
    [
        ("goapi", "hobbyist", "https://goapi.ai/dashboard"),
        ("piapi", "hobbyist", "https://piapi.ai/workspace/billing"),
        ("other", None, None),
    ],
)
async def test_device_of_the_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    plan: str | None,
    page: str | None,
) -> None:
    """An account is a service, which leads to the page where one tops up."""
    account.set("plan", plan)
    for name, each in SERVICES.items():
        monkeypatch.setitem(SERVICES, name, each._replace(base_url=simulator.url))
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: service})
    await hass.config_entries.async_setup(entry.entry_id)
    devices = devices_of(hass, entry)
    device = devices["Studio"]
    assert device.identifiers == {(DOMAIN, "1")}
    assert device.manufacturer == "GoAPI"
    assert device.model == plan
    assert {each.entry_type for each in devices.values()} == {DeviceEntryType.SERVICE}
    assert {each.configuration_url for each in devices.values()} == {page}


async def test_new_fields_appear_without_a_restart(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A quota that nobody knows becomes a device with a readable name; a pool, diagnostics."""
    entry = await set_up()
    account.add_quota("kling_turbo", 25)
    account.set("max_kling_turbo_concurrency", 2)
    account.set("kling_turbo_failover_enabled", value=True)
    await poll(hass)
    remaining = state_of(hass, entry, "kling_turbo_remain")
    assert remaining.state == "25"
    assert remaining.name == "Studio Kling turbo Remaining"
    assert remaining.attributes["unit_of_measurement"] == "units"
    assert state_of(hass, entry, "kling_turbo_remain_low").state == "off"
    assert state_of(hass, entry, "kling_turbo_remain_low_threshold").state == "0"
    for key in ("max_kling_turbo_concurrency", "kling_turbo_failover_enabled"):
        entity = registered(hass, entry, key)
        assert entity.entity_category is EntityCategory.DIAGNOSTIC
        assert entity.disabled
    # Polls after that follow it, and add nothing twice.
    account.spend(1, "kling_turbo")
    await poll(hass)
    assert state_of(hass, entry, "kling_turbo_remain").state == "24"


@pytest.mark.parametrize("sent", [None, "12", True, 2**54, [], ...])
async def test_what_is_no_number_is_unknown_and_never_zero(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, sent: object
) -> None:
    """So is what is no longer sent, also after a restart; the next number is shown again."""
    account.set("equivalent_in_usd", 12.5)
    entry = await set_up()
    places = {
        "equivalent_in_usd": account.data,
        "max_concurrent_task_count": account.data,
        "point_remain": account.data["wallet"],
        "mj_used": account.data["wallet"],
        "available_credits": account.data["credit_pack_info"],
    }

    def shown() -> dict[str, str]:
        """Return the states of the sensors."""
        return {key: state_of(hass, entry, key).state for key in places}

    before = shown()
    numbers = {key: place.pop(key) for key, place in places.items()}
    if sent is not ...:
        for key, place in places.items():
            place[key] = sent
    await poll(hass)
    assert set(shown().values()) == {STATE_UNKNOWN}
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert set(shown().values()) == {STATE_UNKNOWN}
    for key, place in places.items():
        place[key] = numbers[key]
    await poll(hass)
    assert shown() == before


async def test_fields_that_are_no_longer_sent_keep_their_entities(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Flags, texts and whole sections are unknown then, also after a restart."""
    entry = await set_up()
    keys = (
        *("is_enable", "is_verified", "plan", "auto_recharge_enabled"),
        *("available_credits", "mj_remain", "mj_used", "mj_remain_low", "account_status"),
    )
    for path in ("is_enable", "is_verified", "plan", "wallet", "credit_pack_info"):
        account.remove(path)
    account.set("is_enable", "yes")
    await poll(hass)
    for _ in range(2):
        assert {key: state_of(hass, entry, key).state for key in keys} == dict.fromkeys(
            keys, STATE_UNKNOWN
        )
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()


async def test_an_outage_makes_everything_unavailable_but_what_is_not_the_services(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, expected_logs: list[str]
) -> None:
    """What the user set, and what has happened, stay."""
    await set_up()
    expected_logs.append("Error fetching Studio data")
    simulator.fail(Fault.SERVER_ERROR)
    await poll(hass)
    for state in hass.states.async_all():
        stays = state.domain in ("number", "event")
        assert (state.state == STATE_UNAVAILABLE) is not stays, state.entity_id
    simulator.recover()
    await poll(hass)
    assert {state.state for state in hass.states.async_all()}.isdisjoint({STATE_UNAVAILABLE})


async def test_only_what_changed_is_written(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """A poll that brings nothing new writes no state, one with a new number its states alone."""
    await set_up()
    before = {state.entity_id: state.last_reported for state in hass.states.async_all()}
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    await wait_and_poll(hass, freezer)
    account.spend(10, "luma")
    await wait_and_poll(hass, freezer)
    changed = {change.data["entity_id"] for change in changes}
    assert changed == {
        "sensor.studio_luma_remaining",
        "sensor.studio_luma_used",
        "binary_sensor.studio_luma_low",  # whose attributes say what is left
    }
    for state in hass.states.async_all():
        assert (state.last_reported == before[state.entity_id]) is (state.entity_id not in changed)


async def test_no_personal_data_in_attributes(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Attributes tell how to show a value and what an event is about, and dump nothing."""
    entry = await set_up()
    always = {"device_class", "friendly_name", "unit_of_measurement"}
    allowed = {
        "sensor": {"state_class", "options", "last_reset"},
        "binary_sensor": {"balance_name", "unit", "remaining", "threshold", "since"},
        "number": {"min", "max", "step", "mode"},
        "event": {
            *("event_type", "event_types", "balance", "balance_name", "unit"),
            *("amount", "remaining"),
        },
        "calendar": {"message", "all_day", "start_time", "end_time", "location", "description"},
    }
    account.top_up(5, "mj")
    await poll(hass)
    assert state_of(hass, entry, "account_activity").attributes["amount"] == 5
    for state in hass.states.async_all():
        assert {str(name) for name in state.attributes} <= always | allowed[state.domain]
