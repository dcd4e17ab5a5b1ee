"""Test the actions: what they return, to whom, and how they say why they cannot."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from custom_components.goapi.api import client
from custom_components.goapi.const import DOMAIN
from custom_components.goapi.services import ACTIONS

from .common import credit_pack, poll, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

OTHER_KEY = "other-0123456789abcdef"
OTHER_ID = "77001"
USD = "equivalent_in_usd"
AFFORD = {"amount": 1}

type Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def call(hass: HomeAssistant) -> Call:
    """Return a function that calls an action as a script with a response variable does."""

    async def call_action(action: str, **data: Any) -> Any:
        """Return the response, which JSON can hold."""
        response = await hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        assert orjson.loads(orjson.dumps(response)) == response
        return response

    return call_action


@pytest.fixture
def other(simulator: Simulator, options: dict[str, Any]) -> MockConfigEntry:
    """Return an entry of another account, not added yet."""
    account = SimulatedAccount.documented()
    account.data |= {"id": int(OTHER_ID), USD: 20}
    simulator.accounts[OTHER_KEY] = account
    return MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        unique_id=OTHER_ID,
        data={CONF_API_KEY: OTHER_KEY, "service": "other", "url": simulator.url},
        options=options,
    )


async def set_up_other(hass: HomeAssistant, other: MockConfigEntry) -> None:
    """Set the other account up."""
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()


def key_of(error: HomeAssistantError) -> str | None:
    """Return which text of ours an error has; it is complete and contains nothing secret."""
    assert error.__cause__ is None
    assert error.__context__ is None
    for secret in (DEMO_KEY, OTHER_KEY):
        assert secret not in f"{error!s} {error!r} {vars(error)}"
    assert "{" not in str(error)
    assert error.translation_domain == DOMAIN
    return error.translation_key


async def test_account_in_numbers(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    call: Call,
    freezer: FrozenDateTimeFactory,
) -> None:
    """All numbers of the account are there; what is not known is None, and never zero."""
    now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    freezer.move_to(now)
    ends_at = now + timedelta(days=30)
    account.set(USD, 5.5)
    account.set("wallet.luma_frozen", 20)
    account.set("wallet.sd_used", None)
    account.set("wallet.auto_recharge_target_credit", None)
    account.set(
        "credit_pack_info.credit_packs",
        [credit_pack(1, ends_at), credit_pack(2, ends_at, active=False)],
    )
    entry = await set_up()
    await set_number(hass, entry, f"{USD}_monthly_budget", 2)
    account.set(USD, 5.2)
    account.spend(4, "luma")
    await wait_and_poll(hass, freezer)

    numbers = await call("get_account")
    balances = numbers.pop("balances")
    fields = numbers.pop("fields")
    assert numbers == {
        "account": "Studio",
        "status": "unverified",
        "plan": "hobbyist",
        "enabled": True,
        "verified": False,
        "main_balance": USD,
        "credit_packs": [{"ends_at": "2026-12-10T12:00:00+00:00", "left": 1600, "capacity": 10000}],
    }
    assert balances[USD] == {
        "name": "Balance",
        "unit": "USD",
        "remaining": 5.2,
        "low": False,
        "threshold": 5,
        "spent_today": 0.3,
        "spent_this_week": 0.3,
        "spent_this_month": 0.3,
        "burn_rate_per_day": None,
        "runs_out": None,
        "monthly_budget": 2,
        "budget_used_percent": 15,
        "daily_limit": None,
        "projected_spend": None,
    }
    quotas = ("credit", "point", "mj", "sd", "gpts", "suno", "luma", "llm")
    assert balances.keys() == {
        USD,
        "available_credits",
        *(f"{quota}_remain" for quota in quotas),
    }
    parts = ("remaining", "used", "frozen", "unit", "low", "spent_today", "monthly_budget")
    shown = {
        key: [balances[key][part] for part in parts]
        for key in ("available_credits", "point_remain", "luma_remain", "sd_remain")
    }
    assert shown == {
        "available_credits": [123, 5678, 0, "credits", False, 0, None],
        "point_remain": [600, 243, 0, "points", False, 0, None],
        "luma_remain": [146, 4, 20, "units", False, 4, None],
        "sd_remain": [0, None, 0, "units", True, 0, None],
    }
    assert fields == {
        "private_pool_size": 1,
        "private_chat_gpt_pool_size": 0,
        "private_suno_pool_size": 0,
        "private_luma_pool_size": 0,
        "private_kling_pool_size": 0,
        "max_concurrent_task_count": 8,
        "max_suno_concurrency": 0,
        "max_luma_concurrency": 0,
        "max_kling_concurrency": 0,
        "max_flux_concurrency": 0,
        "auto_recharge_threshold_credit": 0,
        "credit_packs": 5,
    }


async def test_forecast_is_that_of_the_sensors(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    call: Call,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The burn rate, the date and the projection are the ones that the sensors show."""
    freezer.move_to(datetime(2026, 11, 10, tzinfo=UTC))
    account.set(USD, 100)
    entry = await set_up()
    for hour in range(1, 26):
        account.set(USD, 100 - hour)
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    balance = (await call("get_account"))["balances"][USD]
    for name, key in {
        "burn_rate_per_day": "burn_rate",
        "runs_out": "runs_out",
        "projected_spend": "projected_spend",
    }.items():
        assert str(balance[name]) == state_of(hass, entry, f"{USD}_{key}").state


