"""What a fault gets to know about the request it spoils."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
import json
from typing import Any, Never

from aiohttp import web
from multidict import CIMultiDict

API_KEY_HEADER = "x-api-key"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a healthy service."""

    status: int
    payload: dict[str, Any]

    @property
    def body(self) -> bytes:
        """Return the payload as the bytes of the body."""
        return json.dumps(self.payload).encode()

    def response(self) -> web.Response:
        """Return the answer as a response that can be sent."""
        return raw(self.status, self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, the answer that a healthy service would give, and where redirects lead."""

    request: web.Request
    reply: Reply
    redirect_target: str

    @property
    def key(self) -> str:
        """Return the API key that was sent."""
        return self.request.headers.get(API_KEY_HEADER, "")


type Handler = Callable[[Exchange], Awaitable[web.StreamResponse]]


def envelope(code: int, message: str, data: Any = None) -> Reply:
    """Return an answer whose envelope code is also its HTTP status."""
    return Reply(code, {"code": code, "data": data, "message": message})


def raw(
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> web.Response:
    """Return a response with exactly this body."""
    merged = CIMultiDict({"Content-Type": content_type})
    merged.update(headers or {})
    return web.Response(status=status, body=body, headers=merged)


async def hang() -> Never:
    """Wait until the connection ends, which cancels the handler."""
    never: asyncio.Future[Never] = asyncio.get_running_loop().create_future()
    await never
