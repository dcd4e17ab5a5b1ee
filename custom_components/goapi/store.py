"""The file that keeps an account's state over restarts."""

from contextlib import suppress
import logging
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store, UnsupportedStorageVersionError
from homeassistant.util import dt as dt_util

from .accounting import AccountState
from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

VERSION = 1
SAVE_DELAY_SECONDS = 15 * 60


class AccountStore:
    """The state of one entry, in one file.

    It is written at once where that is asked for, else at most every 15 minutes and when Home
    Assistant stops.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nothing known."""
        self.state = AccountState()
        self._store = Store[dict[str, Any]](
            hass, VERSION, f"{DOMAIN}.{entry_id}", atomic_writes=True
        )
        self._is_scheduled = False

    async def async_load(self) -> None:
        """Load the state; a file that cannot be read is set aside, with a warning."""
        try:
            if saved := await self._store.async_load():
                self.state = AccountState.from_dict(saved)
        except (
            UnsupportedStorageVersionError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ) as err:
            path = Path(self._store.path)
            aside = path.with_name(f"{path.name}.corrupt.{dt_util.utcnow().isoformat()}")
            with suppress(FileNotFoundError):
                await self._store.hass.async_add_executor_job(path.rename, aside)
            _LOGGER.warning(
                "The history of an account cannot be read (%s) and starts again; it is kept as %s",
                type(err).__name__,
                aside,
            )

    @callback
    def async_schedule_save(self) -> None:
        """Save when it is time: what comes until then is saved with it."""
        if not self._is_scheduled:
            self._is_scheduled = True
            # Another call would put the first one off, for as long as there are polls.
            self._store.async_delay_save(self._content, SAVE_DELAY_SECONDS)

    async def async_save(self) -> None:
        """Save now."""
        await self._store.async_save(self._content())

    async def async_remove(self) -> None:
        """Remove the file."""
        await self._store.async_remove()

    def _content(self) -> dict[str, Any]:
        """Return what is to be saved."""
        self._is_scheduled = False
        return self.state.as_dict()
