"""Tests of the simulator through real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import gzip
from itertools import pairwise
import json
import math
from pathlib import Path
import signal
import sys
import time
from typing import Any
import zlib

import aiohttp
import pytest

from tests.simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator
from tests.simulator.account import DOCUMENTED_RESPONSE
from tests.simulator.clock import now, stamp
from tests.simulator.demo import DEMO_TIME, demo_data
from tests.simulator.drain import Drain
from tests.simulator.faults import HANDLERS

pytestmark = pytest.mark.usefixtures("socket_enabled")

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
async def _patient_loop() -> None:
    """Keep a debugging loop from logging that a busy machine is slow."""
    asyncio.get_running_loop().slow_callback_duration = 5


@pytest.fixture(name="simulator")
async def simulator_fixture() -> AsyncIterator[Simulator]:
    """Run a simulator with the demo account."""
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture(name="session")
async def session_fixture() -> AsyncIterator[aiohttp.ClientSession]:
    """Open a client that gives up soon."""
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


type Ask = Callable[..., Awaitable[tuple[int, bytes]]]


@pytest.fixture(name="ask")
def ask_fixture(simulator: Simulator, session: aiohttp.ClientSession) -> Ask:
    """Ask the service something with a key."""

    async def ask(path: str = "/account/info", key: str = DEMO_KEY) -> tuple[int, bytes]:
        async with session.get(
            simulator.url + path, headers={"x-api-key": key}, allow_redirects=False
        ) as response:
            return response.status, await response.read()

    return ask


@pytest.fixture(name="steer")
def steer_fixture(
    simulator: Simulator, session: aiohttp.ClientSession
) -> Callable[..., Awaitable[tuple[int, dict[str, Any]]]]:
    """Use a control endpoint."""

    async def steer(action: str, **body: Any) -> tuple[int, dict[str, Any]]:
        url = f"{simulator.url}/simulator/{action}"
        async with session.post(url, json=body) as response:
            return response.status, await response.json()

    return steer


async def test_the_account_is_answered_with_the_key_that_was_sent(
    simulator: Simulator, ask: Ask
) -> None:
    """The body is the live data and echoes the key."""
    simulator.accounts["second-key"] = simulator.account
    status, body = await ask(key="second-key")
    payload = json.loads(body)
    assert status == 200
    assert payload["code"] == 200
    assert payload["message"] == "success"
    assert payload["data"] == {**simulator.account.data, "api_key": "second-key"}
    assert payload["data"]["notification_hook_url"].startswith("https://hooks.example.com/")

    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == ("GET", "/account/info", "")
    assert request.headers["X-Api-Key"] == "second-key"


@pytest.mark.parametrize("key", ["", "wrong"])
async def test_an_unknown_key_is_refused(ask: Ask, key: str) -> None:
    """A wrong or empty key is a 401 with an envelope."""
    status, body = await ask(key=key)
    assert status == 401
    assert json.loads(body) == {"code": 401, "data": None, "message": "invalid api key"}


async def test_a_missing_key_is_refused(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    """No header at all is a 401."""
    async with session.get(f"{simulator.url}/account/info") as response:
        assert response.status == 401


async def test_what_does_not_exist_is_not_found(
    simulator: Simulator, session: aiohttp.ClientSession, ask: Ask
) -> None:
    """Other paths and methods are refused with an envelope."""
    status, body = await ask("/account")
    assert (status, json.loads(body)["code"]) == (404, 404)
    async with session.post(f"{simulator.url}/account/info") as response:
        assert response.status == 405


async def test_flat_answers_have_their_fields_beside_the_code(
    simulator: Simulator, ask: Ask
) -> None:
    """The fields move to the top level."""
    simulator.flat = True
    payload = json.loads((await ask())[1])
    assert "data" not in payload
    assert payload["code"] == 200
    assert payload["wallet"] == simulator.account.data["wallet"]
    assert (await ask(key="wrong"))[0] == 401


async def test_active_tasks_are_counted_by_group(simulator: Simulator, ask: Ask) -> None:
    """The documented account has none, the demo account a few."""
    payload = json.loads((await ask("/account/active_tasks"))[1])
    assert payload["data"]["kling"] == {"pending": 0, "processing": 2, "staged": 0}
    simulator.accounts["documented"] = SimulatedAccount.documented()
    payload = json.loads((await ask("/account/active_tasks", "documented"))[1])
    assert payload["data"] == {}


async def test_histories_come_in_pages(simulator: Simulator, ask: Ask) -> None:
    """Rows can be paged and filtered by model and time."""
    path = "/api/open/tasks/histories"
    rows = simulator.account.histories
    everything = json.loads((await ask(path))[1])["data"]
    assert everything == {"data": rows, "page": 1, "size": 100, "total": 12}

    second = json.loads((await ask(f"{path}?page=2&page_size=5"))[1])["data"]
    assert second == {"data": rows[5:10], "page": 2, "size": 5, "total": 12}

    kling = json.loads((await ask(f"{path}?model=kling"))[1])["data"]
    assert kling["total"] == len(kling["data"]) == 3

    newest = int(datetime.fromisoformat(rows[0]["created_at"]).timestamp())
    late = json.loads((await ask(f"{path}?start_time={newest}"))[1])["data"]
    early = json.loads((await ask(f"{path}?end_time={newest}"))[1])["data"]
    assert late["data"] == rows[:1]
    assert early["data"] == rows[1:]

    for query in ("page=0", "page_size=101", "page=x", "start_time="):
        status, body = await ask(f"{path}?{query}")
        assert (status, json.loads(body)["code"]) == (400, 400)


def test_the_documented_account_is_the_page_made_valid() -> None:
    """Nothing is added to the vendor's example."""
    payload = json.loads(DOCUMENTED_RESPONSE.read_bytes())
    data = SimulatedAccount.documented().data
    assert payload == {"code": 200, "data": data, "message": "success"}
    assert data["id"] == data["wallet"]["id"] == data["wallet"]["account_id"] == 1
    assert data["credit_pack_info"]["credit_packs"] == [{}]
    assert data["wallet"]["point_remain"] == 600
    assert "equivalent_in_usd" not in data


