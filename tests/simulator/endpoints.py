"""The endpoints of the service."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from .account import SimulatedAccount
from .exchange import API_KEY_HEADER, Reply, envelope

MAX_PAGE_SIZE = 100

type Endpoint = Callable[[web.Request, SimulatedAccount], Reply]


def account_info(request: web.Request, account: SimulatedAccount) -> Reply:
    """Answer `GET /account/info`, which echoes the key it was asked with."""
    echoed = {"api_key": request.headers[API_KEY_HEADER]} if "api_key" in account.data else {}
    return envelope(200, "success", {**account.data, **echoed})


def active_tasks(_request: web.Request, account: SimulatedAccount) -> Reply:
    """Answer `GET /account/active_tasks`."""
    return envelope(200, "success", account.active_tasks)


def histories(request: web.Request, account: SimulatedAccount) -> Reply:
    """Answer `GET /api/open/tasks/histories`, one page at a time."""
    query = request.query
    try:
        page = _integer(query, "page", 1)
        size = _integer(query, "page_size", MAX_PAGE_SIZE)
        start = _integer(query, "start_time", 0)
        end = _integer(query, "end_time", None)
    except ValueError as error:
        return envelope(400, str(error))
    if page is None or page < 1 or size is None or not 1 <= size <= MAX_PAGE_SIZE:
        return envelope(400, "invalid page or page_size")
    rows = [
        row
        for row in account.histories
        if query.get("model", row["task_model"]) == row["task_model"]
        and (start or 0) <= _seconds(row)
        and (end is None or _seconds(row) <= end)
    ]
    chosen = rows[(page - 1) * size : page * size]
    return envelope(
        200, "success", {"data": chosen, "page": page, "size": size, "total": len(rows)}
    )


ENDPOINTS: dict[str, Endpoint] = {
    "/account/info": account_info,
    "/account/active_tasks": active_tasks,
    "/api/open/tasks/histories": histories,
}


def answer(request: web.Request, accounts: Mapping[str, SimulatedAccount]) -> Reply:
    """Return what a healthy service answers to a request."""
    if (endpoint := ENDPOINTS.get(request.path)) is None:
        return envelope(404, "not found")
    if request.method != "GET":
        return envelope(405, "method not allowed")
    if (account := accounts.get(request.headers.get(API_KEY_HEADER, ""))) is None:
        return envelope(401, "invalid api key")
    return endpoint(request, account)


def flattened(reply: Reply) -> Reply:
    """Return the answer with its fields at the top level instead of under `data`."""
    payload = dict(reply.payload)
    if isinstance(fields := payload.get("data"), dict):
        del payload["data"]
        payload = {**fields, **payload}
    return Reply(reply.status, payload)


def _integer(query: Mapping[str, str], name: str, default: int | None) -> int | None:
    try:
        return int(query[name]) if name in query else default
    except ValueError:
        raise ValueError(f"invalid {name}") from None


def _seconds(row: dict[str, Any]) -> float:
    return datetime.fromisoformat(row["created_at"]).timestamp()
