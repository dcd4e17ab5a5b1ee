"""Test what was spent of US dollars, by what else moved."""

import pytest

from custom_components.goapi.accounting import EventType
from custom_components.goapi.api import Number
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD

from .follow import MJ, Follower, Parts, parts, short
from .test_changes import Answer, moved


def usd(dollars: Number, remaining: Number, used: Number, frozen: Number = 0) -> Answer:
    """Return dollars, and the credits that they are a sum of."""
    return {USD: parts(dollars), CREDITS: parts(remaining, used, frozen)}


TEN = usd(10, 10_000, 500)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((TEN, usd(9.75, 9_750, 750)), [(0.25, 0)]),
        # Reserved is spent at once, finished changes nothing, given back is spent no more.
        ((TEN, usd(9.75, 9_750, 500, 250), usd(9.75, 9_750, 750)), [(0.25, 0), (0, 0)]),
        ((TEN, usd(9.75, 9_750, 500, 250), usd(10, 10_000, 500)), [(0.25, 0), (-0.25, 0)]),
        # Bought, alone and beside what is spent or reserved: that is told of the credits.
        ((TEN, usd(15, 15_000, 500)), [(0, 0)]),
        ((TEN, usd(14.5, 14_500, 1_000)), [(0.5, 0)]),
        ((TEN, usd(14.5, 14_500, 500, 500)), [(0.5, 0)]),
        ((TEN, usd(9, 9_000, 6_500)), [(6, 0)]),
        # A correction of the credits, with and without spend that hides in it.
        ((TEN, usd(10.2, 10_200, 300)), [(0, 0)]),
        # Credits that are worth a dollar each.
        ((usd(10, 10, 0), usd(14.56, 14.56, 0.44)), [(0.44, 0)]),
        # Dollars that are rounded to cents.
        ((usd(10, 10_004, 0), usd(14.01, 14_006, 998)), [(pytest.approx(1, abs=0.001), 0)]),
        # They did not move together: a fall is spent, a rise is a correction or bought.
        ((TEN, usd(9, 15_000, 500)), [(1, 0)]),
        ((TEN, usd(11, 9_000, 400)), [(0, 0)]),
        ((TEN, usd(11, 10_000, 500)), [(0, 1)]),
        ((TEN, usd(9.5, 10_000, 500)), [(0.5, 0)]),
    ],
)
def test_dollars_follow_the_credits(
    answers: tuple[Answer, ...], expected: list[tuple[Number, Number]]
) -> None:
    """Dollars move in proportion to the credits, whose counter tells what was spent."""
    assert moved(USD, *answers) == expected


def points(
    dollars: Number, remaining: Number, used: Number, point: Number, point_used: Number
) -> Answer:
    """Return dollars, credits and points, which dollars may be a sum of too."""
    return usd(dollars, remaining, used) | {POINTS: parts(point, point_used)}


@pytest.mark.parametrize(
    ("before", "later", "spent"),
    [
        # Dollars of the credits: what happens to the points is another matter.
        (points(10, 10_000, 0, 500, 0), points(14, 14_000, 1_000, 400, 100), 1),
        (points(10, 10_000, 0, 500, 0), points(9.9, 9_900, 100, 900, 100), 0.1),
        # Dollars of both.
        (points(10, 6_000, 0, 4_000, 0), points(13.5, 10_500, 500, 3_000, 1_000), 1.5),
        (points(10, 6_000, 0, 4_000, 0), points(13.5, 4_500, 1_500, 9_000, 0), 1.5),
        # Both moved alike, which does not say what each is worth.
        (points(8, 8_000, 0, 800, 0), points(10, 10_000, 500, 1_000, 0), 0.5),
        # The points would be worth less than nothing.
        (points(10, 10_000, 0, 500, 0), points(14.1, 14_000, 1_000, 400, 100), 1.025),
        # Dollars of the points.
        (points(4, 6_000, 0, 4_000, 0), points(8, 3_000, 3_000, 8_000, 1_000), 1),
    ],
)
def test_dollars_follow_what_they_stay_in_proportion_to(
    before: Answer, later: Answer, spent: Number
) -> None:
    """It is found out, answer by answer, whether they are a sum of credits, points or both."""
    assert moved(USD, before, later) == [(spent, 0)]


