"""Test the tools for assistants through Home Assistant's own interface for language models."""

from collections.abc import Awaitable, Callable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.const import CONF_API_KEY
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.goapi.const import CONF_RUNNING_TASKS, CONF_USAGE, DOMAIN

from .common import credit_pack, entity_id, poll, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator
from .simulator.endpoints import HISTORIES

NOW = datetime(2026, 11, 10, 12, 5, tzinfo=UTC)
ASSISTANT = "conversation"
USD = "equivalent_in_usd"
CREDIT_PACKS = "available_credits"
MIDJOURNEY = "mj_remain"
OTHER_KEY = "other-0123456789abcdef"
OTHER_ID = "77001"

GET_ACCOUNT = "goapi__get_account"
CAN_AFFORD = "goapi__can_afford"
GET_USAGE = "goapi__get_usage"

type Assist = Callable[[], Awaitable[llm.APIInstance]]
type Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def account(freezer: FrozenDateTimeFactory) -> SimulatedAccount:
    """Return the account of the vendor's documentation page, with dollars."""
    freezer.move_to(NOW)
    account = SimulatedAccount.documented()
    account.set(USD, 12.84)
    return account


@pytest.fixture
async def get_api(hass: HomeAssistant) -> Assist:
    """Return a function that returns what a language model of Assist gets."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})

    async def get() -> llm.APIInstance:
        """Return the tools as they are now."""
        context = llm.LLMContext(
            platform="test",
            context=Context(),
            language="en",
            assistant=ASSISTANT,
            device_id=None,
        )
        return await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)

    return get


@pytest.fixture
def assist(get_api: Assist) -> Assist:
    """Return the same where integrations can have tools; the oldest Home Assistant has none."""
    if not hasattr(llm, "ToolResult"):
        pytest.skip("no tools of integrations")
    return get_api


@pytest.fixture
def ask(assist: Assist) -> Ask:
    """Return a function that calls a tool and returns its data, in which there is no secret."""

    async def call(tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer, which is none of an error."""
        data, is_error = await result_of(await assist(), tool, **arguments)
        assert not is_error, data
        return data

    return call


async def result_of(
    api: llm.APIInstance, tool: str, **arguments: Any
) -> tuple[dict[str, Any], bool]:
    """Return the data of a call, which JSON can hold, and whether it is an error."""
    result = await api.async_call_tool(llm.ToolInput(tool_name=tool, tool_args=arguments))
    data, is_error = astuple(result)
    assert orjson.loads(orjson.dumps(data)) == data
    for secret in (DEMO_KEY, OTHER_KEY, OTHER_ID):
        assert secret not in json.dumps(data)
    assert is_error is ("error" in data)
    return data, is_error


def tools_of(api: llm.APIInstance) -> dict[str, llm.Tool]:
    """Return our tools by name."""
    return {tool.name: tool for tool in api.tools if tool.integration == DOMAIN}


def expose(hass: HomeAssistant, entry: MockConfigEntry, key: str, *, is_exposed: bool) -> None:
    """Expose an entity to the assistant, or no longer, as the user's settings do."""
    async_expose_entity(hass, ASSISTANT, entity_id(hass, entry, key), should_expose=is_exposed)


async def call_action(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Return what an action returns."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


@pytest.fixture
async def exposed(hass: HomeAssistant, assist: Assist, set_up: SetUp) -> MockConfigEntry:
    """Return the entry of an account whose balance is exposed."""
    entry = await set_up()
    expose(hass, entry, USD, is_exposed=True)
    return entry


@pytest.fixture
async def second(
    hass: HomeAssistant, simulator: Simulator, options: dict[str, Any]
) -> MockConfigEntry:
    """Return the entry of another account, not set up yet."""
    account = SimulatedAccount.documented()
    account.data |= {"id": int(OTHER_ID), USD: 20}
    account.add_quota("kling_turbo", 3)
    simulator.accounts[OTHER_KEY] = account
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        unique_id=OTHER_ID,
        data={CONF_API_KEY: OTHER_KEY, "service": "other", "url": simulator.url},
        options=options,
    )
    entry.add_to_hass(hass)
    return entry


async def set_up_exposed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up and expose its balance."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    expose(hass, entry, USD, is_exposed=True)


