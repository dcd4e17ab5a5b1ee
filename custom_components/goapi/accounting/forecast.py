"""How fast a balance is being spent, and when it will be used up.

The **burn rate** is the spend of the window (some whole days, by default 7), divided by the days of
it that the ledger covers:

    per_day = spent in [begin, now] / (now - begin),   begin = max(now - window, ledger's begin)

A balance **runs out** at the first moment t at which the spend expected from now to t reaches what
remains. With less than a week of history in the window, the expected spend of each hour is
per_day / 24. With a week or more, it is that of the same hour of the week, averaged over the whole
weeks in the window and scaled so that a week's sum is 7 * per_day: an account that rests at
weekends is expected to rest.

There is no forecast before a day of history and three hours with spend, none for a balance that is
empty or unused, and no date later than ten years from now.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from math import ceil, fsum
from statistics import fmean

from .ledger import DAY_HOURS, HOUR_SECONDS, Ledger

WEEK_HOURS = 7 * DAY_HOURS
DAY_SECONDS = DAY_HOURS * HOUR_SECONDS
MIN_HISTORY_SECONDS = DAY_SECONDS
MIN_HOURS_WITH_SPEND = 3
MAX_SECONDS = 10 * 365 * DAY_SECONDS
# Less than a hundredth of a balance is no alarm, however unusual.
MIN_SPIKE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the window before an hour says of a balance; the same for the whole of that hour.

    Moments are Unix seconds: `hour` is where the present hour begins, `begin` the window. `spent`
    is the spend in it. `shares` are the running sums of the parts of a cycle's spend that fall to
    its hours, the present one first: a day's or a week's hours. `usual` is the mean of the hours
    with spend, None if they are fewer than three, and `highest` the highest of them.
    """

    hour: int
    begin: int
    spent: float
    shares: tuple[float, ...]
    usual: float | None
    highest: float

    def is_spike(self, spent: float, remaining: float, multiple: float) -> bool:
        """Return whether the spend of the present hour is unusual.

        Unusual is more than a multiple of the usual hour, more than any hour of the window, and at
        least a hundredth of the balance.
        """
        return (
            self.usual is not None
            and spent > max(self.usual * multiple, self.highest)
            and spent >= MIN_SPIKE_SHARE * (remaining + spent)
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected spend of a balance from `now` (Unix seconds) on, in the rhythm of the past."""

    now: float
    per_day: float
    rhythm: Rhythm

    @property
    def burn_rate(self) -> float:
        """Return the spend per day, to four digits."""
        return float(f"{self.per_day:.4g}")

    def runs_out(self, remaining: float) -> datetime | None:
        """Return when so much will be spent, to the hour, and to the minute on the last day.

        None for nothing, and for more than ten years ahead.
        """
        if not 0 < remaining <= self.expected(self.now + MAX_SECONDS):
            return None
        shares = self.rhythm.shares
        wanted = remaining / self._per_cycle + self._cycles_until(self.now)
        rounds = ceil(wanted) - 1
        index = min(bisect_left(shares, wanted - rounds), len(shares) - 1)
        before = shares[index - 1] if index else 0.0
        within = (wanted - rounds - before) / (shares[index] - before)
        hours = rounds * len(shares) + index + within
        moment = self.rhythm.hour + hours * HOUR_SECONDS
        step = HOUR_SECONDS if moment - self.now >= DAY_SECONDS else 60
        return datetime.fromtimestamp(round(moment / step) * step, UTC)

    def expected(self, until: float) -> float:
        """Return the spend that is expected until a moment."""
        cycles = self._cycles_until(until) - self._cycles_until(self.now)
        return max(0.0, cycles) * self._per_cycle

    @property
    def _per_cycle(self) -> float:
        """Return the expected spend of a cycle."""
        return self.per_day * len(self.rhythm.shares) / DAY_HOURS

    def _cycles_until(self, moment: float) -> float:
        """Return how many cycles' spend is expected from the beginning of the present hour on."""
        shares = self.rhythm.shares
        hours, part = divmod((moment - self.rhythm.hour) / HOUR_SECONDS, 1.0)
        rounds, index = divmod(int(hours), len(shares))
        before = shares[index - 1] if index else 0.0
        return rounds + before + part * (shares[index] - before)


def rhythm(ledger: Ledger, hour: int, window_hours: int) -> Rhythm:
    """Return what the window before an hour says."""
    past = ledger.past(hour, window_hours)
    begin = max(hour - window_hours * HOUR_SECONDS, ledger.since)
    weeks = (hour - begin) // (WEEK_HOURS * HOUR_SECONDS)
    active = [spent for spent in past if spent > 0]
    return Rhythm(
        hour=hour,
        begin=begin,
        spent=fsum(past),
        shares=_shares_of_a_week(past, weeks) or _EVEN,
        usual=fmean(active) if len(active) >= MIN_HOURS_WITH_SPEND else None,
        highest=max(active, default=0.0),
    )


def forecast(ledger: Ledger, rhythm: Rhythm, now: float) -> Forecast | None:
    """Return what is expected of a balance, None if there is too little to go by."""
    with_spend = sum(1 for spent in ledger.hours.values() if spent > 0)
    if now - ledger.since < MIN_HISTORY_SECONDS or with_spend < MIN_HOURS_WITH_SPEND:
        return None
    spent = rhythm.spent + ledger.hours.get(rhythm.hour, 0)
    per_day = spent / (now - rhythm.begin) * DAY_SECONDS
    return Forecast(now, per_day, rhythm) if per_day > 0 else None


def _shares_of_a_week(past: list[float], weeks: int) -> tuple[float, ...]:
    """Return the running sums of the parts of a week's spend, the present hour's first.

    Empty if there was not a whole week, or nothing was spent in it.
    """
    whole = [past[begin : begin + WEEK_HOURS] for begin in range(0, weeks * WEEK_HOURS, WEEK_HOURS)]
    # The hour before the present one is the last of a week, a week ago was the first.
    hours = whole[0] if weeks == 1 else map(sum, zip(*whole, strict=True))
    sums = list(accumulate([spent if spent > 0 else 0.0 for spent in hours][::-1]))
    week = sums[-1] if sums else 0.0
    return tuple([each / week for each in sums]) if week > 0 else ()


_EVEN = tuple(accumulate([1 / DAY_HOURS] * DAY_HOURS))
