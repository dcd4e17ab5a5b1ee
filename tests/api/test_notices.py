"""Test reading the notices that the service posts."""

import json
from typing import Any

import pytest

from custom_components.goapi.api import NOTICE_TYPES, Notice, parse_notice
from custom_components.goapi.api.notices import DETAILS, OTHER

SECRET = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


def notice(**fields: Any) -> Notice | None:
    """Return the notice with these fields."""
    return parse_notice(json.dumps(fields).encode(), SECRET)


def details(**detail: Any) -> dict[str, Any]:
    """Return what is read of these details."""
    read = notice(type=OTHER, detail=detail)
    assert read is not None
    return dict(read.details)


@pytest.mark.parametrize("kind", NOTICE_TYPES)
def test_documented_types_are_kept(kind: str) -> None:
    """A notice needs nothing but its type."""
    assert notice(type=kind) == Notice(kind, {})


@pytest.mark.parametrize("kind", ["", "low_balance", "MJ_BOT_BANNED", "x" * 100_000])
def test_any_other_type_is_other(kind: str) -> None:
    """The name of an unknown type is not taken over."""
    assert notice(type=kind, message="New") == Notice(OTHER, {"message": "New"})


def test_only_known_details_are_kept() -> None:
    """Each documented detail is read, and no other field."""
    detail = dict.fromkeys(DETAILS, 1)
    more = {"output": "https://example.com/a.png", "message": "Mine", "type": "mj_bot_banned"}
    read = notice(type=OTHER, time=1767225600, message="Hello", output="x", detail=detail | more)
    assert read == Notice(OTHER, {"message": "Hello", **detail})


@pytest.mark.parametrize(
    "value",
    [0, -1, 12.5, 2**53, "5b1c", "2026-12-01T00:00:00Z", "too fast", "x" * 255],
)
def test_numbers_and_short_texts_are_values(value: object) -> None:
    """They are shown as they were sent."""
    assert details(reason=value) == {"reason": value}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        "",
        "x" * 256,
        [],
        ["too fast"],
        {},
        {"reason": "too fast"},
        2**53 + 1,
        1e300,
        "owner@example.com",
        f"key {SECRET} is used",
    ],
)
def test_other_values_are_left_out(value: object) -> None:
    """No key, no address of a person, and nothing that an attribute cannot hold is taken over."""
    assert details(reason=value, bot_id=3) == {"bot_id": 3}
    assert notice(type=OTHER, message=value) == Notice(OTHER, {})


@pytest.mark.parametrize("detail", [None, 5, "mj", [], [{"bot_id": 3}]])
def test_details_that_are_no_object(detail: object) -> None:
    """The type and the message are read all the same."""
    read = notice(type="mj_bot_banned", message="Banned", detail=detail)
    assert read == Notice("mj_bot_banned", {"message": "Banned"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"low balance",
        b"\xff",
        b"NaN",
        b'{"type": NaN}',
        b"null",
        b"5",
        b'"mj_bot_banned"',
        b'[{"type": "mj_bot_banned"}]',
        b"{}",
        b'{"type": null}',
        b'{"type": 5}',
        b'{"type": ["mj_bot_banned"]}',
        b'{"type": "mj_bot_banned"',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=lambda body: body[:24].decode(errors="replace"),
)
def test_what_is_no_notice(body: bytes) -> None:
    """JSON that is an object with a type is needed."""
    assert parse_notice(body, SECRET) is None
