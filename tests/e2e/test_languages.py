"""A walk through all pages in other languages: no English of ours, and no key of a text."""

from collections.abc import Iterator
from datetime import UTC, datetime
import json
import re

from playwright.sync_api import Page, expect
import pytest

from homeassistant.helpers.translation import recursive_flatten

from . import browser, dashboard, dialogs, extras
from .client import Client
from .conftest import KEY
from .homeassistant import HomeAssistant
from .paths import DOMAIN, INTEGRATION
from .simulator import SimulatorProcess
from .waiting import until

expect.set_options(timeout=browser.TIMEOUT)

LANGUAGES = ("de", "ja", "zh-Hans")
CONFIRM = "ha-button[slot=primaryAction]"
EXAMPLE = {"example_url": "https://api.example.com"}
SHOWN_SECONDS = 30
# Every text of a page, each once: those of nested components too, without what is not drawn.
ALL_TEXTS = """() => {
    const found = new Set();
    const visit = node => {
        if (node.nodeType === Node.TEXT_NODE) {
            found.add(node.textContent.replace(/\\s+/g, " ").trim());
        }
        if (["SCRIPT", "STYLE"].includes(node.nodeName)) return;
        for (const child of node.shadowRoot?.childNodes ?? []) visit(child);
        for (const child of node.childNodes) visit(child);
    };
    visit(document.body);
    return [...found];
}"""


def texts_of(language: str) -> dict[str, str]:
    """Return the texts of a language by their path."""
    file = INTEGRATION / f"translations/{language}.json"
    return recursive_flatten("", json.loads(file.read_text()))


def english_of(language: str) -> Iterator[re.Pattern[str]]:
    """Yield what must not be on a page in a language: the English texts that it words otherwise.

    A single word may be part of a name, and counts only where it is all of a text.
    """
    translated = texts_of(language)
    for path, text in texts_of("en").items():
        for line in text.split("\n"):
            # A link of a text is a text of its own on the page.
            plain = re.split(r"\[.*?\]\(.*?\)|\*\*|`", line)[0].strip()
            words = re.sub(r"{\w+}", "", plain).split()
            if translated[path] != text and words:
                pattern = re.sub(r"\\{\w+\\}", ".+", re.escape(plain))
                yield re.compile(pattern if len(words) > 1 else f"^{pattern}$")


class Walk:
    """Looks at pages in one language."""

    def __init__(self, page: Page, home_assistant: HomeAssistant, language: str) -> None:
        """Choose the language for the user too."""
        self.page = page
        self.access = home_assistant.access
        self.texts = texts_of(language)
        self._english = list(english_of(language))
        chosen = {"key": "language", "value": {"language": language}}
        home_assistant.client.ask({"type": "frontend/set_user_data", **chosen})

    def visit(self, path: str) -> None:
        """Open a page."""
        dialogs.visit(self.page, self.access, path)

    def sees(self, *names: str, **placeholders: object) -> None:
        """Wait until these texts of ours are on the page, and check all that is."""
        self.finds(*(self.texts[name].format_map(placeholders) for name in names))

    def finds(self, *wanted: str) -> None:
        """Wait until this is on the page, and check all that is."""
        shown: list[str] = []

        def missing() -> list[str]:
            shown[:] = self.page.evaluate(ALL_TEXTS)
            # A link within a text parts it.
            everything = without_spaces("".join(shown))
            return [text for text in wanted if without_spaces(text) not in everything]

        until(lambda: not missing(), SHOWN_SECONDS, f"{wanted} are shown")
        assert not [text for text in shown if f"component.{DOMAIN}" in text]
        assert not [text for text in shown if any(each.search(text) for each in self._english)]


def logbook(client: Client, since: str) -> list[str | None]:
    """Return the sentences in the logbook."""
    (entries,) = client.ask({"type": "logbook/get_events", "start_time": since})
    return [entry.get("message") for entry in entries]


def without_spaces(text: str) -> str:
    """Return a text without its white space."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Return the language of Home Assistant."""
    language: str = request.param
    return language


