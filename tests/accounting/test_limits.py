"""Test the daily limit: reaching it is told once a day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.goapi.accounting import Event, EventType
from custom_components.goapi.api import Number
from custom_components.goapi.api.models import CREDIT_PACKS, USD

from .follow import DAY, HOUR, MJ, POLL, Follower, Parts, parts, short

REACHED = EventType.DAILY_LIMIT_REACHED
LLM = "llm_remain"


def spent(used: Number) -> dict[str, Parts]:
    """Return a quota of which so much was used."""
    return {MJ: parts(1000 - used, used)}


def set_limit(
    follower: Follower, limit: float, key: str = MJ, *, is_current: bool = True
) -> list[Event]:
    """Set the limit of a balance as a user does; return what happened."""
    summary, events = follower.tracker.set_amount(
        key, "daily_limit", limit, follower.now, is_current=is_current
    )
    assert summary.balances[key].daily_limit == limit
    return events


@pytest.fixture
def follower() -> Follower:
    """Return an account of which 10 were spent today."""
    follower = Follower()
    follower.see(spent(5))
    follower.see(spent(15))
    return follower


@pytest.mark.parametrize("restarts", [False, True])
def test_a_limit_that_is_reached_is_told_once_a_day(follower: Follower, restarts: bool) -> None:
    """With what was spent today, what is left, and the limit; again on the next day."""
    assert set_limit(follower, 20) == []
    assert follower.see(spent(24.99)) == []
    for _ in range(2):
        events = follower.see(spent(25))
        assert events == [Event(type=REACHED, balance=MJ, amount=20, remaining=975, limit=20)]
        assert follower.state.pending[-1:] == events
        if restarts:
            follower.restart()
        assert follower.see(spent(300)) == []
        # On the next day, what was spent before counts no more.
        follower.see(spent(5), after=DAY)
        assert follower.see(spent(24)) == []


def test_the_next_day_begins_at_local_midnight() -> None:
    """Also where a day has 25 hours."""
    zone = ZoneInfo("Europe/Amsterdam")
    follower = Follower(datetime(2026, 10, 25, 0, 10, tzinfo=zone))
    follower.see(spent(0))
    set_limit(follower, 10)
    assert short(follower.see(spent(10))) == [(REACHED, MJ, 10)]
    follower.now = datetime(2026, 10, 25, 23, 40, tzinfo=zone)
    assert follower.see(spent(90)) == []
    follower.now = datetime(2026, 10, 26, 0, 5, tzinfo=zone)
    assert short(follower.see(spent(100))) == [(REACHED, MJ, 10)]


def test_no_limit_is_never_reached(follower: Follower) -> None:
    """Nobody set one, or it was turned off."""
    assert follower.see(spent(500)) == []
    follower.see(spent(500), after=DAY)
    set_limit(follower, 5)
    assert set_limit(follower, 0) == []
    assert follower.see(spent(900)) == []


def test_a_limit_below_what_is_spent_is_reached_at_once(follower: Follower) -> None:
    """One that is raised and reached again is told of no more on that day."""
    assert short(set_limit(follower, 10)) == [(REACHED, MJ, 10)]
    assert set_limit(follower, 5) == []
    assert set_limit(follower, 50) == []
    assert follower.see(spent(65)) == []


def test_a_limit_that_is_set_in_an_outage_waits_for_the_next_answer(follower: Follower) -> None:
    """Which may be the same as the one before."""
    assert set_limit(follower, 20, is_current=False) == []
    assert short(follower.see(spent(25))) == [(REACHED, MJ, 20)]
    follower.see(spent(30), after=DAY)
    follower.answer(follower.account)
    set_limit(follower, 0, is_current=False)
    follower.answer(follower.account)
    assert set_limit(follower, 5, is_current=False) == []
    assert short(follower.answer(follower.account)) == [(REACHED, MJ, 5)]


def test_spend_that_an_outage_hid_reaches_a_limit_when_it_is_seen(follower: Follower) -> None:
    """Unless a new day began and less was spent in it."""
    set_limit(follower, 20)
    assert short(follower.see(spent(45), after=6 * HOUR)) == [(REACHED, MJ, 40)]


def test_each_balance_has_its_own_limit() -> None:
    """Also balances that are the same money: whoever sets both is told of both."""
    follower = Follower()

    def answer(used: Number) -> dict[str, Parts]:
        """Return dollars and their credits, and two quotas."""
        return {
            USD: parts(100 - used / 100),
            CREDIT_PACKS: parts(10_000 - used, used),
            MJ: parts(900 - used, used),
            LLM: parts(900 - used, used),
        }

    follower.see(answer(5))
    for key, limit in ((USD, 0.5), (CREDIT_PACKS, 50), (MJ, 60)):
        set_limit(follower, limit, key)
    found = follower.see(answer(55))
    assert sorted(short(found)) == [(REACHED, CREDIT_PACKS, 50), (REACHED, USD, 0.5)]
    assert short(follower.see(answer(65), after=POLL)) == [(REACHED, MJ, 60)]
