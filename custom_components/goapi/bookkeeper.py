"""Keep the journal of an account within Home Assistant: load, save, let time pass, tell."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time, async_track_time_change
from homeassistant.util import dt as dt_util

from .activity import Activity
from .amounts import as_number
from .api import Account
from .const import (
    CONF_FORECAST_DAYS,
    CONF_SPIKE_MULTIPLE,
    DEFAULT_FORECAST_DAYS,
    DEFAULT_SPIKE_MULTIPLE,
)
from .forecast import Forecast
from .history import AccountHistory
from .journal import Journal
from .ledger import DAY_HOURS, HOUR_SECONDS, Period, month_end
from .levels import Number
from .memory import AccountMemory

# What nobody listens to, because the entity is disabled, is not kept for ever.
MAX_UNTOLD = 20

type Listener = Callable[[Activity], None]


class Bookkeeper:
    """Keeps the journal of an account, and knows what its entities show of it.

    What was told is noted in the memory at once, so that even after a crash nothing is told twice;
    the journal itself is saved less often.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, memory: AccountMemory) -> None:
        """Prepare the journal of an entry."""
        self.journal = Journal(
            entry.options.get(CONF_FORECAST_DAYS, DEFAULT_FORECAST_DAYS),
            entry.options.get(CONF_SPIKE_MULTIPLE, DEFAULT_SPIKE_MULTIPLE),
        )
        self.memory = memory
        self.history = AccountHistory(hass, entry.entry_id, self._content)
        self._hass = hass
        self._entry = entry
        self._show: Callable[[], None] | None = None
        self._outlooks: dict[str, _Outlook] = {}
        self._untold: deque[Activity] = deque(maxlen=MAX_UNTOLD)
        self._listener: Listener | None = None
        self._unheard = 0
        self._cancel_expiry: CALLBACK_TYPE | None = None

    async def async_load(self) -> None:
        """Go on from where the journal was."""
        await self.history.async_load(self.journal.restore)
        told, reading = self.memory.told, self.journal.reading
        if self.memory.untold is not None:
            self.journal.told = self.memory.untold
            self.memory.spikes.clear()
        elif told is not None and reading is not None and told.at > reading.at:
            self.journal.told = told
        self.journal.spikes = self.memory.spikes

    @callback
    def async_start(self, show: Callable[[], None]) -> None:
        """Let time pass from now on, and call `show` when that changes something."""

        @callback
        def turn(_now: datetime) -> None:
            """Begin a new hour, and with it perhaps a new day, week or month."""
            self.journal.turn(dt_util.now())
            if self._listener is None:
                # The entity is disabled: there is nobody to tell it again to.
                self._forget_untold()
            show()

        @callback
        def save(_event: Event) -> None:
            """Save with all else that Home Assistant writes at last."""
            self.history.async_schedule_save()

        self._show = show
        on_unload = self._entry.async_on_unload
        on_unload(async_track_time_change(self._hass, turn, minute=0, second=0))
        on_unload(self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, save))
        on_unload(self._cancel)
        self._track_expiry()

    @callback
    def async_update(self, account: Account) -> bool:
        """Enter an answer of the service; return whether there was anything to enter."""
        now = dt_util.now()
        if self.journal.is_known(account, now):
            return False
        before = self.journal.told_until
        activities = self.journal.enter(account, now)
        self.history.async_schedule_save()
        self._track_expiry()
        if activities:
            self.memory.told = self.journal.reading
            if self._hass.state is not CoreState.running:
                self.memory.untold = self.memory.untold or before
            self.memory.async_schedule_save()
        for activity in activities:
            self.async_tell(activity)
        return True

    @callback
    def async_tell(self, activity: Activity) -> None:
        """Tell what happened to whoever listens, or keep it for who will."""
        if self._listener is not None:
            self._unheard += 1
            self._listener(activity)
        else:
            self._untold.append(activity)

    @callback
    def async_heard(self) -> None:
        """Note that one more of what was told has been heard."""
        self._unheard -= 1
        if not self._unheard:
            self._forget_untold()

    @callback
    def _forget_untold(self) -> None:
        """Note that there is nothing to tell again."""
        if self.memory.untold is not None:
            self.memory.untold = None
            self.memory.async_schedule_save()

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Tell somebody what happened since the last time anybody listened, and from now on."""
        self._listener = listener
        while self._untold:
            self.async_tell(self._untold.popleft())

        @callback
        def stop() -> None:
            """Tell nobody any more."""
            self._listener = None

        return stop

    def has_book(self, balance: str) -> bool:
        """Tell whether the spend of a balance is kept."""
        return balance in self.journal.ledger.books

    def spent(self, balance: str, period: Period) -> Number | None:
        """Return what was spent in a period, in the balance's unit."""
        spent = self.journal.ledger.spent(balance, period)
        return None if spent is None else as_number(spent)

    def period_start(self, period: Period) -> datetime | None:
        """Return when a period began."""
        return self.journal.ledger.starts.get(period)

    def burn_rate(self, balance: str) -> float | None:
        """Return what is spent in a day, in the balance's unit; None where it is not known yet."""
        expected = self.journal.forecasts.get(balance)
        return float(f"{expected.per_day:.4g}") if expected else None

    def runs_out(self, balance: str) -> datetime | None:
        """Return when a balance will be used up; None where nobody can tell, and for never."""
        return self._outlook(balance).runs_out

    def budget_used(self) -> float | None:
        """Return how much of the month's budget is spent, in percent; None without a budget."""
        budget, primary = self.memory.budget, self.memory.primary
        spent = self.spent(primary, Period.THIS_MONTH) if primary else None
        return None if spent is None or not budget else 100 * spent / budget

    def projected_month_end(self) -> float | None:
        """Return what will have been spent of the primary balance when the month ends."""
        primary = self.memory.primary
        if primary is None or (spent := self.spent(primary, Period.THIS_MONTH)) is None:
            return None
        expected, made_at, _ = self._outlook(primary)
        if expected is None:
            return None
        rest = expected.expected(made_at.timestamp(), month_end(made_at).timestamp())
        return round(spent + rest, 6)

    def _outlook(self, balance: str) -> _Outlook:
        """Return what a forecast says, as of when it was made: it must not change by itself."""
        expected = self.journal.forecasts.get(balance)
        known = self._outlooks.get(balance)
        if known is None or known.forecast is not expected:
            known = self._outlooks[balance] = self._look_ahead(balance, expected)
        return known

    def _look_ahead(self, balance: str, expected: Forecast | None) -> _Outlook:
        """Return what a forecast says now."""
        reading = self.journal.reading
        now = dt_util.now()
        if expected is None or reading is None:
            return _Outlook(expected, now, None)
        present = now.timestamp()
        moment = expected.runs_out(reading.levels[balance].remain, present)
        return _Outlook(
            expected,
            now,
            None if moment is None else dt_util.utc_from_timestamp(_rounded(moment, present)),
        )

    @callback
    def _track_expiry(self) -> None:
        """Show that a credit pack has ended at the moment when it does."""
        self._cancel()
        show, reading, now = self._show, self.journal.reading, dt_util.utcnow()
        packs = reading.packs.values() if reading else ()
        ends = [pack.ends_at for pack in packs if pack.ends_at > now]
        if show is None or not ends:
            return

        @callback
        def show_now(_now: datetime) -> None:
            """Show what is there now."""
            show()
            self._track_expiry()

        self._cancel_expiry = async_track_point_in_utc_time(self._hass, show_now, min(ends))

    @callback
    def _cancel(self) -> None:
        """Wait for no pack to end any more."""
        if self._cancel_expiry is not None:
            self._cancel_expiry()
            self._cancel_expiry = None

    def _content(self) -> dict[str, Any]:
        """Return what is to be saved."""
        return self.journal.as_dict(dt_util.now())


class _Outlook(NamedTuple):
    """What a forecast said when it was made; the moment is local."""

    forecast: Forecast | None
    made_at: datetime
    runs_out: datetime | None


def _rounded(moment: float, now: float) -> int:
    """Return a moment to the hour, or to the minute where it is less than a day ahead."""
    step = HOUR_SECONDS if moment - now >= DAY_HOURS * HOUR_SECONDS else 60
    return round(moment / step) * step
