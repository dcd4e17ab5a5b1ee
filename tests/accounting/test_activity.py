"""Test what is told of an account: what was bought, what is unusual, and what was switched."""

from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from custom_components.goapi.accounting import Event, EventType
from custom_components.goapi.accounting.events import MORE_EXACT, is_same_money, most_exact
from custom_components.goapi.api import Number
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from tests.common import account_of

from .follow import HOUR, MJ, NOW, Follower, Parts, parts, short

TOPPED_UP, RECHARGED, SPIKE = EventType.TOPPED_UP, EventType.RECHARGED, EventType.SPEND_SPIKE
MONEY = (USD, CREDIT_PACKS, CREDITS, POINTS)


def test_a_top_up_is_told_with_what_is_left_then() -> None:
    """Whole amounts stay whole, others come without noise."""
    follower = Follower()
    assert follower.see({MJ: parts(5), "llm_remain": parts(1.1)}) == []
    assert follower.see({MJ: parts(25), "llm_remain": parts(3.3)}) == [
        Event(type=TOPPED_UP, balance=MJ, amount=20, remaining=25),
        Event(type=TOPPED_UP, balance="llm_remain", amount=2.2, remaining=3.3),
    ]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((True, False), [EventType.DISABLED]),
        ((False, True), [EventType.ENABLED]),
        ((True, True), []),
        ((None, False), []),
        ((True, None), []),
        # What one answer leaves out does not hide that it changed.
        ((True, None, False), [EventType.DISABLED]),
    ],
)
def test_a_switch_is_told(answers: tuple[bool | None, ...], expected: list[EventType]) -> None:
    """What was unknown before has not changed."""
    follower = Follower()
    events = [event for each in answers for event in follower.see({}, {"is_enable": each})]
    assert events == [Event(type=each) for each in expected]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((USD,), [USD]),
        ((USD, CREDITS, CREDIT_PACKS), [CREDIT_PACKS]),
        ((USD, CREDITS), [CREDITS]),
        ((USD, POINTS), [POINTS]),
        ((CREDITS, POINTS, MJ), [CREDITS, POINTS, MJ]),
        ((USD, MJ), [USD, MJ]),
    ],
)
def test_money_with_several_names_is_told_under_the_most_exact(
    names: tuple[str, ...], expected: list[str]
) -> None:
    """Of the credits that of the packs, and dollars only where nothing explains them."""
    assert most_exact(names) == expected


def test_the_same_money_is_so_both_ways() -> None:
    """Points and credits are not each other's, though dollars may be a sum of both."""
    apart = {(key, other) for key, other in product(MONEY, MONEY) if not is_same_money(key, other)}
    assert apart == {
        *[(POINTS, CREDITS), (CREDITS, POINTS)],
        *[(POINTS, CREDIT_PACKS), (CREDIT_PACKS, POINTS)],
    }
    assert not any(is_same_money(MJ, key) for key in MORE_EXACT)


def recharge(time: datetime | None) -> dict[str, Any]:
    """Return when the last recharge was."""
    return {"last_auto_recharge_triggered_at": time}


LONG_AGO = NOW - 99 * HOUR


@pytest.mark.parametrize(
    ("first", "later", "is_told"),
    [
        (recharge(LONG_AGO), recharge(NOW), True),
        # There was none before.
        (recharge(None), recharge(NOW), True),
        # Nobody knows what was before.
        ({}, recharge(NOW), False),
        (recharge(NOW), recharge(NOW), False),
        (recharge(NOW), recharge(LONG_AGO), False),
        (recharge(NOW), recharge(None), False),
    ],
)
def test_a_recharge_whose_amount_does_not_come_is_told_without_one(
    first: dict[str, Any], later: dict[str, Any], is_told: bool
) -> None:
    """Its amount is awaited for a quarter of an hour."""
    follower = Follower()
    follower.see({}, first)
    answer = account_of({}, later)
    found = [follower.answer(answer) for _ in range(6)]
    assert found == [[], [], [], [Event(type=RECHARGED)] if is_told else [], [], []]


@pytest.mark.parametrize("is_unreadable", [False, True])
def test_a_time_that_one_answer_leaves_out_is_no_recharge_when_it_is_back(
    is_unreadable: bool,
) -> None:
    """It is the one that was known."""
    follower = Follower()
    gap = account_of({}, recharge(None))
    if is_unreadable:
        gap = replace(gap, unreadable=frozenset(recharge(None)))
    answers = [account_of({}, recharge(LONG_AGO)), gap, account_of({}, recharge(LONG_AGO))]
    # Nor is it one if it is unreadable at first.
    answers = [gap, *answers] if is_unreadable else answers
    assert not any(follower.answer(each) for each in [*answers, *[gap] * 9])
    assert follower.state.recharge_awaited_since is None


