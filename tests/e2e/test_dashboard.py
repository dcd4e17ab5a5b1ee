"""The dashboard in a real browser: it is created by clicking, and follows what happens."""

from pathlib import Path
import re

from playwright.sync_api import Locator, Page, expect
import pytest
import yaml

from homeassistant.const import MAJOR_VERSION, MINOR_VERSION

from . import browser, dashboard, dialogs, flows
from .homeassistant import HomeAssistant
from .paths import DOMAIN, ROOT
from .ports import free_port
from .simulator import SimulatorProcess

expect.set_options(timeout=browser.TIMEOUT)

DOCUMENTATION = (ROOT / "docs/dashboard.md").read_text()
OTHER_KEY = "e2e-5f1d38b2c6a947e0"
# The first release that has a dialog for them; before it, they are written by hand.
SECTION_DIALOG_VERSION = (2026, 11)
VIEW = "hui-sections-view"
PROBLEMS = "hui-warning, hui-error-card"
# In pixels: what sticks out of the page at its right.
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"


def tile(page: Page, name: str) -> Locator:
    """Return the tile of that name."""
    return page.locator("hui-tile-card").filter(has=page.get_by_text(name, exact=True))


def section(page: Page, heading: str) -> Locator:
    """Return the section under a heading."""
    return page.locator("hui-section").filter(
        has=page.locator("hui-heading-card").get_by_text(heading, exact=True)
    )


def entity_of(home_assistant: HomeAssistant, key: str) -> str:
    """Return the id of the account's entity with that key in its unique id."""
    entities = {
        entity["unique_id"].partition("_")[2]: str(entity["entity_id"])
        for entity in home_assistant.client.entities(DOMAIN)
    }
    return entities[key]


def update_entity(home_assistant: HomeAssistant, entity_id: str, **changes: object) -> None:
    """Change an entity as its settings dialog does."""
    command = {"type": "config/entity_registry/update", "entity_id": entity_id, **changes}
    home_assistant.client.ask(command)


def test_user_creates_the_dashboard_which_follows_the_account(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, account: str
) -> None:
    """It is in the dialog, shows what is spent, what is low, new names, and what was disabled."""
    dialogs.visit(page, home_assistant.access, "/config/lovelace/dashboards")
    page.get_by_role("button", name="Add dashboard").click()
    page.locator("dashboard-card").get_by_text("GoAPI", exact=True).click()
    page.get_by_role("button", name="Create").click()
    page.locator("ha-sidebar").get_by_text("GoAPI", exact=True).click()
    main = page.locator("hui-sensor-card")
    expect(main).to_contain_text(f"{simulator.account()['equivalent_in_usd']:.2f}")
    expect(page.locator("hui-gauge-card").first).to_be_visible()
    expect(section(page, "Spending").locator("hui-statistics-graph-card")).to_be_visible()
    expect(section(page, "Needs attention")).to_be_hidden()
    expect(page.locator(PROBLEMS)).to_have_count(0)

    simulator.do("spend", amount=1500)
    home_assistant.client.call(f"{DOMAIN}.refresh")
    balance = simulator.account()["equivalent_in_usd"]
    expect(main).to_contain_text(f"{balance:.2f}")
    expect(tile(page, "Spent today")).to_contain_text("$1.50")

    # At the end of its slider the threshold is above the balance.
    slider = tile(page, "Balance low threshold").get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    low = tile(page, "Balance low")
    expect(low).to_contain_text("Low")
    expect(section(page, "Needs attention")).to_be_visible()
    page.keyboard.press("Home")
    expect(low).to_be_hidden()
    expect(section(page, "Needs attention")).to_be_hidden()

    renamed = entity_of(home_assistant, "equivalent_in_usd_spent_today")
    update_entity(home_assistant, renamed, name="Gone today", new_entity_id="sensor.gone")
    expect(tile(page, "Gone today")).to_contain_text("$1.50")
    update_entity(home_assistant, entity_of(home_assistant, "mj_remain"), name="Images left")
    expect(page.locator("hui-gauge-card")).to_contain_text(["Midjourney Images left"])
    disabled = entity_of(home_assistant, "equivalent_in_usd_spent_this_month")
    update_entity(home_assistant, disabled, disabled_by="user")
    expect(tile(page, "Spent this month")).to_have_count(0)
    expect(tile(page, "Gone today")).to_be_visible()
    # What is not for every day is on a page of its own.
    page.locator("hui-heading-card").get_by_text("Account details", exact=True).click()
    page.wait_for_url("**/account-*-details")
    expect(tile(page, "Plan")).to_be_visible()
    expect(page.locator(PROBLEMS)).to_have_count(0)


