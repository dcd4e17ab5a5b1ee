"""A real browser that is logged in to a Home Assistant."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
import re
import shutil
from typing import Final

from playwright.sync_api import ConsoleMessage, Error, Page, StorageState, sync_playwright

from .configuration import Access

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT: Final = 30_000
# What the frontend logs when it leaves a page or loses its connection, whatever is on the page.
_USUAL: Final = (
    re.compile(r"Received event for unknown subscription \d+\. Unsubscribing\."),
    re.compile(r"\bdisconnected\b", re.IGNORECASE),
)
# What a list of the frontend (its virtualizer) rejects with when it is closed while it is laid out,
# such as the list of integrations: a promise that nobody awaits. It is the whole text.
_CLOSED_LIST: Final = "disconnected"


def program() -> str | None:
    """Return the path of the machine's Chromium, None without one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def page(
    access: Access, *, width: int = 1280, height: int = 900, scale: float = 1
) -> Iterator[tuple[Page, list[str]]]:
    """Open a page that is logged in, and collect what its console tells of errors."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(usual.search(message.text) for usual in _USUAL):
            errors.append(f"{message.text} ({message.location.get('url')})")

    def note_uncaught(error: Error) -> None:
        if str(error) != _CLOSED_LIST:
            errors.append(str(error))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=[*OPTIONS])
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="light",
            reduced_motion="reduce",
            service_workers="block",
            locale="en-US",
            timezone_id="UTC",
            storage_state=_logged_in(access),
        )
        context.set_default_timeout(TIMEOUT)
        opened = context.new_page()
        opened.on("console", note)
        opened.on("pageerror", note_uncaught)
        try:
            yield opened, errors
        finally:
            context.close()
            browser.close()


def _logged_in(access: Access) -> StorageState:
    """Return what the frontend keeps in the browser once a user has logged in."""
    tokens = {
        "access_token": access.token,
        "token_type": "Bearer",
        "refresh_token": "",
        "expires_in": 1_000_000_000,
        # Far ahead, in milliseconds: the long-lived token is never to be renewed.
        "expires": 4_102_444_800_000,
        "hassUrl": access.url,
        "clientId": f"{access.url}/",
    }
    return {
        "cookies": [],
        "origins": [
            {
                "origin": access.url,
                "localStorage": [{"name": "hassTokens", "value": json.dumps(tokens)}],
            }
        ],
    }
