"""Poll one account, follow it, and keep what must survive a restart."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    CONF_API_KEY,
    CONF_SCAN_INTERVAL,
    CONF_URL,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import (
    async_call_later,
    async_track_point_in_utc_time,
    async_track_time_change,
)
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .accounting import AccountState, AccountSummary, Tracker
from .api import ActiveTasks, GoAPIAuthenticationError, GoAPIClient, GoAPIError
from .const import (
    CONF_FORECAST_DAYS,
    CONF_RUNNING_TASKS,
    CONF_SERVICE,
    CONF_SPIKE_MULTIPLE,
    CONF_USAGE,
    DEFAULT_FORECAST_DAYS,
    DEFAULT_RUNNING_TASKS,
    DEFAULT_SCAN_INTERVAL,
    DEFAULT_SPIKE_MULTIPLE,
    DOMAIN,
    SERVICES,
)
from .delivery import async_deliver
from .endpoint import EndpointCoordinator, update_failed
from .repair_issues import async_update_issues, async_update_stuck_issue
from .session import async_get_session
from .store import StateStore
from .usage import UsageRecord
from .usage_history import UsageHistory

_LOGGER = logging.getLogger(__name__)

# Automations are armed at the end of a start: events are delivered after that.
AFTER_START_SECONDS = 5

type GoAPIConfigEntry = ConfigEntry[GoAPICoordinator]


def create_client(hass: HomeAssistant, data: Mapping[str, Any]) -> GoAPIClient:
    """Create the client for the data of a config entry."""
    service = SERVICES.get(data[CONF_SERVICE])
    base_url = service.base_url if service else data[CONF_URL]
    return GoAPIClient(async_get_session(hass), base_url, data[CONF_API_KEY])


def account_store(hass: HomeAssistant, entry_id: str) -> StateStore[AccountState]:
    """Return the store of an account's state."""
    return StateStore(hass, f"{DOMAIN}.{entry_id}", AccountState)


