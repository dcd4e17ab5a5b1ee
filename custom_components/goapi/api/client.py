"""The client of the account API: one method per endpoint, which returns a model or raises."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from .answers import MAX_BODY_SIZE, account_data
from .errors import (
    GoAPIAuthenticationError,
    GoAPIConnectionError,
    GoAPIError,
    GoAPIResponseError,
    GoAPITimeoutError,
)
from .models import Account, parse_account

# All of one call: connecting, answering, reading, and asking again after a refused key.
TIMEOUT_SECONDS = 10
# A single stray 401 has been seen from services of this class: the key is asked about twice.
AUTHENTICATION_RETRY_SECONDS = 1.0
# The time limit is ours, over all that a call does: aiohttp's own would be one more timer.
NO_TIMEOUT = aiohttp.ClientTimeout(total=None)


class Answer(NamedTuple):
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class GoAPIClient:
    """Asks one service about the account of one API key.

    Every method raises a GoAPIError and nothing else, within TIMEOUT_SECONDS. The key is sent in
    the header `x-api-key` and appears in no exception, text or model.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, api_key: str) -> None:
        """Use a session of the caller, which should keep no cookies.

        The address and the key are already normalized.
        """
        self._session = session
        self._account_url = URL(base_url) / "account/info"
        self._api_key = api_key
        # Answers are a few kilobytes: compressed ones would only add a way to attack.
        self._headers = CIMultiDict({"x-api-key": api_key, "Accept-Encoding": "identity"})
        # The status, encoding and hash of the last good answer, and what it said.
        self._last: tuple[tuple[int, str | None, int], Account] | None = None

    async def get_account(self) -> Account:
        """Return the account of the key, from `GET /account/info`.

        An answer that is the same to the byte as the one before gives the same object again.

        Raises GoAPIAuthenticationError when the key was refused twice in a row a moment apart, and
        the other errors of `errors.py` as they are described there.
        """
        # Errors are raised outside the handlers that saw the cause: aiohttp's exceptions carry the
        # headers of the request, and with them the key.
        outcome: Account | GoAPIError
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                outcome = await self._ask_for_account()
                if isinstance(outcome, GoAPIAuthenticationError):
                    await asyncio.sleep(AUTHENTICATION_RETRY_SECONDS)
                    outcome = await self._ask_for_account()
        except TimeoutError:
            outcome = GoAPITimeoutError(f"{TIMEOUT_SECONDS} seconds")
        if isinstance(outcome, GoAPIError):
            raise outcome
        return outcome

    async def _ask_for_account(self) -> Account | GoAPIError:
        """Ask once and return what came of it."""
        answer = await self._get(self._account_url)
        if isinstance(answer, GoAPIError):
            return answer
        # Not the body itself, as it repeats the key. Python salts the hash of bytes anew in each
        # process, so that no answer can be made to collide.
        encoding = answer.headers.get("Content-Encoding")
        seen = (answer.status, encoding, hash(answer.body))
        if self._last is not None and self._last[0] == seen:
            return self._last[1]
        try:
            account = parse_account(account_data(*answer), self._api_key)
        except GoAPIError as err:
            return err
        self._last = (seen, account)
        return account

    async def _get(self, url: URL) -> Answer | GoAPIError:
        """Fetch a page of the service, reading no more of it than an account can be."""
        chunks: list[bytes] = []
        size = 0
        try:
            async with self._session.get(
                url,
                headers=self._headers,
                allow_redirects=False,
                # A few bytes could become many before they are counted.
                auto_decompress=False,
                timeout=NO_TIMEOUT,
            ) as response:
                while chunk := await response.content.readany():
                    size += len(chunk)
                    if size > MAX_BODY_SIZE:
                        return GoAPIResponseError("larger than 1 MiB")
                    chunks.append(chunk)
                return Answer(response.status, response.headers, b"".join(chunks))
        except (aiohttp.ClientError, OSError) as err:
            return GoAPIConnectionError(type(err).__name__)
