"""Test the ledger: hours, days, weeks and months of spend."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from custom_components.goapi.accounting.ledger import (
    HOUR_SECONDS,
    KEPT_HOURS,
    Ledger,
    Period,
    hour_start,
    month_end,
    period_starts,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KOLKATA = ZoneInfo("Asia/Kolkata")
HOUR = 1_794_000_000 // HOUR_SECONDS * HOUR_SECONDS


def at(text: str, zone: tzinfo = AMSTERDAM) -> datetime:
    """Return a local moment."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "today", "week", "month", "end"),
    [
        ("2026-11-24T03:00", "2026-11-24", "2026-11-23", "2026-11-01", "2026-12-01"),
        ("2026-12-31T23:59", "2026-12-31", "2026-12-28", "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:00", "2027-01-01", "2026-12-28", "2027-01-01", "2027-02-01"),
        ("2028-02-29T12:00", "2028-02-29", "2028-02-28", "2028-02-01", "2028-03-01"),
    ],
)
def test_periods_are_those_of_the_calendar(
    moment: str, today: str, week: str, month: str, end: str
) -> None:
    """Days begin at local midnight, weeks on Monday, months on the first."""
    assert list(period_starts(at(moment)).values()) == [at(today), at(week), at(month)]
    assert month_end(at(moment)) == at(end)


def test_hours_are_local_and_none_is_twice() -> None:
    """An hour begins where a local hour does; the hour that comes twice in autumn is two."""
    noon = at("2026-11-24T12:00", KOLKATA)
    assert hour_start(noon + timedelta(minutes=25, seconds=10.5)) == noon.timestamp()
    first = at("2026-10-25T02:30")
    assert hour_start(first.replace(fold=1)) - hour_start(first) == HOUR_SECONDS


def test_a_day_without_a_midnight_begins_with_its_first_hour() -> None:
    """Clocks may go from midnight to one o'clock."""
    now = at("2027-04-30T01:30", ZoneInfo("Africa/Cairo"))
    assert period_starts(now)[Period.TODAY].timestamp() == hour_start(now)


def test_spend_is_booked_in_its_hour_and_in_all_periods() -> None:
    """Sums come without the noise of floating-point numbers."""
    ledger = Ledger(HOUR)
    ledger.book(0.1, HOUR, 1)
    ledger.book(0.2, HOUR, 1)
    ledger.book(-0.05, HOUR + HOUR_SECONDS, 1)
    assert ledger.hours == {HOUR: 0.3, HOUR + HOUR_SECONDS: -0.05}
    assert ledger.sums == dict.fromkeys(Period, 0.25)


def test_spend_of_a_gap_is_spread_over_its_hours() -> None:
    """Nothing of it is lost by rounding."""
    ledger = Ledger(HOUR)
    ledger.book(10, HOUR, 3)
    assert ledger.past(HOUR + HOUR_SECONDS, 4) == [3.333333334, 3.333333333, 3.333333333, 0]
    assert sum(ledger.hours.values()) == 10
    assert ledger.sums[Period.TODAY] == 10


def test_the_past_is_the_latest_first_and_of_whole_hours() -> None:
    """Of a zone that was half an hour off, each hour counts as the nearest."""
    ledger = Ledger(HOUR)
    for ago, spent in ((0, 5), (1, 1), (2.5, 2), (4, 4)):
        ledger.book(spent, int(HOUR - ago * HOUR_SECONDS), 1)
    assert ledger.past(HOUR, 3) == [1, 0, 2]


def test_a_period_begins_with_what_the_hours_since_its_start_say() -> None:
    """That is nothing at midnight, and something after a move to another zone."""
    ledger = Ledger(HOUR)
    ledger.book(1, HOUR, 1)
    ledger.book(2, HOUR + HOUR_SECONDS, 1)
    ledger.roll_over(Period.TODAY, HOUR + HOUR_SECONDS)
    ledger.roll_over(Period.THIS_WEEK, HOUR + 2 * HOUR_SECONDS)
    assert ledger.sums == {Period.TODAY: 2, Period.THIS_WEEK: 0, Period.THIS_MONTH: 3}


def test_the_hours_of_the_longest_month_are_kept() -> None:
    """That is October where clocks change; what is older is forgotten."""
    now, end = at("2026-10-01").astimezone(UTC), at("2026-11-01")
    begin, ledger = now.timestamp(), Ledger(0)
    ledger.book(7, int(begin) - HOUR_SECONDS, 1)
    while now < end:
        ledger.book(1, hour_start(now), 1)
        now += timedelta(hours=1)
    assert len(ledger.hours) == KEPT_HOURS
    ledger.roll_over(Period.THIS_MONTH, begin)
    assert ledger.sums[Period.THIS_MONTH] == sum(ledger.hours.values()) == 745
    # A gap is not longer than that either.
    ledger = Ledger(0)
    ledger.book(5, HOUR, 9999)
    assert len(ledger.hours) == KEPT_HOURS
    assert sum(ledger.hours.values()) == pytest.approx(5)


def test_what_was_booked_ahead_of_the_clock_moves_into_the_present_hour() -> None:
    """A ledger does not begin in the future either."""
    ledger = Ledger(HOUR + 9 * HOUR_SECONDS)
    for hour in (-1, 0, 1, 5):
        ledger.book(1, HOUR + hour * HOUR_SECONDS, 1)
    ledger.set_back(HOUR)
    assert ledger.hours == {HOUR - HOUR_SECONDS: 1, HOUR: 3}
    assert ledger.since == HOUR
