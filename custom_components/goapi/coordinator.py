"""Poll one account and map the client's errors to Home Assistant's."""

from collections.abc import Mapping
from datetime import timedelta
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY, CONF_SCAN_INTERVAL, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import Account, GoAPIAuthenticationError, GoAPIClient, GoAPIError
from .const import CONF_SERVICE, DEFAULT_SCAN_INTERVAL, DOMAIN, SERVICES

_LOGGER = logging.getLogger(__name__)

type GoAPIConfigEntry = ConfigEntry[GoAPICoordinator]


def create_client(hass: HomeAssistant, data: Mapping[str, Any]) -> GoAPIClient:
    """Create the client for the data of a config entry."""
    service = SERVICES.get(data[CONF_SERVICE])
    base_url = service.base_url if service else data[CONF_URL]
    return GoAPIClient(async_get_clientsession(hass), base_url, data[CONF_API_KEY])


class GoAPICoordinator(DataUpdateCoordinator[Account]):
    """Fetches the account at the interval the user chose.

    Frozen data and `always_update=False`: an answer that is unchanged writes no state.
    """

    config_entry: GoAPIConfigEntry

    def __init__(self, hass: HomeAssistant, entry: GoAPIConfigEntry) -> None:
        """Prepare to poll the account of a config entry."""
        minutes = entry.options.get(CONF_SCAN_INTERVAL)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(minutes=minutes) if minutes else DEFAULT_SCAN_INTERVAL,
            always_update=False,
        )
        self._client = create_client(hass, entry.data)

    @override
    async def _async_update_data(self) -> Account:
        """Fetch the account; an answer about another account is a failure, so data never mix."""
        try:
            account = await self._client.get_account()
        except GoAPIAuthenticationError as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key=err.code
            ) from err
        except GoAPIError as err:
            # Home Assistant rounds the clock down, and so could ask up to a second too early.
            retry_after = None if err.retry_after is None else err.retry_after + 1
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=err.code,
                translation_placeholders={"reason": str(err)},
                retry_after=retry_after,
            ) from err
        if account.id != self.config_entry.unique_id:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="wrong_account")
        return account
