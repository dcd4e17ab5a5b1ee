"""Test that the documentation is true and complete: names, links, examples."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_mock_service,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
import yaml

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component
from homeassistant.util.aiohttp import MockRequest
from homeassistant.util.yaml import load_yaml_dict

from custom_components.goapi import store, webhook
from custom_components.goapi.accounting import EventType, tracker
from custom_components.goapi.api import NOTICE_TYPES, notices, parser, tasks
from custom_components.goapi.config_flow import OPTIONS_SCHEMA
from custom_components.goapi.const import CONF_NOTICES, CONF_USAGE, DOMAIN
from custom_components.goapi.usage import reader, record

from .common import set_number, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ENGLISH = json.loads((ROOT / "custom_components/goapi/translations/en.json").read_text())
NOW = datetime(2026, 11, 20, 1, 30, 12, tzinfo=UTC)

# What a marker above an example says that it is.
AUTOMATIONS = "automations"
SCRIPTS = "scripts"
CARD = "card"
RESPONSE = "response"
# The end-to-end tests show these in a browser.
STRATEGY = "strategy"
ANY_KIND = f"{AUTOMATIONS}|{SCRIPTS}|{CARD}|{RESPONSE}|{STRATEGY}"

WEBHOOK_ID = "notices-of-the-studio"
# What the page about tasks says of numbers in the code.
TASK_LIMITS = (
    f"last {record.KEPT_SECONDS // record.DAY} days",
    f"At most {tasks.PAGE_SIZE} rows a page and {reader.MAX_PAGES} pages at each poll",
    f"More than about {tasks.PAGE_SIZE * reader.MAX_PAGES:,} tasks",
    f"{tasks.PAGE_SIZE * reader.MAX_QUARTER_PAGES:,} tasks",
    f"frozen for {tracker.STUCK_SECONDS // record.HOUR} hours",
    f"at most {parser.MAX_TEXT_LENGTH} characters",
    f"At most {webhook.MAX_NOTICES_PER_MINUTE} requests a minute",
    f"at most {webhook.MAX_BODY_SIZE // 1024} KiB",
    f"takes at most {webhook.READ_SECONDS} seconds",
    f"at most every {store.SAVE_DELAY_SECONDS // 60} minutes",
)


@pytest.fixture
def options() -> dict[str, Any]:
    """Return options that are all on."""
    return {CONF_USAGE: True, CONF_NOTICES: True, CONF_WEBHOOK_ID: WEBHOOK_ID}


@pytest.fixture
def account(freezer: FrozenDateTimeFactory) -> SimulatedAccount:
    """Return an account with everything that the documentation speaks of."""
    freezer.move_to(NOW)
    return SimulatedAccount.demo(NOW)


def page(name: str) -> str:
    """Return the text of a page in docs/."""
    return (ROOT / "docs" / f"{name}.md").read_text()


def examples(kind: str) -> Iterator[Any]:
    """Yield the examples of a kind."""
    for path in PAGES:
        blocks = re.findall(rf"<!-- {kind} -->\n```yaml\n(.*?)```", path.read_text(), re.DOTALL)
        yield from map(yaml.safe_load, blocks)


def first_column(text: str, title: str) -> list[str]:
    """Return what the tables list whose first column has this title."""
    tables = re.findall(rf"^\| {title} \|.*\n\|[-|]*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [
        name.strip()
        for table in tables
        for row in table.splitlines()
        for name in row.split("|")[1].split(",")
    ]


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_readme_takes_two_minutes() -> None:
    """The README is short; the rest is in docs/, and each page is linked."""
    readme = PAGES[0].read_text()
    assert len(readme.splitlines()) <= 200
    for path in PAGES[1:]:
        assert f"](docs/{path.name})" in readme


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path: Path) -> None:
    """Each file and each heading that a page links to exists."""
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        if "://" in link:
            continue
        file, _, name = link.partition("#")
        target = path.parent / file if file else path
        assert target.is_file(), link
        if name:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert name in map(anchor, headings), link


def test_every_entity_is_listed() -> None:
    """The tables list each entity by its name, and nothing else."""
    names = {
        re.sub(r"\{(\w+)\}", r"*\1*", entity["name"])
        for platform in ENGLISH["entity"].values()
        for entity in platform.values()
    }
    assert set(first_column(page("entities"), "Entity")) == names


async def test_what_starts_enabled_is_true(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The entities of a row start enabled, start disabled, or belong to the main balance."""
    await set_up()
    registered = er.async_get(hass).entities.values()
    rows = re.findall(
        r"^\| ([^|]+) \|.*\| (yes|no|main balance) \|$", page("entities"), re.MULTILINE
    )
    main = f"{account.data['id']}_equivalent_in_usd_"
    assert {enabled for _, enabled in rows} == {"yes", "no", "main balance"}
    for names, enabled in rows:
        for each in registered:
            if each.platform == DOMAIN and each.original_name in names.split(", "):
                is_main = each.unique_id.startswith(main)
                expected = enabled == "yes" or (enabled == "main balance" and is_main)
                assert (each.disabled_by is None) is expected, each.unique_id


