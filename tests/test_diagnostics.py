"""Test the diagnostics through the download that users attach to issues."""

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

from .common import poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator


@pytest.fixture(autouse=True)
async def _diagnostics(hass: HomeAssistant) -> None:
    """Set up what serves the download."""
    assert await async_setup_component(hass, "diagnostics", {})


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
    entry = await set_up()
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics == snapshot(
        exclude=props("entry_id", "created_at", "modified_at", "discovery_keys", "subentries")
    )
    text = str(diagnostics)
    for private in (DEMO_KEY, "secret value", "hobbyist", "127.0.0.1", "Studio"):
        assert private not in text


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
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
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
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["state"] == "setup_retry"
    assert "HTTP 403" in str(diagnostics["reason"])
    assert DEMO_KEY not in str(diagnostics)