async def test_nothing_is_known_of_an_empty_account(
    set_up: SetUp, account: SimulatedAccount, call: Call
) -> None:
    """An account of which the service says next to nothing has None where others have numbers."""
    account.data = {"id": 1, "plan": 5, "is_enable": "yes"}
    await set_up()
    assert await call("get_account") == {
        "account": "Studio",
        "status": None,
        "plan": None,
        "enabled": None,
        "verified": None,
        "main_balance": None,
        "balances": {},
        "credit_packs": [],
        "fields": {},
    }
    with pytest.raises(ServiceValidationError, match="Choose one of: -") as error:
        await call("can_afford", **AFFORD)
    assert key_of(error.value) == "invalid_balance"


async def test_secrets_and_people_are_in_no_answer(
    hass: HomeAssistant, other: MockConfigEntry, simulator: Simulator, call: Call
) -> None:
    """Keys, ids, names and addresses do not appear, wherever the service puts them."""
    account = simulator.accounts[OTHER_KEY]
    private = {"name": "Ann Example", "notification_hook_url": "https://example.com/hook"}
    account.data |= private | {"plan": f"plan of {OTHER_KEY}", "api_key": OTHER_KEY}
    account.data |= {"email": "ann@example.com", OTHER_KEY: OTHER_KEY}
    account.data["wallet"] |= {"id": 77002, "account_id": 77003, f"{OTHER_KEY}_remain": 5}
    await set_up_other(hass, other)
    for action in ("get_account", "refresh"):
        text = json.dumps(await call(action)).lower()
        for secret in (OTHER_KEY, OTHER_ID, "77002", "77003", other.entry_id, "example"):
            assert secret.lower() not in text


async def test_refresh_polls_now(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    call: Call,
) -> None:
    """The numbers are fetched, shown, and returned to each who wants them; polling goes on."""
    entry = await set_up()
    account.set("wallet.point_remain", 599)
    assert (await call("get_account"))["balances"]["point_remain"]["remaining"] == 600
    assert len(simulator.requests) == 1
    assert await hass.services.async_call(DOMAIN, "refresh", blocking=True) is None
    assert len(simulator.requests) == 2
    await hass.async_block_till_done()
    assert state_of(hass, entry, "point_remain").state == "599"

    account.set("wallet.point_remain", 598)
    answers = await asyncio.gather(*(call("refresh") for _ in range(8)))
    assert [each["balances"]["point_remain"]["remaining"] for each in answers] == [598] * 8
    assert await call("get_account") == answers[0]
    simulator.requests.clear()
    await poll(hass)
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNAUTHORIZED, "invalid_auth"),
        (Fault.QUOTA_402, "quota_exceeded"),
        (Fault.RATE_LIMITED, "rate_limited"),
        (Fault.SERVER_ERROR, "server_error"),
        (Fault.SLOW_HEADERS, "timeout_connect"),
        (Fault.RESET, "cannot_connect"),
        (Fault.REDIRECT, "redirected"),
        (Fault.CDN_FORBIDDEN, "request_rejected"),
        (Fault.HTML_200, "invalid_response"),
        (Fault.OTHER_ACCOUNT, "wrong_account"),
    ],
)
async def test_failing_service(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
    fault: Fault,
    code: str,
) -> None:
    """Every failure is raised with its reason, also later on, until the service answers again."""
    await set_up()
    if fault is Fault.SLOW_HEADERS:
        monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.3)
    simulator.fail(fault)
    expected_logs.append(r"while fetching Studio data|Error fetching Studio data")
    for action, data in [("refresh", {}), ("get_account", {}), ("can_afford", AFFORD)]:
        with pytest.raises(HomeAssistantError) as error:
            await call(action, **data)
        assert key_of(error.value) == code
    # A refused key asks the user for another one, once.
    flows = hass.config_entries.flow.async_progress()
    expected = [SOURCE_REAUTH] if code == "invalid_auth" else []
    assert [flow["context"]["source"] for flow in flows] == expected
    simulator.recover()
    assert (await call("refresh"))["account"] == "Studio"
    assert (await call("can_afford", **AFFORD))["affordable"] is True


