"""Test what is made of two answers: what was spent, what was added, what expired."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.amounts import as_number, exact, rounded
from custom_components.goapi.api.packs import CreditPack
from custom_components.goapi.api.values import MAX_NUMBER
from custom_components.goapi.changes import Change, Changes, compare, settled
from custom_components.goapi.levels import MAX_LEVELS, Pack, Reading, read

from .common import account_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLL = timedelta(minutes=5)
NOTHING = Change(Decimal(0), Decimal(0))

type Fields = dict[str, Any]


def after(*answers: Fields) -> Changes:
    """Return what happened between the last two of these answers."""
    last: Reading | None = None
    changes: Changes | None = None
    for number, fields in enumerate(answers):
        reading = read(account_of(fields), NOW + number * POLL, last)
        if last is not None:
            changes = compare(last, reading, {})
            reading = settled(last, reading, changes)
        last = reading
    assert changes is not None
    return changes


def change(key: str, *answers: Fields) -> tuple[str, str]:
    """Return what was spent of a balance and added to it."""
    found = after(*answers).balances.get(key, NOTHING)
    return f"{found.spent.normalize():f}", f"{found.added.normalize():f}"


def quota(remain: float, used: float | None = None, frozen: float | None = None) -> Fields:
    """Return the fields of a quota."""
    parts = {"mj_remain": remain, "mj_used": used, "mj_frozen": frozen}
    return {key: value for key, value in parts.items() if value is not None}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((quota(10, 5, 0), quota(10, 5, 0)), ("0", "0")),
        ((quota(10, 5, 0), quota(7, 8, 0)), ("3", "0")),
        ((quota(10, 5, 0), quota(7, 5, 3)), ("0", "0")),
        ((quota(7, 5, 3), quota(7, 8, 0)), ("3", "0")),
        ((quota(7, 5, 3), quota(10, 5, 0)), ("0", "0")),
        ((quota(10, 5, 0), quota(30, 5, 0)), ("0", "20")),
        ((quota(10, 5, 0), quota(26, 8, 1)), ("3", "20")),
        ((quota(10, 5, 0), quota(2, 18, 0)), ("13", "5")),
        # Fractions are exact.
        ((quota(0.3, 0.1), quota(0.1, 0.3)), ("0.2", "0")),
        # A part of the balance is gone without having been used.
        ((quota(10, 5, 0), quota(4, 5, 0)), ("0", "0")),
        # Without a counter, or where it stands at zero, what is left and reserved tells.
        ((quota(10), quota(7)), ("3", "0")),
        ((quota(10), quota(12)), ("0", "2")),
        ((quota(10, None, 0), quota(7, None, 2)), ("1", "0")),
        ((quota(10, 0, 0), quota(7, 0, 0)), ("3", "0")),
        ((quota(10, 0, 0), quota(7, 3, 0)), ("3", "0")),
        ((quota(10, 5, 0), quota(7)), ("3", "0")),
    ],
)
def test_quotas(answers: tuple[Fields, Fields], expected: tuple[str, str]) -> None:
    """What is spent is what the counter rose by, what is added cannot be explained by it."""
    assert change("mj_remain", *answers) == expected


def test_a_counter_that_goes_backwards_is_a_correction() -> None:
    """It is no negative spend, and what is spent after it counts, however much that is."""
    corrected = (quota(10, 50, 0), quota(10, 30, 0))
    assert change("mj_remain", *corrected) == ("0", "0")
    assert change("mj_remain", *corrected, quota(3, 37, 0)) == ("7", "0")
    assert change("mj_remain", *corrected, quota(10, 30, 0), quota(3, 37, 0)) == ("7", "0")
    # More than the correction was.
    assert change("mj_remain", quota(99, 50), quota(99, 45), quota(69, 75)) == ("30", "0")
    # Given back.
    assert change("mj_remain", quota(10, 50, 0), quota(30, 30, 0)) == ("0", "0")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        # The counter is left out of the second answer, in which something was bought,
        ((quota(100, 50), quota(190), quota(180, 70)), [("0", "90"), ("20", "10")]),
        # or spent, and what was seen of that then is not counted again,
        ((quota(100, 50), quota(90), quota(85, 65)), [("10", "0"), ("5", "0")]),
        # for good,
        ((quota(100, 50), quota(90), quota(80), quota(85)), [("10", "0"), ("10", "0"), ("0", "5")]),
        # or it counts nothing anyway.
        ((quota(100, 0, 0), quota(90), quota(80, 0, 0)), [("10", "0"), ("10", "0")]),
        ((quota(100, 0, 0), quota(95), quota(95, 5, 0)), [("5", "0"), ("0", "0")]),
        # What is reserved is left out, and comes back.
        ((quota(100, 50, 10), quota(100, 50), quota(110, 50, 0)), [("0", "0"), ("0", "0")]),
    ],
)
def test_a_part_that_an_answer_leaves_out(
    answers: tuple[Fields, ...], expected: list[tuple[str, str]]
) -> None:
    """Nothing of it is lost, counted twice or made up."""
    found = [change("mj_remain", *answers[:count]) for count in range(2, len(answers) + 1)]
    assert found == expected


def test_a_counter_that_fails_for_a_moment_spends_nothing() -> None:
    """A counter that falls and jumps back to where it was is not counted as spend."""
    glitch = (quota(10, 50, 0), quota(10, 0, 0))
    assert change("mj_remain", *glitch, quota(10, 50, 0)) == ("0", "0")
    assert change("mj_remain", *glitch, quota(8, 52, 0)) == ("2", "0")
    assert change("mj_remain", *glitch, quota(9, 0, 1), quota(9, 50, 1)) == ("0", "0")
    # The balance failed with it, and nothing was bought.
    assert change("mj_remain", quota(10, 50, 0), quota(0, 0, 0), quota(10, 50, 0)) == ("0", "0")


def test_what_is_spent_while_a_counter_fails_is_neither_lost_nor_bought() -> None:
    """When it is back, it is compared with what it was before, and so is the balance."""
    glitch = (quota(10, 50, 0), quota(8, 0, 0))
    assert change("mj_remain", *glitch) == ("0", "0")
    assert change("mj_remain", *glitch, quota(7, 53, 0)) == ("3", "0")
    # A counter that fell to zero still counts: only one that always stood there does not.
    still = (*glitch, quota(5, 0, 0))
    assert change("mj_remain", *still) == ("0", "0")
    assert change("mj_remain", *still, quota(4, 56, 0)) == ("6", "0")
    # Bought meanwhile: at once, or when it can be seen.
    assert change("mj_remain", *glitch, quota(27, 53, 0)) == ("3", "20")
    assert change("mj_remain", quota(10, 50, 0), quota(28, 0, 0), quota(27, 53, 0)) == ("3", "20")


def test_a_counter_that_is_not_back_where_it_was_was_right() -> None:
    """What it rises by is spent, also where something was bought meanwhile."""
    corrected = (quota(10, 50, 0), quota(10, 30, 0))
    assert change("mj_remain", *corrected, quota(103, 37, 0)) == ("7", "100")


def test_missing_is_not_spent() -> None:
    """A balance that is not sent, or unreadable, is compared with what it was before."""
    assert change("mj_remain", quota(10, 5), {"mj_remain": None}) == ("0", "0")
    assert change("mj_remain", quota(10, 5), {}, quota(8, 7)) == ("2", "0")
    assert after({}, quota(8, 7)).balances == {}


def packs(**parts: float) -> Fields:
    """Return the sums over the credit packs."""
    sums: Fields = {
        "available_credits": 1000,
        "used_credits": 500,
        "frozen_credits": 0,
        "total_credits": 1500,
        "expired_credits": 0,
        "inactive_credits": 0,
    }
    return sums | parts


@pytest.mark.parametrize(
    ("later", "spent", "added"),
    [
        ({"available_credits": 900, "used_credits": 600}, "100", "0"),
        ({"available_credits": 900, "frozen_credits": 100}, "0", "0"),
        ({"available_credits": 1200, "total_credits": 1700}, "0", "200"),
        ({"available_credits": 700, "expired_credits": 300}, "0", "0"),
        # Bought, to begin later; then it begins.
        ({"total_credits": 2000, "inactive_credits": 500}, "0", "0"),
        # Bought, spent and expired between two answers.
        (
            {
                "available_credits": 1100,
                "used_credits": 600,
                "expired_credits": 300,
                "total_credits": 2000,
            },
            "100",
            "500",
        ),
        # A pack that is gone takes what was used of it along.
        ({"used_credits": 100, "total_credits": 1100}, "0", "0"),
    ],
)
def test_credit_packs(later: Fields, spent: str, added: str) -> None:
    """What was bought is told by all that there ever was, what is spent by the counter."""
    assert change("available_credits", packs(), packs(**later)) == (spent, added)


def test_expired_credits_are_not_spent() -> None:
    """Where no counter tells, what expired is taken off what the balance fell by."""
    before = {"available_credits": 1000, "credit_remain": 1000, "expired_credits": 0}
    later = {"available_credits": 650, "credit_remain": 650, "expired_credits": 300}
    changes = after(before, later)
    assert changes.expiry.lost == 300
    for key in ("available_credits", "credit_remain"):
        assert changes.balances[key] == Change(Decimal(50), Decimal(0))


def test_packs_that_end() -> None:
    """A pack that ends is lost with what the later answer, or else the earlier one, left in it."""

    def pack(pack_id: str, left: float, hours: float, *, active: bool = True) -> CreditPack:
        """Return a pack that ends in so many hours."""
        return CreditPack(
            id=pack_id,
            active=active,
            capacity=100,
            left=left,
            ends_at=NOW + timedelta(hours=hours),
        )

    before = read(
        account_of({}, pack("a", 10, 1), pack("b", 20, 1), pack("c", 30, 1), pack("d", 40, 9)),
        NOW,
        None,
    )
    listed = [pack("a", 8, 1, active=False), pack("b", 0, 1, active=False), pack("d", 40, 9)]
    later = read(account_of({}, *listed), NOW + timedelta(hours=2), before)
    changes = compare(before, later, {each.id: each.left for each in listed})
    assert [each.left for each in changes.expiry.ended] == [8, 30]
    assert changes.expiry.lost == 38
    # A pack that is not listed any more has lost no more than the sum over all packs says.
    sums = {"expired_credits": 0}, {"expired_credits": 25}
    all_packs = [pack("a", 10, 1), pack("c", 30, 1)]
    before = read(account_of(sums[0], *all_packs), NOW, None)
    later = read(account_of(sums[1], *listed[:1]), NOW + timedelta(hours=2), before)
    assert [each.left for each in compare(before, later, {"a": 8}).expiry.ended] == [8, 17]
    # One that was prolonged has not ended.
    later = read(account_of({}, pack("a", 10, 5)), NOW + timedelta(hours=2), before)
    assert all(each.left != 10 for each in compare(before, later, {"a": 10}).expiry.ended)


def test_packs_of_unknown_shape_expire_too() -> None:
    """Their sum says how much was lost."""
    (lost,) = after(packs(), packs(available_credits=900, expired_credits=100)).expiry.ended
    assert lost == Pack(NOW + POLL, 100)


def usd(balance: float, credit: float, used: float, frozen: float = 0) -> Fields:
    """Return dollars, and the credits that they are a sum of."""
    return {
        "equivalent_in_usd": balance,
        "credit_remain": credit,
        "credit_used": used,
        "credit_frozen": frozen,
    }


DOLLARS = usd(10, 10_000, 500)


@pytest.mark.parametrize(
    ("answers", "spent", "added"),
    [
        ((DOLLARS, usd(9.75, 9_750, 750)), "0.25", "0"),
        # Reserved counts at once; finished changes nothing; what comes back is spent no more.
        ((DOLLARS, usd(9.75, 9_750, 500, 250)), "0.25", "0"),
        ((DOLLARS, usd(9.75, 9_750, 500, 250), usd(9.75, 9_750, 750)), "0", "0"),
        ((DOLLARS, usd(9.75, 9_750, 500, 250), usd(10, 10_000, 500)), "-0.25", "0"),
        # A top-up, alone and with spend.
        ((DOLLARS, usd(15, 15_000, 500)), "0", "5"),
        ((DOLLARS, usd(14.5, 14_500, 1_000)), "0.5", "5"),
        ((DOLLARS, usd(9, 9_000, 6_500)), "6", "5"),
        # A correction.
        ((DOLLARS, usd(10.2, 10_200, 300)), "0", "0"),
    ],
)
def test_dollars_follow_the_credits(answers: tuple[Fields, ...], spent: str, added: str) -> None:
    """Dollars move in proportion to the credits, whose counter tells what was spent of them."""
    assert change("equivalent_in_usd", *answers) == (spent, added)


def test_dollars_that_expire_are_not_spent() -> None:
    """Credits that expire take dollars along."""
    before = DOLLARS | {"expired_credits": 0}
    later = usd(6.9, 6_900, 600) | {"expired_credits": 3_000}
    assert change("equivalent_in_usd", before, later) == ("0.1", "0")


def test_dollars_that_were_reserved_before_anybody_looked_are_not_bought() -> None:
    """Nor are they less than nothing that was spent."""
    reserved = usd(9.75, 9_750, 500, 250)
    assert change("equivalent_in_usd", reserved, usd(10, 10_000, 500)) == ("0", "0")
    # Of what comes back, only what was seen to be reserved had been counted as spent.
    more = (reserved, usd(9.65, 9_650, 500, 350))
    assert change("equivalent_in_usd", *more, usd(10, 10_000, 500)) == ("-0.1", "0")


def test_dollars_are_spent_also_where_the_counter_of_the_credits_fails() -> None:
    """A fall of the dollars that nothing else explains is spend, whatever a counter says."""
    glitch = (DOLLARS, usd(9.9, 9_900, 0))
    assert change("equivalent_in_usd", *glitch) == ("0.1", "0")
    assert change("equivalent_in_usd", *glitch, usd(9.8, 9_800, 700)) == ("0.1", "0")


def test_dollars_by_themselves() -> None:
    """Without anything that tells more, a fall is spend and a rise is a top-up."""
    key = "equivalent_in_usd"
    assert change(key, {key: 10}, {key: 9.5}) == ("0.5", "0")
    assert change(key, {key: 10}, {key: 12}) == ("0", "2")
    # A quota that dollars are no sum of was released: only what was reserved can come back.
    reserved: list[Fields] = [{key: 10} | quota(9, 1, 0), {key: 9.5} | quota(5, 1, 4)]
    assert change(key, *reserved, {key: 10} | quota(9, 1, 0)) == ("-0.5", "0")
    assert change(key, *reserved, {key: 20} | quota(9, 1, 0)) == ("0", "10.5")
    # A quota was corrected, and dollars with it.
    assert change(key, {key: 10} | quota(9, 5), {key: 11} | quota(9, 2)) == ("0", "0")
    # Credits expired of which nothing else is known.
    assert change(key, {key: 10, "expired_credits": 0}, {key: 9, "expired_credits": 5}) == (
        "1",
        "0",
    )
    # Dollars and credits did not move together.
    assert change(key, DOLLARS, usd(9, 15_000, 500)) == ("1", "0")
    assert change(key, DOLLARS, usd(11, 9_000, 500)) == ("0", "1")


def test_reserved_dollars_are_forgotten_with_the_tasks() -> None:
    """When nothing is reserved any more, nothing can come back."""
    changes = after(DOLLARS, usd(9.75, 9_750, 500, 250))
    assert changes.reserved_usd == 0.25
    assert after(DOLLARS, usd(9.75, 9_750, 500, 250), usd(9.75, 9_750, 750)).reserved_usd == 0


def test_dollars_of_points_and_credits() -> None:
    """Dollars that are a sum of both are told apart from those that are of one alone."""
    before = {"equivalent_in_usd": 30, "available_credits": 10_000, "point_remain": 20_000}
    later = {"equivalent_in_usd": 35, "available_credits": 15_000, "point_remain": 20_000}
    assert change("equivalent_in_usd", before, later) == ("0", "5")


def points(dollars: float, credit: float, used: float, point: float, point_used: float) -> Fields:
    """Return dollars, credits and points, which dollars may be a sum of too."""
    return usd(dollars, credit, used) | {"point_remain": point, "point_used": point_used}


@pytest.mark.parametrize(
    ("before", "later", "expected"),
    [
        # Dollars of the credits: what happens to the points is another matter.
        (points(10, 10_000, 0, 500, 0), points(14, 14_000, 1_000, 400, 100), ("1", "5")),
        (points(10, 10_000, 0, 500, 0), points(9.9, 9_900, 100, 900, 100), ("0.1", "0")),
        # Dollars of both.
        (points(10, 6_000, 0, 4_000, 0), points(13.5, 10_500, 500, 3_000, 1_000), ("1.5", "5")),
        (points(10, 6_000, 0, 4_000, 0), points(13.5, 4_500, 1_500, 9_000, 0), ("1.5", "5")),
        # Dollars of the points.
        (points(4, 6_000, 0, 4_000, 0), points(8, 3_000, 3_000, 8_000, 1_000), ("1", "5")),
    ],
)
def test_dollars_follow_what_they_stay_in_proportion_to(
    before: Fields, later: Fields, expected: tuple[str, str]
) -> None:
    """It is found out, answer by answer, whether they are a sum of credits, points or both."""
    assert change("equivalent_in_usd", before, later) == expected


def test_dollars_do_not_follow_what_stands_still() -> None:
    """Credits of another kind, of which there are none, explain nothing."""
    packs_of = "available_credits", "used_credits", "total_credits"
    before = usd(10.01, 0, 0) | dict(zip(packs_of, (10_006, 0, 10_006), strict=True))
    later = usd(14.01, 0, 0) | dict(zip(packs_of, (14_006, 1_000, 15_006), strict=True))
    spent, added = change("equivalent_in_usd", before, later)
    assert float(spent) == pytest.approx(1)
    assert float(added) == pytest.approx(5)
    # What was reserved of a quota came back, and credits are not touched by it.
    reserved = (usd(10, 10_000, 0) | quota(9, 1, 0), usd(9.5, 10_000, 0) | quota(5, 1, 4))
    assert change("equivalent_in_usd", *reserved, reserved[0]) == ("-0.5", "0")


def test_only_what_was_reserved_can_come_back() -> None:
    """What was spent while nothing was reserved is gone, and comes back no second time."""
    key = "equivalent_in_usd"
    spent: list[Fields] = [{key: 10} | quota(5, 1, 4), {key: 9} | quota(5, 1, 4)]
    assert change(key, *spent, {key: 10} | quota(9, 1, 0)) == ("0", "1")
    reserved: list[Fields] = [{key: 10} | quota(9, 1, 0), {key: 9.5} | quota(5, 1, 4)]
    # Nothing was released: it was bought.
    assert change(key, *reserved, {key: 9.8} | quota(4, 2, 4)) == ("0", "0.3")
    back: list[Fields] = [*reserved, {key: 10} | quota(8, 1, 1)]
    assert change(key, *back) == ("-0.5", "0")
    assert change(key, *back, {key: 10.4} | quota(9, 1, 0)) == ("0", "0.4")


def test_dollars_that_were_bought_are_not_less_than_nothing() -> None:
    """More credits expired than were bought."""
    before = DOLLARS | {"expired_credits": 1}
    later = usd(4.8, 4_800, 800) | {"expired_credits": 5_001}
    # Of the credits themselves it is not known how many were bought, as no total says so.
    assert change("equivalent_in_usd", before, later) == ("0.3", "0")
    packs_of = ("available_credits", "used_credits", "total_credits")
    before = {"equivalent_in_usd": 10} | dict(zip(packs_of, (10_000, 0, 10_000), strict=True))
    later = {"equivalent_in_usd": 5} | dict(zip(packs_of, (5_000, 100, 10_100), strict=True))
    lost = {"expired_credits": 0}, {"expired_credits": 5_000}
    assert change("equivalent_in_usd", before | lost[0], later | lost[1]) == ("0.1", "0")


def test_dollars_that_are_rounded_follow_too() -> None:
    """Where dollars are rounded to cents, they are in the proportion that is nearest."""
    before, later = points(10, 10_004, 0, 700, 0), points(14.01, 14_006, 998, 450, 250)
    spent, added = change("equivalent_in_usd", before, later)
    assert float(spent) == pytest.approx(1, abs=0.01)
    assert float(added) == pytest.approx(5, abs=0.01)


def test_lost_credits_are_counted_where_the_counter_stands_at_zero() -> None:
    """A service that has the counter without using it hides nothing."""
    pack = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=NOW + POLL)
    before = read(account_of({"expired_credits": 0}, pack), NOW, None)
    later = read(account_of({"expired_credits": 0}), NOW + POLL, before)
    changes = compare(before, later, {})
    assert [each.left for each in changes.expiry.ended] == [40]
    assert changes.expiry.lost == 40


def test_a_pack_that_was_used_up_and_is_listed_no_more_lost_nothing() -> None:
    """What another pack lost is not its loss."""
    packs = [
        CreditPack(id=name, active=True, capacity=100, left=left, ends_at=NOW + POLL)
        for name, left in (("a", 40), ("b", 70))
    ]
    before = read(account_of({"expired_credits": 5}, *packs), NOW, None)
    later = read(account_of({"expired_credits": 65}), NOW + POLL, before)
    changes = compare(before, later, {"b": 60})
    assert [each.left for each in changes.expiry.ended] == [60]


def test_a_pack_that_is_listed_no_more_has_lost_what_was_left_in_it() -> None:
    """However much was lost in all."""
    pack = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=NOW + POLL)
    before = read(account_of({"expired_credits": 5}, pack), NOW, None)
    later = read(account_of({"expired_credits": 905}), NOW + POLL, before)
    (ended,) = compare(before, later, {}).expiry.ended
    assert ended == Pack(NOW + POLL, 40)


def test_a_pack_that_is_listed_no_more_has_not_ended_before_its_time() -> None:
    """It was used up, or the list was left out for once; nor does what was lost say more."""
    pack = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=NOW + 2 * POLL)
    before = read(account_of({"expired_credits": 5}, pack), NOW, None)
    for expired in (5, 30):
        later = read(account_of({"expired_credits": expired}), NOW + POLL, before)
        changes = compare(before, later, {})
        assert changes.expiry.ended == ()
        assert changes.expiry.lost == expired - 5


def test_lost_credits_are_not_found_again() -> None:
    """A counter of lost credits that goes backwards, or stands, tells of no pack."""
    for later in (20, 50):
        changes = after(packs(expired_credits=50), packs(expired_credits=later))
        assert changes.expiry.ended == ()
        assert changes.expiry.lost == 0


def test_credits_that_expire_explain_nothing_of_other_balances() -> None:
    """A quota falls by what is spent of it."""
    before, later = {"expired_credits": 1} | quota(10), {"expired_credits": 301} | quota(7)
    assert change("mj_remain", before, later) == ("3", "0")


def test_packs_that_are_known_do_not_end_twice() -> None:
    """A service that counts later what was lost, while it still lists the pack, is heard once."""
    before = read(account_of({"expired_credits": 5}), NOW, None)
    later = read(account_of({"expired_credits": 45}), NOW + POLL, before)
    assert compare(before, later, {"7": 40}).expiry.ended == ()
    assert compare(before, later, {"7": 40}).expiry.lost == 40


NUMBERS = st.one_of(
    st.none(),
    st.integers(-MAX_NUMBER, MAX_NUMBER),
    st.floats(-MAX_NUMBER, MAX_NUMBER),
    st.sampled_from([0, 1, 0.1, MAX_NUMBER, -MAX_NUMBER]),
)
NAMES = (
    "equivalent_in_usd",
    "expired_credits",
    "inactive_credits",
    *packs(),
    *usd(0, 0, 0),
    *quota(0, 0, 0),
    "point_remain",
    "llm_remain",
    "llm_used",
)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), NUMBERS), min_size=2, max_size=5))
def test_any_answers_can_be_compared(answers: list[dict[str, Any]]) -> None:
    """Whatever the service sends, amounts are finite and nothing is added that is negative."""
    for key, found in after(*answers).balances.items():
        assert found.spent.is_finite()
        assert found.added.is_finite()
        assert found.added >= 0
        assert found.spent >= 0 or key == "equivalent_in_usd"


def test_there_is_a_limit_to_balances() -> None:
    """A server that makes up balances does not fill the memory."""
    first = read(account_of({f"made_up_{n}_remain": 1 for n in range(MAX_LEVELS)}), NOW, None)
    second = read(account_of({f"other_{n}_remain": 1 for n in range(MAX_LEVELS)}), NOW, first)
    assert second.levels == first.levels


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1, "0.1"), (3, "3"), (9_007_199_254_740_992, "9007199254740992"), (1e-5, "0.00001")],
)
def test_numbers_are_what_the_json_said(number: float, text: str) -> None:
    """A floating-point number becomes the decimal fraction that it was written as."""
    assert f"{exact(number):f}" == text
    assert as_number(exact(number)) == number


def test_noise_of_the_service_is_rounded_away() -> None:
    """A server that adds with binary fractions sends more digits than any price has."""
    assert change(
        "mj_remain", quota(18.4271, 3.1), quota(18.127099999999998, 3.4000000000000004)
    ) == (
        "0.3",
        "0",
    )
    assert exact(0.1 + 0.2) == Decimal("0.3")
    assert exact(123456789.123456789) == Decimal("123456789.12345679")


def test_noise_is_rounded_away() -> None:
    """Floating-point sums come without their noise, whole ones without decimals."""
    assert rounded(0.1 + 0.2) == 0.3
    whole = rounded(2.0000000000001)
    assert (whole, type(whole)) == (2, int)
