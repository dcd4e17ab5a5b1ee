"""The integration in a real browser, as a user meets it."""

from collections.abc import Iterator
import os
import re

from playwright.sync_api import Page, expect
import pytest

from . import browser, dashboard, dialogs, extras, flows, past
from .configuration import Access
from .conftest import KEY
from .homeassistant import HomeAssistant
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

expect.set_options(timeout=browser.TIMEOUT)

CHART_SECONDS = 15
# The pixels of a chart that are neither black nor white nor grey: its bars.
COUNT_COLOURED = """canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
        const pixel = data.slice(i, i + 3);
        coloured += data[i + 3] > 0 && Math.max(...pixel) - Math.min(...pixel) > 60;
    }
    return coloured;
}"""


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
    answers = {"api_key": KEY, "service": "other", "url": simulator.url}
    entry_id: str = flows.add(home_assistant.client, answers)["entry_id"]
    return entry_id


def test_errors_of_a_page_are_told_but_for_the_usual_ones(chromium: None) -> None:
    """A list that is closed too soon is the frontend's affair; all else fails the test."""
    nowhere = Access(port=1, user_id="", token="")
    with browser.page(nowhere) as (opened, errors):
        with opened.expect_event("pageerror", lambda error: str(error) == "disconnected twice"):
            opened.evaluate(
                """() => {
                    Promise.reject("disconnected");
                    console.error("wrong");
                    Promise.reject("disconnected twice");
                }"""
            )
        assert sorted(errors) == ["disconnected twice", "wrong ()"]


def test_user_adds_an_account_with_a_wrong_and_then_the_right_key(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess
) -> None:
    """The form says what is wrong, keeps the rest, and ends at the devices; one has the balance."""
    form = dialogs.begin_adding(page, home_assistant.access)
    dialogs.submit_key(page, "mistyped", simulator.url)
    expect(form.locator("ha-alert")).to_contain_text("refused this API key")
    expect(form.locator("input[type=password]")).to_have_value("")

    form.locator("input[type=password]").fill(KEY)
    dialogs.submit(page)
    expect(form.locator("input[type=url]")).to_have_value(simulator.url)
    dialogs.submit(page)
    dialogs.finish(page)

    # An account has many devices, so Home Assistant lists them.
    page.wait_for_url(f"**/config/integrations/integration/{DOMAIN}**")
    device = page.locator("ha-config-entry-device-row").filter(
        has=page.get_by_text("Demo studio", exact=True)
    )
    device.get_by_text("Demo studio", exact=True).click()
    page.wait_for_url("**/config/devices/device/*")
    balance = page.locator("ha-device-entities-card hui-generic-entity-row").filter(
        has=page.get_by_text("Balance", exact=True)
    )
    expect(balance).to_contain_text(f"${simulator.account()['equivalent_in_usd']:.2f}")


def test_user_changes_the_polling_interval(
    page: Page, home_assistant: HomeAssistant, account: str
) -> None:
    """The dialog shows the default, keeps what was chosen, and shows that the next time."""
    interval = page.locator(dialogs.FORM).locator("input[type=number]").first
    row = dialogs.entry_row(page, home_assistant.access)
    row.get_by_label("Configure").first.click()
    expect(interval).to_have_value("5")
    interval.fill("10")
    dialogs.submit(page)
    expect(page.locator("step-flow-create-entry")).to_contain_text("Options successfully saved")
    dialogs.finish(page)

    row.get_by_label("Configure").first.click()
    expect(interval).to_have_value("10")
    assert [entry["state"] for entry in home_assistant.client.entries(DOMAIN)] == ["loaded"]


def test_user_reconfigures_without_typing_the_key_again(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, account: str
) -> None:
    """The key's field is empty and may stay so; the service and the address are filled in."""
    form = page.locator(dialogs.FORM)
    row = dialogs.entry_row(page, home_assistant.access)
    dialogs.choose_from_menu(page, row, "Reconfigure")
    expect(form.locator("input[type=password]")).to_have_value("")
    dialogs.submit(page)
    expect(form.locator("input[type=url]")).to_have_value(simulator.url)
    dialogs.submit(page)
    expect(page.locator("step-flow-abort")).to_contain_text("successful")
    assert [entry["entry_id"] for entry in home_assistant.client.entries(DOMAIN)] == [account]


def test_first_page_of_the_demo_shows_the_wallet(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, account: str
) -> None:
    """The bare address leads to the dashboard, and none of its cards misses its entity."""
    client = home_assistant.client
    # As in the demo there is a past to go by, and something has happened.
    past.give(client, home_assistant.folder, account)
    simulator.do("top_up", amount=10, quota="mj")
    client.call(f"{DOMAIN}.refresh")
    dashboard.create(client)
    dialogs.visit(page, home_assistant.access, "/")
    page.wait_for_url(f"**/{dashboard.URL_PATH}/**")
    tiles = page.locator("hui-tile-card")
    expect(tiles.first).to_contain_text(f"${simulator.account()['equivalent_in_usd']:.2f}")
    expect(page.locator("hui-history-graph-card canvas").first).to_be_visible()
    expect(page.locator("hui-warning, hui-error-card")).to_have_count(0)
    expect(
        tiles.filter(has_text=re.compile(r"\b(unavailable|unknown)\b", re.IGNORECASE))
    ).to_have_count(0)


def test_dashboard_of_the_demo_shows_usage_by_model_and_a_notice(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, account: str
) -> None:
    """The graph has bars of the month before, and a notice that comes is seen at once."""
    extras.turn_on(home_assistant, simulator, account)
    dashboard.create(home_assistant.client)
    dialogs.visit(page, home_assistant.access, f"/{dashboard.URL_PATH}")
    graph = page.locator("hui-statistics-graph-card")
    expect(graph).to_contain_text("Kling usage (")
    canvas = graph.locator("canvas").first
    until(lambda: canvas.evaluate(COUNT_COLOURED) > 1000, CHART_SECONDS, "the graph has bars")

    tiles = page.locator("hui-tile-card")
    notices = tiles.filter(has=page.get_by_text("Notices", exact=True))
    expect(notices).to_be_visible()
    simulator.do("notice", type="mj_penalty_triggered", detail={"penalty_type": "relax"})
    expect(notices).to_contain_text("Midjourney penalty")
    expect(page.locator("hui-warning, hui-error-card")).to_have_count(0)