class GoAPICoordinator(DataUpdateCoordinator[AccountSummary]):
    """Polls the account at the interval the user chose.

    Its data are frozen and compared by Home Assistant: unchanged data does not update entities.
    `tasks` and `usage` poll the other endpoints, and `history` keeps what was used, None where the
    user does not want that; `notices` counts what was posted, by type.
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
        self._store = account_store(hass, entry.entry_id)
        self.notices: Counter[str] = Counter()
        self.tasks: EndpointCoordinator[ActiveTasks] | None = None
        self.usage: EndpointCoordinator[UsageRecord] | None = None
        self.history: UsageHistory | None = None
        if entry.options.get(CONF_RUNNING_TASKS, DEFAULT_RUNNING_TASKS):
            self.tasks = EndpointCoordinator(
                hass, entry, "tasks", self._async_get_tasks, always_update=False
            )
        else:
            async_update_stuck_issue(hass, entry, {})
        if entry.options.get(CONF_USAGE):
            self.history = UsageHistory(hass, entry, self._client)
            self.usage = EndpointCoordinator(
                hass, entry, "usage", self.history.async_update, always_update=True
            )
        self._delivers = False
        self._cancel_expiry: CALLBACK_TYPE | None = None

    @override
    async def _async_setup(self) -> None:
        """Restore what is known from before the start."""
        self.config_entry.async_on_unload(self._async_cancel)
        await self._store.async_load()
        options = self.config_entry.options
        self._tracker = Tracker(
            self._store.state,
            options.get(CONF_FORECAST_DAYS, DEFAULT_FORECAST_DAYS),
            options.get(CONF_SPIKE_MULTIPLE, DEFAULT_SPIKE_MULTIPLE),
        )

    @override
    async def _async_update_data(self) -> AccountSummary:
        """Fetch the account; an answer about another account is a failure, so data never mix."""
        try:
            account = await self._client.get_account()
        except GoAPIError as err:
            if self._shutdown_requested:
                # The entry was unloaded, and perhaps got a new key: nobody waits for this answer.
                return self.data
            if isinstance(err, GoAPIAuthenticationError):
                raise ConfigEntryAuthFailed(
                    translation_domain=DOMAIN, translation_key=err.code
                ) from err
            raise update_failed(err) from err
        if self._shutdown_requested:
            return self.data
        if account.id != self.config_entry.unique_id:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="wrong_account")
        summary, events = self._tracker.update(account, dt_util.now())
        if summary is not self.data:
            async_update_issues(self.hass, self.config_entry, summary)
            self._track_expiry(summary)
            if events:
                self._async_schedule_delivery()
            else:
                self._store.async_schedule_save()
        for endpoint in (self.tasks, self.usage):
            if endpoint is not None:
                endpoint.async_follow()
        return summary

    async def _async_get_tasks(self) -> ActiveTasks:
        """Fetch what runs and waits, and find what is frozen for nothing."""
        tasks = await self._client.get_active_tasks()
        stuck = self._tracker.take_tasks(tasks, dt_util.now())
        async_update_stuck_issue(self.hass, self.config_entry, stuck)
        return tasks

    @property
    def task_providers(self) -> list[str]:
        """Return the providers that ever had tasks."""
        return self._store.state.providers

    async def async_set_amount(self, balance: str, name: str, amount: float) -> None:
        """Set an amount that is the user's; it is evaluated at once, unless the last poll failed.

        `name` is one of those of `Tracker.set_amount`.
        """
        summary, _ = self._tracker.set_amount(
            balance, name, amount, dt_util.now(), is_current=self.last_update_success
        )
        self._async_show(summary)
        await self._async_save_and_deliver()

    @callback
    def async_start(self) -> None:
        """Deliver events and let time pass, now that there are entities."""
        on_unload = self.config_entry.async_on_unload
        # What is registered first is called last: after it, nothing changes the state.
        on_unload(self._store.async_save)
        if self.history is not None:
            on_unload(self.history.async_save)
        on_unload(async_track_time_change(self.hass, self._async_advance, minute=0, second=0))
        on_unload(self.hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_stop))
        if self.hass.state is CoreState.running:
            self._async_start_delivery()
        else:
            on_unload(async_at_started(self.hass, self._async_started))

    @callback
    def _async_started(self, _hass: HomeAssistant) -> None:
        """Deliver events a little after the start."""
        self.config_entry.async_on_unload(
            async_call_later(self.hass, AFTER_START_SECONDS, self._async_start_delivery)
        )

    @callback
    def _async_start_delivery(self, _now: datetime | None = None) -> None:
        """Deliver events from now on."""
        self._delivers = True
        if self._store.state.pending:
            self._async_schedule_delivery()

    @callback
    def _async_schedule_delivery(self) -> None:
        """Save and deliver events as soon as the entities show what the events tell of."""
        self.config_entry.async_create_task(
            self.hass, self._async_save_and_deliver(), eager_start=False
        )

    async def _async_save_and_deliver(self) -> None:
        """Save the state with the pending events, deliver them, and save that they are.

        Events wait while nobody can act on them: during a start, a stop or an unload.
        """
        await self._store.async_save()
        is_unloading = (
            self._shutdown_requested
            or self.config_entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS
        )
        pending = self._store.state.pending
        if not pending or not self._delivers or is_unloading or self.hass.is_stopping:
            return
        while pending:
            async_deliver(self.hass, self.config_entry, pending.pop(0))
        await self._store.async_save()

    @callback
    def _async_show(self, summary: AccountSummary) -> None:
        """Update the data and the entities outside of a poll."""
        if summary != self.data:
            self.data = summary
            self.async_update_listeners()

    @callback
    def _async_advance(self, _now: datetime) -> None:
        """Let time pass."""
        summary = self._tracker.advance(dt_util.now())
        self._track_expiry(summary)
        self._store.async_schedule_save()
        self._async_show(summary)

    @callback
    def _track_expiry(self, summary: AccountSummary) -> None:
        """Let time pass at the moment when the next credit pack ends."""
        self._async_cancel()
        if summary.expiring:
            self._cancel_expiry = async_track_point_in_utc_time(
                self.hass, self._async_advance, summary.expiring[0].ends_at
            )

    @callback
    def _async_cancel(self) -> None:
        """Cancel the timer for the end of the next credit pack."""
        if self._cancel_expiry is not None:
            self._cancel_expiry()
            self._cancel_expiry = None

    @callback
    def _async_stop(self, _event: Event) -> None:
        """Save when Home Assistant writes its files for the last time."""
        self._store.async_schedule_save()
        if self.history is not None:
            self.history.async_schedule_save()
