"""Makes the pictures in docs/images/ from a real Home Assistant, as scripts/screenshots does."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path
import sys
import tempfile
from typing import Final, Literal

from playwright.sync_api import Page, ViewportSize

from . import browser, dashboard, dialogs, extras, flows, past
from .client import Client
from .homeassistant import HomeAssistant
from .paths import ROOT
from .phone import CREDITS, LOW, THRESHOLD, Phone, notified
from .ports import free_port
from .simulator import SimulatorProcess

IMAGES: Final = ROOT / "docs" / "images"
KEY: Final = "goapi-demo-key"
LARGEST: Final = 200_000
WIDE: Final[ViewportSize] = {"width": 1280, "height": 860}
DESKTOP: Final[ViewportSize] = {"width": 1600, "height": 1060}
PHONE: Final[ViewportSize] = {"width": 400, "height": 860}
DASHBOARDS: Final[tuple[tuple[str, Literal["light", "dark"], ViewportSize], ...]] = (
    ("dashboard", "light", DESKTOP),
    ("dashboard-dark", "dark", DESKTOP),
    ("dashboard-phone", "light", PHONE),
)
# Charts draw themselves a while after they have appeared, and tell nobody when they have.
CHART_MILLISECONDS: Final = 2500
EVENING_HOUR: Final = 18

# What the second one is about is an automation too, as there is nothing else in this home.
AUTOMATIONS: Final = {
    "renders": {
        "alias": "Nightly renders",
        "triggers": [{"trigger": "time", "at": "02:00:00"}],
        "actions": [],
    },
    "pause": {
        "alias": "Pause the renders when credits become low",
        "triggers": [{"trigger": "goapi.balance_became_low", "target": {"entity_id": LOW}}],
        "conditions": [],
        "actions": [
            {
                "action": "automation.turn_off",
                "target": {"entity_id": "automation.nightly_renders"},
            }
        ],
    },
}

# A notification as a phone draws it: the words and the button are those that were sent to it.
NOTIFICATION: Final = """
<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="/static/icons/favicon-192x192.png">
<style>
  @font-face {{ font-family: Roboto; src: url(/static/fonts/roboto/Roboto-Regular.woff2); }}
  @font-face {{
    font-family: Roboto; font-weight: 500; src: url(/static/fonts/roboto/Roboto-Medium.woff2);
  }}
  body {{ margin: 0; padding: 20px; background: #35507a; font: 15px Roboto; }}
  article {{ padding: 16px 18px; border-radius: 22px; background: #f6f7fb; color: #1c1d21; }}
  header {{ display: flex; gap: 8px; align-items: center; font-size: 13px; color: #5a5d66; }}
  h1 {{ margin: 10px 0 2px; font-size: 16px; font-weight: 500; }}
  p {{ margin: 0 0 12px; }}
  img {{ width: 18px; }}
  b {{ margin-right: 24px; font-weight: 500; color: #0b6bb5; }}
</style>
<article>
  <header><img src="/static/icons/favicon-192x192.png" alt="">Home Assistant · now</header>
  <h1>{title}</h1>
  <p>{message}</p>
  {actions}
</article>
"""


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
        _make_evening(home_assistant.client)
        with browser.page(home_assistant.access) as (page, errors):
            page.set_viewport_size(WIDE)
            _setup(page, home_assistant)
            entry = flows.add(home_assistant.client, simulator.answers)
            past.give(home_assistant.client, home_assistant.folder, entry["entry_id"])
            extras.turn_on(home_assistant, simulator, entry["entry_id"])
            dashboard.create(home_assistant.client)
            _dashboard(page, home_assistant)
            _device(page, home_assistant)
            _automation(page, home_assistant)
            with notified(home_assistant) as phone:
                _blueprint(page, home_assistant)
                _notification(page, home_assistant, simulator, phone)
    for error in errors:
        sys.stderr.write(f"screenshots: the page reports: {error}\n")
    return 1 if errors else 0


def _make_evening(client: Client) -> None:
    """Choose a time zone in which much of the day is over, so that there is something to see."""
    west = (datetime.now(UTC).hour - EVENING_HOUR) % 24
    zone = f"Etc/GMT{west if west <= 12 else west - 24:+}"
    language = {"language": "en", "number_format": "language", "time_format": "language"}
    client.ask(
        {"type": "config/core/update", "time_zone": zone},
        {
            "type": "frontend/set_user_data",
            "key": "language",
            "value": {**language, "time_zone": "server"},
        },
    )


def _setup(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the dialog that asks for the key."""
    form = dialogs.begin_adding(page, home_assistant.access)
    form.locator("input[type=password]").fill(KEY)
    # Neither a caret nor a ripple: the picture is to be the same the next time.
    page.mouse.move(0, 0)
    form.locator("input[type=password]").blur()
    page.wait_for_load_state("networkidle")
    _take(page, "setup")


def _blueprint(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the form of the blueprint with what it is filled in with."""
    dialogs.visit(page, home_assistant.access, "/config/automation/edit/low_credits")
    page.locator("blueprint-automation-editor ha-selector").first.wait_for()
    page.wait_for_load_state("networkidle")
    _take(page, "blueprint")


def _notification(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, phone: Phone
) -> None:
    """Take what is pushed to a phone when the credits become low."""
    home_assistant.client.call("number.set_value", entity_id=THRESHOLD, value=1000)
    simulator.do("spend", amount=simulator.account()["wallet"]["credit_remain"] - 950)
    home_assistant.client.call("homeassistant.update_entity", entity_id=CREDITS)
    push = phone.one()
    content = NOTIFICATION.format(
        title=escape(push["title"]),
        message=escape(push["message"]),
        actions="".join(f"<b>{escape(each['title'])}</b>" for each in push["data"]["actions"]),
    )
    # As if Home Assistant served it, which has the font and the icon.
    address = f"{home_assistant.url}/notification"
    page.route(address, lambda route: route.fulfill(body=content, content_type="text/html"))
    page.set_viewport_size({"width": 440, "height": 180})
    page.goto(address, wait_until="networkidle")
    _take(page, "notification")


def _dashboard(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the dashboard: light, dark, and on a phone."""
    for name, scheme, size in DASHBOARDS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.goto(f"{home_assistant.url}/{dashboard.URL_PATH}")
        page.locator("hui-root canvas").first.wait_for()
        page.wait_for_timeout(CHART_MILLISECONDS)
        _take(page, name)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


def _device(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the page of the account's device."""
    device = home_assistant.client.device("Demo studio")
    dialogs.visit(page, home_assistant.access, f"/config/devices/device/{device}")
    page.locator("ha-device-entities-card hui-generic-entity-row").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(CHART_MILLISECONDS)
    _take(page, "device")


def _automation(page: Page, home_assistant: HomeAssistant) -> None:
    """Take the automation editor with a trigger of ours."""
    for name, config in AUTOMATIONS.items():
        home_assistant.client.post(f"config/automation/config/{name}", config)
    dialogs.visit(page, home_assistant.access, "/config/automation/edit/pause")
    page.locator("ha-automation-trigger-row").first.click()
    page.wait_for_load_state("networkidle")
    _take(page, "automation")


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
