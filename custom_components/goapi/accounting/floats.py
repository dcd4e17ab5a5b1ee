"""Amounts without the noise of floating-point arithmetic."""

from ..api import Number

# Far finer than any price.
DIGITS = 9


def rounded(amount: float) -> Number:
    """Return an amount rounded to nine digits; a whole one is an integer."""
    amount = round(amount, DIGITS)
    return int(amount) if amount == int(amount) else amount
