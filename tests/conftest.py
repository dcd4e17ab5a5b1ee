"""What the tests share: a simulator on a real socket, an entry that points at it, a strict log."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
import logging
import re
from typing import Any
from unittest.mock import PropertyMock, patch

from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, CONF_URL
from homeassistant.core import Event, HomeAssistant

from custom_components.goapi.api import client
from custom_components.goapi.const import (
    CONF_RUNNING_TASKS,
    CONF_SERVICE,
    DOMAIN,
    EVENT_GOAPI,
    SERVICE_OTHER,
)

from .simulator import DEMO_KEY, SimulatedAccount, Simulator

# The same examples on every machine, however slow: what fails once fails again.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.load_profile("tests")

ALWAYS_LOGGED = (
    # Home Assistant says this of every custom integration.
    r"We found a custom integration goapi which has not been tested",
    # The event loop, in debug mode, says this on a busy machine.
    r"^Executing <.* took \d",
)


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load the integration from this checkout."""
    if "recorder_mock" in request.fixturenames:
        # The recorder must be there before Home Assistant is.
        request.getfixturevalue("recorder_mock")
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def expected_logs() -> list[str]:
    """Return the list to which a test adds a pattern for each warning or error it expects."""
    return []


@pytest.fixture(autouse=True)
def _strict_log(caplog: pytest.LogCaptureFixture, expected_logs: list[str]) -> Generator[None]:
    """Fail a test that logs a warning it did not expect, or does not log one it did."""
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    unexpected = [
        record.getMessage()
        for record in records
        if record.levelno >= logging.WARNING
        and not any(
            re.search(each, record.getMessage()) for each in (*ALWAYS_LOGGED, *expected_logs)
        )
    ]
    assert not unexpected
    for pattern in expected_logs:
        assert any(re.search(pattern, record.getMessage()) for record in records), pattern


@pytest.fixture(autouse=True)
def _quick_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again about a refused key at once."""
    monkeypatch.setattr(client, "AUTHENTICATION_RETRY_SECONDS", 0)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots that know Home Assistant's types."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def all_enabled() -> Generator[None]:
    """Enable every entity, also those that start disabled."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    ):
        yield


@pytest.fixture
def only_platform(request: pytest.FixtureRequest) -> Generator[None]:
    """Set up one platform alone: the one that the parameter names."""
    with patch("custom_components.goapi.PLATFORMS", [request.param]):
        yield


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event]:
    """Return the events that are delivered from now on."""
    return async_capture_events(hass, EVENT_GOAPI)


@pytest.fixture
def account() -> SimulatedAccount:
    """Return the account of the vendor's documentation page."""
    return SimulatedAccount.documented()


@pytest.fixture
async def simulator(socket_enabled: None, account: SimulatedAccount) -> AsyncGenerator[Simulator]:
    """Run the service on a local port."""
    async with Simulator({DEMO_KEY: account}) as running:
        yield running


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of the entry: it polls the account, and no other endpoint."""
    return {CONF_RUNNING_TASKS: False}


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, account: SimulatedAccount, options: dict[str, Any]
) -> AsyncGenerator[MockConfigEntry]:
    """Return an entry of the account, not added yet; at the end it polls no more."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Studio",
        unique_id=str(account.data["id"]),
        data={
            CONF_API_KEY: DEMO_KEY,
            CONF_SERVICE: SERVICE_OTHER,
            CONF_URL: simulator.url,
        },
        options=options,
    )
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


type SetUp = Callable[[], Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> SetUp:
    """Return a function that sets the entry up."""

    async def set_up_entry() -> MockConfigEntry:
        """Add the entry, set it up and see that it worked."""
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert entry.state is ConfigEntryState.LOADED
        return entry

    return set_up_entry