async def test_every_entity_id_exists(hass: HomeAssistant, set_up: SetUp) -> None:
    """Each id of an entity in the text and the examples is one that an account has."""
    await set_up()
    registered = er.async_get(hass).entities
    found = {
        entity_id
        for path in PAGES
        for entity_id in re.findall(r"\b[a-z_]+\.studio_\w+", path.read_text())
    }
    assert found
    assert {entity_id for entity_id in found if entity_id not in registered} == set()


def test_every_option_is_listed() -> None:
    """The README has each option and each field of the dialogs."""
    readme = PAGES[0].read_text()
    assert first_column(readme, "Option") == [
        ENGLISH["options"]["step"]["init"]["data"][name] for name in OPTIONS_SCHEMA.schema
    ]
    steps = ENGLISH["config"]["step"]
    fields = {*steps["user"]["data"].values(), *steps["server"]["data"].values()}
    assert set(first_column(readme, "Field")) == fields


def test_every_event_is_listed() -> None:
    """The table of events has each type."""
    types = [f"`{each.value}`" for each in EventType]
    assert first_column(page("automations"), "Type") == types


def test_every_notice_is_listed() -> None:
    """The tables of notices have each type with its text, and each detail."""
    text = page("tasks-and-usage")
    texts = ENGLISH["entity"]["event"]["notices"]["state_attributes"]["event_type"]["state"]
    assert first_column(text, "Type") == [f"`{name}`" for name in NOTICE_TYPES]
    for name in NOTICE_TYPES:
        assert f"| `{name}` | {texts[name]}" in text
    assert sorted(first_column(text, "Attribute")) == [f"`{name}`" for name in notices.DETAILS]


@pytest.mark.parametrize("limit", TASK_LIMITS)
def test_the_limits_of_tasks_are_true(limit: str) -> None:
    """What the page says of numbers in the code is what they are."""
    assert limit in " ".join(page("tasks-and-usage").replace("**", "").split())


def test_every_action_is_listed() -> None:
    """The tables of actions have each action and each field."""
    actions = load_yaml_dict(ROOT / "custom_components/goapi/services.yaml")
    text = page("automations")
    assert set(first_column(text, "Action")) == {f"`goapi.{name}`" for name in actions}
    fields = {f"`{field}`" for action in actions.values() for field in action["fields"]}
    assert set(first_column(text, "Field")) == fields


def test_every_error_is_listed() -> None:
    """The table of messages has each error, without the reason that follows it."""
    listed = first_column(page("troubleshooting"), "Message")
    for error in ENGLISH["exceptions"].values():
        message = re.sub(r" \(\{reason\}\)\.$", "", error["message"])
        message = re.sub(r"\{\w+\}\.?", "…", message)
        # The cells of the table are cut at commas.
        assert all(part.strip() in listed for part in message.split(",")), message


@pytest.mark.parametrize("name", ["low_credits", "expiring_credits"])
def test_every_input_of_the_blueprints_is_listed(name: str) -> None:
    """The tables of inputs have each input of each blueprint."""
    blueprint = load_yaml_dict(ROOT / f"blueprints/automation/goapi/{name}.yaml")["blueprint"]
    _, part = page("notifications").split(f"## Blueprint: {blueprint['name']}\n")
    inputs = [
        each["name"]
        for section in blueprint["input"].values()
        for each in section.get("input", {"": section}).values()
    ]
    assert first_column(part.split("\n## ")[0], "Input") == inputs


def test_the_map_for_developers_is_true() -> None:
    """Each module is on the map, and each name stands in the file that the text says it is in."""
    package = ROOT / "custom_components/goapi"
    text = page("development")
    for path in package.rglob("*.py"):
        assert path.name in text
    for file, names in re.findall(r"`([\w/]+\.(?:py|json))`: ((?:`[\w.]+`(?:, )?)+)", text):
        for name in re.findall(r"[\w.]+", names):
            assert name.rpartition(".")[2] in (package / file).read_text(), (file, name)