async def test_tools_describe_themselves(exposed: MockConfigEntry, assist: Assist) -> None:
    """They are safe to call, have a title, and a schema that every language model can be given."""
    from probatio import to_openapi  # noqa: PLC0415 (the oldest Home Assistant has none)

    api = await assist()
    tools = tools_of(api)
    assert list(tools) == [GET_ACCOUNT, CAN_AFFORD]
    for tool in tools.values():
        assert tool.title
        assert tool.description
        assert astuple(tool.annotations) == (True, False, True, False)
        schema = to_openapi(tool.parameters, custom_serializer=api.custom_serializer)
        assert schema["properties"]["account"]["enum"] == ["Studio"]
    assert "required" not in to_openapi(tools[GET_ACCOUNT].parameters)
    schema = to_openapi(tools[CAN_AFFORD].parameters)
    assert schema["required"] == ["amount"]
    assert schema["properties"]["amount"]["type"] == "number"
    names = {CREDIT_PACKS, "credit", "gpts", "llm", "luma", "mj", "point", "sd", "suno", "usd"}
    assert set(schema["properties"]["balance"]["enum"]) == names


async def test_only_the_exposed_balance_counts(
    hass: HomeAssistant, set_up: SetUp, assist: Assist
) -> None:
    """Without it there is nothing, whatever else is exposed; with it the account is there."""
    entry = await set_up()
    expose(hass, entry, f"{USD}_spent_today", is_exposed=True)
    expose(hass, entry, MIDJOURNEY, is_exposed=True)
    assert tools_of(await assist()) == {}
    expose(hass, entry, USD, is_exposed=True)
    api = await assist()
    assert tools_of(api).keys() == {GET_ACCOUNT, CAN_AFFORD}
    expose(hass, entry, USD, is_exposed=False)
    assert tools_of(await assist()) == {}
    # A conversation that has begun gets nothing either.
    data, is_error = await result_of(api, GET_ACCOUNT)
    assert (data, is_error) == ({"error": "The account is not available"}, True)


async def test_disabled_balance_is_not_exposed(
    hass: HomeAssistant, exposed: MockConfigEntry, assist: Assist
) -> None:
    """Home Assistant shows a disabled entity to no assistant."""
    er.async_get(hass).async_update_entity(
        entity_id(hass, exposed, USD), disabled_by=er.RegistryEntryDisabler.USER
    )
    await hass.async_block_till_done()
    assert tools_of(await assist()) == {}


async def test_other_interfaces_get_nothing(hass: HomeAssistant, exposed: MockConfigEntry) -> None:
    """The tools are those of Assist, which the user exposes entities to."""
    from homeassistant.components import llm as component  # noqa: PLC0415 (as above)

    context = llm.LLMContext("test", Context(), "en", ASSISTANT, None)
    for api_id, there in ((llm.LLM_API_ASSIST, True), ("another", False)):
        found = await component.async_get_tools(hass, context, api_id)
        assert (GET_ACCOUNT in {tool.name for tool in found.tools}) is there


