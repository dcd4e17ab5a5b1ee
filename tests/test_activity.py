"""Test what is told of an account: what happened between two readings, and what is unusual."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from custom_components.goapi.activity import (
    CLOCK_TOLERANCE,
    RECHARGE_TAKES,
    SAME_MONEY,
    Activity,
    ActivityType,
    activities,
    awaited_until,
    is_spike,
    told_once,
)
from custom_components.goapi.balances import PRIMARY
from custom_components.goapi.changes import Change, Changes
from custom_components.goapi.expiry import Expiry
from custom_components.goapi.forecast import FLAT, Pattern
from custom_components.goapi.levels import Level, Pack, Reading, Unconfirmed

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


def reading(**fields: Any) -> Reading:
    """Return a reading with these balances: what is left of each."""
    levels = {
        key: Level(fields.pop(key), None, None, None)
        for key in tuple(fields)
        if key.endswith(("_remain", "_usd", "_credits"))
    }
    values: dict[str, Any] = {"at": NOW, "levels": levels}
    return Reading(**(values | fields))


def changes(*expired: Pack, **added: float) -> Changes:
    """Return what was added to balances, and the packs that ended."""
    return Changes(
        {key: Change(Decimal(0), Decimal(str(amount))) for key, amount in added.items()},
        0,
        Expiry(expired, Decimal(0), {}, Unconfirmed()),
    )


def told(before: Reading, after: Reading, happened: Changes) -> list[tuple[Any, ...]]:
    """Return what is told, without what is not known."""
    return [
        (each.type.value, each.balance, each.amount, each.remaining)
        for each in activities(before, after, happened)
    ]


def test_nothing_happened() -> None:
    """Two readings alike, and what was only spent, are nothing to tell of."""
    assert told(reading(), reading(), changes()) == []
    assert told(reading(mj_remain=9), reading(mj_remain=5), changes(mj_remain=0)) == []


def test_a_top_up_is_told_with_what_is_left_then() -> None:
    """Amounts are numbers as the service sends them: whole ones stay whole."""
    after = reading(mj_remain=25, llm_remain=3.5)
    (mj, llm) = activities(reading(), after, changes(mj_remain=20, llm_remain=2.25))
    assert mj == Activity(type=ActivityType.TOPPED_UP, balance="mj_remain", amount=20, remaining=25)
    assert isinstance(mj.amount, int)
    assert (llm.amount, llm.remaining) == (2.25, 3.5)


def test_what_is_left_of_a_balance_that_nobody_knows_is_not_known() -> None:
    """A pack may end where the sum of all packs is not sent."""
    ended = Pack(NOW, 30)
    assert told(reading(), reading(), changes(ended)) == [
        ("pack_expired", "available_credits", 30, None)
    ]


def test_each_pack_that_ended_is_told() -> None:
    """Each has its own loss, and all have what is left after both."""
    packs = Pack(NOW, 30), Pack(NOW, 2.5)
    after = reading(available_credits=70)
    assert told(reading(), after, changes(*packs)) == [
        ("pack_expired", "available_credits", 30, 70),
        ("pack_expired", "available_credits", 2.5, 70),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (True, False, ["disabled"]),
        (False, True, ["enabled"]),
        (True, True, []),
        (False, False, []),
        (None, False, []),
        (True, None, []),
    ],
)
def test_a_flag_that_changed_is_told(
    before: bool | None, after: bool | None, expected: list[str]
) -> None:
    """One that was not known before has not changed."""
    happened = told(reading(enabled=before), reading(enabled=after), changes())
    assert [each[0] for each in happened] == expected


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (None, None, False),
        (NOW, None, False),
        (NOW, NOW, False),
        (NOW, NOW + MINUTES, True),
        (NOW, NOW - MINUTES, False),
        # The first that is known of: the clocks of both may differ, but not by an hour.
        (None, NOW, True),
        (None, NOW - CLOCK_TOLERANCE + MINUTES, True),
        (None, NOW - CLOCK_TOLERANCE, False),
    ],
)
def test_a_recharge_is_told_when_it_is_new(
    before: datetime | None, after: datetime | None, is_told: bool
) -> None:
    """Without an amount where it is not to be seen."""
    later = reading(recharged_at=after, at=NOW + MINUTES + RECHARGE_TAKES)
    happened = told(reading(recharged_at=before), later, changes())
    assert happened == ([("recharged", None, None, None)] if is_told else [])
    # Until then its amount may still turn up.
    sooner = reading(recharged_at=after, at=NOW)
    assert told(reading(recharged_at=before), sooner, changes()) == []
    assert (awaited_until(reading(recharged_at=before), sooner, changes()) is not None) is is_told


@pytest.mark.parametrize("key", ["equivalent_in_usd", "available_credits", "credit_remain"])
def test_a_recharge_is_the_top_up_of_what_it_refills(key: str) -> None:
    """It is told once, with the amount, by whichever of its names there is."""
    before, after = reading(), reading(**{key: 90}, mj_remain=9, recharged_at=NOW)
    assert told(before, after, changes(**{key: 80, "mj_remain": 5})) == [
        ("recharged", key, 80, 90),
        ("topped_up", "mj_remain", 5, 9),
    ]


def test_a_quota_that_was_topped_up_is_not_the_recharge() -> None:
    """Both are told, as what they are."""
    before, after = reading(), reading(mj_remain=9, recharged_at=NOW, at=NOW + RECHARGE_TAKES)
    assert told(before, after, changes(mj_remain=5)) == [
        ("topped_up", "mj_remain", 5, 9),
        ("recharged", None, None, None),
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("equivalent_in_usd", "equivalent_in_usd"),
        ("equivalent_in_usd credit_remain available_credits", "available_credits"),
        ("equivalent_in_usd credit_remain", "credit_remain"),
        ("equivalent_in_usd point_remain", "point_remain"),
        ("credit_remain point_remain mj_remain", "credit_remain point_remain mj_remain"),
        ("equivalent_in_usd mj_remain", "equivalent_in_usd mj_remain"),
    ],
)
def test_the_same_money_is_told_under_one_name(names: str, expected: str) -> None:
    """Of the credits that of the packs, and dollars only where nothing explains them."""
    assert told_once(names.split()) == expected.split()


def test_who_is_the_same_money_is_so_both_ways() -> None:
    """Points and credits are not each other's money, though dollars may be a sum of both."""
    assert set(SAME_MONEY) == set(PRIMARY)
    for key, others in SAME_MONEY.items():
        assert all(key in SAME_MONEY[other] for other in others)
    assert "credit_remain" not in SAME_MONEY["point_remain"]


@pytest.mark.parametrize(
    ("spent", "usual", "highest", "remaining", "unusual"),
    [
        (51, 10, 20, 100, True),
        # Five times the usual is not yet more than that.
        (50, 10, 20, 100, False),
        (51, 10, 60, 100, False),
        (60, 10, 60, 100, False),
        (61, 10, 60, 100, True),
        # Nobody knows what is usual.
        (1000, None, 0, 100, False),
        # A hundredth of what there was, or less.
        (51, 10, 20, 5049, True),
        (51, 10, 20, 5050, False),
        (51, 10, 20, 0, True),
    ],
)
def test_what_is_unusual(
    spent: float, usual: float | None, highest: float, remaining: float, unusual: bool
) -> None:
    """More than so many times the usual, more than ever in the window, and not a trifle."""
    pattern = Pattern(0, 0, 0, FLAT, usual, highest)
    assert is_spike(spent, pattern, 5, remaining) is unusual
