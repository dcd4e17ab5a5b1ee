"""Test how one value is read."""

from datetime import UTC, datetime

import pytest

from custom_components.goapi.api.fields import Kind
from custom_components.goapi.api.values import MAX_NUMBER, READERS, Value


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (Kind.NUMBER, 74, 74),
        (Kind.NUMBER, 0, 0),
        (Kind.NUMBER, -2.5, -2.5),
        (Kind.NUMBER, MAX_NUMBER, MAX_NUMBER),
        (Kind.NUMBER, None, None),
        (Kind.TEXT, "hobbyist", "hobbyist"),
        (Kind.TEXT, "  two\nlines\t", "two lines"),
        (Kind.TEXT, "nul\x00 and \ud800", "nul and "),
        (Kind.TEXT, "", None),
        (Kind.TEXT, " \n", None),
        (Kind.TEXT, None, None),
        (Kind.IDENTITY, 1, "1"),
        (Kind.IDENTITY, "a-1", "a-1"),
        (Kind.IDENTITY, 0, None),
        (Kind.IDENTITY, "", None),
        (Kind.IDENTITY, None, None),
        (Kind.FLAG, True, True),
        (Kind.FLAG, False, False),
        (Kind.FLAG, None, None),
        (
            Kind.TIME,
            "2023-11-01T00:11:33.90317+08:00",
            datetime(2023, 10, 31, 16, 11, 33, 903170, UTC),
        ),
        (Kind.TIME, "2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        (Kind.TIME, "0001-01-01T00:00:00Z", None),
        (Kind.TIME, "0001-01-01T00:00:00+08:00", None),
        (Kind.TIME, "", None),
        (Kind.TIME, None, None),
        (Kind.UNIX_TIME, 1700000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (Kind.UNIX_TIME, 0, None),
        (Kind.UNIX_TIME, None, None),
    ],
)
def test_value_is_read(kind: Kind, raw: object, value: Value) -> None:
    """A value of the right kind is read; one that says "not set" is None."""
    read = READERS[kind](raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Kind.NUMBER, True),
        (Kind.NUMBER, "74"),
        (Kind.NUMBER, float("nan")),
        (Kind.NUMBER, float("inf")),
        (Kind.NUMBER, MAX_NUMBER + 1),
        pytest.param(Kind.NUMBER, 10**400, id="400 digits"),
        (Kind.NUMBER, [1]),
        (Kind.TEXT, 1),
        (Kind.TEXT, "x" * 256),
        (Kind.IDENTITY, True),
        (Kind.IDENTITY, 1.5),
        (Kind.IDENTITY, 2**64),
        (Kind.FLAG, 1),
        (Kind.FLAG, "true"),
        (Kind.TIME, 1700000000),
        (Kind.TIME, "yesterday"),
        (Kind.TIME, "2026-01-01T00:00:00"),
        (Kind.TIME, "9999-12-31T23:59:59-08:00"),
        (Kind.UNIX_TIME, -1),
        (Kind.UNIX_TIME, MAX_NUMBER),
        (Kind.UNIX_TIME, "1700000000"),
    ],
)
def test_wrong_value_is_refused(kind: Kind, raw: object) -> None:
    """A value of another type or out of all bounds is refused and never guessed at."""
    with pytest.raises(ValueError, match=r"."):
        READERS[kind](raw)
