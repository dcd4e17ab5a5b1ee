"""Faults that are complete answers, only not the right ones."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
from typing import Any

from aiohttp import web

from .exchange import Exchange, Handler, envelope, raw

HTML = "text/html; charset=utf-8"


def error(status: int, message: str, code: int | None = None) -> Handler:
    """Return a fault with a JSON envelope; without a code the envelope repeats the status."""
    body = envelope(status if code is None else code, message).body

    async def handler(_exchange: Exchange) -> web.StreamResponse:
        return raw(status, body)

    return handler


def page(status: int, title: str) -> Handler:
    """Return a fault with an HTML page as gateways write them."""
    body = (
        f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n"
        f"<body>\n<center><h1>{title}</h1></center>\n<hr><center>gateway</center>\n"
        "</body>\n</html>\n"
    ).encode()

    async def handler(_exchange: Exchange) -> web.StreamResponse:
        return raw(status, body, content_type=HTML)

    return handler


def literal(body: bytes, status: int = 200) -> Handler:
    """Return a fault with exactly this body."""

    async def handler(_exchange: Exchange) -> web.StreamResponse:
        return raw(status, body)

    return handler


def rate_limited(retry_after: Callable[[], str | None]) -> Handler:
    """Return a 429 whose Retry-After is made for each answer, or left out for None."""

    async def handler(_exchange: Exchange) -> web.StreamResponse:
        value = retry_after()
        headers = {} if value is None else {"Retry-After": value}
        return raw(429, envelope(429, "too many requests").body, headers)

    return handler


def http_date() -> str:
    """Return a moment a minute and a half ahead as an HTTP date."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)


def echo(status: int, code: int, message: str) -> Handler:
    """Return a fault whose message has the key that was sent in the place of `{key}`."""

    async def handler(exchange: Exchange) -> web.StreamResponse:
        return raw(status, envelope(code, message.format(key=exchange.key)).body)

    return handler


def redirect(status: int) -> Handler:
    """Return a redirect to the target that the simulator is set to."""

    async def handler(exchange: Exchange) -> web.StreamResponse:
        return raw(status, b"", {"Location": exchange.redirect_target}, HTML)

    return handler


def altered(change: Callable[[dict[str, Any]], object]) -> Handler:
    """Return a fault that changes the fields of an otherwise good answer."""

    async def handler(exchange: Exchange) -> web.StreamResponse:
        payload = json.loads(exchange.reply.body)
        fields = payload.get("data")
        change(fields if isinstance(fields, dict) else payload)
        return raw(exchange.reply.status, json.dumps(payload).encode())

    return handler


def without_id(fields: dict[str, Any]) -> None:
    """Take the account's id away."""
    fields.pop("id", None)


def with_other_id(fields: dict[str, Any]) -> None:
    """Put the id of somebody else's account in."""
    fields["id"] = 90909


def with_bad_numbers(fields: dict[str, Any]) -> None:
    """Put in literals that Python's json writes and JSON does not allow."""
    fields["equivalent_in_usd"] = float("nan")
    if isinstance(wallet := fields.get("wallet"), dict):
        wallet["credit_remain"] = float("inf")
        wallet["credit_used"] = float("-inf")


async def invalid_utf8(exchange: Exchange) -> web.StreamResponse:
    """Answer with bytes that are not UTF-8 inside a JSON string."""
    payload = exchange.reply.payload | {"message": "?"}
    body = json.dumps(payload).encode().replace(b'"?"', b'"\xff\xfe\xc3("')
    return raw(exchange.reply.status, body)


async def wrong_content_type(exchange: Exchange) -> web.StreamResponse:
    """Answer well, but call it plain text."""
    return raw(exchange.reply.status, exchange.reply.body, content_type="text/plain")


async def huge_header(exchange: Exchange) -> web.StreamResponse:
    """Answer well after a header line of 256 KiB, four times what Home Assistant allows."""
    return raw(exchange.reply.status, exchange.reply.body, {"X-Padding": "x" * 262144})


async def too_large(exchange: Exchange) -> web.StreamResponse:
    """Answer well, padded with blanks to two MiB."""
    body = exchange.reply.body
    return raw(exchange.reply.status, body.ljust(2 * 1024 * 1024))
