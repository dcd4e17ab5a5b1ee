"""A server of prepared answers in a process of its own, so that serving is on nobody's bill."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle
import json
from pathlib import Path
import subprocess
import sys
from typing import IO, Any, cast

from aiohttp import web
from yarl import URL

from tests.simulator import SimulatedAccount

ROOT = Path(__file__).parents[1]
STOP_SECONDS = 10
# Enough for many rounds; then the account is as it was, which is one correction in so many polls.
SPENDING_TURNS = 1000


class Scenario(StrEnum):
    """How an answer differs from the one before it."""

    UNCHANGED = "unchanged answer"
    FLAG = "one flag changed"
    BALANCE = "one balance spent"
    SPENT = "every balance spent"
    ALL = "everything changed"


def bodies(scenario: Scenario) -> list[bytes]:
    """Return the bodies that are sent by turns: of an account that uses all its balances."""
    data = _account(0)
    wallet = data["wallet"]
    if scenario is Scenario.UNCHANGED:
        turns = [data]
    elif scenario is Scenario.FLAG:
        turns = [data, data | {"is_verified": not data["is_verified"]}]
    elif scenario is Scenario.BALANCE:
        # Spent, and corrected.
        spent = {name: _account(1)["wallet"][name] for name in ("credit_remain", "credit_used")}
        turns = [data, data | {"wallet": wallet | spent}]
    elif scenario is Scenario.SPENT:
        turns = [_account(turn) for turn in range(SPENDING_TURNS)]
    else:
        turns = [data, {name: _changed(name, value) for name, value in data.items()}]
    return [_body(turn) for turn in turns]


def _body(data: dict[str, Any]) -> bytes:
    """Return the body of an answer."""
    return json.dumps({"code": 200, "data": data, "message": "success"}).encode()


def _account(turn: int) -> dict[str, Any]:
    """Return the documented account after so many turns, each of which spends of each balance.

    It has as many digits at the end as at the beginning.
    """
    base = 5_000_000
    data = SimulatedAccount.documented().data
    wallet = data["wallet"] | {
        name: base + turn * (1 if name.endswith("_used") else -1)
        for name in data["wallet"]
        if name.endswith(("_remain", "_used"))
    }
    packs = data["credit_pack_info"] | {
        "available_credits": base - turn,
        "used_credits": base + turn,
        "total_credits": 2 * base,
    }
    return data | {
        "equivalent_in_usd": (base - turn) / 1000,
        "wallet": wallet,
        "credit_pack_info": packs,
    }


def _changed(name: str, value: Any) -> Any:
    """Return another value of the same type; who the account is stays, as do gaps and lists."""
    changed = value
    match value:
        case _ if name in {"id", "account_id", "api_key"}:
            pass
        case dict():
            changed = {inner: _changed(inner, each) for inner, each in value.items()}
        case bool():
            changed = not value
        case int() | float():
            changed = value + 1
        case str() if name.endswith("_at"):
            changed = (datetime.fromisoformat(value) + timedelta(days=1)).isoformat()
        case str():
            changed = f"{value}+"
    return changed


@contextmanager
def running() -> Iterator[URL]:
    """Run the server and yield its address."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", __spec__.name],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        stdin, stdout = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        try:
            if not (address := stdout.readline().strip()):
                raise RuntimeError("the server did not start")
            yield URL(address)
        finally:
            stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


async def _serve() -> None:
    """Serve on a free port of this machine until the standard input ends."""
    prepared = {scenario: bodies(scenario) for scenario in Scenario}
    turns = cycle(prepared[Scenario.UNCHANGED])
    tasks = _body(SimulatedAccount.documented().active_tasks())

    async def account_info(_request: web.Request) -> web.Response:
        return web.Response(body=next(turns), content_type="application/json")

    async def active_tasks(_request: web.Request) -> web.Response:
        return web.Response(body=tasks, content_type="application/json")

    async def choose(request: web.Request) -> web.Response:
        nonlocal turns
        turns = cycle(prepared[Scenario(request.match_info["scenario"])])
        return web.Response()

    app = web.Application()
    app.router.add_get("/account/info", account_info)
    app.router.add_get("/account/active_tasks", active_tasks)
    app.router.add_put("/scenario/{scenario}", choose)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    # The pipe ends with the process that started this one, however that one ends.
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