async def test_unexpected_failure_says_nothing_of_itself(
    set_up: SetUp, call: Call, monkeypatch: pytest.MonkeyPatch, expected_logs: list[str]
) -> None:
    """An error that nobody expected is in the log; its own text is not shown."""
    await set_up()

    async def fail(_client: client.GoAPIClient) -> None:
        """Fail as nothing should."""
        raise RuntimeError("something private")

    monkeypatch.setattr(client.GoAPIClient, "get_account", fail)
    expected_logs.append("Unexpected error fetching Studio data")
    with pytest.raises(HomeAssistantError, match="the log says why") as error:
        await call("refresh")
    assert key_of(error.value) == "update_failed"


@pytest.mark.parametrize("what", ["reload", "unload", "removal"])
async def test_refresh_that_outlives_its_account(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """Numbers from before a reload are not returned as new, nor those of a gone account."""
    entry = await set_up()
    monkeypatch.setattr(client, "AUTHENTICATION_RETRY_SECONDS", 0.2)
    simulator.fail(Fault.UNAUTHORIZED)
    late = asyncio.ensure_future(call("refresh"))
    await asyncio.sleep(0.1)
    if what == "reload":
        simulator.recover()
        account.set("wallet.point_remain", 599)
        simulator.accounts[OTHER_KEY] = simulator.accounts.pop(DEMO_KEY)
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_API_KEY: OTHER_KEY})
        await hass.config_entries.async_reload(entry.entry_id)
        assert (await late)["balances"]["point_remain"]["remaining"] == 599
    else:
        if what == "unload":
            await hass.config_entries.async_unload(entry.entry_id)
        else:
            await hass.config_entries.async_remove(entry.entry_id)
        with pytest.raises(ServiceValidationError) as error:
            await late
        key = "service_config_entry_not_loaded" if what == "unload" else "no_account"
        assert error.value.translation_key == key
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize(
    ("name", "balance", "unit"),
    [
        (None, USD, "USD"),
        (" USD ", USD, "USD"),
        (USD, USD, "USD"),
        ("available_credits", "available_credits", "credits"),
        ("credit", "credit_remain", "credits"),
        ("point_remain", "point_remain", "points"),
        ("kling_turbo", "kling_turbo_remain", "units"),
    ],
)
async def test_balance_by_its_names(
    set_up: SetUp,
    account: SimulatedAccount,
    call: Call,
    name: str | None,
    balance: str,
    unit: str,
) -> None:
    """A balance goes by the API's name and for short; without a name it is the main one."""
    account.set(USD, 5)
    account.add_quota("kling_turbo", 3)
    await set_up()
    response = await call("can_afford", **AFFORD, **({} if name is None else {"balance": name}))
    assert (response["balance"], response["unit"]) == (balance, unit)


@pytest.mark.parametrize("name", ["", "midjourney", "mj_used", DEMO_KEY])
async def test_balance_that_the_account_lacks(
    set_up: SetUp, account: SimulatedAccount, call: Call, name: str
) -> None:
    """What is no balance of the account is refused, with a list of those that are."""
    account.set(USD, 5)
    await set_up()
    with pytest.raises(ServiceValidationError) as error:
        await call("can_afford", **AFFORD, balance=name)
    assert key_of(error.value) == "invalid_balance"
    message, _, names = str(error.value).partition("Choose one of: ")
    assert message == "Studio has no such balance. "
    quotas = {"credit", "point", "mj", "sd", "gpts", "suno", "luma", "llm"}
    assert set(names.rstrip(".").split(", ")) == {"usd", "available_credits", *quotas}


@pytest.mark.parametrize(
    ("remaining", "amount", "affordable", "after"),
    [
        (0.3, "0.1", True, 0.2),
        (0.3, 0.3, True, 0),
        (0.3, 0.30000000000000004, False, -4e-17),
        (0, 0.01, False, -0.01),
        (-2, 3, False, -5),
        (12.84, 12.8399999, True, 1e-7),
        (2**53, 0.5, True, 9007199254740991.5),
        (1, 2**53, False, 1 - 2**53),
        (1, 5e-324, True, 1),
    ],
)
async def test_what_can_be_afforded(
    set_up: SetUp,
    account: SimulatedAccount,
    call: Call,
    remaining: float,
    amount: float | str,
    affordable: bool,
    after: float,
) -> None:
    """It is worked out in decimals, so that ten cents from thirty leave twenty."""
    account.data[USD] = remaining
    await set_up()
    assert await call("can_afford", amount=amount) == {
        "affordable": affordable,
        "remaining_after": after,
        "balance": USD,
        "remaining": remaining,
        "unit": "USD",
    }


