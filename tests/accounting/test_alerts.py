"""Test when a balance is low or empty, when it has recovered, and when a recharge is overdue."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.accounting import AccountState, Event, EventType
from custom_components.goapi.accounting.alerts import evaluate, recharge_is_overdue
from custom_components.goapi.accounting.ledger import Ledger
from custom_components.goapi.accounting.state import BalanceState
from custom_components.goapi.api import Number
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from tests.common import account_of

from .follow import HOUR, MJ, NOW, Follower, Parts, parts

LOW, EMPTY, RECOVERED = EventType.LOW, EventType.EMPTY, EventType.RECOVERED


def balance_with(threshold: Number) -> BalanceState:
    """Return a balance that was not evaluated yet."""
    return BalanceState(ledger=Ledger(0), threshold=threshold)


@pytest.mark.parametrize("unit", [1, 0.01, 256.8])
def test_each_alert_is_reported_once_while_a_balance_is_low(unit: float) -> None:
    """It is low at its threshold and until a tenth above it, whatever an amount is worth."""
    balance = balance_with(50 * unit)
    for remaining, is_low, alert in (
        (51, False, None),
        (50, True, LOW),
        (54.9, True, None),
        (50, True, None),
        (55.1, False, RECOVERED),
        (52, False, None),
        (20, True, LOW),
        (0, True, EMPTY),
        (1, True, None),
        (0, True, None),
        (30, True, None),
        (-1, True, None),
        (74, False, RECOVERED),
        (0, True, EMPTY),
        (74, False, RECOVERED),
    ):
        assert evaluate(balance, remaining * unit, 5) is alert, remaining
        assert balance.low_since == (5 if is_low else None), remaining


@pytest.mark.parametrize("amount", [5.44, 12_840])
def test_a_threshold_of_zero_has_no_hysteresis(amount: Number) -> None:
    """A balance is empty at zero, and no longer when something is there, however little."""
    balance = balance_with(0)
    found = [evaluate(balance, each, 0) for each in (amount, 0.001, 0, -2, 0.001, 0, amount)]
    assert found == [None, None, EMPTY, None, RECOVERED, EMPTY, RECOVERED]


@pytest.mark.parametrize("remaining", [50, 5, 0, -1])
def test_what_is_seen_for_the_first_time_is_not_reported(remaining: Number) -> None:
    """It is low all the same."""
    balance = balance_with(5)
    assert evaluate(balance, remaining, 7) is None
    assert balance.low_since == (None if remaining == 50 else 7)
    assert evaluate(balance, 50, 8) is (None if remaining == 50 else RECOVERED)


def test_a_balance_does_not_become_low_while_a_refill_is_expected() -> None:
    """One that is low already may become empty, and recovers."""
    balance = balance_with(5)
    for remaining, is_expected, alert in (
        (9, False, None),
        (4, True, None),
        (0, True, None),
        (0, False, EMPTY),
        (9, True, RECOVERED),
        (4, False, LOW),
        (0, True, EMPTY),
    ):
        found = evaluate(balance, remaining, 0, is_refill_expected=is_expected)
        assert found is alert, remaining


@given(
    threshold=st.floats(0, 1e9),
    walk=st.lists(st.floats(-0.5, 2.5), min_size=2),
)
def test_a_balance_never_flaps_and_misses_nothing(threshold: float, walk: list[float]) -> None:
    """Below the band is low, above it is not, within it nothing changes."""
    balance = balance_with(threshold)
    reported: EventType | None = None
    for step in walk:
        before, remaining = balance.low_since, step * threshold
        alert = evaluate(balance, remaining, 1)
        if threshold < remaining < 1.0999 * threshold:
            assert balance.low_since == before
            assert alert is None
        elif remaining <= threshold or remaining > 1.1001 * threshold:
            assert (balance.low_since is not None) is (remaining <= threshold)
        # Nothing is reported twice, and nothing but emptiness while it is low.
        if alert is not None:
            assert (reported, alert) in {
                (None, LOW), (None, EMPTY), (None, RECOVERED),
                (LOW, EMPTY), (LOW, RECOVERED), (EMPTY, RECOVERED),
                (RECOVERED, LOW), (RECOVERED, EMPTY),
            }  # fmt: skip
            reported = alert


def fields(threshold: Any = 50, triggered: datetime | None = None, **more: Any) -> dict[str, Any]:
    """Return the fields of auto-recharge."""
    return {
        "auto_recharge_enabled": True,
        "auto_recharge_threshold_credit": threshold,
        "last_auto_recharge_triggered_at": triggered,
    } | more


CREDIT = parts(49, 5)


@pytest.mark.parametrize(
    ("balances", "recharge", "is_due"),
    [
        ({}, {}, None),
        ({CREDITS: CREDIT}, {}, None),
        ({CREDITS: CREDIT}, fields(auto_recharge_enabled=None), None),
        ({CREDITS: CREDIT}, fields(None), None),
        ({CREDITS: {"remaining": None, "used": 5}}, fields(), None),
        ({POINTS: CREDIT}, fields(), None),
        ({}, {"auto_recharge_enabled": False}, False),
        ({CREDITS: CREDIT}, fields(auto_recharge_enabled=False), False),
        ({CREDITS: parts(50, 5)}, fields(), False),
        ({CREDITS: CREDIT}, fields(), True),
        # The wallet's credits were never used: those of the packs count.
        ({CREDITS: parts(0, 0), CREDIT_PACKS: parts(99)}, fields(), False),
        ({CREDITS: parts(0, 0), CREDIT_PACKS: parts(9)}, fields(), True),
        # They are in use, and count also when they are empty.
        ({CREDITS: parts(0, 5), CREDIT_PACKS: parts(99)}, fields(), True),
        # Fractions.
        ({CREDITS: parts(5.44, 5)}, fields(5.45), True),
    ],
)
def test_a_recharge_is_due_below_its_threshold_and_overdue_after_a_quarter_of_an_hour(
    balances: dict[str, Parts], recharge: dict[str, Any], is_due: bool | None
) -> None:
    """Where the API does not say enough, nothing is known."""
    state, account = AccountState(), account_of(balances, recharge)
    now = NOW.timestamp()
    assert recharge_is_overdue(state, account, now) is (False if is_due else is_due)
    assert recharge_is_overdue(state, account, now + 899) is (False if is_due else is_due)
    assert recharge_is_overdue(state, account, now + 900) is is_due


def test_a_recharge_that_was_not_enough_is_followed_by_another_with_time_of_its_own() -> None:
    """One that is triggered in the future, by a wrong clock, gives no more time than one of now."""
    state, now = AccountState(), NOW.timestamp()
    for minute, triggered, is_overdue in (
        (0, -60, False),
        (14, -60, False),
        (16, -60, True),
        (17, 10, False),
        (24, 10, False),
        (26, 10, True),
        (27, 9999, False),
        (28, None, False),
        (42, None, True),
    ):
        at = None if triggered is None else NOW + timedelta(minutes=triggered)
        account = account_of({CREDITS: CREDIT}, fields(triggered=at))
        assert recharge_is_overdue(state, account, now + minute * 60) is is_overdue, minute


def alerts(events: list[Event]) -> list[tuple[EventType, str | None]]:
    """Return the type and the balance of events."""
    return [(event.type, event.balance) for event in events]


ALL = {USD: parts(9), CREDIT_PACKS: parts(9, 1), CREDITS: parts(99, 1), MJ: parts(9)}
GONE = {USD: parts(0), CREDIT_PACKS: parts(0, 10), CREDITS: parts(0, 100), MJ: parts(0)}


def test_alerts_of_what_auto_recharge_refills_wait_for_it() -> None:
    """A quota is not refilled; when the recharge is overdue, nothing waits."""
    follower = Follower()
    follower.see(ALL, fields())
    assert alerts(follower.see(GONE, fields())) == [(EMPTY, MJ)]
    assert follower.summary().recharge_is_overdue is False
    answer = account_of(GONE, fields())
    # The same answer again is looked at, as it may mean something else by now.
    found = [alerts(follower.answer(answer)) for _ in range(4)]
    assert found == [[], [], [(EMPTY, USD), (EMPTY, CREDIT_PACKS), (EMPTY, CREDITS)], []]
    assert follower.summary().recharge_is_overdue is True
    assert alerts(follower.see(ALL, fields()))[-4:] == [(RECOVERED, key) for key in ALL]


def test_an_answer_that_does_not_say_whether_a_recharge_is_due_hides_no_alert_for_long() -> None:
    """The time that the recharge may take passes all the same."""
    follower = Follower()
    follower.see({CREDITS: parts(99, 1)}, fields())
    follower.see({CREDITS: parts(0, 100)}, fields())
    unknown = account_of({CREDITS: parts(0, 100)}, {})
    found = [alerts(follower.answer(unknown)) for _ in range(4)]
    assert found == [[], [], [(EMPTY, CREDITS)], []]
    assert follower.summary().recharge_is_overdue is None


def test_a_recharge_is_due_no_longer_than_the_clock_says() -> None:
    """A clock that was ahead does not put it off."""
    follower = Follower()
    follower.see({CREDITS: parts(99, 1)}, fields())
    follower.see({CREDITS: parts(0, 100)}, fields(), after=99 * HOUR)
    follower.now -= 99 * HOUR
    # The clock is doubted for an hour, then the recharge has a quarter of one.
    low = account_of({CREDITS: parts(0, 100)}, fields())
    found = [alerts(follower.answer(low)) for _ in range(17)]
    assert found == [*[[]] * 15, [(EMPTY, CREDITS)], []]
