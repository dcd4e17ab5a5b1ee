"""Amounts as exact decimal fractions, and as the numbers that states and JSON can hold."""

from decimal import Context, Decimal
from functools import lru_cache

from .api.values import MAX_NUMBER
from .levels import Number

ZERO = Decimal(0)
# Far finer than any price.
DIGITS = 9
FINEST = Decimal(1).scaleb(-DIGITS)
# What is worked out is no larger than what the API can send.
MOST = Decimal(MAX_NUMBER)
# Wide enough for the product of the largest numbers.
WIDE = Context(prec=64)


@lru_cache(maxsize=2048)
def exact(number: Number) -> Decimal:
    """Return a number as the decimal fraction that it was before it became a floating-point one.

    What is finer than any price is the noise of such numbers.
    """
    return Decimal(number) if isinstance(number, int) else Decimal(repr(round(number, DIGITS)))


def as_number(amount: Decimal) -> Number:
    """Return an amount as a number that states and JSON can hold; a whole one has no decimals."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def rounded(amount: float) -> Number:
    """Return an amount that was worked out with floating-point numbers, without their noise."""
    return as_number(to_finest(exact(amount)))


def to_finest(amount: Decimal) -> Decimal:
    """Return an amount without what is finer than any price, however large it is."""
    return amount.quantize(FINEST, context=WIDE)