def test_the_demo_account_adds_up() -> None:
    """Packs, wallet and dollars of the demo account tell the same story."""
    data = SimulatedAccount.demo().data
    info = data["credit_pack_info"]
    packs = info["credit_packs"]
    active = [pack for pack in packs if pack["active"]]
    left = sum(pack["capacity"] - pack["used"] - pack["frozen"] for pack in active)
    assert info["credit_packs_count"] == len(packs)
    assert info["total_credits"] == sum(pack["capacity"] for pack in packs)
    assert info["used_credits"] == sum(pack["used"] for pack in packs)
    assert left == info["available_credits"] == data["wallet"]["credit_remain"]
    assert info["used_credits"] == data["wallet"]["credit_used"]
    assert info["frozen_credits"] == data["wallet"]["credit_frozen"]
    assert data["equivalent_in_usd"] == left / 1000
    assert SimulatedAccount.demo().data == data
    assert SimulatedAccount.demo(now()).data != data


def test_spending_freezing_releasing_and_topping_up_keep_the_books() -> None:
    """Wallet, dollars and packs move together and never below zero."""
    account = SimulatedAccount.demo()
    data, wallet, info = account.data, account.data["wallet"], account.data["credit_pack_info"]
    before = wallet["updated_at"]

    account.spend(2000)
    assert (wallet["credit_remain"], wallet["credit_used"]) == (10840, 23570)
    assert (info["available_credits"], info["used_credits"]) == (10840, 23570)
    assert [pack["used"] for pack in info["credit_packs"]] == [4650, 10000, 8920, 0]
    assert data["equivalent_in_usd"] == 10.84
    assert wallet["updated_at"] > before
    assert wallet["updated_at"].endswith("+08:00")

    account.freeze(840)
    assert (wallet["credit_remain"], wallet["credit_frozen"]) == (10000, 1080)
    assert (info["available_credits"], info["frozen_credits"]) == (10000, 1080)
    account.release(1080)
    assert (wallet["credit_remain"], wallet["credit_frozen"]) == (11080, 0)
    assert (info["available_credits"], info["frozen_credits"]) == (11080, 0)

    account.top_up(500)
    assert wallet["credit_remain"] == info["available_credits"] == 11580
    assert info["credit_packs_count"] == 5
    assert info["credit_packs"][-1] == {
        "id": 9531,
        "active": True,
        "capacity": 500,
        "frozen": 0,
        "used": 0,
        "effective_at": info["credit_packs"][-1]["effective_at"],
        "expired_at": info["credit_packs"][-1]["expired_at"],
        "description": "Top-up",
    }

    account.spend(10**9)
    assert (wallet["credit_remain"], wallet["credit_used"]) == (0, 35150)
    assert info["available_credits"] == data["equivalent_in_usd"] == 0
    account.spend(0.3, "llm")
    assert (wallet["llm_remain"], wallet["llm_used"]) == (18.1271, 31.8729)


