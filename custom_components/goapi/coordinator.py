"""Poll one account and map the client's errors to Home Assistant's."""

from collections.abc import Mapping
from datetime import timedelta
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY, CONF_SCAN_INTERVAL, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import Account, GoAPIAuthenticationError, GoAPIClient, GoAPIError
from .bookkeeper import Bookkeeper
from .const import CONF_SERVICE, DEFAULT_SCAN_INTERVAL, DOMAIN, MIN_SCAN_INTERVAL, SERVICES
from .memory import AccountMemory
from .session import async_get_session
from .watch import AccountWatch

_LOGGER = logging.getLogger(__name__)

type GoAPIConfigEntry = ConfigEntry[GoAPICoordinator]


def create_client(hass: HomeAssistant, data: Mapping[str, Any]) -> GoAPIClient:
    """Create the client for the data of a config entry."""
    service = SERVICES.get(data[CONF_SERVICE])
    base_url = service.base_url if service else data[CONF_URL]
    return GoAPIClient(async_get_session(hass), base_url, data[CONF_API_KEY])


class GoAPICoordinator(DataUpdateCoordinator[Account]):
    """Fetches the account at the interval the user chose.

    Frozen data and `always_update=False`: an answer that is unchanged writes no state.
    """

    config_entry: GoAPIConfigEntry

    def __init__(self, hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
        """Prepare to poll the account of a config entry."""
        minutes = entry.options.get(CONF_SCAN_INTERVAL)
        interval = timedelta(minutes=minutes) if minutes else DEFAULT_SCAN_INTERVAL
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=interval,
            always_update=False,
        )
        self._client = create_client(hass, entry.data)
        self._shown: Account | None = None
        memory = AccountMemory(hass, entry.entry_id)
        self.watch = AccountWatch(hass, entry, memory, interval)
        self.books = Bookkeeper(hass, entry, memory)

    @override
    async def _async_setup(self) -> None:
        """Remember what was before the restart."""
        await self.watch.memory.async_load()
        await self.books.async_load()

    @callback
    def async_start(self) -> None:
        """Let time pass for what depends on it."""
        self.books.async_start(self.async_update_listeners)

    async def async_save(self) -> None:
        """Save what must survive a restart."""
        await self.watch.memory.async_save()
        await self.books.history.async_save()

    @override
    async def _async_update_data(self) -> Account:
        """Fetch the account; an answer about another account is a failure, so data never mix."""
        try:
            account = await self._client.get_account()
        except GoAPIError as err:
            if self._shutdown_requested:
                # Whoever asked has been unloaded, and perhaps got a new key: nobody wants to know.
                return self.data
            raise self._failure(err) from err
        if account.id != self.config_entry.unique_id:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="wrong_account")
        return account

    def _failure(self, err: GoAPIError) -> HomeAssistantError:
        """Return what an error of the client is to Home Assistant."""
        if isinstance(err, GoAPIAuthenticationError):
            return ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=err.code)
        retry_after = None
        if err.retry_after is not None:
            # Home Assistant rounds the clock down, and so could ask up to a second too early.
            retry_after = max(err.retry_after + 1, MIN_SCAN_INTERVAL.total_seconds())
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=err.code,
            translation_placeholders={"reason": str(err)},
            retry_after=retry_after,
        )

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        """Judge and book the answer before the entities show it."""
        if self._shutdown_requested or not self.last_update_success:
            return
        primary = self.watch.primary
        is_judged_anew = self.watch.async_update(self.data)
        is_entered = self.books.async_update(self.data)
        # Of a new answer the entities are told anyway.
        if is_judged_anew or (is_entered and self.data is self._shown):
            self.async_update_listeners()
        if self._shown is not None and self.watch.primary != primary:
            # What is set and worked out of it is named after it, and has its unit.
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
        self._shown = self.data