async def test_how_long_the_midjourney_credits_last(
    hass: HomeAssistant,
    exposed: MockConfigEntry,
    account: SimulatedAccount,
    ask: Ask,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The answer has what is left, the rate, and the date that the sensor shows, in local time."""
    await hass.config.async_set_time_zone("Asia/Tokyo")
    account.set("wallet.mj_remain", 175)
    for _ in range(25):
        account.spend(3, "mj")
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    answer = await ask(GET_ACCOUNT)
    (midjourney,) = (each for each in answer["balances"] if each["name"] == "Midjourney")
    assert midjourney == {
        "balance": "mj",
        "name": "Midjourney",
        "unit": "units",
        "remaining": 100,
        "low": False,
        "threshold": 0,
        "spent_today": 69,
        "spent_this_month": 75,
        "burn_rate_per_day": 72,
        "projected_spend": 1448.75,
        "runs_out": "2026-11-13 07:00",
        "runs_out_in_days": 2,
    }
    shown = state_of(hass, exposed, f"{MIDJOURNEY}_runs_out")
    assert dt_util.parse_datetime(shown.state) == datetime(2026, 11, 12, 22, tzinfo=UTC)


async def test_the_account_in_short(
    hass: HomeAssistant,
    exposed: MockConfigEntry,
    account: SimulatedAccount,
    ask: Ask,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The main balance comes first, then those in use; what is unknown is left out."""
    packs = [credit_pack(1, NOW + timedelta(days=days)) for days in (30, 3)]
    account.set("credit_pack_info.credit_packs", packs)
    for quota in ("gpts", "suno", "luma", "llm", "mj", "sd", "point", "credit"):
        account.add_quota(quota, 0)
    await set_number(hass, exposed, f"{USD}_monthly_budget", 2)
    account.set(USD, 12.34)
    await wait_and_poll(hass, freezer)
    assert await ask(GET_ACCOUNT) == {
        "account": "Studio",
        "status": "unverified",
        "plan": "hobbyist",
        "balances": [
            {
                "balance": "usd",
                "name": "Balance",
                "unit": "USD",
                "remaining": 12.34,
                "low": False,
                "threshold": 5,
                "spent_today": 0.5,
                "spent_this_month": 0.5,
                "monthly_budget": 2,
                "budget_used_percent": 25,
            },
            {
                "balance": "available_credits",
                "name": "Credit packs",
                "unit": "credits",
                "remaining": 123,
                "low": False,
                "threshold": 0,
                "spent_today": 0,
                "spent_this_month": 0,
            },
        ],
        "expiring": [
            {"left": 1600, "unit": "credits", "expires": day, "expires_in_days": days}
            for day, days in (("2026-11-13 04:05", 3), ("2026-12-10 04:05", 30))
        ],
    }
    account.remove(USD)
    await poll(hass)
    main = (await ask(GET_ACCOUNT))["balances"][0]
    assert main["name"] == "Balance"
    assert not {"remaining", "low"} & main.keys()


async def test_answers_are_those_of_the_actions(
    hass: HomeAssistant, exposed: MockConfigEntry, ask: Ask
) -> None:
    """What an assistant says is what a script would."""
    numbers = await call_action(hass, "get_account")
    for balance in (await ask(GET_ACCOUNT))["balances"]:
        name = balance.pop("balance")
        afforded = await call_action(hass, "can_afford", amount=1, balance=name)
        assert balance.items() <= numbers["balances"][afforded["balance"]].items()
    for data in ({"amount": 0.1}, {"amount": 12.85}, {"amount": 600, "balance": "point"}):
        answer = await ask(CAN_AFFORD, **data)
        assert answer == await call_action(hass, "can_afford", **data)
    assert answer["affordable"] is True


async def test_what_can_be_afforded(exposed: MockConfigEntry, ask: Ask) -> None:
    """A language model that writes a number as text is understood too."""
    assert await ask(CAN_AFFORD, amount="13") == {
        "affordable": False,
        "remaining_after": -0.16,
        "balance": USD,
        "remaining": 12.84,
        "unit": "USD",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"amount": "much"},
        {"amount": 1, "balance": "udio"},
        {"amount": 1, "account": "Office"},
        {"amount": 1, "key": DEMO_KEY},
    ],
)
async def test_arguments_that_are_wrong(
    exposed: MockConfigEntry, assist: Assist, arguments: dict[str, Any]
) -> None:
    """They are refused, as Home Assistant's own tools do it."""
    api = await assist()
    with pytest.raises(vol.Invalid):
        await result_of(api, CAN_AFFORD, **arguments)


async def test_what_nobody_can_answer(
    hass: HomeAssistant, exposed: MockConfigEntry, account: SimulatedAccount, assist: Assist
) -> None:
    """An amount that is none, and a balance that the service does not send, have a reason."""
    api = await assist()
    for amount in (0, -1, float("nan"), 2**60):
        data, is_error = await result_of(api, CAN_AFFORD, amount=amount)
        assert is_error
        assert "must be a number above 0" in data["error"]
    account.remove(USD)
    await poll(hass)
    data, is_error = await result_of(api, CAN_AFFORD, amount=1)
    assert is_error
    assert data == {"error": "The service does not report how much of Balance is left"}


async def test_failed_poll(
    hass: HomeAssistant,
    exposed: MockConfigEntry,
    simulator: Simulator,
    assist: Assist,
    ask: Ask,
    expected_logs: list[str],
) -> None:
    """Old numbers are not told as current: the answer is the reason that the actions give."""
    simulator.fail(Fault.SERVER_ERROR)
    expected_logs.append("Error fetching Studio data")
    await poll(hass)
    api = await assist()
    for tool, arguments in ((GET_ACCOUNT, {}), (CAN_AFFORD, {"amount": 1})):
        data, is_error = await result_of(api, tool, **arguments)
        assert is_error
        with pytest.raises(HomeAssistantError) as error:
            await call_action(hass, tool.removeprefix("goapi__"), **arguments)
        assert data == {"error": str(error.value)}
    assert data["error"].startswith("The service has an internal error")
    simulator.recover()
    await poll(hass)
    assert (await ask(GET_ACCOUNT))["account"] == "Studio"


