"""The journal of an account: each answer is compared with the one before, booked, and judged.

Nothing here knows Home Assistant: moments are given, and are those of the local time zone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .activity import (
    SAME_MONEY,
    Activity,
    ActivityType,
    activities,
    awaited_until,
    is_spike,
    recharge_told,
    told_once,
)
from .amounts import rounded
from .api import Account
from .changes import Changes, compare, settled
from .expiry import PENDING_FOR
from .forecast import Forecast, Pattern, forecast, pattern
from .ledger import DAY_HOURS, Ledger, hour_start
from .levels import Reading, listed_packs, read

NO_TIME = timedelta()


class Journal:
    """What an account spends, what is expected of it, and what happened to it.

    `window_days` is how many days the forecast goes by, `spike_multiple` is how many times the
    usual spend of an hour is unusual.
    """

    def __init__(self, window_days: int, spike_multiple: float) -> None:
        """Begin with nothing known."""
        self.ledger = Ledger()
        self.forecasts: dict[str, Forecast] = {}
        self.reading: Reading | None = None
        self.told: Reading | None = None
        """The reading up to which everything was told, where that is not `reading`."""
        self.spikes: dict[str, int] = {}
        """The hour of the last unusual spend of each balance that was told, in Unix seconds."""
        self._patterns: dict[str, Pattern] = {}
        self._account: Account | None = None
        self._seen: datetime | None = None
        self._awaited_until: datetime | None = None
        self._window_hours = window_days * DAY_HOURS
        self._spike_multiple = spike_multiple

    def is_known(self, account: Account, now: datetime) -> bool:
        """Tell whether an answer is the last one again, and no credit pack has ended since.

        What the next one says was spent was spent after this moment.
        """
        reading = self.reading
        if account is not self._account or reading is None:
            return False
        if self._awaited_until is not None and now >= self._awaited_until:
            return False
        last = self._seen or reading.at
        for pack in reading.packs.values():
            # It ends, and some time later nobody waits for its loss any more.
            if any(last - wait < pack.ends_at <= now - wait for wait in (NO_TIME, PENDING_FOR)):
                return False
        self._seen = now
        return True

    def enter(self, account: Account, now: datetime) -> list[Activity]:
        """Enter an answer; return what happened since the last one, in the order to tell it."""
        self.ledger.turn(now)
        before = self._last_reading()
        reading = read(account, now, before)
        if before is None or len(reading.levels) != len(before.levels):
            self.ledger.open(reading.levels, now)
        self._account, self._seen, self.reading = account, None, reading
        if before is None:
            return []
        changes = compare(before, reading, listed_packs(account, reading, before))
        next_reading = settled(before, reading, changes)
        spent = [(key, change.spent) for key, change in changes.balances.items() if change.spent]
        self.ledger.add(spent, before.at.astimezone(now.tzinfo), now)
        # After a restart nothing is expected yet, of any balance.
        self._forecast(changes.balances if self._patterns else reading.levels, now)
        told, self.told = self.told or before, None
        if told is not before:
            changes = compare(told, reading, listed_packs(account, reading, told))
        self._awaited_until = awaited_until(told, reading, changes)
        recharged_at = recharge_told(told, reading, changes)
        self.reading = replace(next_reading, recharged_at=recharged_at)
        return [
            *activities(told, reading, changes),
            *self._spikes(reading, changes),
        ]

    def turn(self, now: datetime) -> None:
        """Let time pass: begin new periods, and forecast from what is known by now.

        While nothing is heard of the account, nobody knows that nothing is spent.
        """
        self.ledger.turn(now)
        if (reading := self._last_reading()) is not None:
            self._forecast(self.ledger.books, reading.at.astimezone(now.tzinfo))

    @property
    def told_until(self) -> Reading | None:
        """Return the reading up to which everything was told."""
        return self.told or self._last_reading()

    def _last_reading(self) -> Reading | None:
        """Return the last reading, as of when it was last seen to hold."""
        if self.reading is not None and self._seen is not None:
            return replace(self.reading, at=self._seen.astimezone(UTC))
        return self.reading

    def _forecast(self, keys: Iterable[str], now: datetime) -> None:
        """Forecast balances anew."""
        hour, present = hour_start(now), now.timestamp()
        for key in keys:
            book = self.ledger.books[key]
            known = self._patterns.get(key)
            if known is None or known.hour != hour or hour in book.spans:
                known = self._patterns[key] = pattern(book, hour, self._window_hours)
            expected = forecast(book, known, present)
            if expected is None:
                self.forecasts.pop(key, None)
            else:
                self.forecasts[key] = expected

    def _spikes(self, reading: Reading, changes: Changes) -> list[Activity]:
        """Return the balances of which unusually much was spent in the present hour."""
        found: dict[str, Activity] = {}
        hours: dict[str, int] = {}
        for key, change in changes.balances.items():
            # What is usual is known as soon as there is a forecast.
            expected = self.forecasts.get(key)
            if expected is None or change.spent <= 0:
                continue
            past = expected.pattern
            spent = self.ledger.books[key].present(past.hour)
            remaining = reading.levels[key].remain
            if not self._is_told(key, past.hour) and is_spike(
                spent, past, self._spike_multiple, remaining
            ):
                found[key] = Activity(
                    type=ActivityType.SPEND_SPIKE,
                    balance=key,
                    amount=rounded(spent),
                    remaining=remaining,
                    usual=past.usual and rounded(past.usual),
                )
                hours[key] = past.hour
        self.spikes |= hours
        return [found[key] for key in told_once(found)]

    def _is_told(self, key: str, hour: int) -> bool:
        """Tell whether unusual spend of a balance, by any of its names, was told in an hour."""
        return any(self.spikes.get(name) == hour for name in (key, *SAME_MONEY.get(key, ())))

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """Return the journal as JSON can hold it."""
        reading = self._last_reading()
        return {
            "reading": reading and reading.as_dict(),
            "books": self.ledger.as_dict(now),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over what `as_dict` returned; raise ValueError, TypeError or KeyError otherwise."""
        reading = None if saved["reading"] is None else Reading.from_dict(saved["reading"])
        ledger = Ledger.from_dict(saved["books"])
        if ledger.books.keys() != (reading.levels.keys() if reading else set()):
            raise ValueError("not one book for each balance")
        self.reading, self.ledger = reading, ledger
