"""The file that keeps an account's journal over restarts."""

from collections.abc import Callable, Mapping
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store, UnsupportedStorageVersionError

from .const import DOMAIN
from .storage import async_set_aside

VERSION = 1
SAVE_INTERVAL_SECONDS = 15 * 60

# What makes the layout of the next version of that of each version.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class _HistoryStore(Store[dict[str, Any]]):
    """A store that brings older files to the present layout, one version after the other."""

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: dict[str, Any]
    ) -> dict[str, Any]:
        """Migrate a file; one of a version that never was cannot be read."""
        data = old_data
        for version in range(old_major_version, VERSION):
            data = MIGRATIONS[version](data)
        return data


def _store(hass: HomeAssistant, entry_id: str) -> _HistoryStore:
    """Return the store of an entry."""
    return _HistoryStore(hass, VERSION, f"{DOMAIN}.{entry_id}.history", atomic_writes=True)


async def async_remove_history(hass: HomeAssistant, entry_id: str) -> None:
    """Remove the file of an entry."""
    await _store(hass, entry_id).async_remove()


class AccountHistory:
    """The history of one entry, in a file of its own.

    It is written at most every 15 minutes, and when Home Assistant stops or the entry is unloaded.
    """

    def __init__(
        self, hass: HomeAssistant, entry_id: str, content: Callable[[], dict[str, Any]]
    ) -> None:
        """Prepare to keep what `content` returns."""
        self._hass = hass
        self._store = _store(hass, entry_id)
        self._content = content
        self._is_pending = False

    async def async_load(self, restore: Callable[[Mapping[str, Any]], None]) -> None:
        """Restore what was saved; a file that cannot be read is set aside, and nothing is known."""
        try:
            saved = await self._store.async_load()
            if saved is not None:
                restore(saved)
        except (
            UnsupportedStorageVersionError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ) as err:
            await async_set_aside(self._hass, self._store, "history", type(err).__name__)

    @callback
    def async_schedule_save(self) -> None:
        """Save when it is time: what comes until then is saved with it."""
        if not self._is_pending:
            self._is_pending = True
            # Another call would put the first one off, for as long as there are polls.
            self._store.async_delay_save(self._take_content, SAVE_INTERVAL_SECONDS)

    async def async_save(self) -> None:
        """Save now."""
        await self._store.async_save(self._take_content())

    def _take_content(self) -> dict[str, Any]:
        """Return what is to be saved."""
        self._is_pending = False
        return self._content()
