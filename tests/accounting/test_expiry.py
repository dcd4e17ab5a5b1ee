"""Test what was lost with credit packs whose time is over, as it is told and as it is booked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.goapi.accounting import EventType
from custom_components.goapi.api import Account, CreditPack, Number
from custom_components.goapi.api.models import CREDIT_PACKS, USD
from tests.common import account_of

from .follow import DAY, NOW, POLL, Follower, parts, short

# It ends between the second answer and the third.
SMALL = CreditPack(id="a", active=True, capacity=100, left=100, ends_at=NOW + 2.5 * POLL)
LARGE = CreditPack(id="b", active=True, capacity=1000, left=1000, ends_at=NOW + 30 * DAY)
# The service ends it a moment before our clock says so.
EARLY = replace(SMALL, ends_at=NOW + 2 * POLL + timedelta(seconds=3))
OVER = replace(EARLY, active=False)


def plain(*packs: CreditPack, remaining: Number) -> Account:
    """Return an answer of a service that counts nothing."""
    dollars = parts(remaining / 1000)
    return account_of({CREDIT_PACKS: parts(remaining), USD: dollars}, packs=packs)


def counted(*packs: CreditPack, remaining: Number, lost: Number, used: Number = 900) -> Account:
    """Return an answer of a service that counts what was used and what expired."""
    credit = parts(remaining, used, 0) | {"expired": lost}
    return account_of({CREDIT_PACKS: credit, USD: parts(remaining / 1000)}, packs=packs)


def without_packs(account: Account) -> Account:
    """Return an answer that lists no packs."""
    return replace(account, packs=None)


def follow(*answers: Account, step: timedelta = POLL) -> tuple[list[Number | None], list[Number]]:
    """Return what expired by these answers, and what was spent of the credits and dollars."""
    follower = Follower()
    steps = (POLL, *[step] * (len(answers) - 1))
    events = short(
        [event for each in zip(answers, steps, strict=True) for event in follower.answer(*each)]
    )
    assert {event[:2] for event in events} <= {(EventType.PACK_EXPIRED, CREDIT_PACKS)}
    return [event[2] for event in events], [follower.spent(CREDIT_PACKS), follower.spent(USD)]


BOTH = plain(SMALL, LARGE, remaining=1100)
ONE = plain(LARGE, remaining=1000)
NEVER_COUNTED = counted(SMALL, LARGE, remaining=1100, lost=0)
COUNTED = counted(SMALL, LARGE, remaining=1100, lost=7)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([BOTH, BOTH, ONE], id="at once"),
        pytest.param([BOTH, *[BOTH] * 9, ONE], id="late"),
        pytest.param(
            [BOTH, BOTH, *[plain(LARGE, remaining=1100)] * 9, ONE], id="late, and listed no more"
        ),
        pytest.param([BOTH, *[without_packs(BOTH)] * 9, ONE], id="the list is left out"),
        pytest.param([BOTH, BOTH, account_of({}), ONE], id="an answer says nothing"),
        pytest.param([plain(EARLY, LARGE, remaining=1100), ONE], id="the service's clock is ahead"),
        pytest.param(
            [plain(EARLY, LARGE, remaining=1100), plain(OVER, LARGE, remaining=1000)],
            id="the service's clock is ahead, and the pack is still listed",
        ),
        pytest.param(
            [BOTH, BOTH, account_of({USD: parts(1.1)}), ONE], id="an answer has dollars alone"
        ),
        pytest.param(
            [BOTH, BOTH, account_of({CREDIT_PACKS: parts(1000)}, packs=(LARGE,)), ONE],
            id="dollars are left out of that answer",
        ),
        pytest.param(
            [NEVER_COUNTED] * 2 + [counted(LARGE, remaining=1000, lost=100)],
            id="the first that is counted",
        ),
        pytest.param(
            [NEVER_COUNTED] * 2 + [counted(LARGE, remaining=1000, lost=0)],
            id="the counter never moves",
        ),
        pytest.param(
            [COUNTED] * 2 + [counted(LARGE, remaining=1000, lost=107)], id="it is counted"
        ),
        pytest.param(
            [COUNTED] * 9 + [counted(LARGE, remaining=1000, lost=107)], id="it is counted late"
        ),
    ],
)
def test_a_pack_is_lost_once_and_is_not_spent(answers: list[Account]) -> None:
    """Whenever the service takes it off, one loss is told, and nothing was spent."""
    later = [replace(answers[-1]) for _ in range(3)]
    assert follow(*answers, *later) == ([100], [0, 0])


@pytest.mark.parametrize("total", [False, True])
@pytest.mark.parametrize("late", [0, 1, 5])
def test_a_pack_is_not_spent_where_the_next_one_came_meanwhile(total: bool, late: int) -> None:
    """Monthly plans end one pack and begin another; what falls after that is spent."""
    new = replace(LARGE, id="c", capacity=500, left=500)

    def answer(*packs: CreditPack, remaining: Number, bought: int) -> Account:
        """Return an answer of a service that counts nothing, or only what was bought."""
        account = plain(*packs, remaining=remaining)
        if not total:
            return account
        credit = parts(remaining) | {"total": 2000 + bought, "inactive": 0}
        return account_of({USD: parts(remaining / 1000), CREDIT_PACKS: credit}, packs=packs)

    before = answer(SMALL, LARGE, remaining=1100, bought=0)
    both = answer(LARGE, new, remaining=1600, bought=500)
    after = answer(LARGE, new, remaining=1500, bought=500)
    follower = Follower()
    answers = [before, before, *[both] * late, after]
    events = short([event for each in answers for event in follower.answer(each)])
    if late or total:
        assert events == [
            (EventType.TOPPED_UP, CREDIT_PACKS, 500),
            (EventType.PACK_EXPIRED, CREDIT_PACKS, 100),
        ]
    else:
        # All that can be seen is what the one is more than the other.
        assert events == [(EventType.TOPPED_UP, CREDIT_PACKS, 400)]
    assert follower.spent(CREDIT_PACKS) == follower.spent(USD) == 0
    assert follower.answer(answer(LARGE, new, remaining=1430, bought=500)) == []
    assert follower.spent(CREDIT_PACKS) == 70
    assert follower.spent(USD) == 0.07


def test_a_service_that_ends_packs_once_a_day_is_waited_for() -> None:
    """The pack is lost hours after its time, and told once."""
    late = [BOTH, *[without_packs(BOTH)] * 11]
    assert follow(*late, ONE, ONE, step=2 * timedelta(hours=1)) == ([100], [0, 0])


def test_a_pack_that_was_never_taken_off_hides_no_spend_after_a_day() -> None:
    """What falls then is spent."""
    late = [BOTH, *[plain(LARGE, remaining=1100)] * 13]
    assert follow(*late, ONE, step=2 * timedelta(hours=1)) == ([], [100, 0.1])


def test_a_pack_that_ended_while_nobody_looked_is_lost_in_the_next_answer() -> None:
    """However long that took; what else is gone was spent."""
    assert follow(BOTH, plain(LARGE, remaining=900), step=3 * DAY) == ([100], [100, 0.1])


def test_what_was_used_of_a_pack_at_its_end_is_not_lost() -> None:
    """The rest of it is; the counter tells, or the list of a service that takes it off late."""
    used = counted(LARGE, remaining=1000, lost=0, used=930)
    assert follow(NEVER_COUNTED, NEVER_COUNTED, used) == ([70], [30, 0.03])
    late = plain(replace(SMALL, left=60), LARGE, remaining=1060)
    assert follow(BOTH, BOTH, late, ONE) == ([60], [40, 0.04])


def test_two_packs_that_end_are_one_loss() -> None:
    """Their sum is told."""
    other = replace(SMALL, id="c", capacity=50, left=50)
    before = plain(SMALL, other, LARGE, remaining=1150)
    assert follow(before, before, ONE) == ([150], [0, 0])
    # One of the two is taken off, the other later.
    middle = plain(LARGE, remaining=1100)
    assert follow(before, before, middle, ONE) == ([50, 100], [0, 0])
    middle = plain(LARGE, remaining=1050)
    assert follow(before, before, middle, ONE) == ([100, 50], [0, 0])


def test_what_is_given_back_while_a_pack_ends_hides_no_loss() -> None:
    """What remains and is reserved together falls by what was left in the pack."""

    def answer(*packs: CreditPack, remaining: Number, frozen: Number) -> Account:
        """Return an answer of a service that counts nothing but what is reserved."""
        return account_of({CREDIT_PACKS: parts(remaining, None, frozen)}, packs=packs)

    follower = Follower()
    for _ in range(2):
        assert follower.answer(answer(SMALL, LARGE, remaining=900, frozen=200)) == []
    events = follower.answer(answer(LARGE, remaining=1000, frozen=0))
    assert short(events) == [(EventType.PACK_EXPIRED, CREDIT_PACKS, 100)]
    assert follower.spent(CREDIT_PACKS) == 0


def test_a_pack_that_was_used_up_is_not_lost() -> None:
    """The counter of what was used tells, or the list does."""
    used = counted(LARGE, remaining=1000, lost=0, used=1000)
    assert follow(NEVER_COUNTED, used, used, used) == ([], [100, 0.1])
    empty = plain(replace(SMALL, left=0), LARGE, remaining=1000)
    assert follow(BOTH, empty, empty, plain(LARGE, remaining=900)) == ([], [200, 0.2])


@pytest.mark.parametrize("gap", [0, None])
def test_a_counter_of_lost_credits_that_is_gone_for_a_moment_tells_nothing(gap: int | None) -> None:
    """Nor does it when it is back."""
    glitch = account_of(
        {CREDIT_PACKS: parts(1100, 900, 0) | {"expired": gap}, USD: parts(1.1)},
        packs=(SMALL, LARGE),
    )
    end = counted(LARGE, remaining=1000, lost=107)
    assert follow(COUNTED, glitch, COUNTED, COUNTED) == ([], [0, 0])
    assert follow(COUNTED, glitch, end, end) == ([100], [0, 0])


def test_a_loss_that_is_counted_in_the_next_answer_is_told_once() -> None:
    """Where the service has a counter, our clock and its list of packs tell nothing."""
    gap = account_of({CREDIT_PACKS: parts(1000, 900, 0), USD: parts(1)}, packs=(LARGE,))
    end = counted(LARGE, remaining=1000, lost=107)
    assert follow(COUNTED, COUNTED, gap, end)[0] == [100]


def test_a_counter_that_falls_tells_nothing() -> None:
    """It is what the next answer is compared with."""
    fallen = counted(SMALL, LARGE, remaining=1100, lost=3)
    assert follow(COUNTED, fallen, counted(LARGE, remaining=1000, lost=103)) == ([100], [0, 0])


def test_a_counter_that_is_seen_for_the_first_time_tells_nothing() -> None:
    """What it counted was lost before."""
    assert follow(BOTH, COUNTED, COUNTED) == ([], [0, 0])


def test_a_clock_that_is_ahead_for_one_poll_hides_no_spend() -> None:
    """All packs end by it, and are there again: nothing of them was lost."""
    follower = Follower()
    follower.answer(ONE)
    follower.answer(replace(ONE), 365 * DAY)
    follower.now = NOW
    for day, left in enumerate((999, 900, 800, 700)):
        assert follower.answer(plain(LARGE, remaining=left), day * DAY) == []
    assert sum(follower.state.balances[CREDIT_PACKS].ledger.hours.values()) == 300