def test_dashboard_follows_accounts_that_come_and_go(
    page: Page,
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    account: str,
    tmp_path: Path,
) -> None:
    """Each account has a view; without one there is a button that leads to adding one."""
    client = home_assistant.client
    dashboard.create(client)
    dialogs.visit(page, home_assistant.access, f"/{dashboard.URL_PATH}")
    expect(page.locator(VIEW)).to_be_visible()
    tabs = page.locator("hui-root ha-tab-group-tab").locator("visible=true")

    with SimulatorProcess(tmp_path / "other", free_port(), OTHER_KEY) as other:
        other.start()
        other.do("set", path="id", value=7)
        other.do("set", path="name", value="Second studio")
        second = flows.add(client, other.answers)["entry_id"]
        expect(tabs).to_have_text(["Demo studio", "Second studio"])
        tabs.last.click()
        page.wait_for_url("**/account-7")
        expect(tile(page, "Spent today")).to_be_visible()
        tabs.first.click()
        page.wait_for_url("**/account-48213")
        client.delete(f"config/config_entries/entry/{second}")
        # A single view needs no tabs.
        expect(tabs).to_have_count(0)

    client.delete(f"config/config_entries/entry/{account}")
    hint = page.locator("hui-empty-state-card")
    expect(hint).to_contain_text("No account is set up yet")
    hint.get_by_role("button", name="Add an account").click()
    expect(page.get_by_text("Do you want to set up GoAPI?")).to_be_visible()


def test_parts_of_it_fit_into_other_dashboards(
    page: Page, home_assistant: HomeAssistant, account: str
) -> None:
    """The examples of the documentation work, and the section is in the dialog for sections."""
    examples = re.findall(r"<!-- strategy -->\n```yaml\n(.*?)```", DOCUMENTATION, re.DOTALL)
    section_strategy, view = map(yaml.safe_load, examples)
    wrong = {"type": "custom:goapi", "account": account, "balance": "no_such"}
    sections = [{"strategy": section_strategy}, {"strategy": wrong}]
    url_path = "by-hand"
    home_assistant.client.ask(
        {"type": "lovelace/dashboards/create", "url_path": url_path, "title": "By hand"},
        {
            "type": "lovelace/config/save",
            "url_path": url_path,
            "config": {"views": [{"type": "sections", "sections": sections}, view]},
        },
    )
    dialogs.visit(page, home_assistant.access, f"/{url_path}/0?edit=1")
    expect(section(page, "Midjourney")).to_contain_text("Midjourney Remaining")
    expect(page.locator("hui-markdown-card")).to_contain_text("equivalent_in_usd, mj_remain")
    if (MAJOR_VERSION, MINOR_VERSION) >= SECTION_DIALOG_VERSION:
        page.locator(".create-section").click()
        page.locator("hui-dialog-create-section").get_by_text("Automatic section").click()
        page.locator("hui-dialog-select-section-strategy").get_by_text("GoAPI balance").click()
        page.get_by_role("button", name="Save").click()
        expect(section(page, "Demo studio")).to_contain_text("Balance")

    dialogs.visit(page, home_assistant.access, f"/{url_path}/1")
    expect(section(page, "Balances").locator("hui-gauge-card").first).to_be_visible()
    expect(page.locator(PROBLEMS)).to_have_count(0)


@pytest.mark.parametrize(
    ("width", "scheme"), [(400, "light"), (1280, "dark")], ids=["phone", "dark"]
)
def test_dashboard_fits_the_screen(
    chromium: None, home_assistant: HomeAssistant, account: str, width: int, scheme: str
) -> None:
    """It is not wider than a phone, and dark where the user likes it dark."""
    dashboard.create(home_assistant.client)
    with browser.page(home_assistant.access, width=width) as (page, errors):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{home_assistant.url}/{dashboard.URL_PATH}")
        expect(page.locator("hui-gauge-card").first).to_be_visible()
        expect(section(page, "Thresholds and budgets")).to_be_visible()
        assert page.evaluate(OVERFLOW) <= 0
        colour = page.locator(VIEW).evaluate("view => getComputedStyle(view).color")
        assert (sum(map(int, colour[4:-1].split(","))) > 3 * 128) == (scheme == "dark")
        expect(page.locator(PROBLEMS)).to_have_count(0)
    assert errors == []
