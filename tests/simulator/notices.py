"""Notices that the service posts to an account's notification address."""

import asyncio
from contextlib import suppress
from typing import Any, Never

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from .account import SimulatedAccount

LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT = ClientTimeout(total=5)
# How long until somebody who has just given his address gets a notice, and until the next one.
FIRST_SECONDS = 20
NEXT_SECONDS = 600


async def send(account: SimulatedAccount, kind: str, detail: dict[str, Any], message: str) -> int:
    """Post a notice, and return the status of the answer.

    Raise ValueError unless the address is an http address of this machine.
    """
    url = URL(str(account.data.get("notification_hook_url")))
    # The simulator must never post to a stranger.
    if url.scheme != "http" or url.host not in LOOPBACK:
        raise ValueError("the notification address is not an http address of this machine")
    notice = {
        "type": kind,
        "time": int(account.clock().timestamp()),
        "message": message,
        "detail": detail,
    }
    async with (
        ClientSession(timeout=TIMEOUT) as session,
        session.post(url, json=notice, allow_redirects=False) as response,
    ):
        return response.status


async def send_regularly(account: SimulatedAccount) -> Never:
    """Post a notice every now and then, as soon as the account has an address for it."""
    while True:
        await asyncio.sleep(FIRST_SECONDS)
        with suppress(ValueError, ClientError, TimeoutError):
            await send(account, *_penalty(account))
            await asyncio.sleep(NEXT_SECONDS)


def _penalty(account: SimulatedAccount) -> tuple[str, dict[str, Any], str]:
    """Return the notice that the newest Midjourney task used too much."""
    task_ids = [row["task_id"] for row in account.history if row["task_model"] == "mj"]
    detail = {
        "penalty_type": "relax",
        "task_id": task_ids[-1] if task_ids else "",
        "threshold": 100,
        "cap_usage": 112,
    }
    return "mj_penalty_triggered", detail, "Tasks are slowed down: too many in relax mode"
