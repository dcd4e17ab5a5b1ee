"""What was spent of each balance in each hour of the last 60 days, and today, this week and month.

An amount is booked in the hour at which it was first seen, so that it belongs to the day that is
running then and none is lost. Hours, days, weeks (from Monday) and months are those of the local
time zone; an hour is known by the moment it begins, so that none is missing or twice when clocks
change.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any

from .amounts import ZERO

HOUR_SECONDS = 3600
DAY_HOURS = 24
KEPT_DAYS = 60
# Most of what the file may have: the rest is for its layout and for the last reading.
MAX_POINTS_BYTES = 140_000
# Where that is too little, hours that are so many days old become days. Only amounts of absurdly
# many digits still do not fit then, and of those fewer days are kept.
COARSE_AND_KEPT_DAYS = ((14, 60), (7, 60), (2, 60), (2, 32), (0, 7), (0, 1))
# How long a clock that was set back is taken for one that is about to be set right.
CLOCK_DOUBT_SECONDS = HOUR_SECONDS
MAX_AMOUNT = Decimal(10) ** 24
# The end of the year 9998.
MAX_UNIX_TIME = 253_370_764_800


class Period(StrEnum):
    """A part of the calendar that spend is summed up over."""

    TODAY = "today"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"


def period_start(period: Period, moment: datetime) -> datetime:
    """Return when the period that a local moment is in began."""
    day = moment.date()
    if period is Period.THIS_WEEK:
        day -= timedelta(days=day.weekday())
    elif period is Period.THIS_MONTH:
        day = day.replace(day=1)
    return datetime.combine(day, time(), moment.tzinfo)


def month_end(moment: datetime) -> datetime:
    """Return when the month that a local moment is in ends."""
    day = moment.date().replace(day=1)
    following = (day + timedelta(days=32)).replace(day=1)
    return datetime.combine(following, time(), moment.tzinfo)


def hour_start(moment: datetime) -> int:
    """Return when the hour that a local moment is in began, in Unix seconds."""
    return int(moment.timestamp()) - moment.minute * 60 - moment.second


class Book:
    """What was spent of one balance.

    `hours` holds the amounts by the beginning of their hour (Unix seconds), in rising order;
    `spans` holds how many hours an amount was spent in, where that was more than the one, because
    nothing was heard of the account in between. `falls` counts how often something was spent.
    """

    def __init__(self, since: int) -> None:
        """Begin at a moment, in Unix seconds."""
        self.since = since
        self.falls = 0
        self.hours: dict[int, Decimal] = {}
        self.spans: dict[int, int] = {}
        self.sums: dict[Period, Decimal] = dict.fromkeys(Period, ZERO)

    @property
    def latest(self) -> int:
        """Return the latest hour in which something was booked, 0 where nothing was."""
        return next(reversed(self.hours), 0)

    def add(self, hour: int, spent: Decimal, span: int) -> None:
        """Book an amount, which was spent in so many hours up to this one."""
        self.hours[hour] = self.hours.get(hour, ZERO) + spent
        if span > 1:
            self.spans[hour] = max(span, self.spans.get(hour, 1))
        if spent > 0:
            self.falls += 1
        for period in Period:
            self.sums[period] += spent

    def turn(self, starts: Mapping[Period, datetime]) -> None:
        """Sum the periods up anew."""
        for period, start in starts.items():
            begin = start.timestamp()
            self.sums[period] = sum(
                (spent for hour, spent in self.hours.items() if hour >= begin), ZERO
            )

    def forget(self, before: float) -> None:
        """Forget the hours before a moment."""
        for hour in [hour for hour in self.hours if hour < before]:
            del self.hours[hour]
            self.spans.pop(hour, None)

    def set_back(self, hour: int, now: int) -> None:
        """Book in an hour what was booked later than that, by a clock that ran ahead."""
        self.since = min(self.since, now)
        for ahead in [each for each in self.hours if each > hour]:
            self.hours[hour] = self.hours.get(hour, ZERO) + self.hours.pop(ahead)
            self.spans.pop(ahead, None)

    def past(self, hour: int, count: int) -> list[float]:
        """Return what was spent in each of so many hours before an hour, the latest first.

        What was spent over several hours is spread over them evenly.
        """
        found = [0.0] * count
        for each, spent in reversed(self.hours.items()):
            # Zones change by half hours too; such an hour counts as the one that is nearest.
            ago = (hour - each + HOUR_SECONDS // 2) // HOUR_SECONDS
            if ago > count:
                break
            if each in self.spans:
                span = self.spans[each]
                for index in range(max(ago, 1), min(max(ago, 0) + span, count + 1)):
                    found[index - 1] += float(spent) / span
            elif ago > 0:
                found[ago - 1] += float(spent)
        return found

    def present(self, hour: int) -> float:
        """Return what was spent in an hour, which is the latest one."""
        return float(self.hours.get(hour, ZERO)) / self.spans.get(hour, 1)

    def coarsen(self, before: float, zone: tzinfo | None) -> None:
        """Make days of the hours before a moment: each day's spend is booked in its last hour."""
        days: dict[datetime, tuple[int, Decimal, int]] = {}
        for hour, spent in self.hours.items():
            if hour < before:
                day = period_start(Period.TODAY, datetime.fromtimestamp(hour, zone))
                _, sum_of_day, first = days.get(day, (0, ZERO, hour))
                first = min(first, hour - (self.spans.get(hour, 1) - 1) * HOUR_SECONDS)
                days[day] = (hour, sum_of_day + spent, first)
        kept = {hour: spent for hour, spent in self.hours.items() if hour >= before}
        spans = {hour: span for hour, span in self.spans.items() if hour >= before}
        self.hours = {hour: spent for hour, spent, _ in days.values()} | kept
        self.spans = {
            hour: span
            for day, (hour, _, first) in days.items()
            if (span := (hour - min(first, int(day.timestamp()))) // HOUR_SECONDS + 1) > 1
        } | spans

    def points(self) -> str:
        """Return the hours as a text.

        `8` is the amount of the hour after the one before; `120:8/3` is that of an hour which began
        120 minutes after the one before, and was spent in three hours.
        """
        return " ".join(self._points())

    def _points(self) -> Iterator[str]:
        """Yield the text of each hour."""
        first = next(iter(self.hours), 0)
        for before, hour in pairwise([first, *self.hours]):
            minutes = (hour - before) // 60
            gap = "" if minutes == 60 else f"{minutes}:"
            span = self.spans.get(hour, 1)
            yield f"{gap}{self.hours[hour]}{f'/{span}' if span > 1 else ''}"

    def as_dict(self) -> dict[str, Any]:
        """Return the book as JSON can hold it."""
        return {
            "since": self.since,
            "falls": self.falls,
            "first": next(iter(self.hours), 0),
            "hours": self.points(),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Book:
        """Return what `as_dict` was made of; raise ValueError, TypeError or KeyError otherwise."""
        book = cls(_whole(saved["since"], 0, MAX_UNIX_TIME))
        book.falls = _whole(saved["falls"], 0, MAX_UNIX_TIME)
        hour = _whole(saved["first"], 0, MAX_UNIX_TIME)
        for point in saved["hours"].split():
            amount, _, span = point.partition("/")
            minutes, colon, spent = amount.rpartition(":")
            gap = int(minutes) * 60 if colon else HOUR_SECONDS
            # Only the first hour may begin where the one before does.
            hour = _whole(hour + gap, hour + 1 if book.hours else hour, MAX_UNIX_TIME)
            book.hours[hour] = _amount(spent)
            if span:
                book.spans[hour] = _whole(int(span), 2, MAX_UNIX_TIME)
        return book


class Ledger:
    """The books of an account's balances, and the periods that are running."""

    def __init__(self) -> None:
        """Begin with no book."""
        self.books: dict[str, Book] = {}
        self.starts: dict[Period, datetime] = {}
        self._behind_since: float | None = None

    def turn(self, now: datetime) -> bool:
        """Begin the periods that a local moment is in; return whether any of them is new."""
        latest = self._latest()
        is_behind = now.timestamp() < latest
        is_doubtful = is_behind and self._is_doubtful(now)
        if not is_behind:
            self._behind_since = None
        elif is_doubtful:
            now = datetime.fromtimestamp(latest, now.tzinfo)
        else:
            latest = hour_start(now)
            for book in self.books.values():
                book.set_back(latest, int(now.timestamp()))
            self.starts = {}
        if (today := period_start(Period.TODAY, now)) == self.starts.get(Period.TODAY):
            return False
        self.starts = {period: period_start(period, today) for period in Period}
        # A clock that is ahead for a moment must not make everything too old.
        newest = datetime.fromtimestamp(latest, now.tzinfo) + timedelta(days=1)
        oldest = _days_before(KEPT_DAYS, min(now, newest))
        for book in self.books.values():
            if not is_doubtful:
                book.forget(oldest)
            book.turn(self.starts)
        return True

    def _latest(self) -> int:
        """Return the latest hour in which something was booked, 0 where nothing was."""
        return max((book.latest for book in self.books.values()), default=0)

    def _is_doubtful(self, now: datetime) -> bool:
        """Tell whether a clock that is behind what was booked may be about to be set right.

        Many machines start with the time at which they were last heard of.
        """
        present = now.timestamp()
        if self._behind_since is None or present < self._behind_since:
            self._behind_since = present
        return present - self._behind_since < CLOCK_DOUBT_SECONDS

    def open(self, keys: Iterable[str], now: datetime) -> None:
        """Begin a book for each balance that has none."""
        for key in keys:
            if key not in self.books:
                self.books[key] = Book(int(now.timestamp()))

    def add(self, amounts: Iterable[tuple[str, Decimal]], before: datetime, now: datetime) -> None:
        """Book what was spent of balances since the reading before; the moments are local."""
        hour = hour_start(now)
        # Readings that are minutes apart lie in the hours that they lie in; what was spent while
        # nothing was heard was spent in all of the hours in between.
        span = max(hour - hour_start(before), HOUR_SECONDS) // HOUR_SECONDS
        # A clock that is behind must not put the hours out of order.
        hour = max(hour, self._latest())
        for key, spent in amounts:
            self.books[key].add(hour, spent, span)

    def spent(self, key: str, period: Period) -> Decimal | None:
        """Return what was spent of a balance in a period; None for one without a book."""
        book = self.books.get(key)
        return book.sums[period] if book else None

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """Return the ledger as JSON can hold it, made to fit."""
        saved = self._as_dict()
        for coarse_days, kept_days in COARSE_AND_KEPT_DAYS:
            if sum(len(book["hours"]) for book in saved.values()) <= MAX_POINTS_BYTES:
                break
            coarse, oldest = _days_before(coarse_days, now), _days_before(kept_days, now)
            for book in self.books.values():
                book.coarsen(coarse, now.tzinfo)
                book.forget(oldest)
            saved = self._as_dict()
        return saved

    def _as_dict(self) -> dict[str, Any]:
        """Return the books as they are."""
        return {key: book.as_dict() for key, book in self.books.items()}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Ledger:
        """Return what `as_dict` was made of; raise ValueError, TypeError or KeyError otherwise."""
        ledger = cls()
        ledger.books = {key: Book.from_dict(book) for key, book in saved.items()}
        return ledger


def _days_before(days: int, now: datetime) -> float:
    """Return the beginning of the day so many days before a local moment, in Unix seconds."""
    return period_start(Period.TODAY, now - timedelta(days=days)).timestamp()


def _amount(text: str) -> Decimal:
    """Return an amount that was saved; raise ValueError where it is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError("no amount") from None
    if not amount.is_finite() or abs(amount) > MAX_AMOUNT:
        raise ValueError("out of bounds")
    return amount


def _whole(saved: object, low: int, high: int) -> int:
    """Return a whole number that was saved; raise ValueError for anything else."""
    if isinstance(saved, bool) or not isinstance(saved, int) or not low <= saved <= high:
        raise ValueError("no whole number within bounds")
    return saved
