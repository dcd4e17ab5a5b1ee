"""Test the forecast: its formula, when there is none, and how close it comes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.api import Account
from custom_components.goapi.forecast import FLAT, MAX_SECONDS, Forecast, Pattern, forecast, pattern
from custom_components.goapi.journal import Journal
from custom_components.goapi.ledger import DAY_HOURS, HOUR_SECONDS, Book

from .common import account_of

HOUR = 1_794_000_000 // HOUR_SECONDS * HOUR_SECONDS
DAY_SECONDS = DAY_HOURS * HOUR_SECONDS
WEEK_HOURS = 7 * DAY_HOURS
READING = timedelta(minutes=5)
# A Monday.
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def book_of(hours: dict[int, float], *, days: float = 7) -> Book:
    """Return a book of amounts by how many hours ago they were spent."""
    book = Book(int(HOUR - days * DAY_SECONDS))
    for ago in sorted(hours, reverse=True):
        book.add(HOUR - ago * HOUR_SECONDS, Decimal(str(hours[ago])), 1)
    return book


def forecast_of(book: Book, window_days: int = 7, now: float = HOUR) -> Forecast | None:
    """Return the forecast from a book."""
    return forecast(book, pattern(book, HOUR, window_days * DAY_HOURS), now)


def flat(per_day: float) -> Forecast:
    """Return a forecast of even spend."""
    return Forecast(per_day, Pattern(HOUR, HOUR - DAY_SECONDS, per_day, FLAT, None, 0.0))


def test_rate_is_what_was_spent_by_the_days_that_are_known() -> None:
    """The window counts where the history is longer, the history where it is shorter."""
    amounts = {1: 10.0, 30: 10.0, 50: 10.0, 200: 70.0}
    for days, window, per_day in [(20, 7, 30 / 7), (20, 10, 10.0), (3, 7, 10.0), (20, 1, 10.0)]:
        known = {ago: spent for ago, spent in amounts.items() if ago <= days * 24}
        expected = forecast_of(book_of(known, days=days), window)
        assert expected is not None
        assert expected.per_day == pytest.approx(per_day)


def test_present_hour_counts_too() -> None:
    """What is spent in the hour that runs is spent within the time until now."""
    book = book_of({48: 24.0, 24: 24.0, 0: 2.0}, days=2)
    expected = forecast_of(book, now=HOUR + HOUR_SECONDS)
    assert expected is not None
    assert expected.per_day == pytest.approx(50 / 49 * 24)


def test_less_than_a_week_is_spread_evenly() -> None:
    """Every hour costs the same, whenever it was that something was spent."""
    expected = forecast_of(book_of({30: 24.0, 29: 24.0, 28: 24.0}, days=3))
    assert expected is not None
    assert expected.runs_out(24, HOUR) == pytest.approx(HOUR + DAY_SECONDS)
    assert expected.runs_out(36, HOUR + 1800) == pytest.approx(HOUR + 1800 + 1.5 * DAY_SECONDS)


def test_a_week_is_repeated_hour_by_hour() -> None:
    """Each hour is expected to cost what the same hour a week before did."""
    # A week ago, and three and two days after that.
    book = book_of({168: 10.0, 96: 20.0, 48: 70.0})
    expected = forecast_of(book)
    assert expected is not None
    hours = {5: 0.5, 20: 72.5, 65: 120.5, 105: 168.5, 120: 240.5, 265: 456.5}
    for remaining, after in hours.items():
        moment = expected.runs_out(remaining, HOUR)
        assert moment == pytest.approx(HOUR + after * HOUR_SECONDS), remaining


def test_weeks_are_averaged() -> None:
    """With two weeks in the window, an hour is expected to cost their mean."""
    book = book_of({336: 10.0, 168: 30.0, 300: 5.0, 132: 5.0}, days=14)
    expected = forecast_of(book, 14)
    assert expected is not None
    assert expected.per_day == pytest.approx(50 / 14)
    assert expected.expected(HOUR, HOUR + HOUR_SECONDS) == pytest.approx(20)


def test_what_was_not_seen_is_spread_over_its_time() -> None:
    """Spend over a gap counts evenly for it: the part before the window does not count."""
    book = book_of({}, days=20)
    book.add(HOUR - 6 * 24 * HOUR_SECONDS, Decimal(480), 48)
    book.falls = 3
    expected = forecast_of(book)
    assert expected is not None
    # 25 of the 48 hours lie in the window: its first is 168 hours ago, the gap's last 144.
    assert expected.per_day == pytest.approx(250 / 7)


@pytest.mark.parametrize(
    ("book", "now"),
    [
        (book_of({1: 5.0, 2: 5.0, 3: 5.0}, days=0.99), HOUR),
        (book_of({1: 5.0, 2: 5.0}), HOUR),
        (book_of({}), HOUR),
        (book_of({200: 5.0, 210: 5.0, 220: 5.0}, days=20), HOUR),
        (book_of({1: -5.0, 2: 1.0, 3: 1.0, 4: 1.0}), HOUR),
    ],
    ids=["less than a day", "two falls", "never used", "not used any more", "all came back"],
)
def test_no_forecast(book: Book, now: float) -> None:
    """There is none before a day and three falls, and none of what nobody spends."""
    assert forecast_of(book, now=now) is None


def test_no_date_of_an_empty_balance_nor_in_the_far_future() -> None:
    """What is empty does not run out, and what lasts for more than ten years never does."""
    expected = flat(24.0)
    assert expected.runs_out(0, HOUR) is None
    assert expected.runs_out(-5, HOUR) is None
    ten_years = MAX_SECONDS / HOUR_SECONDS
    assert expected.runs_out(ten_years - 1, HOUR) is not None
    assert expected.runs_out(ten_years + 1, HOUR) is None


def test_a_week_with_refunds_only_is_spread_evenly() -> None:
    """Where nothing of the last whole week was spent in the end, there is no rhythm."""
    book = book_of({200: 50.0, 190: 50.0, 180: 50.0, 20: -1.0}, days=12)
    expected = forecast_of(book, 10)
    assert expected is not None
    assert expected.pattern.shares == FLAT


def test_no_date_in_the_far_future_of_a_balance_with_a_rhythm() -> None:
    """However much there is, and however little is spent, in whatever hours."""
    book = book_of({100: 1e-9, 99: 1e-9, 98: 1e-9})
    expected = forecast_of(book)
    assert expected is not None
    assert expected.runs_out(2.0**53, HOUR) is None
    assert expected.runs_out(1e-9, HOUR) == pytest.approx(HOUR + 69 * HOUR_SECONDS)


def test_nothing_is_expected_of_the_past() -> None:
    """A clock that was set back makes no negative spend."""
    expected = flat(24.0)
    assert expected.expected(HOUR, HOUR - DAY_SECONDS) == 0
    assert expected.expected(HOUR - DAY_SECONDS, HOUR) == 0
    assert expected.runs_out(24, HOUR - DAY_SECONDS) == pytest.approx(HOUR + DAY_SECONDS)


def journal_of(answers: Iterator[dict[str, Any]], window_days: int = 7) -> Journal:
    """Return a journal of answers that came every hour."""
    journal = Journal(window_days, spike_multiple=5)
    for hour, fields in enumerate(answers):
        journal.enter(
            account_of(fields),
            BEGIN + timedelta(hours=hour),
        )
    return journal


@pytest.mark.parametrize(("window", "per_day"), [(1, 480), (7, 1920 / 7), (30, 5280 / 21)])
def test_window(window: int, per_day: float) -> None:
    """The rate goes by as many days as the user says, or by as many as there are."""

    def answers() -> Iterator[dict[str, Any]]:
        """Yield what is left after each hour: on the last day it is twice as much less."""
        used = 0
        for hour in range(21 * DAY_HOURS + 1):
            used += 0 if not hour else 20 if hour > 20 * DAY_HOURS else 10
            yield {"mj_remain": 100_000 - used, "mj_used": used}

    rate = journal_of(answers(), window).forecasts["mj_remain"].per_day
    # With a reading an hour nobody knows to which hour its spend belongs.
    assert rate == pytest.approx(per_day, rel=0.025)


def test_what_is_no_spend_does_not_change_the_rate() -> None:
    """Neither top-ups nor a recharge, credits that expire or a correction of the counter do."""

    def answers(*, eventful: bool) -> Iterator[dict[str, Any]]:
        """Yield what is left after each hour, of credits and of the dollars that they are."""
        left, used, expired, recharged_at = 10_000, 0, 0, None
        for hour in range(5 * DAY_HOURS):
            left, used = left - 10, used + 10
            if eventful:
                left += 5000 if hour in (9, 50) else 0
                if hour == 30:
                    left, expired = left - 2000, 2000
                if hour == 50:
                    recharged_at = BEGIN + timedelta(hours=hour)
            yield {
                "equivalent_in_usd": left / 1000,
                "credit_remain": left,
                "credit_used": used - (500 if eventful and hour > 70 else 0),
                "expired_credits": expired,
                "last_auto_recharge_triggered_at": recharged_at,
            }

    quiet, eventful = (journal_of(answers(eventful=each)).forecasts for each in (False, True))
    assert eventful["equivalent_in_usd"].per_day == pytest.approx(
        quiet["equivalent_in_usd"].per_day
    )
    # What was spent in the hour of the correction is not to be told from it.
    assert eventful["credit_remain"].per_day == pytest.approx(
        quiet["credit_remain"].per_day - 10 / 119 * DAY_HOURS
    )


SHARES = st.lists(st.floats(0, 100), min_size=WEEK_HOURS, max_size=WEEK_HOURS).filter(
    lambda hours: sum(hours) > 1
)


@given(
    hours=SHARES,
    remaining=st.floats(0.01, 10_000),
    more=st.floats(0.01, 1000),
    into_hour=st.floats(0, 3599),
)
def test_more_lasts_longer_and_what_is_expected_until_the_end_is_what_is_left(
    hours: list[float], remaining: float, more: float, into_hour: float
) -> None:
    """The date and the expected spend are each other's inverse."""
    book = Book(HOUR - 7 * DAY_SECONDS)
    for ago, spent in zip(range(WEEK_HOURS, 0, -1), hours, strict=True):
        book.add(HOUR - ago * HOUR_SECONDS, Decimal(str(spent)), 1)
    book.falls = 3
    now = HOUR + into_hour
    expected = forecast_of(book, now=now)
    assert expected is not None
    moment = expected.runs_out(remaining, now)
    later = expected.runs_out(remaining + more, now)
    if moment is not None:
        assert moment > now - 1e-3
        assert expected.expected(now, moment) == pytest.approx(remaining, rel=1e-6, abs=1e-6)
        assert later is None or later >= moment - 1e-3


