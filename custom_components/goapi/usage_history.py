"""Keep an account's record of tasks up to date: on disk, and in the statistics."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .api import GoAPIClient, GoAPIError
from .const import DOMAIN
from .store import StateStore
from .usage import HistoryReader, UsageRecord, drop_before
from .usage_statistics import async_write_statistics


def usage_store(hass: HomeAssistant, entry_id: str) -> StateStore[UsageRecord]:
    """Return the store of an account's record."""
    return StateStore(hass, f"{DOMAIN}.{entry_id}.usage", UsageRecord)


class UsageHistory:
    """Reads the history of tasks into the record, a few pages at each poll."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, client: GoAPIClient) -> None:
        """Prepare to read the history of an entry's account."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self.store = usage_store(hass, entry.entry_id)
        self.reader: HistoryReader | None = None

    async def async_update(self) -> UsageRecord:
        """Read on, and return the record; raise the client's errors.

        What was read before an error is kept and written.
        """
        if self.reader is None:
            await self.store.async_load()
            self.reader = HistoryReader(self._client, self.store.state)
        record, now = self.store.state, dt_util.utcnow().timestamp()
        oldest = record.oldest(now)
        drop_before(record, oldest)
        error: GoAPIError | None = None
        try:
            await self.reader.read(now)
        except GoAPIError as err:
            error = err
        await async_write_statistics(self._hass, self._entry, record, oldest)
        self.store.async_schedule_save()
        if error:
            raise error
        return record

    async def async_save(self) -> None:
        """Save now, unless nothing was loaded yet."""
        if self.reader is not None:
            await self.store.async_save()

    @callback
    def async_schedule_save(self) -> None:
        """Save when it is time, unless nothing was loaded yet."""
        if self.reader is not None:
            self.store.async_schedule_save()
