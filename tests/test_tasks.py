"""Test what is shown of the tasks: how many run and wait, and what is reserved for none."""

from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir

from custom_components.goapi.const import CONF_RUNNING_TASKS, CONF_SERVICE, DOMAIN, SERVICES

from .common import entity_id, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator
from .simulator.endpoints import ACCOUNT_INFO, ACTIVE_TASKS

RUNNING, WAITING, FREE = "running_tasks", "waiting_tasks", "free_task_slots"
LIMIT = "max_concurrent_task_count"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def options() -> dict[str, Any]:
    """Return no options: running tasks are polled unless the user does not want that."""
    return {}


def shown(hass: HomeAssistant, entry: MockConfigEntry, *keys: str) -> list[str]:
    """Return the states of entities."""
    return [state_of(hass, entry, key).state for key in keys]


def provider_keys(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the keys of the sensors of providers."""
    return {
        each.unique_id.removeprefix("1_")
        for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if (each.translation_key or "").startswith("provider_")
    }


def list_providers(simulator: Simulator, **providers: dict[str, int]) -> None:
    """Let the service list these providers."""
    body = json.dumps({"code": 200, "data": providers}).encode()
    simulator.respond(200, body, path=ACTIVE_TASKS)


async def change_option(hass: HomeAssistant, entry: MockConfigEntry, *, is_on: bool) -> None:
    """Turn the option on or off, as its dialog does."""
    hass.config_entries.async_update_entry(entry, options={CONF_RUNNING_TASKS: is_on})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_tasks_are_counted_from_their_start_to_their_end(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """They are numbers of the account: 8 of its tasks can run at once."""
    entry = await set_up()
    assert shown(hass, entry, RUNNING, WAITING, FREE) == ["0", "0", "8"]
    first = account.start_task("kling", 5, "luma")
    second = account.start_task("mj", 2, "mj", waiting=True)
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, RUNNING, WAITING, FREE) == ["1", "1", "7"]
    account.run_task(second)
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, RUNNING, WAITING, FREE) == ["2", "0", "6"]
    account.finish_task(first)
    account.fail_task(second)
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, RUNNING, WAITING, FREE) == ["0", "0", "8"]
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    (account_id,) = [device.id for device in devices if device.identifiers == {(DOMAIN, "1")}]
    for key, name in ((RUNNING, "Running"), (WAITING, "Waiting"), (FREE, "Free task slots")):
        state = state_of(hass, entry, key)
        assert state.name == f"Studio {name}{'' if key == FREE else ' tasks'}"
        assert state.attributes["unit_of_measurement"] == "tasks"
        assert state.attributes["state_class"] == "measurement"
        registered = er.async_get(hass).async_get(state.entity_id)
        assert registered
        assert registered.device_id == account_id


async def test_free_slots_are_shown_where_the_limit_is_known(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """They appear when the service says it, and are unknown when it no longer does."""
    account.remove(LIMIT)
    entry = await set_up()
    assert shown(hass, entry, RUNNING, WAITING) == ["0", "0"]
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, FREE)
    for _ in range(2):
        account.start_task("kling", 5, "luma")
    for limit, free in ((1, "0"), (3, "1"), ("many", STATE_UNKNOWN), (2.5, STATE_UNKNOWN)):
        account.set(LIMIT, limit)
        await wait_and_poll(hass, freezer)
        assert shown(hass, entry, RUNNING, FREE) == ["2", free]
    account.remove(LIMIT)
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, FREE) == [STATE_UNKNOWN]


async def test_what_the_service_does_not_count_is_unknown(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Missing is never zero."""
    entry = await set_up()
    list_providers(simulator, kling={"pending_count": 2, "staged_count": 3})
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, RUNNING, WAITING, FREE) == [STATE_UNKNOWN, "5", STATE_UNKNOWN]
    list_providers(simulator, kling={"processing_count": 2})
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, RUNNING, WAITING, FREE) == ["2", STATE_UNKNOWN, "6"]


