"""Test the journal against a simulated year: whatever happens, it says what happened."""

from collections import Counter
from datetime import date

import pytest

from custom_components.goapi.activity import ActivityType
from custom_components.goapi.ledger import Period

from .year import Observer, Year

MAX_BYTES = 200_000


def _see_that_it_is_true(observer: Observer) -> None:
    """See that all was told, and nothing else; spend was compared after every reading."""
    assert observer.events == observer.expected
    assert set(Counter(each.type for each in observer.events)) == set(ActivityType)
    assert 0 < observer.largest < MAX_BYTES


# It takes half a minute; a busy machine may take many times as long.
@pytest.mark.timeout(900)
def test_a_year() -> None:
    """Spend per day, week and month and what happened are the truth, through all of a year.

    A hundred thousand readings, one every five minutes, and three hundred restarts and other
    troubles, in a zone whose clocks change twice.
    """
    observer = Year("Europe/Amsterdam", date(2027, 1, 1), days=365, seed=2027).live()
    _see_that_it_is_true(observer)
    assert observer.readings > 95_000
    assert observer.restarts > 200
    days = {name for _, period, name in observer.truth.sums if period is Period.TODAY}
    assert len(days) > 350
    assert Counter(each.type for each in observer.events)[ActivityType.SPEND_SPIKE] == 38


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        # Hours that begin at half past, in UTC.
        ("Asia/Kolkata", date(2027, 2, 10)),
        # A day that begins at one o'clock.
        ("Africa/Cairo", date(2027, 3, 28)),
        # Clocks that change by half an hour.
        ("Australia/Lord_Howe", date(2027, 3, 1)),
    ],
)
def test_months_elsewhere(zone: str, begin: date) -> None:
    """The same holds where clocks are odder."""
    _see_that_it_is_true(Year(zone, begin, days=45, seed=begin.toordinal()).live())
