"""The clicks with which a user gets through Home Assistant's pages and dialogs."""

from playwright.sync_api import Locator, Page

from .configuration import Access
from .paths import DOMAIN

FORM = "step-flow-form"


def visit(page: Page, access: Access, path: str) -> None:
    """Open a page and wait until the frontend has loaded."""
    page.goto(f"{access.url}{path}")
    page.locator("ha-sidebar").wait_for()


def begin_adding(page: Page, access: Access) -> Locator:
    """Choose the integration from the list of all, and return the form that follows."""
    visit(page, access, "/config/integrations/dashboard")
    page.get_by_role("button", name="Add integration").click()
    page.get_by_placeholder("Search for a brand name").fill(DOMAIN)
    page.locator("ha-integration-list-item").click()
    form = page.locator(FORM)
    form.wait_for()
    return form


def submit(page: Page) -> None:
    """Send the form of a dialog."""
    page.get_by_role("button", name="Submit").click()


def submit_key(page: Page, key: str, url: str) -> None:
    """Type a key, choose another service than the two, and type its address."""
    form = page.locator(FORM)
    form.locator("input[type=password]").fill(key)
    form.locator("ha-radio-option").get_by_text("Other").click()
    submit(page)
    form.locator("input[type=url]").fill(url)
    submit(page)


def finish(page: Page) -> None:
    """Leave the last page of a dialog."""
    page.locator("step-flow-create-entry").wait_for()
    page.get_by_role("button", name="finish").click()
    page.locator("step-flow-create-entry").wait_for(state="detached")


def entry_row(page: Page, access: Access) -> Locator:
    """Open the integration's page and return the row of its one account."""
    visit(page, access, f"/config/integrations/integration/{DOMAIN}")
    row = page.locator("ha-config-entry-row")
    row.wait_for()
    return row


def choose_from_menu(page: Page, row: Locator, item: str) -> None:
    """Open the menu of an account and choose from it."""
    row.locator("ha-dropdown ha-icon-button").first.click()
    page.locator("ha-dropdown-item").get_by_text(item, exact=True).click()
