"""Receive the notices that the service posts to an account's notification address.

Whoever knows the address can post, so a notice is taken for a hint and its work is bounded. The id
in the address is a secret: Home Assistant itself would log it with a request of another method,
and with an error that is raised here.
"""

import asyncio
from collections import deque
from contextlib import suppress
import logging

from aiohttp.web import Request, RequestPayloadError, Response

from homeassistant.components.webhook import (
    SUPPORTED_METHODS,
    async_generate_url,
    async_register,
    async_unregister,
)
from homeassistant.const import CONF_API_KEY, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.network import NoURLAvailableError

from .api import parse_notice
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry

_LOGGER = logging.getLogger(__name__)

MAX_BODY_SIZE = 64 * 1024
READ_SECONDS = 10
MAX_NOTICES_PER_MINUTE = 10
MINUTE_SECONDS = 60
NO_NOTICE = "no notice"


def notice_signal(entry_id: str) -> str:
    """Return the name of the signal that a notice of an account is sent with."""
    return f"{DOMAIN}_notice_{entry_id}"


class NoAddressError(Exception):
    """There is no address to enter at the service; the text is the key of its translation."""


async def async_create_address(hass: HomeAssistant, webhook_id: str) -> str:
    """Return the address to enter at the service, one of Home Assistant Cloud where that is on."""
    if "cloud" in hass.config.components:
        # Whoever does not use it need not load it.
        from hass_nabucasa import NabuCasaBaseError  # noqa: PLC0415

        from homeassistant.components import cloud  # noqa: PLC0415

        if cloud.async_active_subscription(hass):
            try:
                return await cloud.async_get_or_create_cloudhook(hass, webhook_id)
            except (cloud.CloudNotAvailable, NabuCasaBaseError, TimeoutError) as err:
                raise NoAddressError("cloud_not_connected") from err
    try:
        return async_generate_url(hass, webhook_id)
    except NoURLAvailableError as err:
        raise NoAddressError("no_address") from err


async def async_delete_address(hass: HomeAssistant, webhook_id: str | None) -> None:
    """Let Home Assistant Cloud forget an address that is no longer used."""
    if webhook_id and "cloud" in hass.config.components:
        from homeassistant.components import cloud  # noqa: PLC0415

        # It has none if the address was made before there was a subscription.
        with suppress(cloud.CloudNotAvailable, ValueError):
            await cloud.async_delete_cloudhook(hass, webhook_id)


@callback
def async_receive_notices(hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
    """Receive notices until the entry is unloaded."""
    webhook_id = entry.options[CONF_WEBHOOK_ID]
    receiver = NoticeReceiver(hass, entry)
    async_register(
        hass,
        DOMAIN,
        entry.title,
        webhook_id,
        receiver.async_handle,
        allowed_methods=SUPPORTED_METHODS,
    )

    @callback
    def stop() -> None:
        """Receive no more."""
        async_unregister(hass, webhook_id)
        receiver.async_stop()

    entry.async_on_unload(stop)


class NoticeReceiver:
    """Reads what is posted, at most ten requests a minute, and polls at most once a minute."""

    def __init__(self, hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
        """Receive for an account."""
        self._hass = hass
        self._entry = entry
        self._counts = entry.runtime_data.notices
        self._read_at: deque[float] = deque(maxlen=MAX_NOTICES_PER_MINUTE)
        self._poll = Debouncer(
            hass,
            _LOGGER,
            cooldown=MINUTE_SECONDS,
            immediate=True,
            function=entry.runtime_data.async_refresh,
            background=True,
        )

    @callback
    def async_stop(self) -> None:
        """Ask for no more polls."""
        self._poll.async_shutdown()

    async def async_handle(
        self, _hass: HomeAssistant, _webhook_id: str, request: Request
    ) -> Response:
        """Answer a request; the service cannot be told what was wrong with a notice."""
        if request.method != "POST":
            return Response(status=405)
        now = self._hass.loop.time()
        is_flood = (
            len(self._read_at) == MAX_NOTICES_PER_MINUTE and now - self._read_at[0] < MINUTE_SECONDS
        )
        if is_flood:
            return self._drop("too many requests", 429)
        self._read_at.append(now)
        if (body := await _read(request)) is None:
            return self._drop("too large, too slow or damaged", 413)
        if (notice := parse_notice(body, self._entry.data[CONF_API_KEY])) is None:
            return self._drop("of an unknown shape", 200)
        self._counts[notice.type] += 1
        async_dispatcher_send(self._hass, notice_signal(self._entry.entry_id), notice)
        self._poll.async_schedule_call()
        return Response()

    def _drop(self, reason: str, status: int) -> Response:
        """Answer a request that is dropped."""
        self._counts[NO_NOTICE] += 1
        _LOGGER.debug("A notice to %s is dropped: %s", self._entry.title, reason)
        return Response(status=status)


async def _read(request: Request) -> bytes | None:
    """Return the body, None if it is too large, takes too long or cannot be unpacked."""
    stream, body = request.content, bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            while chunk := await stream.read(MAX_BODY_SIZE):
                body += chunk
                if len(body) > MAX_BODY_SIZE:
                    return None
    except TimeoutError, RequestPayloadError:
        return None
    return bytes(body)
