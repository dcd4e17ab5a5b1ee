"""Arithmetic on the numbers of an account."""

import math
from typing import Any


def number(value: Any) -> float | None:
    """Return a finite number unchanged and anything else as None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def shifted(value: float, by: float) -> float:
    """Return a counter moved by an amount, never below zero and free of binary noise."""
    return max(round(value + by, 6), 0)


def positive(value: float) -> float:
    """Return an amount, or raise ValueError if it is not a finite number above zero."""
    if (amount := number(value)) is None or amount <= 0:
        raise ValueError("amount must be a number above zero")
    return amount
