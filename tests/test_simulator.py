"""Tests of what the other tests and the demo rely on in the simulated service."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime, timedelta
import json
from pathlib import Path
import signal
import sys
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator, notices
from .simulator.demo import DEMO_TIME, demo_data
from .simulator.drain import Drain
from .simulator.faults import HANDLERS
from .simulator.habits import HABITS

pytestmark = pytest.mark.usefixtures("socket_enabled")

HEADERS = {"x-api-key": DEMO_KEY}
ACTIVE_TASKS = "/account/active_tasks"
HISTORIES = "/api/open/tasks/histories"


def packs_add_up(data: dict[str, Any]) -> bool:
    """Return whether packs, wallet and US dollars of an account tell the same story."""
    info, wallet = data["credit_pack_info"], data["wallet"]
    packs = info["credit_packs"]
    active = [pack for pack in packs if pack["active"]]
    left = sum(pack["capacity"] - pack["used"] - pack["frozen"] for pack in active)
    return bool(
        info["credit_packs_count"] == len(packs)
        and info["total_credits"] == sum(pack["capacity"] for pack in packs)
        and info["used_credits"] == sum(pack["used"] for pack in packs) == wallet["credit_used"]
        and info["frozen_credits"] == wallet["credit_frozen"]
        and left == info["available_credits"] == wallet["credit_remain"]
        and data["equivalent_in_usd"] == left / 1000
    )


def used_by_tasks(account: SimulatedAccount) -> dict[str, float]:
    """Return what tasks used of each quota, by its name, as the history says."""
    used: Counter[str] = Counter()
    for row in account.history:
        if row["status"] == "finished":
            used[row["usage_type"]] += row["usage"]
    return dict(used)


@pytest.fixture
async def hook() -> AsyncGenerator[tuple[str, list[Any]]]:
    """Return an address to which notices can be posted, and those that were."""
    received = []

    async def receive(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/hook", receive)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook")), received


def test_use_and_top_ups_move_wallet_packs_and_dollars_together() -> None:
    """Tasks reserve credits and use them or give them back; nothing falls below zero."""
    account = SimulatedAccount.demo()
    wallet = account.data["wallet"]
    account.spend(2000)
    account.freeze(840)
    account.release(80)
    account.finish(1000)
    account.top_up(500)
    assert [wallet[f"credit_{part}"] for part in ("remain", "used", "frozen")] == [10580, 24570, 0]
    account.spend(10**9)
    account.spend(0.3, "llm")
    assert (wallet["credit_remain"], wallet["llm_remain"]) == (0, 18.1271)
    assert packs_add_up(account.data)


def test_packs_begin_and_end_when_their_time_comes() -> None:
    """What is not used by then is lost, but for what a running task has reserved."""
    moment = DEMO_TIME
    account = SimulatedAccount(demo_data(moment), clock=lambda: moment)
    info = account.data["credit_pack_info"]
    moment += timedelta(days=9)
    account.pass_time()
    assert (info["available_credits"], info["inactive_credits"]) == (17840, 0)
    account.freeze(100)
    moment += timedelta(days=10)
    account.pass_time()
    assert (info["available_credits"], info["expired_credits"]) == (16240, 1850)
    account.buy_pack(500, moment + timedelta(days=1), moment + timedelta(days=31))
    assert (info["available_credits"], info["inactive_credits"]) == (16240, 500)
    account.finish(100)
    assert packs_add_up(account.data)


def test_auto_recharge_comes_at_the_threshold_unless_it_fails() -> None:
    """It refills the credits to the target, and the service says when."""
    account = SimulatedAccount.demo()
    wallet = account.data["wallet"]
    account.set("wallet.auto_recharge_enabled", True)
    account.auto_recharge_fails = True
    before = wallet["last_auto_recharge_triggered_at"]
    account.spend(12000)
    assert wallet["credit_remain"] == 840
    account.auto_recharge_fails = False
    account.spend(1)
    assert wallet["credit_remain"] == 10000
    assert wallet["last_auto_recharge_triggered_at"] > before


def test_account_without_dollars_or_packs_gets_none() -> None:
    """What the documented account never had is not invented, and what is removed stays away."""
    account = SimulatedAccount.documented()
    account.spend(10)
    account.top_up(1)
    assert account.data["wallet"]["credit_remain"] == 65
    assert account.data["credit_pack_info"]["credit_packs"] == [{}]
    assert "equivalent_in_usd" not in account.data
    account.remove("credit_pack_info")
    account.spend(1)
    assert "credit_pack_info" not in account.data


@pytest.mark.parametrize("path", ["wallet.", "purse.coins", "name.first", "account_tags.0"])
def test_path_that_leads_nowhere_is_refused(path: str) -> None:
    """A test that sets a field which is not there would test nothing."""
    with pytest.raises(ValueError, match=r"^no (parent for|item 0 in) "):
        SimulatedAccount.demo().set(path, 1)


def test_tasks_use_what_the_history_says() -> None:
    """They reserve their cost, where a quota reserves, and use it or give it back."""
    moment = DEMO_TIME
    account = SimulatedAccount.documented()
    account.clock = lambda: moment
    account.add_quota("llm", 1)
    wallet = account.data["wallet"]
    waits = account.start_task("kling", 30, action="extend_video", api_key_id=7, waiting=True)
    draws = account.start_task("mj", 4, "mj", created_at=moment - timedelta(hours=1))
    account.remove("wallet.llm_frozen")
    talks = account.start_task("llm", 0.25, "llm")
    assert [wallet[f"credit_{part}"] for part in ("remain", "used", "frozen")] == [44, 0, 30]
    assert (wallet["mj_frozen"], wallet["llm_remain"]) == (4, 1)
    idle = {"staged_count": 0, "pending_count": 0, "processing_count": 0, "active_tasks": []}
    assert account.active_tasks() == {
        "midjourney": {**idle, "processing_count": 1, "active_tasks": [draws]},
        "kling": {**idle, "pending_count": 1, "active_tasks": [waits]},
        **dict.fromkeys(("luma", "flux", "music-s", "music-u"), idle),
        "llm": {**idle, "processing_count": 1, "active_tasks": [talks]},
    }
    account.run_task(waits)
    assert account.active_tasks()["kling"]["processing_count"] == 1
    moment += timedelta(minutes=2)
    for task_id in (waits, talks):
        account.finish_task(task_id)
    account.fail_task(draws)
    assert used_by_tasks(account) == {"credit": 30, "llm": 0.25}
    assert (wallet["credit_used"], wallet["llm_used"], wallet["mj_used"]) == (30, 0.25, 111)
    assert [wallet[f"{name}_remain"] for name in ("credit", "llm", "mj")] == [44, 0.75, 11]
    row, failed = account.history[:2]
    assert {**row, "detail": None} == {
        "id": 1,
        "task_id": waits,
        "account_id": 1,
        "api_key_id": 7,
        "task_model": "kling",
        "action": "extend_video",
        "usage_type": "credit",
        "usage": 30,
        "service_mode": "public",
        "status": "finished",
        "fixed": False,
        "created_at": "2026-11-20T09:30:12.482913+08:00",
        "updated_at": "2026-11-20T09:32:12.482913+08:00",
        "deleted_at": None,
        "detail": None,
    }
    assert {"input", "output"} == row["detail"].keys()
    assert (failed["status"], failed["usage"]) == ("failed", 4)
    assert failed["created_at"] == "2026-11-20T08:30:12.482913+08:00"


def test_task_that_cannot_be_is_refused() -> None:
    """Nobody can run what is not paid for, or end a task twice."""
    account = SimulatedAccount.documented()
    for quota in ("credit", "nothing"):
        with pytest.raises(ValueError, match=r"^(insufficient credit|the wallet has no nothing_)"):
            account.start_task("kling", 75, quota)
    task_id = account.start_task("kling", 70)
    with pytest.raises(ValueError, match=r" is pending$"):
        account.run_task(task_id)
    account.finish_task(task_id)
    with pytest.raises(ValueError, match=r" is pending or processing$"):
        account.fail_task(task_id)
    assert account.data["wallet"]["credit_used"] == 70


def test_demo_has_a_history() -> None:
    """Its tasks of a month have ended, and did not use more than the account says."""
    account = SimulatedAccount.demo()
    rows = account.history
    assert rows == SimulatedAccount.demo().history
    assert 200 < len(rows) < 900
    assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
    created = [datetime.fromisoformat(row["created_at"]) for row in rows]
    assert created == sorted(created)
    assert DEMO_TIME - timedelta(days=30) < created[0] < DEMO_TIME - timedelta(days=28)
    assert all(datetime.fromisoformat(row["updated_at"]) < DEMO_TIME for row in rows)
    statuses = Counter(row["status"] for row in rows)
    assert statuses.keys() == {"finished", "failed"}
    assert 0.06 < statuses["failed"] / len(rows) < 0.1
    assert len({row["task_model"] for row in rows}) > 5
    for quota, used in used_by_tasks(account).items():
        assert 0 < used < account.data["wallet"][f"{quota}_used"]


def test_drain_looks_like_use() -> None:
    """Every quota is used by tasks, and is topped up before it is empty; no task stays for ever."""
    account, begun = SimulatedAccount.demo(), SimulatedAccount.demo()
    wallet = account.data["wallet"]
    drain = Drain(account, seed=7)
    remaining, waiting = [], 0
    for _ in range(2000):
        drain.step()
        remaining.append(wallet["credit_remain"])
        waiting += account.active_tasks()["kling"]["pending_count"]
    assert min(remaining) > 0
    assert max(remaining) > 10000
    assert waiting > 0
    drain.stop()
    assert {row["status"] for row in account.history} == {"finished", "failed"}
    frozen = [name for name in wallet if name.endswith("_frozen")]
    assert [wallet[name] for name in frozen] == [begun.data["wallet"][name] for name in frozen]
    used_before, used_now = used_by_tasks(begun), used_by_tasks(account)
    for quota in HABITS:
        rise = wallet[f"{quota}_used"] - begun.data["wallet"][f"{quota}_used"]
        assert rise > 0
        assert used_now[quota] - used_before[quota] == pytest.approx(rise)
    assert packs_add_up(account.data)


def test_drain_survives_a_changed_wallet() -> None:
    """Somebody may take a quota away, or empty it, while its tasks are running."""
    account = SimulatedAccount.demo()
    drain = Drain(account, seed=7)
    for _ in range(30):
        drain.step()
    account.remove("wallet.credit_frozen")
    account.remove("wallet.point_remain")
    account.set("wallet.kling_frozen", 0)
    for _ in range(30):
        drain.step()
    drain.stop()
    assert {row["status"] for row in account.history} == {"finished", "failed"}


def test_every_fault_has_a_handler() -> None:
    """What becomes of each of them is told by the tests of the client."""
    assert set(HANDLERS) == set(Fault)


async def test_fault_ends_after_so_many_requests() -> None:
    """Then the service answers well again, with the key that it was asked with."""
    async with Simulator() as simulator, aiohttp.ClientSession(simulator.url) as session:
        simulator.fail(Fault.SERVER_ERROR, times=2)
        simulator.add_key("another")
        answers = []
        for _ in range(3):
            async with session.get("/account/info", headers={"x-api-key": "another"}) as response:
                answers.append((response.status, (await response.json())["data"]))
    fields = {**simulator.account.data, "api_key": "another"}
    assert answers == [(500, None), (500, None), (200, fields)]


async def test_paths_fail_each_in_its_own_way() -> None:
    """What all of them meet is for those that have no fault of their own."""

    async def statuses() -> list[int]:
        answers = []
        for path in ("/account/info", ACTIVE_TASKS, HISTORIES):
            async with session.get(path, headers=HEADERS) as response:
                answers.append(response.status)
        return answers

    async with Simulator() as simulator, aiohttp.ClientSession(simulator.url) as session:
        simulator.fail(Fault.FORBIDDEN, times=1, path=ACTIVE_TASKS)
        simulator.respond(418, b"", path=HISTORIES)
        assert await statuses() == [200, 403, 418]
        assert await statuses() == [200, 200, 418]
        simulator.fail(Fault.SERVER_ERROR)
        assert await statuses() == [500, 500, 418]
        simulator.recover()
        simulator.lacks.add(ACTIVE_TASKS)
        assert await statuses() == [200, 404, 200]


@pytest.mark.parametrize("path", [ACTIVE_TASKS, HISTORIES])
async def test_tasks_are_shown_to_the_owner_alone(path: str) -> None:
    """The endpoints of the tasks look at key and method as that of the account does."""
    async with Simulator() as simulator, aiohttp.ClientSession(simulator.url) as session:
        simulator.flat = True
        async with session.get(path) as response:
            assert response.status == 401
        async with session.post(path, headers=HEADERS) as response:
            assert response.status == 405
        async with session.get(path, headers=HEADERS) as response:
            assert (await response.json()).keys() == {"code", "data", "message"}


async def test_history_comes_in_pages() -> None:
    """Newest first; a model and a span of time, whose ends belong to it, narrow it down."""
    account = SimulatedAccount.documented()
    noon = DEMO_TIME.replace(hour=12, minute=0, second=0, microsecond=0)
    # The last was added late.
    for minute in (*range(1, 25), 0):
        model = "flux" if minute % 2 else "kling"
        account.start_task(model, 1, created_at=noon + timedelta(minutes=minute))
    start = int(noon.timestamp())

    async def ask(**query: int | str) -> tuple[list[int], dict[str, int]]:
        """Return the minutes of the rows that come, and what is said about the page."""
        async with session.get(HISTORIES, headers=HEADERS, params=query) as response:
            body = await response.json()
            assert (response.status, body["code"]) == (200, 200)
        rows = [datetime.fromisoformat(row["created_at"]) for row in body["data"].pop("data")]
        return [(created - noon) // timedelta(minutes=1) for created in rows], body["data"]

    async with (
        Simulator({DEMO_KEY: account}) as simulator,
        aiohttp.ClientSession(simulator.url) as session,
    ):
        assert await ask() == (list(range(24, 14, -1)), {"page": 1, "size": 10, "total": 25})
        assert await ask(page=3, model="") == (
            [4, 3, 2, 1, 0],
            {"page": 3, "size": 10, "total": 25},
        )
        assert await ask(page=4) == ([], {"page": 4, "size": 10, "total": 25})
        assert await ask(page_size=100) == (
            list(range(24, -1, -1)),
            {"page": 1, "size": 100, "total": 25},
        )
        assert await ask(model="flux", start_time=start + 60, end_time=start + 300) == (
            [5, 3, 1],
            {"page": 1, "size": 10, "total": 3},
        )
        assert (await ask(start_time=start + 1, end_time=start + 59))[0] == []
        for query in ("page_size=101", "page_size=0", "page=0", "page=x", "start_time=now"):
            async with session.get(f"{HISTORIES}?{query}", headers=HEADERS) as response:
                assert response.status == 400


async def test_notice_goes_to_the_address_of_the_account(hook: tuple[str, list[Any]]) -> None:
    """Tests and other processes let the service post one, but to this machine only."""
    url, received = hook
    async with Simulator() as simulator, aiohttp.ClientSession(simulator.url) as session:
        notice = {"type": "mj_bot_banned", "detail": {"bot_id": 3}, "message": "Banned"}
        for address in (simulator.account.data["notification_hook_url"], "", None, f"x{url}"):
            simulator.account.set("notification_hook_url", address)
            with pytest.raises(ValueError, match="not an http address of this machine"):
                await simulator.send_notice("no_active_mj_bot")
            async with session.post("/simulator/notice", json=notice) as response:
                assert response.status == 400
        simulator.account.set("notification_hook_url", url)
        assert await simulator.send_notice("no_active_mj_bot") == 202
        async with session.post("/simulator/notice", json=notice) as response:
            assert (response.status, (await response.json())["result"]) == (200, 202)
        simulator.account.set("notification_hook_url", "http://127.0.0.1:1/hook")
        async with session.post("/simulator/notice", json=notice) as response:
            assert response.status == 400
    assert [each.pop("time") > 1_700_000_000 for each in received] == [True, True]
    assert received == [{"type": "no_active_mj_bot", "detail": {}, "message": ""}, notice]


async def test_notices_come_as_soon_as_there_is_an_address(
    monkeypatch: pytest.MonkeyPatch, hook: tuple[str, list[Any]]
) -> None:
    """Nobody hears of those that cannot be sent."""
    monkeypatch.setattr(notices, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(notices, "NEXT_SECONDS", 0.01)
    url, received = hook
    account = SimulatedAccount.demo()
    sending = asyncio.create_task(notices.send_regularly(account))
    async with asyncio.timeout(10):
        for address in ("https://hooks.example.com", "http://127.0.0.1:1/hook"):
            account.set("notification_hook_url", address)
            await asyncio.sleep(0.1)
        assert received == []
        account.set("notification_hook_url", url)
        while len(received) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    sending.cancel()
    assert received[0]["type"] == "mj_penalty_triggered"
    assert received[0]["detail"]["task_id"] in {row["task_id"] for row in account.history}


@pytest.mark.parametrize("fault", [Fault.SLOW_HEADERS, Fault.SLOW_BYTES, Fault.TOO_LARGE_CHUNKED])
async def test_stop_does_not_wait_for_hanging_requests(fault: Fault) -> None:
    """A client that waits is cut off at once, and so is one that does not read."""
    simulator = Simulator()
    await simulator.start()
    simulator.fail(fault)
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(b"GET /account/info HTTP/1.1\r\nHost: simulator\r\n\r\n")
    async with asyncio.timeout(5):
        while not simulator.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await simulator.stop()
    with suppress(ConnectionError):
        await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_process_keeps_its_account_until_the_next_start(tmp_path: Path) -> None:
    """Other processes change the account; what they did, and the drain, is there again."""
    file = tmp_path / "account.json"
    command = ["-m", "tests.simulator", "--port", "0", "--file", str(file), "--drain", "0.01"]
    remaining, task_ids = [], []
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=Path(__file__).parents[1], stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().split()[3]
        async with aiohttp.ClientSession(f"{url}/simulator/") as session:
            async with session.post("top_up", json={"amount": 50_000}) as response:
                remaining.append((await response.json())["accounts"][DEMO_KEY]["wallet"])
            async with session.post("top_up", json={"amount": -1}) as response:
                assert response.status == 400
            async with session.post("start_task", json={"model": "kling", "cost": 9}) as response:
                task_ids.append((await response.json())["result"])
            for task_id in task_ids:
                async with session.post("finish_task", json={"task_id": task_id}) as response:
                    # The second process knows that the task of the first has ended.
                    assert response.status == (200 if task_id == task_ids[-1] else 400)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    first, second = (wallet["credit_remain"] for wallet in remaining)
    assert first > 50_000
    assert second > 100_000
    kept = json.loads(file.read_text())
    assert kept["data"]["wallet"]["credit_remain"] > 100_000
    rows = {row["task_id"]: row for row in kept["history"]}
    assert [rows[task_id]["status"] for task_id in task_ids] == ["finished", "finished"]
    assert {row["status"] for row in rows.values()} == {"finished", "failed"}
