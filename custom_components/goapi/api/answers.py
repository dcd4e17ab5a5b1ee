"""Tell an account from everything else that a service, or a gateway before it, may answer."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import json
import re
from typing import cast
import zlib

import orjson

from .errors import (
    GoAPIAuthenticationError,
    GoAPIConnectionError,
    GoAPIError,
    GoAPIQuotaError,
    GoAPIRateLimitError,
    GoAPIRedirectError,
    GoAPIRejectedError,
    GoAPIResponseError,
    GoAPIServerError,
)

MAX_BODY_SIZE = 1024 * 1024
MAX_RETRY_AFTER_SECONDS = 3600
REDIRECTS = (301, 302, 303, 307, 308)
# An error's text is short; a page that speaks of credits somewhere is no error text.
MAX_ERROR_TEXT_LENGTH = 4096

# Whole words, also within `insufficient_quota`, and not the "load balancer" of a gateway's page.
_QUOTA_WORDS = re.compile(r"(?<![a-z])(quotas?|credits?|balances?)(?![a-z])", re.IGNORECASE)
# Where a word begins within `InsufficientBalance`.
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ERROR_KEYS = ("message", "msg", "error", "errors", "detail", "reason", "type", "code", "data")


def account_data(status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, object]:
    """Return the account's part of a good answer; raise the GoAPIError that fits any other.

    Good is an HTTP 2xx whose JSON object has the envelope code 200; the fields stand under `data`
    or, in some answers, beside the code.
    """
    if status in REDIRECTS:
        raise GoAPIRedirectError(f"HTTP {status}")
    document = _decode(_inflated(headers, body))
    envelope = document if isinstance(document, dict) else {}
    code = _envelope_code(envelope)
    if not (200 <= status < 300 and code in (None, 200)):
        raise _failure(status, code, headers, _error_text(document, body))
    if document is None:
        raise GoAPIResponseError("not JSON")
    data = envelope.get("data")
    if isinstance(data, dict):
        return data
    if data is None and "id" in envelope:
        return envelope
    raise GoAPIResponseError("no account in it")


def _failure(status: int, code: int | None, headers: Mapping[str, str], text: str) -> GoAPIError:
    """Choose the error for an answer that is no success."""
    said = f"HTTP {status}" if code in (None, status) else f"HTTP {status}, code {code}"
    retry_after = _retry_after(headers.get("Retry-After"))
    if _QUOTA_WORDS.search(_CAMEL_CASE.sub(" ", text)):
        return GoAPIQuotaError(said, retry_after=retry_after)
    if 429 in (status, code):
        return GoAPIRateLimitError(said, retry_after=retry_after)
    if status >= 500:
        return GoAPIServerError(said, retry_after=retry_after)
    if status == 401 or code in (401, 403):
        return GoAPIAuthenticationError(said)
    if code is not None and 500 <= code < 600:
        return GoAPIServerError(said, retry_after=retry_after)
    return GoAPIRejectedError(said)


def _inflated(headers: Mapping[str, str], body: bytes) -> bytes:
    """Undo the compression that a gateway added unasked, within the bounds of any body."""
    encoding = headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise GoAPIResponseError("unknown compression")
    # 32 is zlib's own way to say: find out which of the two it is.
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        inflated = inflater.decompress(body, MAX_BODY_SIZE + 1)
    except zlib.error:
        raise GoAPIResponseError("broken compression") from None
    if len(inflated) > MAX_BODY_SIZE:
        raise GoAPIResponseError("larger than 1 MiB")
    if not inflater.eof:
        raise GoAPIConnectionError("cut short")
    return inflated


def _decode(body: bytes) -> object:
    """Decode JSON; None for anything that is not, or nests too deeply."""
    with suppress(ValueError):
        return cast(object, orjson.loads(body))
    # The standard library also reads NaN and Infinity, which spoil one field and not the answer.
    with suppress(ValueError, RecursionError):
        return cast(object, json.loads(body))
    return None


def _envelope_code(envelope: Mapping[str, object]) -> int | None:
    """Return the code of the service's envelope, which also comes as a text."""
    code = envelope.get("code")
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 6:
        return int(code)
    if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 100_000:
        return code
    return None


def _error_text(document: object, body: bytes) -> str:
    """Return what a failed answer says, in the parts where errors are worded."""
    if document is not None:
        return "\n".join(_error_texts(document, depth=3))
    if body.lstrip()[:1] == b"<" or len(body) > MAX_ERROR_TEXT_LENGTH:
        return ""
    return body.decode(errors="replace")


def _error_texts(part: object, depth: int) -> Iterator[str]:
    """Yield the texts under the keys that services word their errors with, and in lists of them."""
    if isinstance(part, str):
        yield part[:MAX_ERROR_TEXT_LENGTH]
    elif isinstance(part, list) and depth:
        for item in part[:10]:
            yield from _error_texts(item, depth - 1)
    elif isinstance(part, dict) and depth:
        for key in _ERROR_KEYS:
            yield from _error_texts(part.get(key), depth - 1)


def _retry_after(header: str | None) -> int | None:
    """Return the seconds that a Retry-After header (RFC 9110, section 10.2.3) asks for.

    It is capped at one hour; a header that is absent, unreadable or of the past asks for nothing.
    """
    if not header:
        return None
    if header.isascii() and header.isdecimal():
        seconds = float(header[:10])
    else:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except TypeError, ValueError, OverflowError:
            return None
    return min(round(seconds), MAX_RETRY_AFTER_SECONDS) if seconds >= 1 else None
