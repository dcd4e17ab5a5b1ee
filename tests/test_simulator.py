"""Tests of what the other tests and the demo rely on in the simulated service."""

import asyncio
from contextlib import suppress
from datetime import timedelta
import json
from pathlib import Path
import signal
import sys
from typing import Any

import aiohttp
import pytest

from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator
from .simulator.demo import DEMO_TIME, demo_data
from .simulator.drain import Drain
from .simulator.faults import HANDLERS

pytestmark = pytest.mark.usefixtures("socket_enabled")

HEADERS = {"x-api-key": DEMO_KEY}


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


def test_drain_looks_like_use() -> None:
    """Every quota is used, and is topped up before it is empty; no task stays for ever."""
    account = SimulatedAccount.demo()
    wallet, begun = account.data["wallet"], SimulatedAccount.demo().data["wallet"]
    drain = Drain(account, seed=7)
    remaining = []
    for _ in range(2000):
        drain.step()
        remaining.append(wallet["credit_remain"])
    assert min(remaining) > 0
    assert max(remaining) > 10000
    used = [name for name in wallet if name.endswith("_used")]
    assert all(wallet[name] > begun[name] for name in used)
    drain.stop()
    frozen = [name for name in wallet if name.endswith("_frozen")]
    assert [wallet[name] for name in frozen] == [begun[name] for name in frozen]
    assert packs_add_up(account.data)


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
    remaining = []
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
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    first, second = (wallet["credit_remain"] for wallet in remaining)
    assert first > 50_000
    assert second > 100_000
    assert json.loads(file.read_text())["wallet"]["credit_remain"] > 100_000
