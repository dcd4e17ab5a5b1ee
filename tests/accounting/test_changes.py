"""Test how balances moved between two answers: what was spent, added and lost."""

from datetime import timedelta
from math import isfinite
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.accounting import AccountState
from custom_components.goapi.accounting.changes import compare
from custom_components.goapi.accounting.ledger import hour_start
from custom_components.goapi.accounting.snapshots import Change
from custom_components.goapi.api import Number
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from tests.common import account_of

from .follow import HOUR, MJ, NOW, POLL, Parts, parts

type Answer = dict[str, Parts]

NEARLY_AN_HOUR = HOUR - timedelta(seconds=1)


def changes_of(*answers: Answer, step: timedelta = POLL) -> list[dict[str, Change]]:
    """Return what each of these answers says to have happened."""
    state, now, found = AccountState(), NOW, []
    for answer in answers:
        found.append(compare(state, account_of(answer), now.timestamp(), hour_start(now)))
        now += step
    return found


def moved(key: str, *answers: Answer, step: timedelta = POLL) -> list[tuple[Number, Number]]:
    """Return what was spent of a balance and added to it by each answer but the first."""
    found = [changes.get(key, Change()) for changes in changes_of(*answers, step=step)[1:]]
    return [(change.spent, change.added) for change in found]


def mj(remaining: Number, used: Number | None = None, frozen: Number | None = None) -> Answer:
    """Return an answer with a quota."""
    return {MJ: parts(remaining, used, frozen)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (mj(10, 5, 0), mj(10, 5, 0), (0, 0)),
        (mj(10, 5, 0), mj(7, 8, 0), (3, 0)),
        # Reserved, used up, given back.
        (mj(10, 5, 0), mj(7, 5, 3), (0, 0)),
        (mj(7, 5, 3), mj(7, 8, 0), (3, 0)),
        (mj(7, 5, 3), mj(10, 5, 0), (0, 0)),
        # Bought, also beside what was used.
        (mj(10, 5, 0), mj(30, 5, 0), (0, 20)),
        (mj(10, 5, 0), mj(26, 8, 1), (3, 20)),
        (mj(10, 5, 0), mj(2, 18, 0), (13, 5)),
        # Some is gone that nobody used.
        (mj(10, 5, 0), mj(4, 5, 0), (0, 0)),
        # A counter that falls counts nothing, and what it took back was not bought.
        (mj(10, 50, 0), mj(10, 30, 0), (0, 0)),
        (mj(10, 50, 0), mj(30, 30, 0), (0, 0)),
        # Without a counter, or where it stands at zero, what is left and reserved tells.
        (mj(10), mj(7), (3, 0)),
        (mj(10), mj(12), (0, 2)),
        (mj(10, None, 0), mj(7, None, 2), (1, 0)),
        (mj(10, 0, 0), mj(7, 0, 0), (3, 0)),
        # It begins to count.
        (mj(10, 0, 0), mj(7, 3, 0), (3, 0)),
        (mj(10), mj(7, 30), (3, 0)),
        # Fractions come without the noise of floating-point sums.
        (mj(0.3, 0.1), mj(0.1, 0.3), (0.2, 0)),
        (mj(18.4271, 3.1), mj(18.127099999999998, 3.4000000000000004), (0.3, 0)),
        # Below zero.
        (mj(1, 5), mj(-2, 8), (3, 0)),
        (mj(-2), mj(-3), (1, 0)),
    ],
)
def test_spent_is_what_the_counter_rose_by_and_added_what_it_does_not_explain(
    before: Answer, after: Answer, expected: tuple[Number, Number]
) -> None:
    """The counter of what was used decides; without one, what is left and reserved."""
    assert moved(MJ, before, after) == [expected]


def test_what_is_seen_for_the_first_time_has_not_moved() -> None:
    """Nor has what was sent without a number before."""
    assert changes_of(mj(5), {MJ: parts(5), USD: parts(7)}) == [{}, {}]
    assert moved(MJ, {MJ: {"remaining": None}}, mj(5)) == [(0, 0)]


@pytest.mark.parametrize("gap", [{}, {MJ: {"remaining": None, "used": 7}}, {MJ: {"used": 7}}])
def test_a_balance_that_is_left_out_stays_as_it_was(gap: Answer) -> None:
    """What was spent meanwhile is seen when it is back."""
    assert moved(MJ, mj(10, 5), gap, mj(8, 7)) == [(0, 0), (2, 0)]