type Costs = Callable[[Random, datetime], float]


def steady(rng: Random, moment: datetime) -> float:
    """Cost a little at all times."""
    return rng.uniform(0.5, 1.5)


def bursty(rng: Random, moment: datetime) -> float:
    """Cost much three times a day, and nothing else."""
    busy = moment.hour in (3, 12, 20) and moment.minute == 0
    return rng.uniform(75, 125) if busy else 0.0


def weekdays(rng: Random, moment: datetime) -> float:
    """Cost something in the hours of work."""
    busy = moment.weekday() < 5 and 8 <= moment.hour < 18
    return rng.uniform(1, 4) if busy else 0.0


HABITS: dict[str, Costs] = {"steady": steady, "bursty": bursty, "weekdays": weekdays}


def readings(
    costs: Costs, seed: int, is_read: Callable[[datetime], bool], top_up: float = 0
) -> Iterator[tuple[datetime, Account, float]]:
    """Yield what an account says at each reading, and what is left; for ever."""
    rng = Random(seed)  # noqa: S311 - no secret depends on it
    remain, used, moment = 100_000.0, 0.0, BEGIN
    while True:
        if is_read(moment):
            fields = {"credit_remain": round(remain, 4), "credit_used": round(used, 4)}
            yield (
                moment,
                account_of(fields),
                used,
            )
        moment += READING
        cost = costs(rng, moment)
        remain, used = remain - cost, used + cost
        if top_up and moment.hour == 9 and moment.minute == 0 and moment.day % 2:
            remain += top_up


