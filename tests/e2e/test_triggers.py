"""An automation from one of our triggers, built in the editor as a user does it."""

from functools import partial
from typing import Any

from playwright.sync_api import Page, expect

from . import browser, dialogs
from .homeassistant import HomeAssistant
from .simulator import SimulatorProcess
from .waiting import until

expect.set_options(timeout=browser.TIMEOUT)

MESSAGE = "{{ trigger.balance_name }}: {{ trigger.remaining }} {{ trigger.unit }} left"


def choose(page: Page, button: str, search: str, item: str) -> None:
    """Add a trigger or action by the button of its part, and by its name."""
    page.get_by_role("button", name=button).click()
    page.locator("add-automation-element-dialog input").first.fill(search)
    page.get_by_text(item, exact=True).click()
    expect(page.locator("ha-automation-sidebar")).to_contain_text(item)


def test_user_builds_an_automation_from_a_trigger_and_sees_it_run(
    page: Page, home_assistant: HomeAssistant, simulator: SimulatorProcess, account: str
) -> None:
    """Its target is chosen from our entities; its message is there when the balance is low."""
    client = home_assistant.client
    dialogs.visit(page, home_assistant.access, "/config/automation/edit/new")
    choose(page, "Add trigger", "became low", "Balance became low")
    page.get_by_role("button", name="Add target").click()
    page.get_by_text("Demo studio Midjourney", exact=True).first.click()
    expect(page.locator("ha-automation-trigger-row")).to_contain_text("Low")

    choose(page, "Add action", "persistent notification", "Send a persistent notification")
    page.locator("ha-automation-sidebar ha-selector-text input").first.fill(MESSAGE)
    page.get_by_role("button", name="Save").click()
    page.locator("ha-dialog-automation-save").get_by_role("button", name="Save").click()
    # Only an automation that exists has them.
    expect(page.get_by_text("Traces", exact=True)).to_be_visible()

    left = simulator.account()["wallet"]["mj_remain"]
    client.call(
        "number.set_value", entity_id="number.demo_studio_midjourney_low_threshold", value=left - 1
    )
    simulator.do("spend", amount=2, quota="mj")
    client.call("goapi.refresh")
    page.locator("ha-sidebar").get_by_text("Notifications").click()
    expect(page.locator("notification-drawer")).to_contain_text(
        f"Midjourney: {left - 2} units left"
    )


def test_all_triggers_and_conditions_load_and_work(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: str
) -> None:
    """An automation of each, with all conditions, runs when what it is about happens."""
    client = home_assistant.client
    low = {"entity_id": "binary_sensor.demo_studio_midjourney_low"}
    left = {"entity_id": "sensor.demo_studio_midjourney_remaining"}
    activity = {"entity_id": "event.demo_studio_account_activity"}
    below_100 = {"threshold": {"type": "below", "value": {"number": 100}}}
    triggers: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "account_disabled": (activity, {}),
        "balance_became_empty": (low, {}),
        "balance_became_low": (low, {"for": "00:00:01"}),
        "balance_crossed_threshold": (left, below_100),
        "balance_no_longer_low": (low, {}),
        "credits_expire_soon": (activity, {"days": 7}),
        "daily_limit_reached": (activity, {}),
        "topped_up": (left, {}),
        "unusual_spending": (activity, {}),
    }
    above_zero = {"threshold": {"type": "above", "value": {"number": 0}}}
    usd = {"entity_id": "sensor.demo_studio_balance"}
    conditions = [
        {"condition": "goapi.balance_is_above", "target": usd, "options": above_zero},
        {"condition": "not", "conditions": [{"condition": "goapi.balance_is_low", "target": usd}]},
    ]
    enabled = {"entity_id": "binary_sensor.demo_studio_account_enabled"}
    is_enabled = {"condition": "goapi.account_is_enabled", "target": enabled}
    for key, (target, options) in triggers.items():
        disables = key == "account_disabled"
        state = {"condition": "not", "conditions": [is_enabled]} if disables else is_enabled
        config = {
            "alias": key,
            "triggers": [{"trigger": f"goapi.{key}", "target": target, "options": options}],
            "conditions": [*conditions, state],
            "actions": [],
        }
        client.post(f"config/automation/config/{key}", config)
    names = [f"automation.{key}" for key in triggers]
    until(lambda: {client.state(name) for name in names} == {"on"}, 10, "the automations are on")

    def has_run(expected: frozenset[str]) -> bool:
        """Return whether the automations of these triggers have run, and no other."""
        states = ((key, client.state_object(f"automation.{key}")) for key in triggers)
        return expected == {
            key for key, state in states if state and state["attributes"]["last_triggered"]
        }

    amount = simulator.account()["wallet"]["mj_remain"]
    limit = "number.demo_studio_daily_spend_limit"
    threshold = "number.demo_studio_midjourney_low_threshold"
    client.call("number.set_value", entity_id=threshold, value=50)
    client.call("number.set_value", entity_id=limit, value=0.01)
    seen: set[str] = set()
    for action, arguments, started in (
        (
            "spend",
            {"amount": amount - 20, "quota": "mj"},
            {"balance_became_low", "balance_crossed_threshold"},
        ),
        ("spend", {"amount": 20, "quota": "mj"}, {"balance_became_empty"}),
        ("top_up", {"amount": 500, "quota": "mj"}, {"balance_no_longer_low", "topped_up"}),
        ("spend", {"amount": 100}, {"daily_limit_reached"}),
        ("disable", {}, {"account_disabled"}),
    ):
        simulator.do(action, **arguments)
        client.call("goapi.refresh")
        seen |= started
        until(partial(has_run, frozenset(seen)), 10, f"after {action}: {seen}")