def test_a_task_that_ends_uses_what_it_has_reserved() -> None:
    """What is left does not change by it, in the wallet and in the packs."""
    account = SimulatedAccount.demo()
    data, wallet, info = account.data, account.data["wallet"], account.data["credit_pack_info"]
    account.finish(40)
    assert (wallet["credit_remain"], wallet["credit_frozen"]) == (12840, 200)
    assert wallet["credit_used"] == info["used_credits"] == 21610
    assert (info["available_credits"], info["frozen_credits"]) == (12840, 200)
    assert (info["credit_packs"][2]["frozen"], info["credit_packs"][2]["used"]) == (200, 8560)
    assert data["equivalent_in_usd"] == 12.84
    account.finish(10**9)
    assert (wallet["credit_frozen"], wallet["credit_used"]) == (0, 21810)
    account.finish(60, "kling")
    assert [wallet[f"kling_{part}"] for part in ("remain", "frozen", "used")] == [3960, 0, 7040]
    account.add_quota("sora", 5, 0, 3)
    account.remove("wallet.sora_used")
    account.finish(2, "sora")
    assert [wallet[f"sora_{part}"] for part in ("remain", "frozen")] == [5, 1]
    account.set("credit_pack_info", None)
    account.add_quota("credit", 5, 0, 3)
    account.finish(3)
    assert wallet["credit_used"] == 3


def test_packs_begin_and_end_when_their_time_comes() -> None:
    """What is not used by then is lost, but for what a running task has reserved."""
    moment = DEMO_TIME
    account = SimulatedAccount(demo_data(moment), clock=lambda: moment)
    data, wallet, info = account.data, account.data["wallet"], account.data["credit_pack_info"]
    account.pass_time()
    assert data == demo_data(moment)

    moment += timedelta(days=9)
    account.pass_time()
    assert wallet["credit_remain"] == info["available_credits"] == 17840
    assert (info["inactive_credits"], info["total_credits"]) == (0, 40000)
    assert data["equivalent_in_usd"] == 17.84
    assert wallet["updated_at"] == stamp(moment)

    account.freeze(100)
    assert info["credit_packs"][1]["frozen"] == 100
    moment += timedelta(days=10)
    account.pass_time()
    account.pass_time()
    assert wallet["credit_remain"] == info["available_credits"] == 16240
    assert (info["expired_credits"], data["equivalent_in_usd"]) == (1850, 16.24)
    assert [pack["active"] for pack in info["credit_packs"]] == [False, False, True, True]
    account.finish(100)
    assert (info["credit_packs"][1]["frozen"], info["credit_packs"][1]["used"]) == (0, 8500)
    assert (info["used_credits"], info["frozen_credits"]) == (21670, 240)


def test_packs_can_be_bought_for_later() -> None:
    """They count as bought at once, and can be spent when they begin."""
    account = SimulatedAccount.demo()
    wallet, info = account.data["wallet"], account.data["credit_pack_info"]
    begins = now() + timedelta(days=1)
    account.buy_pack(500, begins, begins + timedelta(days=30))
    assert (wallet["credit_remain"], info["available_credits"]) == (12840, 12840)
    assert (info["total_credits"], info["inactive_credits"]) == (40500, 5500)
    account.buy_pack(300, now(), begins)
    assert (wallet["credit_remain"], info["available_credits"]) == (13140, 13140)
    assert [pack["active"] for pack in info["credit_packs"][-2:]] == [False, True]
    assert info["credit_packs"][-1]["expired_at"] == stamp(begins)


def test_credits_can_be_bought_when_all_packs_have_ended() -> None:
    """The new pack is the only one that can be spent."""
    account = SimulatedAccount.demo()
    info = account.data["credit_pack_info"]
    for pack in info["credit_packs"]:
        pack["active"] = False
    account.top_up(700)
    assert info["credit_packs"][-1]["capacity"] == 700
    assert info["credit_packs_count"] == 5


def test_an_account_without_dollars_or_packs_gets_none() -> None:
    """What the account never had is not invented."""
    account = SimulatedAccount.documented()
    packs = json.loads(json.dumps(account.data["credit_pack_info"]))
    account.spend(10)
    account.freeze(4)
    account.release(2)
    account.top_up(1)
    account.pass_time()
    wallet = account.data["wallet"]
    assert (wallet["credit_remain"], wallet["credit_used"], wallet["credit_frozen"]) == (63, 10, 2)
    assert account.data["credit_pack_info"] == packs
    assert "equivalent_in_usd" not in account.data
    for broken in ({}, {"credit_packs": None}, None):
        account.set("credit_pack_info", broken)
        account.spend(1)
    assert wallet["credit_remain"] == 60


