"""Test the forecast: its formula, when there is none, and how close it comes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.accounting.forecast import (
    DAY_SECONDS,
    MAX_SECONDS,
    WEEK_HOURS,
    Forecast,
    Rhythm,
    forecast,
    rhythm,
)
from custom_components.goapi.accounting.ledger import DAY_HOURS, HOUR_SECONDS, Ledger
from custom_components.goapi.api.models import CREDITS
from tests.common import account_of

from .follow import DAY, Follower, parts

HOUR = 1_794_000_000 // HOUR_SECONDS * HOUR_SECONDS


def ledger_of(hours: Mapping[int, float], days: float = 7) -> Ledger:
    """Return a ledger of so many days with amounts by how many hours ago they were spent."""
    ledger = Ledger(int(HOUR - days * DAY_SECONDS))
    for ago, spent in hours.items():
        ledger.book(spent, HOUR - ago * HOUR_SECONDS, 1)
    return ledger


def forecast_of(ledger: Ledger, window_days: int = 7, now: float = HOUR) -> Forecast | None:
    """Return the forecast from a ledger."""
    return forecast(ledger, rhythm(ledger, HOUR, window_days * DAY_HOURS), now)


def expected_of(ledger: Ledger, window_days: int = 7, now: float = HOUR) -> Forecast:
    """Return the forecast that there must be."""
    made = forecast_of(ledger, window_days, now)
    assert made is not None
    return made


def hours_until(moment: datetime | None) -> float:
    """Return how many hours from now a moment is."""
    assert moment is not None
    return (moment.timestamp() - HOUR) / HOUR_SECONDS


@pytest.mark.parametrize(
    ("days", "window", "per_day"), [(20, 7, 30 / 7), (20, 10, 10), (3, 7, 10), (20, 1, 10)]
)
def test_the_burn_rate_is_what_was_spent_by_the_days_that_are_known(
    days: int, window: int, per_day: float
) -> None:
    """The window counts where the history is longer, the history where it is shorter."""
    amounts = {1: 10, 30: 10, 50: 10, 200: 70}
    ledger = ledger_of({ago: spent for ago, spent in amounts.items() if ago <= days * 24}, days)
    made = expected_of(ledger, window)
    assert made.per_day == pytest.approx(per_day)
    assert made.burn_rate == float(f"{per_day:.4g}")


def test_the_present_hour_counts_too() -> None:
    """What is spent in it is spent within the time until now."""
    made = expected_of(ledger_of({48: 24, 24: 24, 0: 2}, 2), now=HOUR + HOUR_SECONDS)
    assert made.per_day == pytest.approx(50 / 49 * 24)


def test_with_less_than_a_week_every_hour_costs_the_same() -> None:
    """Whenever it was that something was spent."""
    ledger = ledger_of({30: 24, 29: 24, 28: 24}, 3)
    assert hours_until(expected_of(ledger).runs_out(24)) == 24
    assert hours_until(expected_of(ledger, now=HOUR + 1800).runs_out(36 * 145 / 144)) == 37


def test_a_week_is_repeated_hour_by_hour() -> None:
    """Each hour is expected to cost what the same hour a week before did."""
    # A week ago, and three and two days after that.
    made = expected_of(ledger_of({168: 10, 96: 20, 48: 70}))
    days = {5: 0.5, 20: 72.5, 65: 120.5, 105: 168.5, 120: 240.5, 265: 456.5}
    for remaining, hours in days.items():
        # To the minute on the last day, to the hour before.
        rounding = 0 if hours < 24 else 0.5
        assert abs(hours_until(made.runs_out(remaining)) - hours) <= rounding, remaining


def test_weeks_are_averaged() -> None:
    """With two weeks in the window, an hour is expected to cost their mean."""
    made = expected_of(ledger_of({336: 10, 168: 30, 300: 5, 132: 5}, 14), 14)
    assert made.per_day == pytest.approx(50 / 14)
    assert made.expected(HOUR + HOUR_SECONDS) == pytest.approx(20)


def test_a_week_in_which_nothing_was_spent_in_the_end_has_no_rhythm() -> None:
    """It is spread evenly."""
    made = expected_of(ledger_of({200: 50, 190: 50, 180: 50, 20: -1}, 12), 10)
    assert len(made.rhythm.shares) == DAY_HOURS


@pytest.mark.parametrize(
    "ledger",
    [
        ledger_of({1: 5, 2: 5, 3: 5}, 0.99),
        ledger_of({1: 5, 2: 5}),
        ledger_of({}),
        ledger_of({200: 5, 210: 5, 220: 5}, 20),
        ledger_of({1: -5, 2: 1, 3: 1, 4: 1}),
    ],
    ids=["less than a day", "two hours", "never used", "not used any more", "all came back"],
)
def test_there_is_no_forecast_with_too_little_to_go_by(ledger: Ledger) -> None:
    """There is none before a day and three hours with spend, and none of what nobody spends."""
    assert forecast_of(ledger) is None


def test_no_date_of_an_empty_balance_nor_in_the_far_future() -> None:
    """What is empty does not run out, and what lasts for more than ten years never does."""
    made = expected_of(ledger_of({48: 24, 24: 24, 1: 24}, 3))
    assert made.runs_out(0) is None
    assert made.runs_out(-5) is None
    ten_years = MAX_SECONDS / HOUR_SECONDS
    assert made.runs_out(ten_years - 1) is not None
    assert made.runs_out(ten_years + 1) is None


def test_nothing_is_expected_of_the_past() -> None:
    """No spend is negative, nor is that of an hour in which much was given back."""
    made = expected_of(ledger_of({168: 20, 100: 30, 99: -5, 48: 20}), now=HOUR + 1800)
    assert made.expected(HOUR - DAY_SECONDS) == 0
    hours = [made.expected(HOUR + hour * HOUR_SECONDS) for hour in range(1, WEEK_HOURS)]
    assert hours == sorted(hours)


@pytest.mark.parametrize(
    ("spent", "usual", "highest", "remaining", "unusual"),
    [
        (51, 10, 20, 100, True),
        # Five times the usual is not yet more than that.
        (50, 10, 20, 100, False),
        (51, 10, 60, 100, False),
        (60, 10, 60, 100, False),
        (61, 10, 60, 100, True),
        # Nobody knows what is usual.
        (1000, None, 0, 100, False),
        # A hundredth of what there was, or less.
        (51, 10, 20, 5049, True),
        (51, 10, 20, 5050, False),
        (51, 10, 20, 0, True),
    ],
)
def test_unusual_is_more_than_so_many_times_the_usual_more_than_ever_and_no_trifle(
    spent: float, usual: float | None, highest: float, remaining: float, unusual: bool
) -> None:
    """All three must hold."""
    past = Rhythm(hour=0, begin=0, spent=0, shares=(), usual=usual, highest=highest)
    assert past.is_spike(spent, remaining, 5) is unusual


def test_the_usual_hour_is_the_mean_of_those_with_spend() -> None:
    """With fewer than three nobody knows it."""
    past = rhythm(ledger_of({1: 1, 2: 3, 9: 8, 10: -4}), HOUR, 168)
    assert (past.usual, past.highest) == (4, 8)
    past = rhythm(ledger_of({1: 1, 2: 3}), HOUR, 168)
    assert (past.usual, past.highest) == (None, 3)


WEEKS = st.lists(st.floats(0, 100), min_size=WEEK_HOURS, max_size=WEEK_HOURS).filter(
    lambda hours: sum(hours) > 1 and sum(1 for spent in hours if spent > 1e-6) > 3
)


@given(
    hours=WEEKS,
    remaining=st.floats(0.01, 10_000),
    more=st.floats(0.01, 1000),
    into_hour=st.floats(0, 3599),
)
def test_more_lasts_longer_and_what_is_expected_until_the_end_is_what_is_left(
    hours: list[float], remaining: float, more: float, into_hour: float
) -> None:
    """The date and the expected spend are each other's inverse, as far as the date is rounded."""
    ledger = ledger_of({ago: spent for ago, spent in enumerate(hours, 1) if spent})
    made = expected_of(ledger, now=HOUR + into_hour)
    moment, later = made.runs_out(remaining), made.runs_out(remaining + more)
    if moment is not None:
        step = HOUR_SECONDS if moment.timestamp() - made.now >= DAY_SECONDS else 60
        least = made.expected(moment.timestamp() - step)
        most = made.expected(moment.timestamp() + step)
        assert least * (1 - 1e-9) - 1e-9 <= remaining <= most * (1 + 1e-9) + 1e-9
        assert later is None or later >= moment - timedelta(hours=1)


