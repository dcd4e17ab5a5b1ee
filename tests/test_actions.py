"""Test the actions: what they return, to whom, and how they say why they cannot."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import orjson
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_mock_service,
)
import voluptuous as vol
import yaml

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler
from homeassistant.const import CONF_API_KEY
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import llm
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from custom_components.goapi.actions import ACTIONS
from custom_components.goapi.api import client
from custom_components.goapi.api.values import MAX_NUMBER
from custom_components.goapi.const import DOMAIN

from .common import credit_pack, entity_id, poll, state_of, wait_and_poll
from .conftest import SetUp
from .faults import ERRORS, SLOW
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

README = (Path(__file__).parent.parent / "README.md").read_text()
OTHER_KEY = "other-0123456789abcdef"
OTHER_ID = "77001"
POLL = timedelta(minutes=5, seconds=1)
AFFORD = {"amount": 1}
FAILED = "Error fetching Studio data"

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
def other(simulator: Simulator) -> MockConfigEntry:
    """Return an entry of another account, not added yet."""
    account = SimulatedAccount.documented()
    account.data |= {"id": int(OTHER_ID), "equivalent_in_usd": 20}
    simulator.accounts[OTHER_KEY] = account
    return MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        unique_id=OTHER_ID,
        data={CONF_API_KEY: OTHER_KEY, "service": "other", "url": simulator.url},
    )


async def set_up_other(hass: HomeAssistant, other: MockConfigEntry) -> None:
    """Set the other account up."""
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()


def key_of(error: HomeAssistantError) -> str | None:
    """Return which text an error has, of ours; it says nothing secret and everything it needs."""
    assert error.__cause__ is None
    assert error.__context__ is None
    for secret in (DEMO_KEY, OTHER_KEY):
        assert secret not in f"{error!s} {error!r} {vars(error)}"
    assert "{" not in str(error)
    assert str(error) != error.translation_key
    assert error.translation_domain == DOMAIN
    return error.translation_key


async def test_account_in_numbers(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    call: Call,
    freezer: FrozenDateTimeFactory,
) -> None:
    """All numbers of the account are there, in their units; what is not known is None."""
    now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    freezer.move_to(now)
    ends_at = now + timedelta(days=30)
    account.set("equivalent_in_usd", 5.5)
    account.set("wallet.luma_frozen", 20)
    account.set("max_concurrent_task_count", 8.0)
    account.set("wallet.auto_recharge_target_credit", None)
    account.set(
        "credit_pack_info.credit_packs",
        [
            credit_pack(1, ends_at),
            credit_pack(2, ends_at, active=False),
            credit_pack(3, now - timedelta(days=1)),
            credit_pack(4, ends_at, used=10000),
        ],
    )
    entry = await set_up()
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": entity_id(hass, entry, "monthly_budget"), "value": 2},
        blocking=True,
    )
    account.set("equivalent_in_usd", 5.2)
    account.spend(4, "luma")
    await wait_and_poll(hass, freezer, POLL)

    numbers = await call("get_account")
    balances = numbers.pop("balances")
    fields = numbers.pop("fields")
    # A whole number has no decimals, also where it is spoken.
    assert str(fields["max_concurrent_task_count"]) == "8"
    assert numbers == {
        "account": "Studio",
        "status": "unverified",
        "plan": "hobbyist",
        "enabled": True,
        "verified": False,
        "primary_balance": "equivalent_in_usd",
        "credit_packs": [{"ends_at": "2026-12-10T12:00:00+00:00", "left": 1600, "capacity": 10000}],
        "budget": {"monthly": 2, "used_percent": 15, "projected_month_end": None},
    }
    quotas = ("credit", "point", "mj", "sd", "gpts", "suno", "luma", "llm")
    assert balances.keys() == {
        "equivalent_in_usd",
        "available_credits",
        *(f"{quota}_remain" for quota in quotas),
    }
    assert balances["equivalent_in_usd"] == {
        "name": "Balance",
        "remaining": 5.2,
        "used": None,
        "frozen": None,
        "unit": "USD",
        "low": False,
        "threshold": 5,
        "spent_today": 0.3,
        "spent_this_week": 0.3,
        "spent_this_month": 0.3,
        "burn_rate_per_day": None,
        "runs_out": None,
    }
    parts = ("remaining", "used", "frozen", "unit", "low", "spent_today")
    assert {key: [balance[part] for part in parts] for key, balance in balances.items()} == {
        "equivalent_in_usd": [5.2, None, None, "USD", False, 0.3],
        "available_credits": [123, 5678, 0, "credits", False, 0],
        "credit_remain": [74, 0, 0, "credits", False, 0],
        "point_remain": [600, 243, 0, "points", False, 0],
        "mj_remain": [11, 111, 0, "units", False, 0],
        "sd_remain": [0, 0, 0, "units", True, 0],
        "gpts_remain": [0, 0, 0, "units", True, 0],
        "suno_remain": [0, 0, 0, "units", True, 0],
        "luma_remain": [146, 4, 20, "units", False, 4],
        "llm_remain": [0, 0, None, "units", True, 0],
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
        "auto_recharge_target_credit": None,
        "total_credits": 1234,
        "expired_credits": 0,
        "inactive_credits": 0,
        "credit_packs": 5,
    }


async def test_forecast_is_part_of_it(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    call: Call,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The burn rate and the end of a balance are the ones that its sensors show."""
    freezer.move_to(datetime(2026, 11, 10, tzinfo=UTC))
    account.set("equivalent_in_usd", 100)
    entry = await set_up()
    for hour in range(1, 26):
        account.set("equivalent_in_usd", 100 - hour)
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    numbers = await call("get_account")
    balance = numbers["balances"][numbers["primary_balance"]]
    shown = {
        key: state_of(hass, entry, f"equivalent_in_usd_{key}").state
        for key in ("burn_rate", "runs_out")
    }
    assert balance["burn_rate_per_day"] == float(shown["burn_rate"])
    assert balance["runs_out"] == shown["runs_out"]
    assert numbers["budget"] == {
        "monthly": None,
        "used_percent": None,
        "projected_month_end": float(state_of(hass, entry, "projected_month_end").state),
    }


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
        "primary_balance": None,
        "balances": {},
        "credit_packs": [],
        "budget": {"monthly": None, "used_percent": None, "projected_month_end": None},
        "fields": {},
    }
    with pytest.raises(ServiceValidationError, match="Name a balance that Studio has: -") as error:
        await call("can_afford", amount=1)
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


