"""Endpoints through which other processes change the account and break the service."""

import inspect
import json
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, web

if TYPE_CHECKING:
    from .server import Simulator

# Methods of the service and of its first account; the body of a request has their arguments.
SERVICE_ACTIONS = {
    "add_key": "add_key",
    "fail": "fail",
    "notice": "send_notice",
    "recover": "recover",
    "revoke_key": "revoke_key",
}
ACCOUNT_ACTIONS = {
    "add_quota",
    "disable",
    "enable",
    "fail_task",
    "finish_task",
    "freeze",
    "release",
    "remove",
    "run_task",
    "set",
    "spend",
    "start_task",
    "top_up",
}


def add_control_routes(app: web.Application, simulator: Simulator) -> None:
    """Add the control endpoints to an application."""

    async def show_state(_request: web.Request) -> web.Response:
        return web.json_response(state(simulator))

    async def act(request: web.Request) -> web.Response:
        name = request.match_info["action"]
        if name in SERVICE_ACTIONS:
            action = getattr(simulator, SERVICE_ACTIONS[name])
        elif name in ACCOUNT_ACTIONS:
            action = getattr(simulator.account, name)
        else:
            return _problem(404, f"no action {name}")
        try:
            result = action(**json.loads(await request.read() or b"{}"))
            if inspect.isawaitable(result):
                result = await result
        except (TypeError, ValueError, ClientError, TimeoutError) as error:
            return _problem(400, str(error))
        return web.json_response({**state(simulator), "result": result})

    app.router.add_get("/simulator/state", show_state)
    app.router.add_post("/simulator/{action}", act)


def state(simulator: Simulator) -> dict[str, Any]:
    """Return the accounts, and how often the service was asked."""
    return {
        "requests": len(simulator.requests),
        "accounts": {key: account.data for key, account in simulator.accounts.items()},
    }


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
