"""The integration in a real browser, as a user meets it."""

import re

from playwright.sync_api import Page, expect

from . import browser, dashboard, dialogs, extras, past
from .configuration import Access
from .conftest import KEY
from .homeassistant import HomeAssistant
from .log import problems
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

expect.set_options(timeout=browser.TIMEOUT)

BALANCE = "sensor.demo_studio_balance"
NEW_KEY = "e2e-5b0f3c8e7d214f96"
CHART_SECONDS = 15
LOG_SECONDS = 10
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


def test_user_enters_a_new_key_after_the_old_one_was_revoked(
    page: Page,
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    account: str,
    expected_problems: list[str],
) -> None:
    """The account asks for a key, refuses a wrong one, and goes on where it was with another."""
    client = home_assistant.client
    dialogs.visit(page, home_assistant.access, "/config/integrations/dashboard")
    simulator.do("add_key", key=NEW_KEY)
    simulator.do("revoke_key", key=KEY)
    client.call("homeassistant.update_entity", entity_id=BALANCE)
    page.get_by_role("button", name="Reconfigure").click()
    form = page.locator(dialogs.FORM)
    key = form.locator("input[type=password]")
    key.fill(KEY)
    dialogs.submit(page)
    expect(form.locator("ha-alert")).to_contain_text("refused this API key")
    # The log is written by a thread of its own.
    (line,) = until(
        lambda: problems(home_assistant.log_text), LOG_SECONDS, "the refusal is in the log"
    )
    expected_problems.append(line)
    assert "Authentication failed while fetching Demo studio data" in line
    assert client.state(BALANCE) == "unavailable"

    key.fill(NEW_KEY)
    dialogs.submit(page)
    expect(page.locator("step-flow-abort")).to_contain_text("successful")
    until(lambda: client.state(BALANCE) not in {None, "unavailable"}, 30, "the balance is back")
    assert [entry["entry_id"] for entry in client.entries(DOMAIN)] == [account]


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
    balance = f"{simulator.account()['equivalent_in_usd']:.2f}"
    expect(page.locator("hui-sensor-card")).to_contain_text(balance)
    expect(page.locator("hui-statistics-graph-card canvas").first).to_be_visible()
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
    graph = page.locator("hui-statistics-graph-card").last
    expect(graph).to_contain_text("Usage by model (credit)")
    expect(graph).to_contain_text("Kling")
    canvas = graph.locator("canvas").first
    until(lambda: canvas.evaluate(COUNT_COLOURED) > 1000, CHART_SECONDS, "the graph has bars")

    activity = page.locator("hui-logbook-card")
    # Rows are drawn when they are on the screen.
    activity.scroll_into_view_if_needed()
    simulator.do("notice", type="mj_penalty_triggered", detail={"penalty_type": "relax"})
    expect(activity).to_contain_text("Midjourney penalty")
    expect(page.locator("hui-warning, hui-error-card")).to_have_count(0)