def test_dollars_that_expire_are_not_spent() -> None:
    """Credits that expire take dollars along."""

    def packs(dollars: Number, remaining: Number, used: Number, expired: Number) -> Answer:
        """Return dollars and credit packs."""
        return {
            USD: parts(dollars),
            CREDIT_PACKS: parts(remaining, used) | {"expired": expired},
        }

    assert moved(USD, packs(10, 10_000, 500, 7), packs(6.9, 6_900, 600, 3_007)) == [(0.1, 0)]
    assert moved(USD, packs(10, 10_000, 0, 0), packs(6.9, 6_900, 0, 3_000)) == [(0.1, 0)]


def money(dollars: Number, quota: Parts | None = None) -> Answer:
    """Return dollars and a quota that they are no sum of."""
    return {USD: parts(dollars), MJ: quota or parts(9, 1, 0)}


RESERVED = parts(5, 1, 4)


@pytest.mark.parametrize(
    ("rise", "expected"),
    [
        # A reservation was given back, of no more than was spent in this hour.
        (money(10), (-0.5, 0)),
        (money(10, parts(8, 1, 1)), (-0.5, 0)),
        # More than was spent.
        (money(20), (0, 10.5)),
        # Nothing was given back: it was bought.
        (money(9.8, parts(4, 2, 4)), (0, 0.3)),
        # A counter fell: that is a correction.
        (money(10, parts(9, 0.5, 0)), (0, 0)),
    ],
)
def test_a_rise_of_dollars_that_nothing_explains(
    rise: Answer, expected: tuple[Number, Number]
) -> None:
    """It is a correction, came back or was bought."""
    follower = Follower()
    follower.see(money(10))
    follower.see(money(9.5, RESERVED))
    events = follower.see(rise)
    spent, added = expected
    assert follower.spent(USD) == pytest.approx(0.5 + spent)
    assert short(events) == ([(EventType.TOPPED_UP, USD, added)] if added else [])


def test_what_was_spent_two_hours_ago_does_not_come_back() -> None:
    """A reservation is given back soon, or it was never this."""
    for answers_between, added in ((12, 0), (24, 0.5)):
        follower = Follower()
        follower.see(money(10))
        follower.see(money(9.5, RESERVED))
        for poll in range(answers_between):
            follower.see(money(9.5, RESERVED), {"polls": poll})
        events = follower.see(money(10))
        assert [event.amount for event in events] == ([added] if added else [])


def test_dollars_by_themselves() -> None:
    """A fall is spent, a rise is bought."""
    answers = [{USD: parts(dollars)} for dollars in (10, 9.5, 12, 12)]
    assert moved(USD, *answers) == [(0.5, 0), (0, 2.5), (0, 0)]


@pytest.mark.parametrize(
    ("before", "unseen", "events", "spent"),
    [
        # Spent, reserved, given back or bought in the answer that lacks dollars.
        (TEN, (10_000, 500), [], 0),
        (TEN, (9_000, 1_500), [], 1),
        (TEN, (9_000, 500, 1_000), [], 1),
        (usd(10, 10_000, 500, 2_000), (12_000, 500), [], -2),
        (TEN, (15_000, 500), [(EventType.TOPPED_UP, CREDITS, 5_000)], 0),
        (TEN, (14_000, 1_500), [(EventType.TOPPED_UP, CREDITS, 5_000)], 1),
        (TEN, (9_000, 6_500), [(EventType.TOPPED_UP, CREDITS, 5_000)], 6),
    ],
)
@pytest.mark.parametrize("restarts", [False, True])
def test_dollars_that_one_answer_leaves_out_make_no_false_top_up(
    before: Answer,
    unseen: tuple[Number, ...],
    events: list[tuple[EventType, str, Number]],
    spent: Number,
    restarts: bool,
) -> None:
    """When they are back, they are compared with all that happened since they were last seen."""
    follower = Follower()
    follower.see(before)
    remaining, used, *frozen = unseen
    credit = {CREDITS: parts(remaining, used, *frozen or (0,))}
    found = follower.see(credit)
    if restarts:
        follower.restart()
    found += follower.see(credit | {USD: parts(remaining / 1000)})
    # And what comes after that is compared with that answer alone.
    later = {CREDITS: parts(remaining - 10, used + 10, *frozen or (0,))}
    found += follower.see(later | {USD: parts((remaining - 10) / 1000)})
    assert short(found) == events
    assert follower.spent(USD) == pytest.approx(spent + 0.01)