NO_AMOUNTS: dict[str, object] = {
    "zero": 0,
    "negative": -1,
    "flag": True,
    "none": None,
    "nothing": "",
    "word": "much",
    "list": [1],
    "nan": float("nan"),
    "signalling nan as text": "sNaN",
    "infinity": float("inf"),
    "above all numbers": 2**53 + 1,
    "unwritable": 10**5000,
    "unwritable as text": "1e999999999",
}


@pytest.mark.parametrize("amount", NO_AMOUNTS.values(), ids=NO_AMOUNTS)
async def test_amount_that_is_none(set_up: SetUp, call: Call, amount: object) -> None:
    """What is no number above 0, or beyond all numbers of the service, is refused."""
    await set_up()
    with pytest.raises(ServiceValidationError, match="number above 0 and at most 9") as error:
        await call("can_afford", amount=amount)
    assert key_of(error.value) == "invalid_amount"


async def test_balance_that_is_unknown(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, call: Call
) -> None:
    """Nobody knows what a balance covers that the service does not send now."""
    account.set(USD, 5)
    await set_up()
    account.remove(USD)
    await poll(hass)
    with pytest.raises(HomeAssistantError, match="how much of Balance is left") as error:
        await call("can_afford", **AFFORD)
    assert not isinstance(error.value, ServiceValidationError)
    assert key_of(error.value) == "balance_unknown"
    balance = (await call("get_account"))["balances"][USD]
    assert [balance[part] for part in ("remaining", "low", "unit")] == [None, None, "USD"]


@pytest.mark.parametrize(
    "data",
    [{}, {"amount": 1, "balance": 5}, {"amount": 1, "config_entry_id": 5}, {"amount": 1, "x": 1}],
)
async def test_fields_that_are_wrong(set_up: SetUp, call: Call, data: dict[str, Any]) -> None:
    """Missing, unknown and mistyped fields are refused."""
    await set_up()
    with pytest.raises(vol.Invalid):
        await call("can_afford", **data)


@pytest.mark.parametrize("action", ["can_afford", "get_account", "refresh"])
async def test_several_accounts(
    hass: HomeAssistant, set_up: SetUp, other: MockConfigEntry, call: Call, action: str
) -> None:
    """With several accounts one is chosen; with one that is enabled it need not be."""
    data = AFFORD if action == "can_afford" else {}
    entry = await set_up()
    await set_up_other(hass, other)
    with pytest.raises(ServiceValidationError, match="are set up: Studio, Office") as error:
        await call(action, **data)
    assert key_of(error.value) == "several_accounts"
    chosen = await call(action, **data, config_entry_id=entry.entry_id)
    another = await call(action, **data, config_entry_id=other.entry_id)
    name = "balance" if action == "can_afford" else "main_balance"
    assert (chosen[name], another[name]) == ("available_credits", USD)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert await call(action, **data) == another


@pytest.mark.parametrize("action", ACTIONS)
async def test_accounts_that_are_none(
    hass: HomeAssistant, set_up: SetUp, call: Call, action: str
) -> None:
    """The actions are there without an account too; they and Home Assistant say what is wrong."""
    data = AFFORD if action == "can_afford" else {}
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError, match="No GoAPI account") as error:
        await call(action, **data)
    assert key_of(error.value) == "no_account"
    entry = await set_up()
    foreign = MockConfigEntry(domain="sun", title="Sun")
    foreign.add_to_hass(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    for chosen, key in [
        ({"config_entry_id": "nonsense"}, "not_found"),
        ({"config_entry_id": foreign.entry_id}, "wrong_domain"),
        ({"config_entry_id": entry.entry_id}, "not_loaded"),
        ({}, "not_loaded"),
    ]:
        with pytest.raises(ServiceValidationError) as error:
            await call(action, **data, **chosen)
        assert error.value.translation_key == f"service_config_entry_{key}"


async def test_actions_describe_themselves(hass: HomeAssistant, set_up: SetUp) -> None:
    """The fields that the editor offers are the ones that the actions take."""
    await set_up()
    described = (await async_get_all_descriptions(hass))[DOMAIN]
    assert described.keys() == ACTIONS.keys()
    for name, action in ACTIONS.items():
        schema = hass.services.async_services_for_domain(DOMAIN)[name].schema
        assert isinstance(schema, vol.Schema)
        taken = {str(marker): isinstance(marker, vol.Required) for marker in schema.schema}
        offered = described[name]["fields"]
        assert {key: field.get("required", False) for key, field in offered.items()} == taken
        assert described[name]["response"] == {
            "optional": action.supports_response is SupportsResponse.OPTIONAL
        }