def test_reader_of_another_language_meets_no_english(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, language: str
) -> None:
    """Set-up, devices, options, dashboard, editor, repairs and logbook speak the language."""
    walk = Walk(page, home_assistant, language)
    add_account(walk, simulator)
    (entry,) = home_assistant.client.entries(DOMAIN)
    extras.turn_on(home_assistant, simulator, entry["entry_id"])
    look_at_account(walk, home_assistant.client)
    look_at_events(walk, home_assistant.client, simulator)
    choose_trigger(walk)


def add_account(walk: Walk, simulator: SimulatorProcess) -> None:
    """Add the account by clicking, with a wrong key first."""
    form = walk.page.locator(dialogs.FORM)
    key = form.locator("input[type=password]")
    url = form.locator("input[type=url]")
    submit = walk.page.locator(f"ha-dialog {CONFIRM}")
    walk.visit(f"/_my_redirect/config_flow_start?domain={DOMAIN}")
    walk.page.locator(f"dialog-box {CONFIRM}").click()
    key.fill("mistyped")
    walk.sees("config.step.user.title", "config.step.user.data_description.api_key")
    form.locator("ha-radio-option").last.click()
    submit.click()
    url.fill(simulator.url)
    walk.sees("config.step.server.title", "config.step.server.data_description.url", **EXAMPLE)
    submit.click()
    walk.sees("config.error.invalid_auth")
    key.fill(KEY)
    submit.click()
    url.wait_for()
    submit.click()
    walk.page.locator("step-flow-create-entry").wait_for()
    walk.sees()


def look_at_account(walk: Walk, client: Client) -> None:
    """Look at the account's page, the list of devices, the options, and the dashboard."""
    walk.visit(f"/config/devices/device/{client.device('Demo studio')}")
    walk.sees(
        *(f"entity.sensor.{name}.name" for name in ("balance", "spent_today", "running_tasks")),
        *(f"entity.number.{name}.name" for name in ("balance_low_threshold", "monthly_budget")),
    )
    walk.visit(f"/config/integrations/integration/{DOMAIN}")
    walk.sees("selector.balance.options.available_credits")
    walk.page.locator("ha-config-entry-row ha-icon-button[slot=end]").first.click()
    walk.page.locator(dialogs.FORM).wait_for()
    step = "options.step.init"
    walk.sees(f"{step}.data.scan_interval", f"{step}.data_description.usage_by_model")
    dashboard.create(client)
    walk.visit(f"/{dashboard.URL_PATH}")
    walk.sees(*(f"selector.dashboard.options.{name}" for name in ("activity", "balances")))


def look_at_events(walk: Walk, client: Client, simulator: SimulatorProcess) -> None:
    """Look at what the integration words itself when something has happened or will expire."""
    since = datetime.now(UTC).isoformat()
    simulator.do("top_up", amount=1500, quota="mj")
    simulator.do("set", path="is_enable", value=False)
    client.call(f"{DOMAIN}.refresh")
    disabled = walk.texts["selector.logbook.options.disabled"]
    # The page can miss what is recorded while it opens.
    until(lambda: disabled in logbook(client, since), SHOWN_SECONDS, "the events are recorded")
    walk.visit("/logbook")
    amount = walk.texts["selector.amount.options.number_format"].replace("234", "500")[:5]
    walk.finds(disabled, "Midjourney", f"{amount} {walk.texts['selector.unit.options.units']}")
    walk.visit("/config/repairs")
    walk.sees("issues.account_disabled.title", account="Demo studio")
    walk.page.locator("ha-config-repairs ha-list-item-button").first.click()
    walk.finds(walk.texts["issues.account_disabled.description"].split("**")[0])
    walk.visit("/calendar")
    walk.finds(re.split("{.*?}", walk.texts["selector.calendar.options.expires"])[-1])


def choose_trigger(walk: Walk) -> None:
    """Choose a trigger in the editor of automations."""
    walk.visit("/config/automation/edit/new")
    walk.page.locator("ha-automation-trigger ha-button").first.click()
    trigger = walk.texts["triggers.balance_became_low.name"]
    walk.page.locator("add-automation-element-dialog input").first.fill(trigger)
    walk.page.get_by_text(trigger, exact=True).click()
    walk.sees(*(f"triggers.balance_became_low.{name}" for name in ("description", "name")))
