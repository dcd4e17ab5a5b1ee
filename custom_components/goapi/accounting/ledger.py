"""The ledger of a balance: its spend by hour, and of the running day, week and month.

Hours, days, weeks (from Monday) and months are those of the local time zone; an hour is known by
the moment it begins, in Unix seconds, so that none is missing or twice when clocks change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self

from ..api import Number
from .floats import rounded

HOUR_SECONDS = 3600
DAY_HOURS = 24
# As many hours with spend as the longest month has, with the hour that is twice when clocks change:
# it is the longest period, and no forecast looks farther back.
KEPT_HOURS = 31 * DAY_HOURS + 1


class Period(StrEnum):
    """A part of the calendar that spend is summed up over."""

    TODAY = "today"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"


def period_starts(now: datetime) -> dict[Period, datetime]:
    """Return when the periods that a local moment is in began."""
    today = now.date()
    days = {
        Period.TODAY: today,
        Period.THIS_WEEK: today - timedelta(days=today.weekday()),
        Period.THIS_MONTH: today.replace(day=1),
    }
    return {period: datetime.combine(day, time(), now.tzinfo) for period, day in days.items()}


def month_end(now: datetime) -> datetime:
    """Return when the month that a local moment is in ends."""
    next_month = (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime.combine(next_month, time(), now.tzinfo)


def hour_start(now: datetime) -> int:
    """Return when the hour that a local moment is in began, in Unix seconds."""
    return int(now.timestamp()) - now.minute * 60 - now.second


@dataclass(slots=True)
class Ledger:
    """The spend of one balance, in its unit; `since` is when it began, in Unix seconds."""

    since: int
    hours: dict[int, Number] = field(default_factory=dict)
    sums: dict[Period, Number] = field(default_factory=lambda: dict.fromkeys(Period, 0))

    def book(self, spent: float, hour: int, span: int) -> None:
        """Book spend, spread evenly over so many hours of which this one is the last."""
        for period in Period:
            self.sums[period] = rounded(self.sums[period] + spent)
        span = min(span, KEPT_HOURS)
        share = rounded(spent / span)
        for ago in range(1, span):
            self._add(hour - ago * HOUR_SECONDS, share)
        self._add(hour, spent - share * (span - 1))
        if len(self.hours) > KEPT_HOURS:
            self.hours = {each: self.hours[each] for each in sorted(self.hours)[-KEPT_HOURS:]}

    def roll_over(self, period: Period, start: float) -> None:
        """Begin a period with what the hours since its start say."""
        spent = (spent for hour, spent in self.hours.items() if hour >= start)
        self.sums[period] = rounded(sum(spent))

    def set_back(self, hour: int) -> None:
        """Move what was booked later than an hour into that hour, as the clock was ahead."""
        self.since = min(self.since, hour)
        for later in [each for each in self.hours if each > hour]:
            self._add(hour, self.hours.pop(later))

    def past(self, hour: int, count: int) -> list[float]:
        """Return the spend of each of so many hours before an hour, the latest first."""
        found = [0.0] * count
        for each, spent in self.hours.items():
            # Zones change by half hours too; such an hour counts as the nearest one.
            ago = (hour - each + HOUR_SECONDS // 2) // HOUR_SECONDS
            if 0 < ago <= count:
                found[ago - 1] += spent
        return found

    def _add(self, hour: int, spent: float) -> None:
        """Add to an hour."""
        self.hours[hour] = rounded(self.hours.get(hour, 0) + spent)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what was saved; raise what `AccountState.from_dict` does otherwise."""
        return cls(
            since=int(saved["since"]),
            hours={int(hour): rounded(spent) for hour, spent in saved["hours"].items()},
            sums={period: rounded(saved["sums"][period]) for period in Period},
        )
