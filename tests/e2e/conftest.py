"""Fixtures: a real Home Assistant and a real server that behaves like GoAPI."""

from collections.abc import Iterator
import os
from pathlib import Path
import sys

from playwright.sync_api import Page
import pytest

from . import browser, flows
from .homeassistant import HomeAssistant
from .log import problems
from .ports import free_port
from .simulator import SimulatorProcess

# In a run with the harness of the unit tests no server could be reached.
collect_ignore_glob = (
    ["test_*.py"] if "pytest_homeassistant_custom_component" in sys.modules else []
)

# Like no other text, since the tests look for it in all that Home Assistant writes.
KEY = "e2e-9d41c07be5f2483a"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """Return a running simulator whose account is called "Demo studio"."""
    with SimulatorProcess(tmp_path / "simulator", free_port(), KEY) as process:
        process.start()
        yield process


@pytest.fixture
def expected_problems() -> list[str]:
    """Return the lines of the log that tell of what the test itself brought about."""
    return []


@pytest.fixture
def language() -> str:
    """Return the language of Home Assistant."""
    return "en"


@pytest.fixture
def home_assistant(
    tmp_path: Path, simulator: SimulatorProcess, expected_problems: list[str], language: str
) -> Iterator[HomeAssistant]:
    """Return a running Home Assistant without an account, which ends before the simulator does.

    In the end its log must be clean, and the API key nowhere but where entries are stored.
    """
    with HomeAssistant(tmp_path / "config", free_port(), language=language) as process:
        process.start()
        yield process
    assert problems(process.log_text) == expected_problems
    assert {str(path) for path in _files_with_key(process.folder)} <= {
        ".storage/core.config_entries"
    }


@pytest.fixture
def chromium() -> None:
    """Skip a test where it cannot run; a machine that tests everything is to have a browser."""
    if browser.program() is None:
        reason = "there is no Chromium on this machine: scripts/setup browser installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def page(chromium: None, home_assistant: HomeAssistant) -> Iterator[Page]:
    """Return a page that is logged in; its console must tell of no error in the end."""
    with browser.page(home_assistant.access) as (opened, errors):
        yield opened
        assert errors == []


@pytest.fixture
def account(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> str:
    """Add the simulated account and return the id of its entry."""
    entry_id: str = flows.add(home_assistant.client, simulator.answers)["entry_id"]
    return entry_id


def _files_with_key(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and KEY.encode() in path.read_bytes():
            yield path.relative_to(folder)
