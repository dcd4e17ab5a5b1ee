"""The server: routing, faults, and a record of what was asked."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from .account import SimulatedAccount
from .control import add_control_routes
from .demo import DEMO_KEY
from .endpoints import answer, flattened
from .exchange import Exchange, Handler, hang, raw
from .faults import HANDLERS, Fault

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
class _Script:
    """An answer that replaces the good one, for some requests or until further notice."""

    handler: Handler
    fault: Fault | None = None
    times: int | None = None


class Simulator:
    """A GoAPI service on a local port."""

    def __init__(self, accounts: dict[str, SimulatedAccount] | None = None) -> None:
        """Serve these accounts by API key, or the demo account."""
        self.accounts = {DEMO_KEY: SimulatedAccount.demo()} if accounts is None else accounts
        self.requests: list[RecordedRequest] = []
        self.flat = False
        self.redirect_target: str | None = None
        self.host = "127.0.0.1"
        self.port = 0
        self._script: _Script | None = None
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
        return str(URL.build(scheme="http", host=self.host, port=self.port).origin())

    @property
    def account(self) -> SimulatedAccount:
        """Return the account of the first key."""
        return next(iter(self.accounts.values()))

    @property
    def fault(self) -> Fault | None:
        """Return the fault that the next request meets."""
        return self._script.fault if self._script else None

    @property
    def fault_times(self) -> int | None:
        """Return how many more requests meet the fault, or None if it stays until recovery."""
        return self._script.times if self._script else None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        if self._runner is not None:
            raise RuntimeError("the simulator is already running")
        app = web.Application()
        add_control_routes(app, self)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, reuse_address=True).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        self.host = host
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

    def fail(self, fault: Fault | str, times: int | None = None) -> None:
        """Meet the next requests with a fault, all of them without a number."""
        if times is not None and times < 1:
            raise ValueError("times must be above zero")
        fault = Fault(fault)
        self._script = _Script(HANDLERS[fault], fault, times)

    def respond(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Answer every request with exactly this until recovery."""

        async def handler(_exchange: Exchange) -> web.StreamResponse:
            return raw(status, body, headers)

        self._script = _Script(handler)

    def recover(self) -> None:
        """Answer well again."""
        self._script = None

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
        reply = answer(request, self.accounts)
        if self.flat:
            reply = flattened(reply)
        if (script := self._script) is None:
            return reply.response()
        if script.times is not None:
            script.times -= 1
            if script.times == 0:
                self._script = None
        target = self.redirect_target or f"http://localhost:{self.port}{request.path}"
        return await script.handler(Exchange(request, reply, target))