@pytest.mark.parametrize("key", [USD, CREDIT_PACKS, CREDITS])
@pytest.mark.parametrize("late", [0, 1, 2])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_recharge_is_the_next_top_up_of_what_it_refills(
    key: str, late: int, restarts: bool
) -> None:
    """It is told once, with its amount; a quota is topped up by itself, and so is what is later."""
    follower = Follower()
    follower.see({key: parts(10), MJ: parts(5)}, recharge(None))
    moved = recharge(NOW)
    for number in range(late):
        assert short(follower.see({key: parts(10), MJ: parts(6 + number)}, moved)) == [
            (TOPPED_UP, MJ, 1)
        ]
        if restarts:
            follower.restart()
    assert sorted(short(follower.see({key: parts(90), MJ: parts(9)}, moved))) == [
        (RECHARGED, key, 80),
        (TOPPED_UP, MJ, 4 - late),
    ]
    assert short(follower.see({key: parts(95), MJ: parts(9)}, moved)) == [(TOPPED_UP, key, 5)]
    assert [follower.answer(follower.account) for _ in range(6)] == [[]] * 6


def test_a_recharge_is_awaited_no_longer_than_the_clock_says() -> None:
    """A clock that was ahead does not put it off."""
    follower = Follower()
    follower.see({}, recharge(None))
    follower.see({}, recharge(NOW), after=99 * HOUR)
    follower.now -= 99 * HOUR
    found = [follower.answer(follower.account) for _ in range(14)]
    assert found == [*[[]] * 12, [Event(type=RECHARGED)], []]


def spent_so_far(used: Number, bought: Number = 1000) -> dict[str, Parts]:
    """Return a quota of which so much was used."""
    return {MJ: parts(bought - used, used)}


@pytest.fixture
def usual() -> Follower:
    """Return an account that spent 10 in each of 30 hours."""
    follower = Follower()
    for hour in range(30):
        assert follower.see(spent_so_far(10 * hour), after=HOUR) == []
    return follower


@pytest.mark.parametrize("restarts", [False, True])
def test_unusual_spend_is_told_once_an_hour(usual: Follower, restarts: bool) -> None:
    """More than five times the usual is told with what is usual."""
    assert usual.see(spent_so_far(330)) == []
    assert usual.see(spent_so_far(345)) == [
        Event(type=SPIKE, balance=MJ, amount=65, remaining=655, usual=10)
    ]
    if restarts:
        usual.restart()
    assert usual.see(spent_so_far(400)) == []
    # It is no longer unusual when it goes on, and not before it is more than ever.
    assert usual.see(spent_so_far(510), after=HOUR) == []
    assert short(usual.see(spent_so_far(800), after=HOUR)) == [(SPIKE, MJ, 290)]


def test_spend_over_a_gap_is_not_unusual(usual: Follower) -> None:
    """It was spent in all of its hours."""
    assert usual.see(spent_so_far(700), after=41 * HOUR) == []
    assert usual.see(spent_so_far(700, 2000))[0].type is TOPPED_UP
    # What comes back, and a balance that is empty, is not unusual either.
    assert usual.see({MJ: parts(1300, 690)}) == []


def test_what_is_usual_is_not_known_before_a_day() -> None:
    """A new account may spend as it likes."""
    follower = Follower()
    for hour in range(20):
        follower.see(spent_so_far(10 * hour), after=HOUR)
    assert follower.see(spent_so_far(900)) == []


def test_unusual_spend_of_an_empty_balance_is_told(usual: Follower) -> None:
    """Also where more was spent than there was."""
    assert short(usual.see({MJ: parts(-5, 1005)})) == [
        (SPIKE, MJ, 725),
        (EventType.EMPTY, MJ, None),
    ]


def credits_account(used: float, frozen: float = 0, points: float = 0) -> dict[str, Parts]:
    """Return dollars that are a sum of the credits and points."""
    left = 100_000 - used - frozen
    return {
        USD: parts((left + 100_000 - points) / 1000),
        CREDIT_PACKS: parts(left, used, frozen),
        POINTS: parts(100_000 - points, points),
    }


def test_unusual_spend_of_the_same_money_is_told_once() -> None:
    """Dollars fall when a task reserves credits, the credits' counter rises when it ends."""
    follower = Follower()
    for hour in range(30):
        usually = credits_account(100 * hour, points=10 * hour)
        assert follower.see(usually, after=HOUR) == []
    assert short(follower.see(credits_account(2_900, 5_000, 290))) == [(SPIKE, USD, 5.11)]
    assert follower.see(credits_account(7_900, 0, 290)) == []
    # In another hour it is news again, by the more exact name of both.
    later = follower.see(credits_account(20_000, 0, 290), after=HOUR)
    assert short(later) == [(SPIKE, CREDIT_PACKS, 12_100)]
    assert follower.see(credits_account(20_000, 19_000, 290)) == []
    # Points are other money than credits.
    assert short(follower.see(credits_account(20_000, 19_000, 4_000))) == [(SPIKE, POINTS, 3_710)]
