"""Test how credit packs are read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.api.models import parse_account
from custom_components.goapi.api.packs import (
    MAX_ID_LENGTH,
    MAX_LISTED,
    MAX_PACKS,
    CreditPack,
    parse_packs,
)

ENDS_AT = datetime(2027, 1, 1, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
pack_fields = st.sampled_from(["id", "active", "capacity", "frozen", "used", "expired_at"])


def raw(**fields: Any) -> dict[str, Any]:
    """Return a pack as the service lists it."""
    return {
        "id": 7,
        "active": True,
        "capacity": 1000,
        "frozen": 20,
        "used": 300.5,
        "effective_at": "2026-07-05T08:00:00+08:00",
        "expired_at": "2027-01-01T08:00:00.123456+08:00",
        "description": "Top-up",
    } | fields


def pack(**fields: Any) -> CreditPack:
    """Return a pack that was read."""
    values: dict[str, Any] = {
        "id": "7",
        "active": True,
        "capacity": 1000,
        "left": 5,
        "ends_at": ENDS_AT,
    }
    return CreditPack(**(values | fields))


def test_a_pack_is_read() -> None:
    """What is neither used nor reserved is left until the end, which is UTC."""
    assert parse_packs([raw()]) == (
        CreditPack(
            id="7",
            active=True,
            capacity=1000,
            left=679.5,
            ends_at=datetime(2027, 1, 1, 0, 0, 0, 123456, UTC),
        ),
    )


def test_what_is_left_has_no_binary_noise() -> None:
    """A difference of decimal fractions is one too."""
    (read,) = parse_packs([raw(capacity=0.3, used=0.1, frozen=0)])
    assert read.left == 0.2


def test_nothing_is_reserved_where_the_pack_does_not_say_so() -> None:
    """Not every counter of the service has a reserved amount beside it."""
    (missing,) = parse_packs([{key: value for key, value in raw().items() if key != "frozen"}])
    (empty,) = parse_packs([raw(frozen=None)])
    assert missing.left == empty.left == 699.5


def test_a_pack_without_an_id_is_known_by_its_end() -> None:
    """Something must tell it from the others, over restarts too."""
    (read,) = parse_packs([raw(id=None, expired_at="2027-01-01T08:00:00+08:00")])
    assert read.id == "2027-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "unknown",
    [
        {},
        None,
        "pack",
        [],
        5,
        raw(active="yes"),
        raw(active=None),
        raw(capacity=None),
        raw(capacity="1000"),
        raw(used=None),
        raw(used=True),
        raw(frozen="20"),
        raw(expired_at=None),
        raw(expired_at="soon"),
        raw(expired_at="2027-01-01T08:00:00"),
        raw(expired_at="0001-01-01T00:00:00Z"),
        raw(id=[]),
        raw(id="x" * (MAX_ID_LENGTH + 1)),
    ],
)
def test_a_pack_of_an_unknown_shape_is_left_out(unknown: object) -> None:
    """It takes no other pack with it."""
    assert parse_packs([unknown]) == ()
    assert len(parse_packs([unknown, raw(), unknown])) == 1


def test_packs_of_the_same_id_are_told_apart() -> None:
    """Those of one order may end at one moment, and the service need not give them an id."""
    packs = parse_packs([raw(id=None, used=used) for used in (1, 2, 3)] + [raw(), raw()])
    end = ENDS_AT.replace(microsecond=123456).isoformat()
    assert [pack.id for pack in packs] == [end, f"{end}#2", f"{end}#3", "7", "7#2"]
    assert len({pack.left for pack in packs}) == 4


def test_the_first_to_end_is_the_first() -> None:
    """Of several that end at the same time the order does not change from poll to poll."""
    packs = [
        raw(id=3, expired_at="2027-03-01T00:00:00Z"),
        raw(id=2, expired_at="2027-02-01T00:00:00Z"),
        raw(id=1, expired_at="2027-02-01T00:00:00Z"),
    ]
    assert [each.id for each in parse_packs(packs)] == ["1", "2", "3"]
    assert parse_packs(packs[::-1]) == parse_packs(packs)


def test_the_first_source_with_packs_counts() -> None:
    """The wallet's own list is mostly null."""
    assert [each.id for each in parse_packs([raw(id=1)], [raw(id=2)])] == ["1"]
    nothings: list[object] = [None, [], [{}], {"id": 1}, "packs"]
    for nothing in nothings:
        assert [each.id for each in parse_packs(nothing, [raw(id=2)])] == ["2"]
    assert parse_packs(None, None) == ()
    assert parse_packs() == ()


def test_packs_by_the_thousand_are_not_followed() -> None:
    """Those that ended long ago go first, and what is listed without end is not read to it."""
    packs = [
        raw(id=number, expired_at=(ENDS_AT + timedelta(days=number)).isoformat())
        for number in range(1, MAX_LISTED + 11)
    ]
    read = parse_packs(packs)
    assert len(read) == MAX_PACKS
    assert read[-1].id == str(MAX_LISTED)
    assert read[0].id == str(MAX_LISTED - MAX_PACKS + 1)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"left": 0}, False),
        ({"left": -1}, False),
        ({"ends_at": ENDS_AT - timedelta(days=1)}, False),
    ],
)
def test_a_pack_counts_while_something_can_be_lost(fields: dict[str, Any], counts: bool) -> None:
    """One that is inactive, empty or over has nothing to lose."""
    assert pack(**fields).counts(ENDS_AT - timedelta(days=1)) is counts


def test_the_account_has_its_packs() -> None:
    """Those of the pack info come first, and one that names the key is not taken over."""
    account = parse_account(
        {
            "id": 1,
            "wallet": {"credit_packs": [raw(id=1)]},
            "credit_pack_info": {"credit_packs": [raw(id="secret-key-1"), raw(id=2)]},
        },
        "secret-key",
    )
    assert [each.id for each in account.packs] == ["2"]


@given(json_values, json_values)
def test_anything_is_packs_or_none(first: Any, second: Any) -> None:
    """Whatever stands there, it does no harm."""
    assert isinstance(parse_packs(first, second), tuple)


@given(st.lists(st.dictionaries(pack_fields, json_values)))
def test_any_fields_are_a_pack_or_none(packs: list[dict[str, Any]]) -> None:
    """Whatever stands in the fields of a pack, it does no harm."""
    for each in parse_packs(packs):
        assert isinstance(each.left, int | float)
        assert each.ends_at.tzinfo is UTC
    parse_packs([raw(**fields) for fields in packs])