async def test_refresh_fetches_now(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    call: Call,
) -> None:
    """The numbers of the service are fetched, returned and shown, without waiting for a poll."""
    entry = await set_up()
    account.set("wallet.point_remain", 599)
    assert (await call("get_account"))["balances"]["point_remain"]["remaining"] == 600
    assert len(simulator.requests) == 1
    numbers = await call("refresh")
    assert len(simulator.requests) == 2
    assert numbers["balances"]["point_remain"]["remaining"] == 599
    assert numbers == await call("get_account")
    await hass.async_block_till_done()
    assert state_of(hass, entry, "point_remain").state == "599"


async def test_refresh_needs_no_response(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """Whoever wants nothing but fresh entities need not take the numbers."""
    entry = await set_up()
    account.set("wallet.point_remain", 599)
    assert await hass.services.async_call(DOMAIN, "refresh", blocking=True) is None
    await hass.async_block_till_done()
    assert state_of(hass, entry, "point_remain").state == "599"


async def test_parallel_refreshes(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    call: Call,
) -> None:
    """Each of several callers gets fresh numbers, and polling goes on as it was."""
    await set_up()
    account.set("wallet.point_remain", 599)
    answers = await asyncio.gather(*(call("refresh") for _ in range(8)))
    assert [each["balances"]["point_remain"]["remaining"] for each in answers] == [599] * 8
    simulator.requests.clear()
    await poll(hass)
    assert len(simulator.requests) == 1


FAULTS = [
    *(pytest.param(fault, error.code, id=fault) for fault, error in ERRORS.items()),
    pytest.param(Fault.OTHER_ACCOUNT, "wrong_account", id=Fault.OTHER_ACCOUNT),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS)
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
    if fault in SLOW:
        monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.3)
    simulator.fail(fault)
    expected_logs.append(r"while fetching Studio data|Error fetching Studio data")
    for action, data in [("refresh", {}), ("get_account", {}), ("can_afford", AFFORD)]:
        with pytest.raises(HomeAssistantError) as error:
            await call(action, **data)
        assert key_of(error.value) == code
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "refresh", blocking=True)
    flows = hass.config_entries.flow.async_progress()
    assert len(flows) == (code == "invalid_auth")
    simulator.recover()
    assert (await call("refresh"))["account"] == "Studio"
    assert (await call("can_afford", **AFFORD))["affordable"] is True


