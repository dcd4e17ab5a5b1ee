"""What a healthy service answers."""

from collections.abc import Callable, Mapping
from datetime import datetime
import sys
from typing import Any

from aiohttp import web

from .account import SimulatedAccount
from .exchange import API_KEY_HEADER, Reply, envelope

ACCOUNT_INFO = "/account/info"
ACTIVE_TASKS = "/account/active_tasks"
HISTORIES = "/api/open/tasks/histories"

DEFAULT_PAGE_SIZE = 10
MAX_PAGE_SIZE = 100

type Endpoint = Callable[[web.Request, SimulatedAccount], Reply]


def account_info(request: web.Request, account: SimulatedAccount) -> Reply:
    """Answer with the account, which echoes the key that it was asked with."""
    echoed = {"api_key": request.headers[API_KEY_HEADER]} if "api_key" in account.data else {}
    return envelope(200, "success", {**account.data, **echoed})


def active_tasks(_request: web.Request, account: SimulatedAccount) -> Reply:
    """Answer with the tasks that have not ended."""
    return envelope(200, "success", account.active_tasks())


def histories(request: web.Request, account: SimulatedAccount) -> Reply:
    """Answer with a page of the tasks, the newest first."""
    query = request.query
    try:
        page, size = _number(query, "page", 1), _number(query, "page_size", DEFAULT_PAGE_SIZE)
        start, end = _number(query, "start_time", 0), _number(query, "end_time", sys.maxsize)
    except ValueError as error:
        return envelope(400, str(error))
    if page < 1 or not 1 <= size <= MAX_PAGE_SIZE:
        return envelope(400, "invalid page or page_size")
    rows = [
        row
        for row in account.history
        if (query.get("model") or row["task_model"]) == row["task_model"]
        and start <= _created_at(row) <= end
    ]
    rows.sort(key=lambda row: (_created_at(row), row["id"]), reverse=True)
    shown = rows[(page - 1) * size : page * size]
    return envelope(200, "success", {"data": shown, "page": page, "size": size, "total": len(rows)})


ENDPOINTS: dict[str, Endpoint] = {
    ACCOUNT_INFO: account_info,
    ACTIVE_TASKS: active_tasks,
    HISTORIES: histories,
}


def answer(
    request: web.Request, accounts: Mapping[str, SimulatedAccount], lacks: set[str]
) -> Reply:
    """Return the answer to a request; paths that the service lacks are not found."""
    endpoint = ENDPOINTS.get(request.path)
    if endpoint is None or request.path in lacks:
        return envelope(404, "not found")
    if request.method != "GET":
        return envelope(405, "method not allowed")
    if (account := accounts.get(request.headers.get(API_KEY_HEADER, ""))) is None:
        return envelope(401, "invalid api key")
    return endpoint(request, account)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise ValueError(f"invalid {name}") from None


def _created_at(row: dict[str, Any]) -> float:
    return datetime.fromisoformat(row["created_at"]).timestamp()
