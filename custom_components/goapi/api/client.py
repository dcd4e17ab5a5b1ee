"""The client of the account API: one method per endpoint, which returns a model or raises."""

import asyncio
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

import aiohttp
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
        """Use a session of the caller; the address and the key are already normalized."""
        self._session = session
        self._base_url = URL(base_url)
        self._api_key = api_key
        # The status and the digest of the last good answer, and what it said.
        self._last: tuple[int, bytes, Account] | None = None

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
        answer = await self._get("account/info")
        if isinstance(answer, GoAPIError):
            return answer
        digest = blake2b(answer.body, digest_size=16).digest()
        if self._last is not None and self._last[:2] == (answer.status, digest):
            return self._last[2]
        try:
            account = parse_account(account_data(*answer), self._api_key)
        except GoAPIError as err:
            return err
        self._last = (answer.status, digest, account)
        return account

    async def _get(self, path: str) -> Answer | GoAPIError:
        """Fetch a page of the service, reading no more of it than an account can be."""
        try:
            async with self._session.get(
                self._base_url / path,
                # Answers are a few kilobytes: compressed ones would only add a way to attack.
                headers={"x-api-key": self._api_key, "Accept-Encoding": "identity"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_any():
                    body += chunk
                    if len(body) > MAX_BODY_SIZE:
                        return GoAPIResponseError("larger than 1 MiB")
                return Answer(response.status, response.headers, bytes(body))
        except (aiohttp.ClientError, OSError) as err:
            return GoAPIConnectionError(type(err).__name__)