def test_fields_can_be_set_and_removed_by_path() -> None:
    """Paths lead through objects and lists."""
    account = SimulatedAccount.demo()
    account.set("wallet.mj_remain", "many")
    account.set("credit_pack_info.credit_packs.0.active", None)
    account.set("wallet.credit_remain", 5)
    assert account.data["wallet"]["mj_remain"] == "many"
    assert account.data["credit_pack_info"]["credit_packs"][0]["active"] is None
    assert account.data["equivalent_in_usd"] == 0.005
    account.remove("credit_pack_info.credit_packs.0")
    account.remove("equivalent_in_usd")
    assert len(account.data["credit_pack_info"]["credit_packs"]) == 3
    assert "equivalent_in_usd" not in account.data
    account.set("wallet.updated_at", "never")
    assert account.data["wallet"]["updated_at"] == "never"
    account.remove("wallet.updated_at")
    account.disable()
    account.verify(False)
    assert "updated_at" not in account.data["wallet"]
    assert [account.data[field] for field in ("is_enable", "is_verified")] == [False, False]
    account.enable()
    assert account.data["is_enable"] is True
    account.set("credit_pack_info.credit_packs.1", {})
    account.set("wallet", None)
    assert account.quotas() == []
    assert account.counter("credit", "remain") is None
    assert account.auto_recharge() is False


@pytest.mark.parametrize(
    "mutate",
    [
        lambda account: account.spend(0),
        lambda account: account.spend(-1),
        lambda account: account.spend(math.nan),
        lambda account: account.spend(10**400),
        lambda account: account.spend(1, "sora"),
        lambda account: account.freeze(1, "llm"),
        lambda account: account.top_up(1, "sora"),
        lambda account: account.set("", 1),
        lambda account: account.set("wallet.", 1),
        lambda account: account.set("purse.coins", 1),
        lambda account: account.set("name.first", 1),
        lambda account: account.set("account_tags.0", 1),
        lambda account: account.set("credit_pack_info.credit_packs.x.id", 1),
        lambda account: account.remove("wallet.sora_remain"),
    ],
)
def test_a_mutation_that_makes_no_sense_changes_nothing(
    mutate: Callable[[SimulatedAccount], None],
) -> None:
    """It raises ValueError and leaves the account alone."""
    account = SimulatedAccount.demo()
    with pytest.raises(ValueError, match=r"."):
        mutate(account)
    assert account.data == SimulatedAccount.demo().data


def test_auto_recharge_comes_at_the_threshold_unless_it_fails() -> None:
    """It refills to the target and notes when."""
    account = SimulatedAccount.demo()
    wallet = account.data["wallet"]
    account.spend(12000)
    assert wallet["credit_remain"] == 840

    account.set("wallet.auto_recharge_enabled", True)
    account.auto_recharge_fails = True
    triggered = wallet["last_auto_recharge_triggered_at"]
    account.spend(40)
    assert wallet["credit_remain"] == 800
    assert wallet["last_auto_recharge_triggered_at"] == triggered

    account.auto_recharge_fails = False
    account.spend(1)
    assert wallet["credit_remain"] == 10000
    assert abs(wallet["last_auto_recharge_triggered_at"] - time.time()) < 60
    account.spend(7999)
    assert wallet["credit_remain"] == 2001
    account.freeze(1)
    assert wallet["credit_remain"] == 10000
    account.set("wallet.auto_recharge_target_credit", None)
    account.spend(9000)
    assert account.auto_recharge() is False


async def test_other_processes_can_steer(simulator: Simulator, steer: Any, ask: Ask) -> None:
    """Every action answers with the state it led to."""
    data = simulator.account.data
    wallet = data["wallet"]
    status, state = await steer("spend", amount=840)
    assert status == 200
    assert state["accounts"] == {DEMO_KEY: data}
    assert wallet["credit_remain"] == 12000
    await steer("top_up", amount=8, quota="mj")
    await steer("freeze", amount=20, quota="mj")
    await steer("release", amount=10, quota="mj")
    assert (wallet["mj_remain"], wallet["mj_frozen"]) == (410, 10)
    for action, enabled in (("disable", False), ("enable", True)):
        await steer(action, account=DEMO_KEY)
        assert data["is_enable"] is enabled
    await steer("add_quota", name="sora", remain=7.5)
    assert (wallet["sora_remain"], wallet["sora_used"], wallet["sora_frozen"]) == (7.5, 0, 0)
    await steer("set", path="plan", value=None)
    assert data["plan"] is None
    await steer("remove", path="plan")
    assert "plan" not in data

    status, state = await steer("fail", fault="server_error", times=2)
    assert (state["fault"], state["times"]) == ("server_error", 2)
    assert [(await ask())[0] for _ in range(3)] == [500, 500, 200]
    await steer("fail", fault="unauthorized")
    assert [(await ask())[0] for _ in range(3)] == [401, 401, 401]
    status, state = await steer("recover")
    assert (state["fault"], state["times"], state["requests"]) == (None, None, 6)
    assert (await ask())[0] == 200


