"""Test credit packs that end while the service's clock, counter or balance lags behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.goapi.activity import Activity
from custom_components.goapi.api import Account
from custom_components.goapi.api.packs import CreditPack
from custom_components.goapi.changes import compare
from custom_components.goapi.journal import Journal
from custom_components.goapi.ledger import Period
from custom_components.goapi.levels import Unconfirmed, read

from .common import account_of
from .test_changes import NOW, POLL

SOON = NOW + POLL + timedelta(minutes=2)
DAY = timedelta(days=1)
SMALL = CreditPack(id="a", active=True, capacity=100, left=100, ends_at=SOON)
LARGE = CreditPack(id="b", active=True, capacity=1000, left=1000, ends_at=NOW + 30 * DAY)
EARLY = CreditPack(
    id="a", active=True, capacity=100, left=100, ends_at=NOW + POLL + timedelta(seconds=3)
)


def answer(*packs: CreditPack, **fields: Any) -> Account:
    """Return an answer that lists these packs."""
    return account_of({"credit_packs": len(packs)} | fields, *packs)


def counted(*packs: CreditPack, left: float, lost: float, used: float = 900) -> Account:
    """Return an answer of a service that counts what was used and lost, and has dollars too."""
    return answer(
        *packs,
        available_credits=left,
        used_credits=used,
        expired_credits=lost,
        equivalent_in_usd=left / 1000,
    )


def plain(*packs: CreditPack, left: float) -> Account:
    """Return an answer of a service that counts nothing."""
    return answer(*packs, available_credits=left, equivalent_in_usd=left / 1000)


def without(answer_of: Account, *names: str) -> Account:
    """Return an answer without these fields."""
    return replace(
        answer_of,
        fields={key: value for key, value in answer_of.fields.items() if key not in names},
    )


def inactive(pack: CreditPack) -> CreditPack:
    """Return a pack that the service lists as over."""
    return replace(pack, active=False)


def story(*answers: Account, step: timedelta = POLL) -> tuple[list[float], list[float]]:
    """Return what was told to be lost by these answers, and what was spent of each balance."""
    told, books = journal_of(*answers, step=step)
    assert {each.type.value for each in told} <= {"pack_expired"}
    return [each.amount or 0 for each in told], list(books.values())


def journal_of(
    *answers: Account, step: timedelta = POLL
) -> tuple[list[Activity], dict[str, float]]:
    """Return what was told of these answers, and what was spent of each balance."""
    journal = Journal(7, 5)
    told = []
    for number, each in enumerate(answers):
        now = NOW + number * step
        if not journal.is_known(each, now):
            told += journal.enter(each, now)
    books = journal.ledger.books.items()
    return told, {key: float(book.sums[Period.THIS_MONTH]) for key, book in books}


BOTH = counted(SMALL, LARGE, left=1100, lost=0)
USED_BEFORE = counted(SMALL, LARGE, left=1100, lost=7)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            [BOTH, BOTH, counted(LARGE, left=1000, lost=100)],
            id="at once",
        ),
        pytest.param(
            [BOTH, BOTH, BOTH, counted(LARGE, left=1000, lost=100)],
            id="the whole service is late",
        ),
        pytest.param(
            [BOTH, BOTH, counted(LARGE, left=1000, lost=0), counted(LARGE, left=1000, lost=100)],
            id="the counter is late, and stood at zero",
        ),
        pytest.param(
            [
                USED_BEFORE,
                USED_BEFORE,
                counted(LARGE, left=1000, lost=7),
                counted(LARGE, left=1000, lost=107),
            ],
            id="the counter is late",
        ),
        pytest.param(
            [USED_BEFORE, USED_BEFORE, USED_BEFORE, counted(LARGE, left=1000, lost=107)],
            id="the whole service is late, and counted before",
        ),
        pytest.param(
            [
                BOTH,
                BOTH,
                counted(SMALL, LARGE, left=1100, lost=100),
                counted(LARGE, left=1000, lost=100),
            ],
            id="the balance is late",
        ),
        pytest.param(
            [counted(EARLY, LARGE, left=1100, lost=0), counted(LARGE, left=1000, lost=100)],
            id="its clock is ahead",
        ),
        pytest.param(
            [BOTH, BOTH, account_of({}), counted(LARGE, left=1000, lost=100)],
            id="one answer says nothing of packs",
        ),
        pytest.param(
            [
                plain(SMALL, LARGE, left=1100),
                plain(SMALL, LARGE, left=1100),
                plain(LARGE, left=1000),
            ],
            id="nothing is counted",
        ),
        pytest.param(
            [*[plain(SMALL, LARGE, left=1100)] * 3, plain(LARGE, left=1000)],
            id="nothing is counted, and the whole service is late",
        ),
        pytest.param(
            [plain(EARLY, LARGE, left=1100), plain(LARGE, left=1000)],
            id="nothing is counted, and its clock is ahead",
        ),
        pytest.param(
            [
                *[plain(SMALL, LARGE, left=1100)] * 2,
                account_of({"equivalent_in_usd": 1.1}),
                plain(LARGE, left=1000),
            ],
            id="nothing is counted, and one answer says nothing of packs",
        ),
        pytest.param(
            [
                BOTH,
                BOTH,
                without(counted(LARGE, left=1000, lost=100), "used_credits"),
                counted(LARGE, left=1000, lost=100),
            ],
            id="one answer lacks the counter of what was used",
        ),
        pytest.param(
            [
                counted(EARLY, LARGE, left=1100, lost=0),
                counted(inactive(EARLY), LARGE, left=1000, lost=100),
            ],
            id="its clock is ahead, and it goes on listing the pack",
        ),
        pytest.param(
            [plain(EARLY, LARGE, left=1100), plain(inactive(EARLY), LARGE, left=1000)],
            id="nothing is counted, its clock is ahead, and it goes on listing the pack",
        ),
        pytest.param(
            [
                USED_BEFORE,
                USED_BEFORE,
                without(counted(left=1000, lost=7), "credit_packs"),
                counted(LARGE, left=1000, lost=107),
            ],
            id="one answer counts and lists no packs",
        ),
    ],
)
def test_a_pack_is_lost_once_and_is_not_spent(answers: list[Account]) -> None:
    """Whenever the service does what, one loss is told, and nothing was spent."""
    quiet = [answers[-1]] * 3
    assert story(*answers, *quiet) == ([100], [0, 0])


def test_a_pack_that_never_ends() -> None:
    """It ends when the calendar does, and until then nothing happens."""
    pack = replace(SMALL, ends_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    before = plain(pack, LARGE, left=1100)
    assert story(*[before] * 3, plain(pack, LARGE, left=1090)) == ([], [10, 0.01])
    lost = Unconfirmed(pack.ends_at, 5, 5)
    first = replace(read(before, NOW, None), unconfirmed=lost)
    assert compare(first, read(before, NOW + POLL, first), {}).expiry.lost == 0


def test_a_clock_that_is_ahead_for_one_poll_hides_no_spend() -> None:
    """All packs end by it, and are there again: nothing of them was lost."""
    journal = Journal(7, 5)
    for now, left in ((NOW, 1000), (NOW + 365 * DAY, 1000)):
        journal.enter(plain(LARGE, left=left), now)
    for day, left in enumerate((999, 900, 800, 700)):
        journal.enter(plain(LARGE, left=left), NOW + POLL + day * DAY)
    assert float(sum(journal.ledger.books["available_credits"].hours.values())) == 300


def test_a_renewal_hides_no_spend() -> None:
    """A pack ends and another one comes: what falls after that is spent."""
    new = replace(LARGE, id="c", left=500, capacity=500)
    before = plain(SMALL, LARGE, left=1100)
    for renewed, packs in ((1500, (LARGE, new)), (1050, (LARGE, new)), (1500, (LARGE,))):
        after, later = (plain(*packs, left=left) for left in (renewed, renewed - 100))
        told, spent = journal_of(before, before, after, later)
        assert ("pack_expired", 100) in [(each.type.value, each.amount) for each in told]
        assert spent["available_credits"] == 100


def test_a_pack_that_was_used_up_stays_so() -> None:
    """Also where the next answer lists no pack, or another one's loss is counted."""
    before = counted(SMALL, LARGE, left=1100, lost=7)
    after = counted(LARGE, left=1000, lost=7, used=1000)
    empty = replace(after, packs=())
    for gap in (account_of({}), empty, without(empty, "credit_packs")):
        assert story(before, before, after, gap, after)[0] == []
    few = replace(SMALL, left=30)
    other = replace(LARGE, left=50, capacity=50, ends_at=SOON + 2 * POLL)
    before = counted(few, other, left=80, lost=7)
    used = counted(other, left=50, lost=7, used=930)
    end = counted(left=0, lost=57, used=930)
    assert story(before, before, used, used, end, end)[0] == [50]


