"""Test the diagnostics through the download that users attach to issues."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.goapi.const import CONF_RUNNING_TASKS, CONF_USAGE

from .common import ALL_OPTIONS, WEBHOOK_ID, poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator
from .simulator.endpoints import ACTIVE_TASKS, HISTORIES
from .simulator.tasks import PROMPT


@pytest.fixture(autouse=True)
async def _diagnostics(hass: HomeAssistant) -> None:
    """Set up what serves the download."""
    assert await async_setup_component(hass, "diagnostics", {})


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of an entry that has everything on."""
    return dict(ALL_OPTIONS)


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    set_up: SetUp,
    account: SimulatedAccount,
    snapshot: SnapshotAssertion,
) -> None:
    """The download names the fields that the API sends, their types, and no value of them."""
    account.set("wallet.credit_remain", "many")
    account.set("new_field", "secret value")
    now = account.clock()
    account.finish_task(account.start_task("secret model", 3, "mj", created_at=now))
    account.start_task("kling", 2, "point", action="secret action", created_at=now)
    account.history.append({**account.history[0], "id": 3, "task_model": None})
    entry = await set_up()
    client = await hass_client()
    for notice in ({"type": "mj_bot_banned", "detail": {"reason": "secret value"}}, {}):
        await client.post(f"/api/webhook/{WEBHOOK_ID}", json=notice)
    await hass.async_block_till_done(wait_background_tasks=True)
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics == snapshot(
        exclude=props(
            *("entry_id", "created_at", "modified_at", "discovery_keys", "subentries"),
            # How many there are to read again depends on the minute.
            "quarters_to_read",
        )
    )
    assert diagnostics["usage"]["quarters_to_read"] > 0
    text = str(diagnostics)
    for private in (DEMO_KEY, WEBHOOK_ID, "secret", PROMPT, "hobbyist", "127.0.0.1", "Studio"):
        assert private not in text


@pytest.mark.parametrize("options", [{CONF_RUNNING_TASKS: False}])
async def test_diagnostics_without_tasks_usage_and_notices(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, set_up: SetUp
) -> None:
    """The download says that they are off."""
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, await set_up())
    assert diagnostics["entry"]["options"] == {CONF_RUNNING_TASKS: False}
    assert diagnostics["tasks"] == {"is_on": False, "providers": []}
    assert diagnostics["usage"] == {
        "is_on": False,
        "unreadable_rows": 0,
        "quarters_with_tasks": 0,
        "quarters_to_read": 0,
    }
    assert diagnostics["notices"] == {}


@pytest.mark.parametrize("options", [{CONF_USAGE: True}])
async def test_diagnostics_of_a_service_without_the_endpoints(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, set_up: SetUp, simulator: Simulator
) -> None:
    """An endpoint that is missing is no failure; the download says why there are no entities."""
    simulator.lacks = {ACTIVE_TASKS, HISTORIES}
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, await set_up())
    missing = {
        "is_on": True,
        "is_missing": True,
        "last_update_success": True,
        "last_error": None,
        "last_error_code": None,
    }
    for name in ("tasks", "usage"):
        assert diagnostics[name].items() >= missing.items()
    assert diagnostics["coordinator"]["last_update_success"]
    assert diagnostics["tasks"]["providers"] == []
    assert diagnostics["usage"]["quarters_to_read"] == 0


@pytest.mark.parametrize("options", [{CONF_USAGE: True}])
async def test_diagnostics_while_the_endpoints_fail(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    set_up: SetUp,
    simulator: Simulator,
    expected_logs: list[str],
) -> None:
    """The download says what failed at each of them, while the account is fine."""
    simulator.fail(Fault.SERVER_ERROR, path=ACTIVE_TASKS)
    simulator.fail(Fault.RATE_LIMITED, path=HISTORIES)
    expected_logs += ["Error fetching Studio tasks data", "Error fetching Studio usage data"]
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, await set_up())
    assert diagnostics["coordinator"]["last_update_success"]
    for name, code in {"tasks": "server_error", "usage": "rate_limited"}.items():
        failed = {
            "is_on": True,
            "is_missing": False,
            "last_update_success": False,
            "last_error": "UpdateFailed",
            "last_error_code": code,
        }
        assert diagnostics[name].items() >= failed.items()


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault.SERVER_ERROR, "UpdateFailed", "server_error"),
        (Fault.OTHER_ACCOUNT, "UpdateFailed", None),
    ],
)
async def test_diagnostics_during_an_outage(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    set_up: SetUp,
    simulator: Simulator,
    expected_logs: list[str],
    fault: Fault,
    error: str,
    code: str | None,
) -> None:
    """The download says what failed last."""
    entry = await set_up()
    simulator.fail(fault)
    expected_logs.append("Error fetching")
    await poll(hass)
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["coordinator"] == {
        "last_update_success": False,
        "last_error": error,
        "last_error_code": code,
        "update_interval_seconds": 300.0,
    }


async def test_diagnostics_of_an_entry_that_did_not_start(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    entry: MockConfigEntry,
    simulator: Simulator,
    expected_logs: list[str],
) -> None:
    """An entry that cannot start is the one whose diagnostics are needed most."""
    simulator.fail(Fault.CDN_FORBIDDEN)
    expected_logs.append("not ready yet")
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["state"] == "setup_retry"
    assert "HTTP 403" in str(diagnostics["reason"])
    assert DEMO_KEY not in str(diagnostics)
