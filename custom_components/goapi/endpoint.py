"""Poll another endpoint of an account, without ever harming the account's own poll."""

from collections.abc import Awaitable, Callable
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import GoAPIError, GoAPIResponseError
from .const import DOMAIN, MIN_SCAN_INTERVAL

_LOGGER = logging.getLogger(__name__)


class EndpointCoordinator[DataT](DataUpdateCoordinator[DataT | None]):
    """Polls one endpoint after each poll of the account that succeeded, in the background.

    The data are None until it answered, and as long as the service does not have it. A refused key
    is a failure like any other here: the account's own poll decides about that.
    """

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        name: str,
        fetch: Callable[[], Awaitable[DataT]],
        *,
        always_update: bool,
    ) -> None:
        """Prepare to poll; `fetch` returns the data, or raises a GoAPIError.

        Data that are the same object after a change are to update entities always.
        """
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} {name}",
            always_update=always_update,
        )
        self.is_missing = False
        self._fetch = fetch
        self._is_polling = False
        self._not_before = 0.0

    @callback
    def async_follow(self) -> None:
        """Poll, unless a poll is on or the service asked to wait."""
        if not self._is_polling and self.hass.loop.time() >= self._not_before:
            self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{self.name} poll"
            )

    @override
    async def _async_update_data(self) -> DataT | None:
        """Fetch the data; an endpoint that is missing is no failure."""
        self._is_polling = True
        try:
            data = await self._fetch()
        except GoAPIResponseError as err:
            if not self.is_missing:
                _LOGGER.debug("The service has no %s data (%s)", self.name, err)
            self.is_missing = True
            return None
        except GoAPIError as err:
            self._not_before = self.hass.loop.time() + (err.retry_after or 0)
            raise update_failed(err) from err
        finally:
            self._is_polling = False
        self.is_missing = False
        return data


def update_failed(err: GoAPIError) -> UpdateFailed:
    """Return what an error of the client is to a coordinator."""
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