async def test_sensors_of_providers_start_disabled(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """There are two for each provider that the service ever listed."""
    entry = await set_up()
    account.start_task("hailuo", 5, "luma")
    await wait_and_poll(hass, freezer)
    providers = ("midjourney", "kling", "luma", "flux", "music-s", "music-u", "hailuo")
    keys = {f"{provider}_{what}" for provider in providers for what in (RUNNING, WAITING)}
    assert provider_keys(hass, entry) == keys
    for key in keys:
        registered = er.async_get(hass).async_get(entity_id(hass, entry, key))
        assert registered
        assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.usefixtures("all_enabled")
async def test_a_new_provider_appears_with_a_readable_name(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Without a reload; one that is no longer listed is unknown, also after a reload."""
    list_providers(simulator, midjourney={"processing_count": 1, "pending_count": 2})
    entry = await set_up()
    mj = ("midjourney_running_tasks", "midjourney_waiting_tasks")
    assert shown(hass, entry, *mj) == ["1", "2"]
    counts = {"processing_count": 3, "pending_count": 4, "staged_count": 5}
    list_providers(simulator, **{"qwen_image-2": counts, "music-s": counts})
    await wait_and_poll(hass, freezer)
    for _ in range(2):
        assert shown(hass, entry, RUNNING, WAITING) == ["6", "18"]
        assert shown(hass, entry, *mj) == [STATE_UNKNOWN] * 2
        for provider, name in (("qwen_image-2", "Qwen image 2"), ("music-s", "Suno")):
            running = state_of(hass, entry, f"{provider}_running_tasks")
            waiting = state_of(hass, entry, f"{provider}_waiting_tasks")
            assert (running.name, running.state) == (f"Studio {name} running tasks", "3")
            assert (waiting.name, waiting.state) == (f"Studio {name} waiting tasks", "9")
        assert len(provider_keys(hass, entry)) == 6
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    list_providers(simulator, midjourney={"processing_count": 7, "pending_count": 0})
    await wait_and_poll(hass, freezer)
    assert shown(hass, entry, *mj) == ["7", "0"]
    assert shown(hass, entry, "music-s_running_tasks") == [STATE_UNKNOWN]


@pytest.mark.usefixtures("all_enabled")
async def test_without_the_option_there_are_no_sensors_and_no_requests(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Those that were there are removed; they are back with the option, providers too."""
    account.start_task("hailuo", 5, "luma")
    entry = await set_up()
    all_keys = {RUNNING, WAITING, FREE, *provider_keys(hass, entry)}
    assert "hailuo_running_tasks" in all_keys
    others = {state.entity_id for state in hass.states.async_all()}
    others -= {entity_id(hass, entry, key) for key in all_keys}
    simulator.requests.clear()
    await change_option(hass, entry, is_on=False)
    await wait_and_poll(hass, freezer)
    assert {request.path for request in simulator.requests} == {ACCOUNT_INFO}
    for key in all_keys:
        with pytest.raises(AssertionError, match="no entity"):
            entity_id(hass, entry, key)
    assert {state.entity_id for state in hass.states.async_all()} == others
    await change_option(hass, entry, is_on=True)
    assert shown(hass, entry, RUNNING, "hailuo_running_tasks") == ["1", "1"]
    assert {RUNNING, WAITING, FREE, *provider_keys(hass, entry)} == all_keys


@pytest.mark.parametrize("options", [{}, {CONF_RUNNING_TASKS: False}])
async def test_a_poll_makes_one_more_request_and_writes_what_changed(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    options: dict[str, bool],
) -> None:
    """The account's own requests and states are the same with the option and without it."""
    is_on = not options
    task = account.start_task("kling", 5, "luma", waiting=True)
    entry = await set_up()

    async def changes() -> tuple[list[str], set[str]]:
        """Poll; return the requests, and the entities whose state was written at all."""
        simulator.requests.clear()
        before = {state.entity_id: state.last_reported for state in hass.states.async_all()}
        await wait_and_poll(hass, freezer)
        assert before.keys() == {state.entity_id for state in hass.states.async_all()}
        written = {
            state.entity_id
            for state in hass.states.async_all()
            if state.last_reported != before[state.entity_id]
        }
        return [request.path for request in simulator.requests], written

    def sensors(*keys: str) -> set[str]:
        """Return the entities of the tasks, where there are any."""
        return {entity_id(hass, entry, key) for key in keys} if is_on else set()

    requests = [ACCOUNT_INFO, ACTIVE_TASKS] if is_on else [ACCOUNT_INFO]
    spend = {
        *("sensor.studio_luma_remaining", "sensor.studio_luma_used"),
        "binary_sensor.studio_luma_low",  # whose attributes say what is left
    }
    assert await changes() == (requests, set())
    account.run_task(task)
    assert await changes() == (requests, sensors(RUNNING, WAITING, FREE))
    account.start_task("kling", 5, "luma", waiting=True)
    assert await changes() == (requests, sensors(WAITING) | spend - {"sensor.studio_luma_used"})
    account.spend(1, "luma")
    assert await changes() == (requests, spend)
    account.set(LIMIT, 9)
    limit = {entity_id(hass, entry, LIMIT)}
    assert await changes() == (requests, sensors(FREE) | limit)
    assert await changes() == (requests, set())


# --- Reserved credits that are stuck ---


def stuck(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return the repairs about what is stuck."""
    return [
        issue
        for issue in ir.async_get(hass).issues.values()
        if issue.translation_key == "reserved_credits_stuck"
    ]


async def test_what_is_reserved_for_a_day_without_a_task_is_a_repair(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """It says how much of which balances, also after a restart, and goes by itself."""
    account.freeze(2.5, "luma")
    entry = await set_up()
    await wait_and_poll(hass, freezer, DAY - timedelta(minutes=1))
    assert stuck(hass) == []
    account.freeze(5, "mj")
    await wait_and_poll(hass, freezer)
    (issue,) = stuck(hass)
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    assert issue.translation_placeholders == {"account": "Studio", "balances": "Luma: 2.5 units"}
    assert await hass.config_entries.async_unload(entry.entry_id)
    ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert stuck(hass)
    await wait_and_poll(hass, freezer, DAY)
    (issue,) = stuck(hass)
    assert issue.translation_placeholders
    assert sorted(issue.translation_placeholders["balances"].split(", ")) == [
        *("Luma: 2.5 units", "Midjourney: 5 units")
    ]
    account.release(2.5, "luma")
    account.release(5, "mj")
    await wait_and_poll(hass, freezer)
    assert stuck(hass) == []


@pytest.mark.parametrize("waiting", [False, True])
async def test_what_is_reserved_for_a_task_is_not_stuck(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    waiting: bool,
) -> None:
    """A day begins again with each task that runs or waits; one makes the repair go."""
    account.freeze(2.5, "luma")
    await set_up()
    await wait_and_poll(hass, freezer, 23 * HOUR)
    task = account.start_task("kling", 5, "mj", waiting=waiting)
    await wait_and_poll(hass, freezer, HOUR)
    account.fail_task(task)
    for _ in range(24):
        await wait_and_poll(hass, freezer, HOUR)
        assert stuck(hass) == []
    await wait_and_poll(hass, freezer, HOUR)
    assert stuck(hass)
    account.start_task("kling", 5, "mj", waiting=waiting)
    await wait_and_poll(hass, freezer)
    assert stuck(hass) == []


@pytest.mark.parametrize("path", [ACCOUNT_INFO, ACTIVE_TASKS])
async def test_an_outage_does_not_end_the_repair(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
    path: str,
) -> None:
    """Nor does a service that answers nothing of use."""
    expected_logs.append("Error fetching")
    account.freeze(2.5, "luma")
    entry = await set_up()
    await wait_and_poll(hass, freezer, DAY)
    for fault in (Fault.SERVER_ERROR, Fault.HTML_200):
        simulator.fail(fault, path=path)
        await wait_and_poll(hass, freezer)
        assert shown(hass, entry, RUNNING) == [STATE_UNAVAILABLE]
        assert stuck(hass)
    simulator.recover()
    account.release(2.5, "luma")
    await wait_and_poll(hass, freezer)
    assert stuck(hass) == []


@pytest.mark.parametrize("how", ["option", "disable", "remove"])
async def test_the_repair_goes_with_the_option_and_the_entry(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    how: str,
) -> None:
    """Nobody would know when it is mended."""
    account.freeze(2.5, "luma")
    entry = await set_up()
    await wait_and_poll(hass, freezer, DAY)
    assert stuck(hass)
    if how == "option":
        await change_option(hass, entry, is_on=False)
    elif how == "disable":
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert stuck(hass) == []


@pytest.mark.parametrize("service", [*SERVICES, "other"])
async def test_the_repair_leads_to_the_support_of_the_service(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
) -> None:
    """Of another service, nobody knows it."""
    address = SERVICES[service].support_url if service in SERVICES else None
    for name, each in SERVICES.items():
        monkeypatch.setitem(SERVICES, name, each._replace(base_url=simulator.url))
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: service})
    account.freeze(2.5, "luma")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait_and_poll(hass, freezer, DAY)
    (issue,) = stuck(hass)
    assert issue.learn_more_url == address