async def test_other_processes_can_rotate_keys(simulator: Simulator, steer: Any, ask: Ask) -> None:
    """A new key opens the first account or a new one, a revoked key nothing."""
    await steer("keys", key="rotated")
    await steer("keys", key="other", account="documented")
    await steer("keys", key="again", account="demo")
    assert simulator.accounts["rotated"] is simulator.accounts[DEMO_KEY]
    assert simulator.accounts["again"] is not simulator.accounts[DEMO_KEY]
    await steer("spend", amount=4, account="other")
    assert simulator.accounts["other"].data["wallet"]["credit_remain"] == 70
    await steer("revoke", key=DEMO_KEY)
    assert [(await ask(key=key))[0] for key in (DEMO_KEY, "rotated", "other")] == [401, 200, 200]
    for key in ("rotated", "other", "again"):
        await steer("revoke", key=key)
    assert await steer("spend", amount=1) == (400, {"message": "there is no account"})


@pytest.mark.parametrize(
    ("action", "body", "message"),
    [
        ("spend", {}, "amount is missing"),
        ("spend", {"amount": "1"}, "amount must be a number, zero or more"),
        ("spend", {"amount": True}, "amount must be a number, zero or more"),
        ("spend", {"amount": 0}, "amount must be a number above zero"),
        ("spend", {"amount": 1, "quota": "sora"}, "the wallet has no sora_remain"),
        ("spend", {"amount": 1, "qouta": "mj"}, "unknown field qouta"),
        ("spend", {"amount": 1, "account": "nobody"}, "no account has this key"),
        ("spend", {"amount": 1, "account": []}, "no account has this key"),
        ("set", {"path": 5, "value": 1}, "path must be text"),
        ("set", {"path": "a.b", "value": 1}, "no parent for a.b"),
        ("fail", {"fault": "reset", "times": 0}, "times must be a whole number above zero, or nul"),
        ("fail", {"fault": "gremlins"}, "fault must be one of unauthorized, "),
        ("fail", {"fault": []}, "fault must be one of unauthorized, "),
        ("keys", {"key": "k", "account": "fancy"}, "account must be one of demo, documented"),
        ("keys", {"key": ""}, "key must be text"),
        ("revoke", {"key": "nobody"}, "no account has this key"),
    ],
)
async def test_bad_steering_is_explained(
    simulator: Simulator, steer: Any, action: str, body: dict[str, Any], message: str
) -> None:
    """It is a 400 with a message and changes nothing."""
    status, answer = await steer(action, **body)
    assert status == 400
    assert answer["message"].startswith(message)
    assert simulator.account.data == SimulatedAccount.demo().data


async def test_steering_needs_an_object_and_a_known_action(
    simulator: Simulator, session: aiohttp.ClientSession, steer: Any
) -> None:
    """Anything else is refused with a message, and none of it is recorded as a request."""
    for body in (b"{", b"[]", b"\xff", b"[" * 200_000):
        async with session.post(f"{simulator.url}/simulator/enable", data=body) as response:
            assert response.status == 400
            assert (await response.json())["message"].startswith("the body is not ")
    async with session.post(f"{simulator.url}/simulator/enable") as response:
        assert response.status == 200
    async with session.get(f"{simulator.url}/simulator/enable") as response:
        assert response.status == 404
    assert await steer("dance") == (404, {"message": "no action dance"})
    async with session.get(f"{simulator.url}/simulator/state") as response:
        assert (await response.json())["url"] == simulator.url
    assert simulator.requests == []


def test_every_fault_has_a_handler() -> None:
    """The table is complete."""
    assert set(HANDLERS) == set(Fault)