def test_what_is_reserved_stays_where_an_answer_leaves_it_out() -> None:
    """It is neither spent nor bought."""
    answers = mj(100, 50, 10), mj(100, 50), mj(110, 50, 0)
    assert moved(MJ, *answers) == [(0, 0), (0, 0)]


@pytest.mark.parametrize("glitch", [mj(10, 0, 0), mj(0, 0, 0), mj(9)])
def test_a_counter_that_is_gone_for_a_moment_is_not_believed(glitch: Answer) -> None:
    """Nothing of its balance is used until the counter is back."""
    assert moved(MJ, mj(10, 50, 0), glitch, mj(8, 52, 0)) == [(0, 0), (2, 0)]
    assert moved(MJ, mj(10, 50, 0), glitch, mj(27, 53, 0)) == [(0, 0), (3, 20)]


@pytest.mark.parametrize(
    ("reset", "later", "spent"), [(mj(100, 0), mj(95, 5), 5), (mj(100), mj(93), 7)]
)
def test_a_counter_that_stays_gone_is_believed_after_an_hour(
    reset: Answer, later: Answer, spent: Number
) -> None:
    """From then on it counts, or what is left does."""
    assert changes_of(mj(100, 50), reset, reset, step=NEARLY_AN_HOUR) == [{}, {}, {}]
    assert moved(MJ, mj(100, 50), reset, reset, later, step=HOUR)[1:] == [(0, 0), (spent, 0)]


def test_a_doubt_ends_when_the_clock_is_set_back() -> None:
    """It began at a moment that never was."""
    state = AccountState()
    for answer, now in ((mj(10, 50), NOW), (mj(10, 0), NOW + POLL), (mj(9, 0), NOW - 9 * HOUR)):
        changes = compare(state, account_of(answer), now.timestamp(), hour_start(now))
    assert changes[MJ].used == -50


@pytest.mark.parametrize(
    ("others", "zero", "is_believed"),
    [
        # Credits are left: one of the two must be wrong.
        ({CREDITS: parts(500, 5)}, {CREDITS: parts(500, 5)}, False),
        ({CREDITS: parts(500, 5)}, {CREDITS: parts(400, 105)}, False),
        # They are used up with the dollars, and so explain them.
        ({CREDITS: parts(500, 5)}, {CREDITS: parts(0, 505)}, True),
        ({CREDITS: parts(5, 5)}, {CREDITS: parts(-1, 11)}, True),
        ({CREDITS: parts(5, 5)}, {CREDITS: {"remaining": None, "used": 5}}, True),
        # Of the credits some are left, of the points none.
        ({CREDITS: parts(5, 5), POINTS: parts(9, 1)},) * 2 + (False,),
        ({CREDITS: parts(5, 5), POINTS: parts(0, 10)},) * 2 + (True,),
        # Nothing else is in use.
        ({CREDITS: parts(0, 0)}, {CREDITS: parts(0, 0)}, True),
        ({}, {}, True),
    ],
)
def test_dollars_of_zero_are_not_believed_while_credits_are_left(
    others: Answer, zero: Answer, is_believed: bool
) -> None:
    """They are compared when they are back, or an hour later."""
    answers = [{USD: parts(5)} | others, {USD: parts(0)} | zero, {USD: parts(4)} | zero]
    assert (changes_of(*answers)[1].get(USD) is not None) is is_believed
    later = changes_of(answers[0], answers[1], answers[1], step=HOUR)
    assert (USD in later[2]) is not is_believed


def test_an_account_that_had_no_dollars_still_has_none() -> None:
    """Zero after zero is nothing to doubt."""
    answer = {USD: parts(0), CREDITS: parts(500, 5)}
    assert changes_of(answer, answer | {CREDITS: parts(400, 105)})[1].keys() == {CREDITS}


def packs(**parts_of: Number | None) -> Answer:
    """Return an answer with credit packs, of which 500 credits are used and 1,000 left."""
    sent: dict[str, Number | None] = {
        "remaining": 1000,
        "used": 500,
        "frozen": 0,
        "total": 1500,
        "expired": 7,
        "inactive": 0,
    }
    return {CREDIT_PACKS: sent | parts_of}


