"""The files that keep what is known of an account over restarts."""

from collections.abc import Mapping
from contextlib import suppress
import logging
from pathlib import Path
from typing import Any, Protocol, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store, UnsupportedStorageVersionError
from homeassistant.util import dt as dt_util

_LOGGER = logging.getLogger(__name__)

VERSION = 1
SAVE_DELAY_SECONDS = 15 * 60


class State(Protocol):
    """What can be kept."""

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON can hold it."""

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what `as_dict` was made of, or raise one of UNREADABLE."""


UNREADABLE = (
    UnsupportedStorageVersionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class StateStore[StateT: State]:
    """A state of one entry, in one file.

    It is written at once where that is asked for, else at most every 15 minutes and when Home
    Assistant stops.
    """

    def __init__(self, hass: HomeAssistant, key: str, state_type: type[StateT]) -> None:
        """Start with nothing known; `key` is the name of the file."""
        self.state = state_type()
        self._state_type = state_type
        self._store = Store[dict[str, Any]](hass, VERSION, key, atomic_writes=True)
        self._is_scheduled = False

    async def async_load(self) -> None:
        """Load the state; a file that cannot be read is set aside, with a warning."""
        try:
            if saved := await self._store.async_load():
                self.state = self._state_type.from_dict(saved)
        except UNREADABLE as err:
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