async def test_all_that_events_and_actions_return_is_listed(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The tables have each name in the data of an event and in what an action returns."""
    entry = await set_up()
    events = async_capture_events(hass, "goapi_event")
    await set_number(hass, entry, "equivalent_in_usd_daily_spend_limit", 1)
    account.set("equivalent_in_usd", 4)
    account.top_up(1, "mj")
    await wait_and_poll(hass, freezer)
    call = hass.services.async_call
    numbers = await call(DOMAIN, "get_account", {}, blocking=True, return_response=True)
    afforded = await call(DOMAIN, "can_afford", {"amount": 1}, blocking=True, return_response=True)
    used = await call(DOMAIN, "get_usage", {}, blocking=True, return_response=True)
    assert numbers
    assert afforded
    assert used

    text = page("automations")
    assert {name for event in events for name in event.data} | {"usual"} == {
        name.strip("`")
        for name in first_column(text.split("The data of `goapi_event`")[1].split("##")[0], "Name")
    }
    returned = text.split("### What `goapi.can_afford` returns")[1].split("## Examples")[0]
    listed = {name.strip("`") for name in first_column(returned, "Name(?:, in each \\w+)?")}
    balances = numbers["balances"]
    assert isinstance(balances, dict)
    rows = used["rows"]
    assert isinstance(rows, list)
    parts = {
        name for part in (*balances.values(), *rows) if isinstance(part, dict) for name in part
    }
    assert listed == {*afforded, *numbers, *used, *parts}


def test_every_example_is_tested() -> None:
    """Each block of YAML has a marker that says how it is tested."""
    for path in PAGES:
        text = path.read_text()
        marked = re.findall(rf"<!-- (?:{ANY_KIND}) -->\n```yaml", text)
        assert len(marked) == text.count("```yaml"), path.name


async def test_the_automations_notify_and_poll(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The automations do what the text above them says."""
    notifications = async_mock_service(hass, "notify", "notify")
    await set_up()
    await set_up_examples(hass)
    account.set("equivalent_in_usd", 9.5)
    account.disable()
    account.top_up(5000, "mj")
    await wait_and_poll(hass, freezer)
    assert {call.data["message"] for call in notifications} == {
        "GoAPI has 9.5 USD left.",
        "GoAPI has disabled the account.",
        "Studio was topped up by 5000 units.",
    }

    notifications.clear()
    for _ in range(26):
        account.spend(1, "suno")
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    account.spend(50, "suno")
    await wait_and_poll(hass, freezer)
    assert [call.data["message"] for call in notifications] == [
        "51 units of Suno were spent this hour, usually 1."
    ]

    simulator.requests.clear()
    hass.bus.async_fire("nightly_job_done")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [request.path for request in simulator.requests].count("/account/info") == 1


async def test_jobs_stop_at_the_daily_limit(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The automation turns the helper off when the limit of the day is spent."""
    notifications = async_mock_service(hass, "notify", "notify")
    entry = await set_up()
    await set_up_examples(hass)
    await set_number(hass, entry, "equivalent_in_usd_daily_spend_limit", 1.5)
    jobs = "input_boolean.goapi_jobs"
    for balance, is_on in ((11.84, True), (11.24, False)):
        account.set("equivalent_in_usd", balance)
        await wait_and_poll(hass, freezer)
        assert hass.states.is_state(jobs, "on" if is_on else "off")
    assert [call.data["message"] for call in notifications] == [
        "1.6 USD were spent today, the limit is 1.5. Jobs are stopped."
    ]


async def test_a_penalty_is_notified(
    hass: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """The automation speaks of penalties, also of the first, and not of what was before."""
    notifications = async_mock_service(hass, "notify", "notify")
    entry = await set_up()
    await set_up_examples(hass)

    async def send(**notice: str) -> list[str]:
        """Receive a notice as from the cloud; return what was notified."""
        notifications.clear()
        freezer.tick()
        request = MockRequest(json.dumps(notice).encode(), "test", "POST")
        await async_handle_webhook(hass, WEBHOOK_ID, request)
        await hass.async_block_till_done()
        return [call.data["message"] for call in notifications]

    penalty = "mj_penalty_triggered"
    assert await send(type=penalty, message="Too many") == ["Midjourney penalty: Too many"]
    assert await send(type="mj_bot_banned", message="Banned") == []
    assert await send(type=penalty) == ["Midjourney penalty: GoAPI gives no reason"]
    notifications.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert notifications == []


async def test_the_usage_is_answered(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The action returns the response that is shown, and the script makes sentences of it."""
    (response,) = examples(RESPONSE)
    account.history.clear()
    await set_up()
    await set_up_examples(hass)
    assert await run(hass, "goapi_usage") == {"text": "Nothing was used."}

    for row in response["rows"]:
        finished = row["tasks"] - row["failed"]
        name, cost, quota = row["name"], row["usage"] / finished, row["usage_type"]
        for number in range(row["tasks"]):
            task = account.start_task(name, cost, quota)
            end = account.finish_task if number < finished else account.fail_task
            end(task)
    await wait_and_poll(hass, freezer)
    freezer.move_to(NOW)
    shown = await hass.services.async_call(
        DOMAIN,
        "get_usage",
        {"start": NOW - timedelta(days=7)},
        blocking=True,
        return_response=True,
    )
    assert shown == response
    assert await run(hass, "goapi_usage") == {
        "text": "kling used 360 credit (75.0 %) in 4 tasks. "
        "flux used 120 credit (25.0 %) in 12 tasks. mj used 6 mj (100.0 %) in 3 tasks."
    }


async def test_the_job_runs_if_there_is_money_for_it(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    expected_logs: list[str],
) -> None:
    """The script asks the service first, and does not run the job in doubt."""
    account.set("equivalent_in_usd", 4)
    await set_up()
    await set_up_examples(hass)
    jobs = async_capture_events(hass, "render_trailer")
    notifications = async_mock_service(hass, "notify", "notify")
    await run(hass, "render_trailer")
    assert (len(jobs), len(notifications)) == (1, 0)

    account.set("equivalent_in_usd", 2.2)
    await run(hass, "render_trailer")
    assert len(jobs) == 1
    assert [each.data["message"] for each in notifications] == ["The trailer needs 0.3 USD more."]

    simulator.fail(Fault.SERVER_ERROR)
    expected_logs.extend(("Error fetching Studio data", "Error executing script"))
    with pytest.raises(HomeAssistantError, match="internal error"):
        await run(hass, "render_trailer")
    assert (len(jobs), len(notifications)) == (1, 1)


async def test_the_script_answers_as_far_as_it_is_known(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The script says what is left, and how long it lasts if there is a forecast."""
    account.set("equivalent_in_usd", 100)
    await set_up()
    await set_up_examples(hass)
    assert await run(hass, "goapi_balance") == {"text": "100 USD are left."}
    for hour in range(1, 26):
        account.set("equivalent_in_usd", 100 - hour)
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    answer = await run(hass, "goapi_balance")
    assert answer == {"text": "75 USD are left. They last about 3 days."}
    account.set("equivalent_in_usd", None)
    await wait_and_poll(hass, freezer)
    answer = await run(hass, "goapi_balance")
    assert answer == {"text": "The service does not say what is left."}


async def test_assistants_get_the_answer(hass: HomeAssistant, set_up: SetUp) -> None:
    """A sentence gets the answer, and so does a language model once the script is exposed."""
    await set_up()
    await set_up_examples(hass)
    result = await conversation.async_converse(
        hass, "How much is left at GoAPI?", None, Context(), language="en"
    )
    assert result.response.speech["plain"]["speech"] == "12.84 USD are left."

    assert await async_setup_component(hass, "intent", {})
    async_expose_entity(hass, conversation.DOMAIN, "script.goapi_balance", should_expose=True)
    context = llm.LLMContext(
        platform=DOMAIN,
        context=Context(),
        language="en",
        assistant=conversation.DOMAIN,
        device_id=None,
    )
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)
    (tool,) = (each for each in api.tools if each.name.endswith("goapi_balance"))
    answer = await api.async_call_tool(llm.ToolInput(tool_name=tool.name, tool_args={}))
    assert "12.84 USD are left." in str(answer)


async def test_the_cards_show_what_there_is(
    recorder_mock: Recorder, hass: HomeAssistant, set_up: SetUp
) -> None:
    """Each entity of a card has a state, and what a statistics graph shows has a sum."""
    await set_up()
    await async_wait_recording_done(hass)
    statistics = await recorder_mock.async_add_executor_job(get_metadata, hass)
    cards = list(examples(CARD))
    assert cards
    for card in cards:
        shown = re.findall(r"\b(?:[a-z_]+\.studio_|goapi:)\w+", json.dumps(card))
        assert shown
        for each in shown:
            if each.startswith("goapi:"):
                assert card["type"] == "statistics-graph"
                assert statistics[each][1]["has_sum"], each
                continue
            state = hass.states.get(each)
            assert state is not None, each
            if card["type"] == "statistics-graph":
                assert state.attributes["state_class"] == "total"


async def set_up_examples(hass: HomeAssistant) -> None:
    """Set up the scripts and automations of the documentation."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    helpers = {"input_boolean": {"goapi_jobs": {"initial": True}}}
    assert await async_setup_component(hass, "input_boolean", helpers)
    scripts = {name: script for each in examples(SCRIPTS) for name, script in each.items()}
    assert await async_setup_component(hass, "script", {"script": scripts})
    automations = [each for found in examples(AUTOMATIONS) for each in found]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()


async def run(hass: HomeAssistant, script: str) -> Any:
    """Run a script; return its response."""
    return await hass.services.async_call(
        "script", script, {}, context=Context(), blocking=True, return_response=True
    )