def always(_moment: datetime) -> bool:
    """Read every five minutes."""
    return True


def daily(moment: datetime) -> bool:
    """Read once a day."""
    return moment.hour == moment.minute == 0


def with_a_gap(moment: datetime) -> bool:
    """Read nothing for two days."""
    return not timedelta(days=2.3) < moment - BEGIN < timedelta(days=4.3)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("habit", "is_read", "top_up"),
    [
        ("steady", always, 0),
        ("bursty", always, 0),
        ("weekdays", always, 0),
        ("steady", always, 3000),
        ("bursty", always, 3000),
        ("weekdays", always, 3000),
        ("steady", with_a_gap, 0),
        ("bursty", with_a_gap, 500),
        ("steady", daily, 0),
        ("bursty", daily, 0),
        ("weekdays", daily, 0),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_predicted_date_is_close_after_a_week(
    habit: str, is_read: Callable[[datetime], bool], top_up: float, seed: int
) -> None:
    """After seven days the predicted date lies within 15 % of the true one, for any balance."""
    journal = Journal(window_days=7, spike_multiple=5)
    account = readings(HABITS[habit], seed, is_read, top_up)
    end_of_history = BEGIN + timedelta(days=7)
    for moment, answer, _ in account:
        journal.enter(answer, moment)
        if moment >= end_of_history:
            # Home Assistant does so each hour.
            journal.turn(moment)
            break
    expected = journal.forecasts["credit_remain"]
    now = moment.timestamp()
    # What would be left to spend, and when it really is spent.
    truth = readings(HABITS[habit], seed, always)
    spent_by_now = 0.0
    # Neither ends with a working week, where a trifle decides on whether a weekend comes first.
    lasting = [6_600.0, 3_600.0]
    for later, _, used in truth:
        if later <= moment:
            spent_by_now = used
        elif used - spent_by_now >= lasting[-1]:
            predicted = expected.runs_out(lasting.pop(), now)
            true = later.timestamp()
            assert predicted is not None
            assert abs(predicted - true) <= 0.15 * (true - now), (later, lasting)
            if not lasting:
                break
