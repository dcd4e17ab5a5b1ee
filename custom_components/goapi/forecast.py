"""How fast a balance is being spent, and when it will be used up.

The **burn rate** is what was spent within the window (some whole days, by default 7), divided by
the days of it that the history covers:

    per_day = spent in [begin, now] / (now - begin),   begin = max(now - window, history's begin)

What was spent while nothing was heard of the account counts evenly over that time. Top-ups, expired
credits and corrections are no spend (`changes.py`), so none of them makes the rate smaller.

The balance **runs out** at the first moment t at which the spend expected from now to t reaches
what is left. With less than a week of history in the window, the expected spend of each hour is
per_day / 24. With a week or more, it is that of the same hour of the week, averaged over the whole
weeks in the window and scaled so that a week's sum is 7 * per_day: an account that rests at
weekends is expected to rest.

There is no forecast before a day of history and three readings at which something was spent; none
for a balance that is empty or that nobody uses; and no date later than ten years from now.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, fsum
from statistics import fmean

from .ledger import DAY_HOURS, HOUR_SECONDS, Book

WEEK_HOURS = 7 * DAY_HOURS
MIN_HISTORY_SECONDS = DAY_HOURS * HOUR_SECONDS
MIN_FALLS = 3
MAX_SECONDS = 10 * 365 * DAY_HOURS * HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the window before an hour says of a balance; the same for the whole of that hour.

    Moments are Unix seconds: `hour` is where the present hour begins, `begin` the window.
    `spent` is what was spent in it. `shares` are the running sums of the parts of a cycle's spend
    that fall to its hours, of which the first is the present one: a day's or a week's hours.
    `usual` is the mean of the hours in which something was spent, None where they are fewer than
    three, and `highest` the highest of them.
    """

    hour: int
    begin: int
    spent: float
    shares: tuple[float, ...]
    usual: float | None
    highest: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of a balance: so much spend per day, in the rhythm of the past."""

    per_day: float
    pattern: Pattern

    def runs_out(self, remaining: float, now: float) -> float | None:
        """Return when so much will have been spent; None for nothing, and for too far ahead."""
        if not 0 < remaining <= self.expected(now, now + MAX_SECONDS):
            return None
        shares = self.pattern.shares
        wanted = remaining / self._per_cycle + self._cycles_until(now)
        rounds = ceil(wanted) - 1
        index = min(bisect_left(shares, wanted - rounds), len(shares) - 1)
        before = shares[index - 1] if index else 0.0
        within = (wanted - rounds - before) / (shares[index] - before)
        hours = rounds * len(shares) + index + min(within, 1.0)
        return self.pattern.hour + hours * HOUR_SECONDS

    def expected(self, now: float, until: float) -> float:
        """Return what is expected to be spent between two moments, the first in this hour."""
        return max(0.0, self._cycles_until(until) - self._cycles_until(now)) * self._per_cycle

    @property
    def _per_cycle(self) -> float:
        """Return what is expected to be spent in a cycle."""
        return self.per_day * len(self.pattern.shares) / DAY_HOURS

    def _cycles_until(self, moment: float) -> float:
        """Return how many cycles' spend is expected from the beginning of the present hour on."""
        shares = self.pattern.shares
        hours, part = divmod(max(0.0, moment - self.pattern.hour) / HOUR_SECONDS, 1.0)
        rounds, index = divmod(int(hours), len(shares))
        before = shares[index - 1] if index else 0.0
        return rounds + before + part * (shares[index] - before)


def pattern(book: Book, hour: int, window_hours: int) -> Pattern:
    """Return what the window before an hour says."""
    past = book.past(hour, window_hours)
    begin = max(hour - window_hours * HOUR_SECONDS, book.since)
    # The hour that the history begins in is seldom a whole one.
    weeks = int((hour + HOUR_SECONDS - begin) // (WEEK_HOURS * HOUR_SECONDS))
    active = [spent for spent in past if spent > 0]
    return Pattern(
        hour=hour,
        begin=begin,
        spent=fsum(past),
        shares=_shares_of_a_week(past, weeks) or FLAT,
        usual=fmean(active) if len(active) >= MIN_FALLS else None,
        highest=max(active, default=0.0),
    )


def forecast(book: Book, pattern: Pattern, now: float) -> Forecast | None:
    """Return what is expected of a balance, None where there is too little to go by."""
    if now - book.since < MIN_HISTORY_SECONDS or book.falls < MIN_FALLS:
        return None
    spent = pattern.spent + book.present(pattern.hour)
    per_day = spent / (now - pattern.begin) * DAY_HOURS * HOUR_SECONDS
    return Forecast(per_day, pattern) if per_day > 0 else None


def _shares_of_a_week(past: list[float], weeks: int) -> tuple[float, ...]:
    """Return the running sums of the parts of a week's spend, the present hour's first.

    None at all where there was not a whole week, or nothing was spent in it.
    """
    whole = [past[begin : begin + WEEK_HOURS] for begin in range(0, weeks * WEEK_HOURS, WEEK_HOURS)]
    # The hour before the present one is the last of a week, a week ago was the first.
    hours = whole[0] if weeks == 1 else map(sum, zip(*whole, strict=True))
    sums = list(accumulate([spent if spent > 0 else 0.0 for spent in hours][::-1]))
    week = sums[-1] if sums else 0.0
    return tuple([each / week for each in sums]) if week > 0 else ()


FLAT = tuple(accumulate([1 / DAY_HOURS] * DAY_HOURS))