type Costs = Callable[[Random, datetime], float]

# A Monday.
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def steady(rng: Random, _moment: datetime) -> float:
    """Cost a little at all times."""
    return rng.uniform(3, 9)


def bursty(rng: Random, moment: datetime) -> float:
    """Cost much three times a day, and nothing else."""
    busy = moment.hour in {3, 12, 20} and moment.minute == 0
    return rng.uniform(75, 125) if busy else 0.0


def weekdays(rng: Random, moment: datetime) -> float:
    """Cost something in the hours of work."""
    busy = moment.weekday() < 5 and 8 <= moment.hour < 18
    return rng.uniform(12, 18) if busy else 0.0


def used_until(costs: Costs, seed: int) -> Iterator[tuple[datetime, float]]:
    """Yield each moment of a poll, and what was used by then; for ever."""
    rng = Random(seed)  # noqa: S311 - no secret depends on it
    used, moment = 0.0, BEGIN
    while True:
        yield moment, used
        moment += timedelta(minutes=30)
        used = round(used + costs(rng, moment), 4)


def always(_moment: datetime) -> bool:
    """Poll twice an hour."""
    return True


def daily(moment: datetime) -> bool:
    """Poll once a day."""
    return moment.hour == moment.minute == 0


def with_a_gap(moment: datetime) -> bool:
    """Poll nothing for two days."""
    return not timedelta(days=2.3) < moment - BEGIN < timedelta(days=4.3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("costs", "is_polled"),
    [
        (steady, always),
        (bursty, always),
        (weekdays, always),
        (steady, with_a_gap),
        (bursty, with_a_gap),
        (steady, daily),
        (bursty, daily),
        (weekdays, daily),
    ],
)
def test_the_predicted_date_is_close_after_a_week(
    costs: Costs, is_polled: Callable[[datetime], bool], seed: int
) -> None:
    """After seven days the predicted date lies within 15 % of the true one."""
    follower, life = Follower(), used_until(costs, seed)
    for moment, used in life:
        if is_polled(moment):
            follower.now = moment
            follower.answer(account_of({CREDITS: parts(100_000 - used, used)}), timedelta(0))
            if moment - BEGIN >= 7 * DAY:
                break
    ledger, now = follower.state.balances[CREDITS].ledger, int(moment.timestamp())
    made = forecast(ledger, rhythm(ledger, now, WEEK_HOURS), now)
    assert made is not None
    # Neither ends with a working week, where a trifle decides on whether a weekend comes first.
    lasting = [3_600, 6_600]
    for true, later_used in life:
        if later_used - used >= lasting[0]:
            predicted = made.runs_out(lasting.pop(0))
            assert predicted is not None
            assert abs(predicted - true) <= 0.15 * (true - moment), (true, lasting)
            if not lasting:
                break
