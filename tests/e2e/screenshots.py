"""Makes the pictures of the README from a real Home Assistant, as scripts/screenshots does."""

from pathlib import Path
from random import Random
import sys
import tempfile
from typing import Final

from playwright.sync_api import Page

from . import browser, dashboard, dialogs, extras, flows, history, past
from .homeassistant import HomeAssistant
from .paths import ROOT
from .ports import free_port
from .simulator import SimulatorProcess

IMAGES: Final = ROOT / "docs" / "images"
KEY: Final = "goapi-demo-key"
LARGEST: Final = 200_000
# Charts draw themselves a while after they have appeared, and tell nobody when they have.
CHART_MILLISECONDS: Final = 2500
BALANCE: Final = "sensor.demo_studio_balance"
CREDITS: Final = "sensor.demo_studio_credits_remaining"


def main() -> int:
    """Make all pictures and return the exit code."""
    if browser.program() is None:
        sys.stderr.write("screenshots: there is no Chromium: scripts/setup browser installs it\n")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as name,
        SimulatorProcess(Path(name) / "simulator", free_port(), KEY) as simulator,
        HomeAssistant(Path(name) / "config", free_port()) as home_assistant,
    ):
        simulator.start()
        home_assistant.start()
        with browser.page(home_assistant.access, width=1280, height=860) as (page, errors):
            _setup(page, home_assistant)
            answers = {"api_key": KEY, "service": "other", "url": simulator.url}
            entry = flows.add(home_assistant.client, answers)
            past.give(home_assistant.client, home_assistant.folder, entry["entry_id"])
            extras.turn_on(home_assistant, simulator, entry["entry_id"])
            _write_history(home_assistant)
            dashboard.create(home_assistant.client, hours=24)
            _dashboard(page, home_assistant)
            _device(page, home_assistant)
    for error in errors:
        sys.stderr.write(f"screenshots: the page reports: {error}\n")
    return 1 if errors else 0


def _setup(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the dialog that asks for the key."""
    form = dialogs.begin_adding(page, home_assistant.access)
    form.locator("input[type=password]").fill(KEY)
    # Neither a caret nor a ripple: the picture is to be the same the next time.
    page.mouse.move(0, 0)
    form.locator("input[type=password]").blur()
    page.wait_for_load_state("networkidle")
    _take(page, "setup")


def _dashboard(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the demo's dashboard with a day of history."""
    dialogs.visit(page, home_assistant.access, f"/{dashboard.URL_PATH}")
    page.locator("hui-history-graph-card canvas").first.wait_for()
    page.wait_for_timeout(CHART_MILLISECONDS)
    _take(page, "dashboard")


def _device(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the page of the account's device."""
    device = home_assistant.client.device("Demo studio")
    dialogs.visit(page, home_assistant.access, f"/config/devices/device/{device}")
    page.locator("ha-device-entities-card hui-generic-entity-row").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(CHART_MILLISECONDS)
    _take(page, "device")


def _write_history(home_assistant: HomeAssistant) -> None:
    """Let the wallet have been used for a day, and topped up nine hours ago."""
    now = float(home_assistant.client.state(BALANCE) or 0)
    rng = Random(1)  # noqa: S311 (the same picture every time)
    used = [0.0]
    while len(used) <= history.DAY // history.STEP:
        used.append(used[-1] + (rng.uniform(0, 0.3) if rng.random() < 0.7 else 0))

    def balance(hours: float) -> float:
        steps_ago = round(hours * 3600 / history.STEP)
        return round(now + used[steps_ago] - (10 if hours > 9 else 0), 2)

    history.write(home_assistant.folder, BALANCE, balance)
    history.write(home_assistant.folder, CREDITS, lambda hours: round(balance(hours) * 1000))


def _take(page: Page, name: str) -> None:
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(ROOT)} {size // 1000} kB\n")
    if size > LARGEST:
        message = f"{path} is larger than {LARGEST // 1000} kB"
        raise ValueError(message)


if __name__ == "__main__":
    sys.exit(main())