@pytest.mark.parametrize(
    ("later", "spent", "added", "expired"),
    [
        ({"remaining": 900, "used": 600}, 100, 0, 0),
        ({"remaining": 900, "frozen": 100}, 0, 0, 0),
        ({"remaining": 1200, "total": 1700}, 0, 200, 0),
        ({"remaining": 700, "expired": 307}, 0, 0, 300),
        # Bought, to begin later.
        ({"total": 2000, "inactive": 500}, 0, 0, 0),
        # Bought, spent and expired between two answers; the balance may stand still by that.
        ({"remaining": 1100, "used": 600, "expired": 307, "total": 2000}, 100, 500, 300),
        ({"expired": 307, "total": 1800}, 0, 300, 300),
        # A pack that is gone takes what was used of it along.
        ({"used": 100, "total": 1100}, 0, 0, 0),
    ],
)
def test_credit_packs(
    later: dict[str, Number], spent: Number, added: Number, expired: Number
) -> None:
    """What the service says was bought and what it says expired is neither spent nor made up."""
    change = changes_of(packs(), packs(**later))[1].get(CREDIT_PACKS, Change())
    assert (change.spent, change.added, change.expired) == (spent, added, expired)


def test_packs_that_begin_were_bought_when_they_begin() -> None:
    """Until then nobody can spend them."""
    waiting = packs(total=2000, inactive=500)
    assert moved(CREDIT_PACKS, packs(), waiting, packs(total=2000, remaining=1500)) == [
        (0, 0),
        (0, 500),
    ]


@pytest.mark.parametrize("used", [0, None])
@pytest.mark.parametrize("inactive", [0, None])
def test_spend_beside_a_purchase_is_seen_where_there_is_a_total_and_no_counter(
    used: int | None, inactive: int | None
) -> None:
    """What was bought less what the balance gained was spent."""

    def counted(remaining: int, total: int) -> Answer:
        """Return an answer with a total and without a counter of what was used."""
        all_parts = parts(remaining, used) | parts(remaining) | {"total": total}
        return {CREDIT_PACKS: all_parts | ({} if inactive is None else {"inactive": inactive})}

    assert moved(CREDIT_PACKS, counted(1000, 1500), counted(1130, 1700)) == [(70, 200)]


@pytest.mark.parametrize("part", ["total", "inactive"])
def test_what_is_bought_while_the_total_is_left_out_was_bought_once(part: str) -> None:
    """What the balance gained tells, and the total does not tell it again."""
    gap = packs(remaining=1400, total=2000, inactive=100)
    del gap[CREDIT_PACKS][part]
    later = packs(remaining=1400, total=2000, inactive=100)
    assert moved(CREDIT_PACKS, packs(), gap, later) == [(0, 400), (0, 0)]


@pytest.mark.parametrize(
    ("before", "after", "spent"),
    [
        # The wallet's credits are those of the packs by another name,
        (1000, 650, 50),
        # or others, which fall by less than expired.
        (74, 64, 10),
    ],
)
def test_expired_is_not_spent_where_no_counter_tells(
    before: Number, after: Number, spent: Number
) -> None:
    """What expired is taken off what the balance fell by."""

    def both(remaining: Number, own: Number, expired: Number) -> Answer:
        """Return credit packs, and credits of the wallet."""
        return {
            CREDIT_PACKS: parts(remaining, 0) | {"expired": expired},
            CREDITS: parts(own, 0),
            MJ: parts(own),
        }

    answers = both(1000, before, 0), both(650, after, 300)
    assert moved(CREDIT_PACKS, *answers) == [(50, 0)]
    assert moved(CREDITS, *answers) == [(spent, 0)]
    # A quota falls by what is spent of it.
    assert moved(MJ, *answers) == [(before - after, 0)]


NUMBERS = st.one_of(
    st.none(),
    st.integers(-(2**53), 2**53),
    st.floats(-(2**53), 2**53),
    st.sampled_from([0, 1, 0.1, 0.2, 0.1 + 0.2, 0.3, 1e-10, 2**53, -(2**53)]),
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        key: st.dictionaries(
            st.sampled_from(["remaining", "used", "frozen", "total", "expired", "inactive"]),
            NUMBERS,
        )
        for key in (USD, CREDIT_PACKS, CREDITS, POINTS, MJ)
    },
)


@given(st.lists(ANSWERS, min_size=2, max_size=6))
def test_any_answers_can_be_compared(answers: list[Any]) -> None:
    """Whatever the service sends, amounts are finite, and none is negative that makes no sense."""
    for changes in changes_of(*answers):
        for key, change in changes.items():
            assert all(map(isfinite, change))
            assert change.added >= 0
            assert change.expired >= 0
            assert change.spent >= 0 or key == USD