async def test_account_that_is_unloaded(
    hass: HomeAssistant, exposed: MockConfigEntry, assist: Assist, ask: Ask
) -> None:
    """It has no tools, also in a conversation that has begun; they are back with the account."""
    api = await assist()
    await hass.config_entries.async_unload(exposed.entry_id)
    assert tools_of(await assist()) == {}
    data, is_error = await result_of(api, CAN_AFFORD, amount=1)
    assert (data, is_error) == ({"error": "The account is not available"}, True)
    await hass.config_entries.async_setup(exposed.entry_id)
    await hass.async_block_till_done()
    assert (await ask(CAN_AFFORD, amount=1))["affordable"] is True


@pytest.mark.parametrize(("title", "name"), [("Office", "Office"), ("Studio", "Studio_2")])
async def test_two_accounts(
    hass: HomeAssistant,
    exposed: MockConfigEntry,
    second: MockConfigEntry,
    assist: Assist,
    ask: Ask,
    title: str,
    name: str,
) -> None:
    """The account is asked for as soon as two are exposed, and each gives its own answer."""
    hass.config_entries.async_update_entry(second, title=title)
    await set_up_exposed(hass, second)
    for account, amount, affordable in (("Studio", 13, False), (name, 13, True)):
        answer = await ask(CAN_AFFORD, account=account, amount=amount)
        assert answer["affordable"] is affordable
    api = await assist()
    with pytest.raises(vol.Invalid):
        await result_of(api, GET_ACCOUNT)
    # Only one of them has this balance.
    arguments = {"amount": 1, "balance": "kling_turbo"}
    assert (await ask(CAN_AFFORD, account=name, **arguments))["remaining"] == 3
    data, is_error = await result_of(api, CAN_AFFORD, account="Studio", **arguments)
    assert is_error
    assert "has no such balance" in data["error"]

    expose(hass, exposed, USD, is_exposed=False)
    assert (await ask(GET_ACCOUNT))["balances"][0]["remaining"] == 20


async def test_a_name_stays_that_of_its_account(
    hass: HomeAssistant, exposed: MockConfigEntry, second: MockConfigEntry, assist: Assist
) -> None:
    """In a conversation that has begun, no other account answers to it."""
    hass.config_entries.async_update_entry(second, title="Studio")
    await set_up_exposed(hass, second)
    api = await assist()
    expose(hass, exposed, USD, is_exposed=False)
    data, is_error = await result_of(api, GET_ACCOUNT, account="Studio")
    assert (data, is_error) == ({"error": "The account is not available"}, True)
    data, is_error = await result_of(api, CAN_AFFORD, account="Studio_2", amount=1)
    assert data["remaining"] == 20


async def test_account_without_a_balance(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, assist: Assist
) -> None:
    """Where there is no balance, there is nothing to expose."""
    account.data = {"id": 1, "plan": "hobbyist"}
    await set_up()
    assert tools_of(await assist()) == {}


async def test_secrets_and_people_are_in_no_answer(
    hass: HomeAssistant,
    second: MockConfigEntry,
    simulator: Simulator,
    assist: Assist,
    ask: Ask,
) -> None:
    """Keys, ids, names and addresses appear in no answer and no description of a tool."""
    account = simulator.accounts[OTHER_KEY]
    account.data |= {"name": "Ann Example", "email": "ann@example.com", "api_key": OTHER_KEY}
    account.data |= {"plan": f"plan of {OTHER_KEY}"}
    account.data["wallet"] |= {"id": 77002, "account_id": 77003, f"{OTHER_KEY}_remain": 5}
    await set_up_exposed(hass, second)
    tools = tools_of(await assist()).values()
    told: list[object] = [await ask(GET_ACCOUNT), await ask(CAN_AFFORD, amount=1)]
    told += [f"{tool!r} {tool.description} {tool.parameters!r}" for tool in tools]
    text = str(told).lower()
    for secret in (OTHER_KEY, OTHER_ID, "77002", "77003", second.entry_id, "example"):
        assert secret.lower() not in text