@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        (Fault.UNAUTHORIZED, (401, 401), "invalid api key"),
        (Fault.ENVELOPE_UNAUTHORIZED, (200, 401), "invalid api key"),
        (Fault.ENVELOPE_FORBIDDEN, (200, 403), "access denied"),
        (Fault.ENVELOPE_ERROR, (200, 500), "internal error"),
        (Fault.QUOTA_401, (401, 401), "quota"),
        (Fault.QUOTA_402, (402, 402), "credits"),
        (Fault.QUOTA_403, (403, 403), "balance"),
        (Fault.QUOTA_429, (429, 429), "quota"),
        (Fault.QUOTA_500, (500, 500), "credits"),
        (Fault.QUOTA_ENVELOPE, (200, 402), "credits"),
        (Fault.BAD_REQUEST, (400, 400), "bad request"),
        (Fault.NOT_FOUND, (404, 404), "not found"),
        (Fault.SERVER_ERROR, (500, 500), "internal server error"),
        (Fault.ECHO_KEY, (500, 500), DEMO_KEY),
        (Fault.ECHO_KEY_401, (401, 401), DEMO_KEY),
        (Fault.ECHO_KEY_MESSAGE, (200, 500), DEMO_KEY),
    ],
)
async def test_faults_with_an_envelope(
    simulator: Simulator, ask: Ask, fault: Fault, expected: tuple[int, int], words: str
) -> None:
    """Status, envelope code and message are those of the failure."""
    simulator.fail(fault)
    assert simulator.fault is fault
    status, body = await ask()
    payload = json.loads(body)
    assert (status, payload["code"]) == expected
    assert payload["data"] is None
    assert words in payload["message"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.CDN_FORBIDDEN, 403),
        (Fault.BAD_GATEWAY, 502),
        (Fault.UNAVAILABLE, 503),
        (Fault.GATEWAY_TIMEOUT, 504),
        (Fault.CLOUDFLARE_522, 522),
        (Fault.HTML_200, 200),
    ],
)
async def test_faults_of_gateways_are_pages(
    simulator: Simulator, session: aiohttp.ClientSession, fault: Fault, status: int
) -> None:
    """They are HTML and say nothing of quota, credits or balance."""
    simulator.fail(fault)
    async with session.get(simulator.url) as response:
        page = await response.text()
        assert (response.status, response.content_type) == (status, "text/html")
    assert page.startswith("<!DOCTYPE html>")
    assert not any(word in page.lower() for word in ("quota", "credit", "balance"))


async def test_rate_limits_say_when_to_come_back(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    """In seconds, as a date, not at all, or absurdly."""

    async def retry_after(fault: Fault) -> str | None:
        simulator.fail(fault)
        async with session.get(simulator.url) as response:
            assert response.status == 429
            return response.headers.get("Retry-After")

    assert await retry_after(Fault.RATE_LIMITED) == "30"
    date = parsedate_to_datetime(await retry_after(Fault.RATE_LIMITED_DATE) or "")
    assert timedelta(seconds=60) < date - datetime.now(UTC) <= timedelta(seconds=90)
    assert await retry_after(Fault.RATE_LIMITED_SILENT) is None
    assert int(await retry_after(Fault.RATE_LIMITED_ABSURD) or "") > 10**30
    assert not (await retry_after(Fault.RATE_LIMITED_GARBAGE) or "").isdigit()


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        (Fault.EMPTY_200, b""),
        (Fault.NULL_200, b"null"),
        (Fault.LIST_200, b"[]"),
        (Fault.STRING_200, b'"success"'),
    ],
)
async def test_faults_of_shape(simulator: Simulator, ask: Ask, fault: Fault, body: bytes) -> None:
    """HTTP says all is well, the body does not."""
    simulator.fail(fault)
    assert await ask() == (200, body)


async def test_faults_inside_a_good_answer(simulator: Simulator, ask: Ask) -> None:
    """One thing is wrong, the rest is the account."""

    async def fields(fault: Fault) -> Any:
        simulator.fail(fault)
        status, body = await ask()
        assert status == 200
        return json.loads(body)["data"]

    assert await fields(Fault.WRONG_SHAPE) == []
    expected = dict(simulator.account.data)
    assert await fields(Fault.OTHER_ACCOUNT) == {**expected, "id": 90909}
    assert await fields(Fault.WRONG_CONTENT_TYPE) == expected
    del expected["id"]
    assert await fields(Fault.NO_ID) == expected
    bad = await fields(Fault.BAD_JSON_NUMBERS)
    assert math.isnan(bad["equivalent_in_usd"])
    assert math.isinf(bad["wallet"]["credit_remain"])

    simulator.flat = True
    simulator.fail(Fault.NO_ID)
    assert "id" not in json.loads((await ask())[1])

    simulator.fail(Fault.INVALID_UTF8)
    with pytest.raises(UnicodeDecodeError):
        (await ask())[1].decode()

    simulator.fail(Fault.DEEP)
    body = (await ask())[1]
    assert len(body) < MIB
    with pytest.raises(RecursionError):
        json.loads(body)


async def test_faults_of_size(simulator: Simulator, session: aiohttp.ClientSession) -> None:
    """Too large a body, with and without an end."""
    simulator.fail(Fault.TOO_LARGE)
    async with session.get(simulator.url, headers={"x-api-key": DEMO_KEY}) as response:
        assert response.content_length == len(await response.read()) == 2 * MIB

    simulator.fail(Fault.TOO_LARGE_CHUNKED)
    async with session.get(simulator.url) as response:
        assert response.content_length is None
        assert len(await response.content.readexactly(2 * MIB)) == 2 * MIB

    simulator.fail(Fault.HUGE_HEADER)
    with pytest.raises(aiohttp.ClientResponseError):
        await session.get(simulator.url)