def test_the_last_pack_is_told_once() -> None:
    """Also where no other pack tells that the shape of the packs is known."""
    only = counted(SMALL, left=100, lost=0)
    for late in ([only], [counted(left=0, lost=0)], []):
        assert story(only, only, *late, counted(left=0, lost=100)) == ([100], [0, 0])


def test_packs_that_look_alike() -> None:
    """Two packs of one order may have the same end and, where the service tells none, the id."""
    twin = CreditPack(id="a#2", active=True, capacity=200, left=200, ends_at=SOON)
    before = plain(SMALL, twin, LARGE, left=1300)
    assert story(before, before, plain(LARGE, left=1000)) == ([100, 200], [0, 0])


def test_a_pack_that_was_used_up_at_its_end_is_not_lost() -> None:
    """It is listed no more, and the counter of lost credits does not move: not even later."""
    before = counted(SMALL, LARGE, left=1100, lost=7, used=900)
    after = counted(LARGE, left=1000, lost=7, used=1000)
    told, spent = story(before, before, *[after] * 30)
    assert told == []
    assert spent == [100, 0.1]


def test_what_is_never_taken_off_hides_no_spend_for_long() -> None:
    """A service that never lowers the balance is believed an hour later."""
    before = plain(SMALL, LARGE, left=1100)
    quiet = [plain(LARGE, left=1100)] * 20
    assert story(before, *quiet, plain(LARGE, left=1050)) == ([100], [50, 0.05])
    # And what goes down meanwhile may be the loss.
    assert story(before, *quiet[:3], plain(LARGE, left=1050)) == ([100], [0, 0])


def test_a_loss_that_is_counted_days_later_is_one_that_nobody_knew_of() -> None:
    """By then it may be another pack, of which the service lists nothing."""
    only = counted(SMALL, left=100, lost=3)
    listed = [only] * 3
    late = counted(left=0, lost=103)
    assert story(*listed, late)[0] == [100]
    assert story(*listed, *[counted(left=0, lost=3)] * 2, late, step=DAY)[0] == [100, 100]


def test_credits_that_are_apart_from_the_packs_are_spent_while_packs_end() -> None:
    """The wallet's own credits fall by less than was lost: they are others."""

    def both(*packs: CreditPack, left: float, lost: float, own: float) -> Account:
        return answer(
            *packs,
            available_credits=left,
            used_credits=900,
            expired_credits=lost,
            credit_remain=own,
            credit_used=0,
        )

    before = both(SMALL, LARGE, left=1100, lost=0, own=74)
    after = both(LARGE, left=1000, lost=100, own=64)
    assert story(before, before, after) == ([100], [0, 10])
    # The same credits by another name fall by as much.
    before = both(SMALL, LARGE, left=1100, lost=0, own=1100)
    after = both(LARGE, left=1000, lost=100, own=1000)
    assert story(before, before, after) == ([100], [0, 0])
