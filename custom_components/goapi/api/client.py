"""The client of the account API: one method per endpoint, which returns a model or raises."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import orjson
from yarl import URL

from .errors import (
    GoAPIAuthenticationError,
    GoAPIConnectionError,
    GoAPIError,
    GoAPIRedirectError,
    GoAPIResponseError,
    GoAPITimeoutError,
    error_of_answer,
)
from .models import Account
from .parser import parse_account
from .tasks import PAGE_SIZE, ActiveTasks, TaskPage, parse_active_tasks, parse_task_page

# All of one call: connecting, answering, reading, and asking again after a refused key.
TIMEOUT_SECONDS = 10
# A single stray 401 has been seen from services of this class: a refused key is tried twice.
AUTHENTICATION_RETRY_SECONDS = 1.0
# The time limit is ours, over the whole call: aiohttp's own would be one more timer.
NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
MIB = 1024 * 1024
MAX_BODY_SIZE = MIB
# The rows of a page hold what went into the tasks and came out of them.
MAX_PAGE_BODY_SIZE = 8 * MIB
MAX_RETRY_AFTER_SECONDS = 3600
# The vendor's own clients took 0 for success at first, and 200 later.
SUCCESS_CODES = (None, 0, 200)


class GoAPIClient:
    """Reads the account of one API key, and its tasks, from one service.

    Every method raises a GoAPIError and nothing else, within TIMEOUT_SECONDS. The key is sent in
    the header `x-api-key` and appears in no exception, text or model.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, api_key: str) -> None:
        """Use a session of the caller, which should keep no cookies.

        The address and the key are already normalized.
        """
        self._session = session
        base = URL(base_url)
        self._account_url = base / "account/info"
        self._tasks_url = base / "account/active_tasks"
        self._history_url = base / "api/open/tasks/histories"
        self._api_key = api_key
        # The hash of the last good answer, as the answer repeats the key, and its account.
        self._last: tuple[int, Account] | None = None

    async def get_account(self) -> Account:
        """Return the account of the key, from `GET /account/info`.

        An answer that is the same to the byte as the one before gives the same object again.

        Raises GoAPIAuthenticationError when the key was refused twice in a row a moment apart, and
        the other errors of `errors.py` as they are described there.
        """
        return await self._call(self._request_account)

    async def get_active_tasks(self) -> ActiveTasks:
        """Return how many tasks run and wait, from `GET /account/active_tasks`.

        Raises what `get_account` does; GoAPIResponseError where the service has no such endpoint.
        """

        async def request() -> ActiveTasks:
            return parse_active_tasks(await self._request(self._tasks_url), self._api_key)

        return await self._call(request)

    async def get_task_page(self, start: int, end: int, page: int) -> TaskPage:
        """Return one page of the tasks created between two moments, in Unix seconds.

        It is from `GET /api/open/tasks/histories`; pages count from 1. Raises what
        `get_active_tasks` does.
        """
        query = {"page": page, "page_size": PAGE_SIZE, "start_time": start, "end_time": end}
        url = self._history_url.with_query(query)

        async def request() -> TaskPage:
            return parse_task_page(await self._request(url, MAX_PAGE_BODY_SIZE), self._api_key)

        return await self._call(request)

    async def _call[T](self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request in time, again if the key is refused; raise nothing but GoAPIError."""
        error: GoAPIError
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                with suppress(GoAPIAuthenticationError):
                    return await request()
                await asyncio.sleep(AUTHENTICATION_RETRY_SECONDS)
                return await request()
        except TimeoutError:
            error = GoAPITimeoutError(f"{TIMEOUT_SECONDS} seconds")
        except (aiohttp.ClientError, OSError) as err:
            error = GoAPIConnectionError(type(err).__name__)
        # Not raised above: aiohttp's exceptions carry the headers of the request, with the key.
        raise error

    async def _request_account(self) -> Account:
        """Make one request and return the account in its answer."""
        status, headers, body = await self._get(self._account_url, MAX_BODY_SIZE)
        answer = hash((status, body))
        if self._last is None or self._last[0] != answer:
            data = _answer_data(status, headers, body)
            self._last = (answer, parse_account(data, self._api_key))
        return self._last[1]

    async def _request(self, url: URL, max_size: int = MAX_BODY_SIZE) -> Mapping[str, object]:
        """Make one request and return the data in its answer."""
        return _answer_data(*await self._get(url, max_size))

    async def _get(self, url: URL, max_size: int) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body, reading no more of it than it can be."""
        async with self._session.get(
            url,
            # Answers are small: compressed ones would only add a way to attack.
            headers={"x-api-key": self._api_key, "Accept-Encoding": "identity"},
            auto_decompress=False,
            allow_redirects=False,
            timeout=NO_TIMEOUT,
        ) as response:
            body = bytearray()
            while chunk := await response.content.readany():
                body += chunk
                if len(body) > max_size:
                    raise GoAPIResponseError(f"larger than {max_size // MIB} MiB")
            return response.status, response.headers, bytes(body)


def _answer_data(status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, object]:
    """Return the data of a good answer; raise the GoAPIError that fits any other.

    Good is an HTTP 2xx whose JSON object has no other envelope code than success; the fields are
    under `data` or, in some answers, beside the code.
    """
    if 300 <= status < 400:
        raise GoAPIRedirectError(f"HTTP {status}")
    document: object = None
    with suppress(ValueError):
        document = orjson.loads(body)
    envelope = document if isinstance(document, dict) else {}
    code = _envelope_code(envelope.get("code"))
    if not 200 <= status < 300 or code not in SUCCESS_CODES:
        raise error_of_answer(status, code, body, _retry_after(headers.get("Retry-After")))
    if document is None:
        raise GoAPIResponseError("not JSON")
    data = envelope.get("data")
    if data is None:
        data = document
    if not isinstance(data, dict):
        raise GoAPIResponseError("no data in it")
    return data


def _envelope_code(code: object) -> int | None:
    """Return the code of the service's envelope, which may be a text; None for anything else."""
    text = str(code) if isinstance(code, int | str) else ""
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _retry_after(header: str | None) -> int | None:
    """Return the seconds that a Retry-After header (RFC 9110, section 10.2.3) asks for.

    It is capped at one hour; a header that is absent, unreadable or of the past asks for nothing.
    """
    if not header:
        return None
    try:
        if header.isdecimal():
            seconds = float(header)
        else:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except TypeError, ValueError, OverflowError:
        return None
    return int(min(seconds, MAX_RETRY_AFTER_SECONDS)) if seconds >= 1 else None
