"""The server: routing, faults, and a record of what was asked."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web
from multidict import CIMultiDictProxy

from . import endpoints, notices
from .account import SimulatedAccount
from .control import add_control_routes
from .demo import DEMO_KEY
from .exchange import Exchange, Handler, Reply, hang, raw
from .faults import HANDLERS, Fault

HOST = "127.0.0.1"
# How long aiohttp may take to close connections that are idle at the stop.
_SHUTDOWN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that a client made to the service."""

    method: str
    path: str
    query: str
    headers: CIMultiDictProxy[str]


@dataclass(slots=True)
class _Failing:
    """What meets the next requests, so many of them or all."""

    handler: Handler
    times: int | None


class Simulator:
    """A GoAPI service on a local port."""

    def __init__(self, accounts: dict[str, SimulatedAccount] | None = None) -> None:
        """Serve these accounts by API key, or the demo account."""
        self.accounts = {DEMO_KEY: SimulatedAccount.demo()} if accounts is None else accounts
        self.requests: list[RecordedRequest] = []
        # Answers with the fields of the account at the top level instead of under `data`.
        self.flat = False
        # Paths that are not found.
        self.lacks: set[str] = set()
        self.redirect_target: str | None = None
        self.port = 0
        # By path; None is for all paths without a failure of their own.
        self._failing: dict[str | None, _Failing] = {}
        self._runner: web.AppRunner | None = None
        self._busy: dict[asyncio.Task[object], asyncio.Transport] = {}

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        """Stop."""
        await self.stop()

    @property
    def url(self) -> str:
        """Return the base URL, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def account(self) -> SimulatedAccount:
        """Return the account of the first key."""
        return next(iter(self.accounts.values()))

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        app = web.Application()
        add_control_routes(app, self)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await runner.setup()
        await web.TCPSite(runner, HOST, port, reuse_address=True).start()
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and cut every connection, answered or not."""
        if (runner := self._runner) is None:
            return
        self._runner = None
        for site in runner.sites:
            await site.stop()
        busy = dict(self._busy)
        for task, transport in busy.items():
            task.cancel()
            transport.abort()
        if busy:
            await asyncio.wait(busy)
        await runner.cleanup()

    def fail(self, fault: Fault | str, times: int | None = None, path: str | None = None) -> None:
        """Meet the next requests (to a path) with a fault, all of them without a number."""
        self._failing[path] = _Failing(HANDLERS[Fault(fault)], times)

    def respond(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
    ) -> None:
        """Answer every request (to a path) with exactly this until recovery."""

        async def handler(_exchange: Exchange) -> web.StreamResponse:
            return raw(status, body, headers)

        self._failing[path] = _Failing(handler, None)

    def recover(self) -> None:
        """Answer well again."""
        self._failing.clear()

    async def send_notice(
        self,
        type: str,  # noqa: A002 - the name of the field
        detail: dict[str, Any] | None = None,
        message: str = "",
    ) -> int:
        """Post a notice to the first account's notification address, and return the status.

        Raise ValueError unless the address is an http address of this machine.
        """
        return await notices.send(self.account, type, detail or {}, message)

    def add_key(self, key: str) -> None:
        """Accept another key of the first account."""
        self.accounts[key] = self.account

    def revoke_key(self, key: str) -> None:
        """Accept a key no longer."""
        del self.accounts[key]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(
            RecordedRequest(request.method, request.path, request.query_string, request.headers)
        )
        task = asyncio.current_task()
        if task is None or request.transport is None:
            await hang()
        self._busy[task] = request.transport
        try:
            return await self._answer(request)
        except ConnectionError:
            # The client left in the middle; returning or raising would make aiohttp log it.
            await hang()
        finally:
            del self._busy[task]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        reply = self._reply(request)
        if (handler := self._next_handler(request.path)) is None:
            return reply.response()
        target = self.redirect_target or f"http://localhost:{self.port}{request.path}"
        return await handler(Exchange(request, reply, target))

    def _next_handler(self, path: str) -> Handler | None:
        """Return what the next request to a path meets, which counts as met; None is no fault."""
        key = path if path in self._failing else None
        if (failing := self._failing.get(key)) is None:
            return None
        if failing.times is not None:
            failing.times -= 1
            if failing.times == 0:
                del self._failing[key]
        return failing.handler

    def _reply(self, request: web.Request) -> Reply:
        """Return what a healthy service answers to a request."""
        reply = endpoints.answer(request, self.accounts, self.lacks)
        fields = reply.payload["data"]
        if self.flat and request.path == endpoints.ACCOUNT_INFO and fields is not None:
            return Reply(reply.status, {**fields, "code": 200, "message": "success"})
        return reply