def test_documentation_lists_each_tool() -> None:
    """The page says of each what it tells."""
    text = (Path(__file__).parent.parent / "docs" / "assistants.md").read_text()
    for name in (GET_ACCOUNT, CAN_AFFORD, GET_USAGE):
        assert f"| `{name}` |" in text


async def test_releases_without_the_interface_have_no_tools(
    hass: HomeAssistant,
    set_up: SetUp,
    get_api: Assist,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is imported or logged, in the oldest Home Assistant and up to 2026.9."""
    module = "custom_components.goapi.llm"
    monkeypatch.delattr(llm, "ToolResult", raising=False)
    monkeypatch.delitem(sys.modules, module, raising=False)
    entry = await set_up()
    expose(hass, entry, USD, is_exposed=True)
    names = [tool.name for tool in (await get_api()).tools]
    assert names
    assert not [name for name in names if name.startswith(DOMAIN)]
    assert module not in sys.modules


class TestUsage:
    """What models used, which is read only if the user wants that."""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        """Return options with usage by model."""
        return {CONF_RUNNING_TASKS: False, CONF_USAGE: True}

    @pytest.fixture
    def account(self, freezer: FrozenDateTimeFactory) -> SimulatedAccount:
        """Return an account that has run tasks for a month."""
        freezer.move_to(NOW)
        account = SimulatedAccount.demo(NOW)
        account.finish_task(account.start_task("flux", 0.5))
        return account

    async def test_usage_is_that_of_the_action(
        self, hass: HomeAssistant, exposed: MockConfigEntry, assist: Assist, ask: Ask
    ) -> None:
        """Each period begins and ends at local midnight, or lasts until now."""
        for _ in range(5):
            await poll(hass)
        assert tools_of(await assist()).keys() == {GET_ACCOUNT, CAN_AFFORD, GET_USAGE}
        midnight = dt_util.start_of_local_day()
        tasks = {}
        for period, start, end in (
            ("today", midnight, None),
            ("yesterday", midnight - timedelta(days=1), midnight),
            ("last_7_days", midnight - timedelta(days=6), None),
            ("last_30_days", midnight - timedelta(days=29), None),
        ):
            answer = await ask(GET_USAGE, period=period)
            times = {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})
            expected = await call_action(hass, "get_usage", **times)
            for row in expected["rows"]:
                if row["share"] is None:
                    del row["share"]
            assert answer == expected
            assert answer["complete"] is True
            tasks[period] = sum(row["tasks"] for row in answer["rows"])
        assert 0 < tasks["today"] + tasks["yesterday"] < tasks["last_7_days"]
        assert tasks["last_7_days"] < tasks["last_30_days"]
        flux = {row["name"] for row in (await ask(GET_USAGE, period="today"))["rows"]}
        assert "flux" in flux

    async def test_usage_by_type_of_task(self, exposed: MockConfigEntry, ask: Ask) -> None:
        """The rows are about types of tasks instead."""
        rows = (await ask(GET_USAGE, period="today", group_by="task_type"))["rows"]
        assert "generate" in {row["name"] for row in rows}

    async def test_keys_are_no_group(self, exposed: MockConfigEntry, assist: Assist) -> None:
        """The numbers of API keys are for the action alone."""
        api = await assist()
        with pytest.raises(vol.Invalid):
            await result_of(api, GET_USAGE, period="today", group_by="api_key")

    async def test_history_that_is_not_known(
        self, set_up: SetUp, simulator: Simulator, hass: HomeAssistant, assist: Assist
    ) -> None:
        """Nobody knows what was used where the service has no history."""
        simulator.respond(404, b"{}", path=HISTORIES)
        entry = await set_up()
        expose(hass, entry, USD, is_exposed=True)
        data, is_error = await result_of(await assist(), GET_USAGE, period="today")
        assert is_error
        assert "has not been read yet" in data["error"]

    async def test_only_accounts_with_usage_can_be_asked(
        self,
        hass: HomeAssistant,
        exposed: MockConfigEntry,
        second: MockConfigEntry,
        assist: Assist,
        ask: Ask,
    ) -> None:
        """With one of two accounts it need not be named."""
        hass.config_entries.async_update_entry(second, options={CONF_RUNNING_TASKS: False})
        await set_up_exposed(hass, second)
        assert (await ask(GET_USAGE, period="today"))["rows"]
        api = await assist()
        with pytest.raises(vol.Invalid):
            await result_of(api, GET_USAGE, period="today", account="Office")