async def test_a_gzip_bomb_is_small_on_the_wire(simulator: Simulator) -> None:
    """It is a valid gzip stream that inflates without end in sight."""
    simulator.fail(Fault.GZIP_BOMB)
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(f"{simulator.url}/account/info", headers={"x-api-key": DEMO_KEY}) as response,
    ):
        assert response.headers["Content-Encoding"] == "gzip"
        body = await response.read()
        assert len(body) == response.content_length
    assert len(body) < MIB
    opening, size, closing = await asyncio.to_thread(_inflate, body)
    assert opening.startswith(b'{"code":200,"data":  ')
    assert size > 512 * MIB
    assert closing.endswith(b'null,"message":"success"}')


def _inflate(body: bytes) -> tuple[bytes, int, bytes]:
    """Return the first piece, the size and the last piece of what a gzip body inflates to."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    first = last = inflater.decompress(body, MIB)
    size = len(first)
    while piece := inflater.decompress(inflater.unconsumed_tail, 16 * MIB):
        size, last = size + len(piece), piece
    assert inflater.eof
    return first, size, last


@pytest.mark.parametrize("fault", [Fault.BROKEN_ENCODING, Fault.DUPLICATED_ENCODING])
async def test_faults_of_encoding(simulator: Simulator, fault: Fault) -> None:
    """The header promises gzip, the body is plain."""
    simulator.fail(fault)
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(f"{simulator.url}/account/info", headers={"x-api-key": DEMO_KEY}) as response,
    ):
        assert response.headers["Content-Encoding"].startswith("gzip")
        body = await response.read()
    assert json.loads(body)["code"] == 200
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(body)


async def test_faults_that_cut_the_connection(simulator: Simulator, ask: Ask) -> None:
    """A body that ends early and a reset, after which all is well."""
    simulator.fail(Fault.TRUNCATED, times=1)
    with pytest.raises(aiohttp.ClientPayloadError):
        await ask()
    simulator.fail(Fault.RESET, times=1)
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    writer.write(b"GET /account/info HTTP/1.1\r\nHost: simulator\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    with suppress(ConnectionResetError):
        await writer.wait_closed()
    assert (await ask())[0] == 200


@pytest.mark.parametrize("fault", [Fault.GZIP_BOMB, Fault.TOO_LARGE_CHUNKED, Fault.SLOW_BYTES])
async def test_a_client_that_leaves_early_is_forgotten(
    simulator: Simulator, session: aiohttp.ClientSession, ask: Ask, fault: Fault
) -> None:
    """Nothing is logged, and the next request is answered."""
    simulator.fail(fault, times=1)
    headers = {"x-api-key": DEMO_KEY, "Accept-Encoding": "identity"}
    async with session.get(f"{simulator.url}/account/info", headers=headers) as response:
        assert response.status == 200
        response.close()
    assert (await ask())[0] == 200


async def test_faults_that_make_the_client_wait(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    """No answer in time, or hardly any of it."""
    timeout = aiohttp.ClientTimeout(total=0.4)
    for fault in (Fault.SLOW_HEADERS, Fault.SLOW_BYTES):
        simulator.fail(fault)
        with pytest.raises(TimeoutError):
            async with session.get(simulator.url, timeout=timeout) as response:
                await response.read()


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault.REDIRECT, 302), (Fault.REDIRECT_PERMANENT, 308)]
)
async def test_redirects_lead_to_another_host(
    simulator: Simulator, session: aiohttp.ClientSession, fault: Fault, status: int
) -> None:
    """A client that follows them shows its key to a stranger."""
    async with Simulator({}) as stranger:
        simulator.redirect_target = f"{stranger.url}/account/info"
        simulator.fail(fault)
        headers = {"x-api-key": DEMO_KEY}
        async with session.get(simulator.url, headers=headers, allow_redirects=False) as response:
            assert response.status == status
            assert response.headers["Location"] == simulator.redirect_target
        assert stranger.requests == []
        async with session.get(simulator.url, headers=headers) as response:
            assert response.status == 401
        assert stranger.requests[0].headers["x-api-key"] == DEMO_KEY


async def test_any_raw_answer_can_be_scripted(
    simulator: Simulator, session: aiohttp.ClientSession, ask: Ask
) -> None:
    """Status, body and headers are sent as they are until recovery."""
    simulator.respond(418, b"\x00\xff", {"content-type": "image/png", "X-Extra": "1"})
    assert simulator.fault is None
    for _ in range(2):
        async with session.get(simulator.url) as response:
            assert (response.status, await response.read()) == (418, b"\x00\xff")
            assert response.headers.getall("Content-Type") == ["image/png"]
            assert response.headers["X-Extra"] == "1"
    simulator.recover()
    assert (await ask())[0] == 200


def test_a_fault_needs_a_sensible_number_of_times() -> None:
    """Zero times is a mistake of the caller."""
    with pytest.raises(ValueError, match="times"):
        Simulator().fail(Fault.RESET, times=0)


async def test_an_outage_ends_on_the_same_port(simulator: Simulator, ask: Ask) -> None:
    """Accounts, faults and the record survive it."""
    simulator.account.spend(40)
    url = simulator.url
    assert (await ask())[0] == 200
    await simulator.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask()
    await simulator.stop()
    await simulator.start(port=simulator.port)
    assert simulator.url == url
    status, body = await ask()
    assert (status, json.loads(body)["data"]["wallet"]["credit_remain"]) == (200, 12800)
    assert len(simulator.requests) == 2


async def test_starting_twice_or_on_a_taken_port_fails(simulator: Simulator) -> None:
    """The simulator that runs is not disturbed."""
    with pytest.raises(RuntimeError):
        await simulator.start()
    other = Simulator()
    with pytest.raises(OSError, match="in use"):
        await other.start(port=simulator.port)
    await other.start()
    await other.stop()


@pytest.mark.parametrize("fault", [Fault.SLOW_HEADERS, Fault.SLOW_BYTES, Fault.TOO_LARGE_CHUNKED])
async def test_stopping_does_not_wait_for_hanging_requests(
    simulator: Simulator, fault: Fault
) -> None:
    """Clients that wait are cut off at once, and so are those that do not read."""
    simulator.fail(fault)
    connections = [await asyncio.open_connection(simulator.host, simulator.port) for _ in range(3)]
    for _, writer in connections[:2]:
        writer.write(b"GET /account/info HTTP/1.1\r\nHost: simulator\r\n\r\n")
    connections[2][1].write(b"GET /acc")
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(simulator.requests) == 2:
            break
    assert len(simulator.requests) == 2
    started = time.monotonic()
    await simulator.stop()
    assert time.monotonic() - started < 0.4
    for reader, writer in connections:
        with suppress(ConnectionResetError):
            await reader.read()
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()


def test_draining_looks_like_use() -> None:
    """Counters move, tasks freeze and release, nothing runs dry, and a seed repeats it all."""

    def drained(seed: int) -> tuple[SimulatedAccount, list[float]]:
        account = SimulatedAccount.demo()
        drain = Drain(account, seed)
        remains = []
        for _ in range(2000):
            drain.step()
            remains.append(account.data["wallet"]["credit_remain"])
        return account, remains

    account, remains = drained(7)
    wallet = account.data["wallet"]
    begun = SimulatedAccount.demo().data["wallet"]
    assert all(wallet[f"{quota}_used"] > begun[f"{quota}_used"] for quota in account.quotas())
    assert any(after > before + 10000 for before, after in pairwise(remains))
    assert min(remains) > 0
    assert account.data["equivalent_in_usd"] == wallet["credit_remain"] / 1000
    assert drained(7)[1] == remains
    assert drained(8)[1] != remains


def test_draining_survives_changes_by_others() -> None:
    """A wallet that loses its fields is left alone."""
    account = SimulatedAccount.demo()
    drain = Drain(account, 1)
    for quota in list(account.quotas()):
        for _ in range(20):
            drain.step()
        account.remove(f"wallet.{quota}_remain")
    drain.step()
    account.set("wallet", None)
    drain.step()
    assert account.data["wallet"] is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_command_serves_until_it_is_told_to_stop(
    session: aiohttp.ClientSession, number: signal.Signals
) -> None:
    """It prints where it listens, drains the wallet and ends without an error."""
    command = ["-m", "tests.simulator", "--port", "0", "--key", "spare-key"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        *("--drain", "0.01", "--seed", "3"),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        url = line.split()[3]
        assert line == f"GoAPI simulator on {url} with key spare-key\n"

        async def updated_at() -> str:
            async with session.get(
                f"{url}/account/info", headers={"x-api-key": "spare-key"}
            ) as response:
                return str((await response.json())["data"]["wallet"]["updated_at"])

        first = await updated_at()
        for _ in range(200):
            await asyncio.sleep(0.02)
            if (latest := await updated_at()) != first:
                break
        assert latest > first
        process.send_signal(number)
        _, errors = await asyncio.wait_for(process.communicate(), 5)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    assert (process.returncode, errors) == (0, b"")
