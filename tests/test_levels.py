"""Test what of an answer is compared with the next one, and how it is kept over restarts."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.api import Account
from custom_components.goapi.api.models import parse_account
from custom_components.goapi.api.values import MAX_NUMBER
from custom_components.goapi.levels import MAX_LEVELS, MAX_SUM, Level, Pack, Reading, checked, read

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ENDS_AT = datetime(2026, 7, 1, tzinfo=UTC)

numbers = st.integers(-MAX_SUM, MAX_SUM) | st.floats(-MAX_SUM, MAX_SUM)
times = st.datetimes(datetime(1971, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
levels = st.builds(Level, numbers, *[st.none() | numbers] * 5)
readings = st.builds(
    Reading,
    at=times,
    levels=st.dictionaries(st.text(), levels),
    packs=st.dictionaries(st.text(), st.builds(Pack, times, numbers)),
    expired=st.none() | numbers,
    enabled=st.none() | st.booleans(),
    recharged_at=st.none() | times,
    reserved_usd=numbers,
)


def account(data: dict[str, Any] | None = None, **wallet: Any) -> Account:
    """Return an account with these fields beside its wallet and in it."""
    return parse_account({"id": 1, "wallet": wallet} | (data or {}))


def pack(number: int, **fields: Any) -> dict[str, Any]:
    """Return a credit pack as the service lists it."""
    return {
        "id": number,
        "active": True,
        "capacity": 1000,
        "used": 400,
        "frozen": 0,
        "expired_at": ENDS_AT.isoformat(),
    } | fields


def test_the_levels_of_an_answer() -> None:
    """Each balance is read with what the service counts beside it."""
    reading = read(
        account(
            {
                "equivalent_in_usd": 12.5,
                "is_enable": True,
                "credit_pack_info": {
                    "available_credits": 600,
                    "used_credits": 400,
                    "frozen_credits": 5,
                    "total_credits": 1000.3,
                    "inactive_credits": 0.1,
                    "expired_credits": 7,
                    "credit_packs": [pack(3)],
                },
            },
            mj_remain=5,
            mj_used=6,
            mj_frozen=1,
            llm_remain=0.5,
            llm_used=1.5,
            sora_remain=9,
            last_auto_recharge_triggered_at=1_700_000_000,
        ),
        NOW,
        None,
    )
    assert reading == Reading(
        at=NOW,
        levels={
            "equivalent_in_usd": Level(12.5, None, None, None),
            "mj_remain": Level(5, 6, 1, None),
            "llm_remain": Level(0.5, 1.5, None, None),
            "sora_remain": Level(9, None, None, None),
            # What begins later cannot be spent yet, though it is bought.
            "available_credits": Level(600, 400, 5, 1000.2),
        },
        packs={"3": Pack(ENDS_AT, 600)},
        expired=7,
        enabled=True,
        recharged_at=datetime.fromtimestamp(1_700_000_000, UTC),
    )


@pytest.mark.parametrize(
    ("info", "total"),
    [
        ({"total_credits": 1000}, 1000),
        ({"total_credits": 1000, "inactive_credits": 300}, 700),
        ({"inactive_credits": 300}, None),
        ({}, None),
    ],
)
def test_what_was_bought_in_all(info: dict[str, Any], total: int | None) -> None:
    """It is known where the service says so, less what begins later where it says that too."""
    reading = read(account({"credit_pack_info": {"available_credits": 5} | info}), NOW, None)
    assert reading.levels["available_credits"].total == total


def test_what_an_answer_leaves_out_stays() -> None:
    """A balance, flag, counter of lost credits or time that is not sent is as it was."""
    before = read(
        account(
            {"is_enable": False, "credit_pack_info": {"expired_credits": 5}},
            mj_remain=5,
            suno_remain=6,
            last_auto_recharge_triggered_at=1_700_000_000,
        ),
        NOW,
        None,
    )
    after = read(account({"is_enable": "no"}, mj_remain=None, suno_remain="6"), NOW, before)
    assert after == before
    assert len(after.levels) == 2


def test_what_an_answer_says_is_taken_over() -> None:
    """Also where it says less than before: false, zero, never a recharge again."""
    before = Reading(
        at=NOW, levels={"mj_remain": Level(5, 6, 1, None)}, expired=5, enabled=True, reserved_usd=3
    )
    after = read(
        account(
            {"is_enable": False, "credit_pack_info": {"expired_credits": 0}},
            mj_remain=0,
            last_auto_recharge_triggered_at=1_700_000_000,
        ),
        NOW + timedelta(minutes=5),
        before,
    )
    assert after == Reading(
        at=NOW + timedelta(minutes=5),
        levels={"mj_remain": Level(0, None, 1, None)},
        expired=0,
        enabled=False,
        recharged_at=datetime.fromtimestamp(1_700_000_000, UTC),
        reserved_usd=3,
    )


def test_only_packs_that_can_be_lost_are_kept() -> None:
    """They are those of the answer, not those of the one before it."""
    before = Reading(at=NOW, packs={"1": Pack(ENDS_AT, 5), "9": Pack(ENDS_AT, 5)})
    packs = [pack(1, used=995), pack(2, active=False), pack(3, used=1000), pack(4)]
    answer = account({"credit_pack_info": {"credit_packs": packs}})
    assert read(answer, NOW, before).packs == {"1": Pack(ENDS_AT, 5), "4": Pack(ENDS_AT, 600)}
    assert read(answer, ENDS_AT, before).packs == {}


def test_a_reading_is_of_a_moment_in_utc() -> None:
    """Differences of local times are wrong where clocks change."""
    now = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Amsterdam"), fold=1)
    at = read(account(), now, None).at
    assert at.tzinfo is UTC
    assert at.isoformat() == "2026-10-25T01:30:00+00:00"


def test_balances_by_the_hundred_are_not_followed() -> None:
    """Those that are known are still read when others are made up."""
    first = {f"quota{number}_remain": number for number in range(MAX_LEVELS - 1)}
    before = read(account(None, **first), NOW, None)
    after = read(account(None, x_remain=1, y_remain=2, quota5_remain=77), NOW, before)
    assert len(after.levels) == MAX_LEVELS
    assert "x_remain" in after.levels
    assert "y_remain" not in after.levels
    assert after.levels["quota5_remain"].remain == 77


def test_a_level_that_did_not_change_is_the_same() -> None:
    """It costs nothing to see that nothing happened."""
    before = read(account(None, mj_remain=5, mj_used=6, suno_remain=1), NOW, None)
    after = read(account(None, mj_remain=5.0, mj_used=6, suno_remain=2), NOW, before)
    assert after.levels["mj_remain"] is before.levels["mj_remain"]
    assert after.levels["suno_remain"] is not before.levels["suno_remain"]


def mj_levels(*steps: tuple[float, float | None, float | None]) -> Level:
    """Return the level of a quota after it went through these: what is left, used, reserved."""
    reading = None
    for remain, used, frozen in steps:
        reading = read(
            account(None, mj_remain=remain, mj_used=used, mj_frozen=frozen), NOW, reading
        )
    assert reading is not None
    return reading.levels["mj_remain"]


@pytest.mark.parametrize(
    ("steps", "from_"),
    [
        ([(5, 100, 1)], (None, None)),
        ([(5, 100, 1), (4, 101, 1)], (None, None)),
        ([(5, 100, 1.5), (4, 0, 1)], (100, 6.5)),
        ([(5, 100, None), (4, 0, None)], (100, 5)),
        # It stays so while the counter stands still, and not longer.
        ([(5, 100, 1), (4, 0, 1), (3, 0, 1)], (100, 6)),
        ([(5, 100, 1), (4, 0, 1), (4, 1, 1)], (None, None)),
        # Of two falls the last one counts.
        ([(5, 100, 1), (4, 90, 1), (3, 80, 1)], (90, 5)),
        # What is not known did not fall.
        ([(5, 100, 1), (4, None, 1)], (None, None)),
        ([(5, None, 1), (4, 0, 1)], (None, None)),
    ],
)
def test_where_a_counter_stood_before_it_fell(
    steps: list[tuple[float, float | None, float | None]], from_: tuple[float | None, ...]
) -> None:
    """It is remembered, with what the balance held then, until the counter moves again."""
    level = mj_levels(*steps)
    assert (level.fell_from, level.held_from) == from_


def test_sums_of_the_largest_numbers_are_kept() -> None:
    """What was held before a counter fell is more than the service can send in one number."""
    level = mj_levels((MAX_NUMBER, 5, MAX_NUMBER), (1, 4, 1))
    reading = Reading(at=NOW, levels={"mj_remain": level})
    assert level.held_from == 2 * MAX_NUMBER
    assert Reading.from_dict(reading.as_dict()) == reading


@given(readings)
def test_a_reading_survives_a_restart(reading: Reading) -> None:
    """What was saved as JSON is what is read again."""
    assert Reading.from_dict(json.loads(json.dumps(reading.as_dict()))) == reading


def test_a_reading_is_saved_in_few_words() -> None:
    """The form of the file is what the next version will have to read."""
    reading = Reading(
        at=NOW,
        levels={
            "mj_remain": Level(5, 6.25, None, None, 7, 8),
            "llm_remain": Level(-1e-05, *[None] * 3),
        },
        packs={"3": Pack(ENDS_AT, 600)},
        enabled=True,
    )
    assert reading.as_dict() == {
        "at": "2026-06-01T12:00:00+00:00",
        "levels": {"mj_remain": "5 6.25 - - 7 8", "llm_remain": "-1e-05 - - - - -"},
        "packs": {"3": ["2026-07-01T00:00:00+00:00", 600]},
        "expired": None,
        "enabled": True,
        "recharged_at": None,
        "reserved_usd": 0,
        "unconfirmed": [None, 0, 0],
    }


def test_a_local_time_that_was_saved_becomes_utc() -> None:
    """Earlier files, or other hands, may have written another offset."""
    saved = Reading(at=NOW).as_dict() | {"at": "2026-06-01T14:00:00+02:00"}
    reading = Reading.from_dict(saved)
    assert reading.at == NOW
    assert reading.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", None),
        ("at", "yesterday"),
        ("at", "2026-06-01T12:00:00"),
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", "9999-12-31T23:59:59-12:00"),
        ("at", 1_700_000_000),
        ("levels", []),
        ("levels", {"mj_remain": "- 5 5 - - -"}),
        ("levels", {"mj_remain": "5 5"}),
        ("levels", {"mj_remain": "5 5 5 5 5 5 5"}),
        ("levels", {"mj_remain": "5 5 5 five - -"}),
        ("levels", {"mj_remain": "5 5 nan - - -"}),
        ("levels", {"mj_remain": "inf 5 5 - - -"}),
        ("levels", {"mj_remain": "1" * 5000 + " 5 5 - - -"}),
        ("levels", {"mj_remain": f"{2 * MAX_SUM} 5 5 - - -"}),
        ("levels", {"mj_remain": ""}),
        ("levels", {"mj_remain": None}),
        ("levels", {"mj_remain": ["5", "5", "5", "-", "-", "-"]}),
        ("packs", None),
        ("packs", {"3": []}),
        ("packs", {"3": ["2026-07-01", 600]}),
        ("packs", {"3": ["2026-07-01T00:00:00Z", "600"]}),
        ("packs", {"3": ["2026-07-01T00:00:00Z", True]}),
        ("expired", "5"),
        ("expired", float("nan")),
        ("enabled", 1),
        ("enabled", "yes"),
        ("recharged_at", 0),
        ("recharged_at", ""),
        ("reserved_usd", None),
        ("reserved_usd", float("inf")),
    ],
)
def test_a_damaged_reading_is_refused(name: str, value: object) -> None:
    """What cannot have been saved is not taken for a reading."""
    saved = Reading(at=NOW).as_dict()
    with pytest.raises((ValueError, TypeError, AttributeError)):
        Reading.from_dict(saved | {name: value})
    del saved[name]
    with pytest.raises(KeyError):
        Reading.from_dict(saved)


@pytest.mark.parametrize("value", [True, "5", None, [], float("nan"), MAX_SUM + 1, -1e300])
def test_what_is_no_number_is_refused(value: object) -> None:
    """Only numbers that what the service sends can come to are numbers."""
    with pytest.raises(ValueError, match=r"no number|out of bounds"):
        checked(value)