async def test_wrong_key_starts_one_reauthentication(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    call: Call,
    expected_logs: list[str],
) -> None:
    """A refused key asks the user for another one, once, however many ask for numbers."""
    await set_up()
    simulator.fail(Fault.ECHO_KEY_401)
    expected_logs.append("Authentication failed while fetching Studio data")
    errors = await asyncio.gather(*(call("refresh") for _ in range(3)), return_exceptions=True)
    for error in errors:
        assert isinstance(error, HomeAssistantError)
        assert key_of(error) == "invalid_auth"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


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


@pytest.mark.parametrize("reload", [True, False], ids=["reload", "removal"])
async def test_refresh_that_outlives_its_account(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    reload: bool,
) -> None:
    """Numbers from before a reload are not passed off as new, nor those of a removed account."""
    entry = await set_up()
    monkeypatch.setattr(client, "AUTHENTICATION_RETRY_SECONDS", 0.2)
    simulator.fail(Fault.UNAUTHORIZED)
    late = asyncio.ensure_future(call("refresh"))
    await asyncio.sleep(0.1)
    if reload:
        simulator.recover()
        account.set("wallet.point_remain", 599)
        simulator.accounts[OTHER_KEY] = simulator.accounts.pop(DEMO_KEY)
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_API_KEY: OTHER_KEY})
        await hass.config_entries.async_reload(entry.entry_id)
        assert (await late)["balances"]["point_remain"]["remaining"] == 599
    else:
        await hass.config_entries.async_remove(entry.entry_id)
        with pytest.raises(ServiceValidationError) as error:
            await late
        assert key_of(error.value) == "no_account"
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("name", "balance", "unit"),
    [
        (None, "equivalent_in_usd", "USD"),
        ("usd", "equivalent_in_usd", "USD"),
        (" USD ", "equivalent_in_usd", "USD"),
        ("equivalent_in_usd", "equivalent_in_usd", "USD"),
        ("available_credits", "available_credits", "credits"),
        ("credit", "credit_remain", "credits"),
        ("credit_remain", "credit_remain", "credits"),
        ("point", "point_remain", "points"),
        ("mj", "mj_remain", "units"),
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
    """A balance goes by the API's name and for short; without a name it is the primary one."""
    account.set("equivalent_in_usd", 5)
    account.add_quota("kling_turbo", 3)
    # Neither takes the name of what it is not.
    account.add_quota("usd", 1)
    account.add_quota("available_credits", 1)
    await set_up()
    response = await call("can_afford", **AFFORD, **({} if name is None else {"balance": name}))
    assert (response["balance"], response["unit"]) == (balance, unit)


@pytest.mark.parametrize(
    ("remaining", "amount", "affordable", "after"),
    [
        (0.3, 0.1, True, 0.2),
        (0.3, "0.1", True, 0.2),
        (0.3, 0.3, True, 0),
        (0.3, 0.30000000000000004, False, -4e-17),
        (0, 0.01, False, -0.01),
        (-2, 3, False, -5),
        (5, 2, True, 3),
        (12.84, 12.8399999, True, 1e-7),
        (MAX_NUMBER, 0.5, True, 9007199254740991.5),
        (1, MAX_NUMBER, False, 1 - MAX_NUMBER),
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
    account.data["equivalent_in_usd"] = remaining
    await set_up()
    assert await call("can_afford", amount=amount) == {
        "affordable": affordable,
        "remaining_after": after,
        "balance": "equivalent_in_usd",
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
    "object": {"a": 1},
    "nan": float("nan"),
    "infinity": float("inf"),
    "nan as text": "nan",
    "signalling nan as text": "sNaN",
    "infinity as text": "-inf",
    "above all numbers": 2**53 + 1,
    "far above": 1e300,
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


@pytest.mark.parametrize("name", ["", "midjourney", "usd", "mj_used", DEMO_KEY])
async def test_balance_that_the_account_lacks(set_up: SetUp, call: Call, name: str) -> None:
    """What is no balance of the account is refused, with a list of those that are."""
    await set_up()
    with pytest.raises(ServiceValidationError) as error:
        await call("can_afford", **AFFORD, balance=name)
    assert key_of(error.value) == "invalid_balance"
    assert str(error.value) == (
        "Name a balance that Studio has: credit, point, mj, sd, gpts, suno, luma, llm,"
        " available_credits"
    )


async def test_quota_named_like_the_currency(
    set_up: SetUp, account: SimulatedAccount, call: Call
) -> None:
    """`usd` is the balance in US dollars, and a quota of that name goes by its whole key."""
    account.set("equivalent_in_usd", 5)
    account.set("wallet.usd_remain", 7)
    await set_up()
    found = [
        (await call("can_afford", **AFFORD, balance=name))["balance"]
        for name in ("usd", "usd_remain")
    ]
    assert found == ["equivalent_in_usd", "usd_remain"]
    with pytest.raises(ServiceValidationError, match=r" usd, .*, usd_remain"):
        await call("can_afford", **AFFORD, balance="euro")


async def test_balance_that_is_unknown(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, call: Call
) -> None:
    """A balance that the service does not state now cannot be judged, after a restart neither."""
    account.set("equivalent_in_usd", 5)
    entry = await set_up()
    for path in ("equivalent_in_usd", "credit_pack_info", "wallet"):
        account.remove(path)
    await poll(hass)
    for _ in range(2):
        with pytest.raises(HomeAssistantError, match="how much is left of Balance") as error:
            await call("can_afford", **AFFORD)
        assert not isinstance(error.value, ServiceValidationError)
        assert key_of(error.value) == "balance_unknown"
        numbers = await call("get_account")
        balance = numbers["balances"][numbers["primary_balance"]]
        assert [balance[part] for part in ("remaining", "low", "unit")] == [None, None, "USD"]
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()


@pytest.mark.parametrize(
    "data",
    [{}, {"amount": 1, "balance": 5}, {"amount": 1, "config_entry_id": 5}, {"amount": 1, "x": 1}],
)
async def test_fields_that_are_wrong(set_up: SetUp, call: Call, data: dict[str, Any]) -> None:
    """Missing, unknown and mistyped fields are refused."""
    await set_up()
    with pytest.raises(vol.Invalid):
        await call("can_afford", **data)


@pytest.mark.parametrize("action", ACTIONS)
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
    name = "balance" if action == "can_afford" else "primary_balance"
    assert (chosen[name], another[name]) == ("available_credits", "equivalent_in_usd")
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
    for entry_id, key in [
        ("nonsense", "not_found"),
        (foreign.entry_id, "wrong_domain"),
        (entry.entry_id, "not_loaded"),
        (None, "not_loaded"),
    ]:
        chosen = {} if entry_id is None else {"config_entry_id": entry_id}
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


async def test_account_by_its_entity(
    hass: HomeAssistant, set_up: SetUp, other: MockConfigEntry
) -> None:
    """A script finds the account by one of its entities."""
    await set_up()
    await set_up_other(hass, other)
    script = {
        "sequence": [
            {
                "action": "goapi.get_account",
                "data": {
                    "config_entry_id": "{{ config_entry_id('sensor.studio_account_status') }}"
                },
                "response_variable": "account",
            },
            {"stop": "", "response_variable": "account"},
        ]
    }
    assert await async_setup_component(hass, "script", {"script": {"which": script}})
    response: Any = await run(hass, "which")
    assert response["account"] == "Studio"


async def run(hass: HomeAssistant, script: str) -> Any:
    """Run a script as a voice assistant's tool does, and return its response."""
    return await hass.services.async_call(
        "script", script, {}, context=Context(), blocking=True, return_response=True
    )


def examples(marker: str) -> list[Any]:
    """Return the examples of the README that a marker stands above."""
    blocks = re.findall(rf"<!-- {marker} -->\n```yaml\n(.*?)```", README, re.DOTALL)
    return [yaml.safe_load(block) for block in blocks]


async def set_up_examples(hass: HomeAssistant) -> None:
    """Set up the scripts of the README."""
    scripts = {name: script for each in examples("tested script") for name, script in each.items()}
    assert scripts.keys() == {"render_trailer", "goapi_balance"}
    assert await async_setup_component(hass, "script", {"script": scripts})


async def test_example_of_a_job(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    expected_logs: list[str],
) -> None:
    """The job of the README runs if there is money for it now, and neither else nor in doubt."""
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
    expected_logs.extend((FAILED, "Error executing script"))
    with pytest.raises(HomeAssistantError, match="has a fault of its own"):
        await run(hass, "render_trailer")
    assert (len(jobs), len(notifications)) == (1, 1)


async def test_example_of_an_assistant(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The script of the README tells what is left and how long it lasts, as far as it is known."""
    freezer.move_to(datetime(2026, 11, 10, tzinfo=UTC))
    account.set("equivalent_in_usd", 100)
    await set_up()
    await set_up_examples(hass)
    assert await run(hass, "goapi_balance") == {
        "text": "100 USD are left. How long they last cannot be told."
    }
    for hour in range(1, 26):
        account.set("equivalent_in_usd", 100 - hour)
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    assert await run(hass, "goapi_balance") == {"text": "75 USD are left. They last about 3 days."}
    account.set("equivalent_in_usd", None)
    await wait_and_poll(hass, freezer, POLL)
    assert await run(hass, "goapi_balance") == {"text": "Nobody knows what is left right now."}


async def test_example_as_a_tool(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """A language model finds the script of the README once it is exposed, and gets its answer."""
    account.set("equivalent_in_usd", 7.5)
    await set_up()
    for component in ("homeassistant", "conversation", "intent"):
        assert await async_setup_component(hass, component, {})
    await set_up_examples(hass)
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
    assert "how much is left of the GoAPI account" in (tool.description or "")
    result = await api.async_call_tool(llm.ToolInput(tool_name=tool.name, tool_args={}))
    assert "7.5 USD are left." in str(result)


async def test_example_of_a_sentence(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The automation of the README answers a sentence."""
    account.set("equivalent_in_usd", 7.5)
    await set_up()
    await set_up_examples(hass)
    (automations,) = examples("tested sentence")
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    assert await async_setup_component(hass, "automation", {"automation": automations})
    result = await conversation.async_converse(
        hass, "How much is left at GoAPI?", None, Context(), language="en"
    )
    assert result.response.speech["plain"]["speech"].startswith("7.5 USD are left.")
