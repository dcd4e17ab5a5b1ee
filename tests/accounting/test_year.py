"""Test the accounting core against a year of an account, and the truth about it."""

from datetime import timedelta
from decimal import Decimal
from statistics import mean

import pytest

from custom_components.goapi.accounting import EventType, Period
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD

from .year import MJ, Home, Rules, live


def _assert_exact(year: Home, *balances: str) -> None:
    """Assert that the spend of balances with a counter is exact, day by day, week and month."""
    for balance in balances:
        for period in Period:
            spans = list(year.spent(period, balance))
            assert [shown for _, shown, _ in spans] == [spent for _, _, spent in spans]


def _dollar_errors(year: Home) -> list[Decimal]:
    """Return by what part the dollars of each month are wrong."""
    months = list(year.spent(Period.THIS_MONTH, USD))
    assert len(months) == 12
    return [abs(shown - spent) / spent for _, shown, spent in months]


# It takes a quarter of a minute; a busy machine may take many times as long.
@pytest.mark.timeout(600)
def test_a_year_as_documented() -> None:
    """Each event is delivered once, and spend is the truth; polled every five minutes."""
    year = live(Rules(), "Europe/Amsterdam", steps_per_poll=1)
    assert year.surprises == []
    # Nobody sets a daily limit in this year.
    assert set(year.delivered) == set(EventType) - {EventType.DAILY_LIMIT_REACHED}
    assert (year.polls, year.starts, year.crashes) == (100_587, 197, 115)
    _assert_exact(year, CREDIT_PACKS, CREDITS, POINTS, MJ)
    assert max(_dollar_errors(year)) < Decimal("0.005")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("rules", "zone"),
    [
        # Clocks that change by half an hour, a day that begins at one o'clock, hours at half past.
        pytest.param(Rules(pack_job=timedelta(hours=1)), "Australia/Lord_Howe", id="hourly job"),
        pytest.param(Rules(pack_job=timedelta(days=1)), "Africa/Cairo", id="daily job"),
        pytest.param(Rules(dead_counters=("expired_credits",)), "Asia/Kolkata", id="dead expired"),
        pytest.param(Rules(dead_counters=("used_credits", "credit_used")), "UTC", id="dead used"),
        pytest.param(Rules(credits_per_usd=1, points_per_usd=250), "UTC", id="worth more"),
        pytest.param(
            Rules(credits_per_usd=500, points_per_usd=4000), "UTC", id="points worth less"
        ),
    ],
)
def test_a_year_of_another_service(rules: Rules, zone: str) -> None:
    """The same holds where a service is made otherwise; polled every hour."""
    year = live(rules, zone, steps_per_poll=12)
    assert year.surprises == []
    # The wallet's credits do not say what was bought, and so need their counter.
    _assert_exact(year, CREDIT_PACKS, POINTS, MJ)
    if "credit_used" not in rules.dead_counters:
        _assert_exact(year, CREDITS)
    assert mean(_dollar_errors(year)) < Decimal("0.01")
