"""Test the rules of the alerts."""

from datetime import UTC, datetime, timedelta
import random
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.api.models import parse_account
from custom_components.goapi.balances import primary_balance
from custom_components.goapi.rules import (
    AccountStatus,
    account_status,
    is_low,
    recharge_is_due,
    recharge_is_overdue,
)

amounts = st.floats(0, 1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("remaining", "threshold", "was_low", "low"),
    [
        (51, 50, False, False),
        (50, 50, False, True),
        (49.9, 50, False, True),
        (51, 50, True, True),
        (55, 50, True, True),
        (55.01, 50, True, False),
        (0, 0, False, True),
        (0.01, 0, False, False),
        (1, 0, True, True),
        (1.01, 0, True, False),
        (5, 5, False, True),
        (6, 5, True, True),
        (6.01, 5, True, False),
        (-3, 0, False, True),
    ],
)
def test_low(remaining: float, threshold: float, *, was_low: bool, low: bool) -> None:
    """Low begins at the threshold and ends above a tenth more, at least one unit more."""
    assert is_low(remaining, threshold, was_low=was_low) is low


@given(amounts, amounts, st.booleans())
def test_low_depends_on_the_past_in_the_band_only(
    remaining: float, threshold: float, was_low: bool
) -> None:
    """At or below the threshold is low, above the band is not; between, it is what it was."""
    upper = threshold + max(threshold * 0.1, 1.0)
    low = is_low(remaining, threshold, was_low=was_low)
    if remaining <= threshold:
        assert low
    elif remaining > upper:
        assert not low
    else:
        assert low is was_low


def test_random_walks_never_flap_and_never_miss() -> None:
    """10,000 walks: no change within the band, and none missed across it."""
    chance = random.Random(2026)  # noqa: S311  (to be repeated, not to be secret)
    changes = 0
    for _ in range(10_000):
        threshold = chance.choice([0.0, 1.0, 5.0, 50.0, 2000.0, chance.uniform(0, 1e6)])
        upper = threshold + max(threshold * 0.1, 1.0)
        band = upper - threshold
        remaining = chance.uniform(0, upper + 3 * band)
        low = is_low(remaining, threshold, was_low=False)
        for _ in range(30):
            remaining = max(0.0, remaining + chance.uniform(-1, 1) * band)
            now = is_low(remaining, threshold, was_low=low)
            if threshold < remaining <= upper:
                assert now is low
            else:
                assert now is (remaining <= threshold)
            changes += now is not low
            low = now
    assert changes > 5_000


def account(**fields: Any) -> Any:
    """Return an account with these fields in its wallet or beside it."""
    wallet = {
        key: value
        for key, value in fields.items()
        if key.startswith(("credit_", "auto_", "point_", "mj_"))
    }
    info = {"available_credits": fields["available"]} if "available" in fields else {}
    own = {key: value for key, value in fields.items() if key not in wallet}
    return parse_account({"id": 1, "wallet": wallet, "credit_pack_info": info} | own)


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, None),
        ({"auto_recharge_enabled": "yes"}, None),
        ({"auto_recharge_enabled": True}, None),
        ({"auto_recharge_enabled": True, "auto_recharge_threshold_credit": 50}, None),
        ({"auto_recharge_enabled": False}, False),
        ({"credit_remain": 50, "auto_recharge_threshold_credit": 50}, False),
        ({"credit_remain": 49, "auto_recharge_threshold_credit": 50}, True),
        # The legacy quota was never used: the packs count.
        ({"credit_remain": 0, "available": 99, "auto_recharge_threshold_credit": 50}, False),
        ({"credit_remain": 0, "available": 9, "auto_recharge_threshold_credit": 50}, True),
        # It is in use: it counts, also when it is empty.
        (
            {
                "credit_remain": 0,
                "credit_used": 5,
                "available": 99,
                "auto_recharge_threshold_credit": 50,
            },
            True,
        ),
    ],
)
def test_recharge_is_due(fields: dict[str, Any], due: bool | None) -> None:
    """A recharge is due where auto-recharge is on and its threshold lies above the credits."""
    if "credit_remain" in fields:
        fields = {"auto_recharge_enabled": True} | fields
    assert recharge_is_due(account(**fields)) is due


def test_recharge_is_overdue_after_the_time_of_two_polls() -> None:
    """The service gets two polling intervals, less the moment by which a poll can come early."""
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    interval = timedelta(minutes=5)
    assert not recharge_is_overdue(None, now, interval)
    assert not recharge_is_overdue(now, now, interval)
    assert not recharge_is_overdue(now - interval, now, interval)
    assert recharge_is_overdue(now - timedelta(minutes=9, seconds=58), now, interval)
    assert recharge_is_overdue(now - timedelta(days=1), now, interval)


@pytest.mark.parametrize(
    ("fields", "primary"),
    [
        ({"equivalent_in_usd": 0, "available": 5, "credit_remain": 5}, "equivalent_in_usd"),
        ({"equivalent_in_usd": None, "available": 0, "credit_remain": 5}, "available_credits"),
        ({"credit_remain": 0, "point_remain": 5}, "credit_remain"),
        ({"point_remain": 5, "mj_remain": 5}, "point_remain"),
        ({"mj_remain": 5}, None),
    ],
)
def test_primary_balance(fields: dict[str, Any], primary: str | None) -> None:
    """The first that an account has of money, credit packs, credits and points speaks for it."""
    assert primary_balance(account(**fields)) == primary


@pytest.mark.parametrize(
    ("fields", "low", "status"),
    [
        ({"credit_remain": 5}, False, AccountStatus.OK),
        ({"credit_remain": 5, "is_enable": True, "is_verified": True}, False, AccountStatus.OK),
        ({"credit_remain": 5}, True, AccountStatus.LOW),
        ({"credit_remain": 0}, True, AccountStatus.EMPTY),
        ({"credit_remain": 0}, False, AccountStatus.EMPTY),
        ({"credit_remain": 0, "is_verified": False}, True, AccountStatus.UNVERIFIED),
        ({"is_verified": False, "is_enable": False}, True, AccountStatus.DISABLED),
        ({"credit_remain": None}, None, None),
        ({}, None, None),
    ],
)
def test_status(fields: dict[str, Any], low: bool | None, status: AccountStatus | None) -> None:
    """The most severe of what is wrong wins."""
    found = account_status(account(**fields), "credit_remain", primary_is_low=low)
    assert found is status


def test_status_without_any_balance() -> None:
    """An account without a balance that speaks for it is unknown."""
    assert account_status(account(mj_remain=5), None, primary_is_low=None) is None
