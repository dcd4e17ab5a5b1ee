"""Amounts as text for people, in the logbook and the calendar."""

from .const import CURRENCY_USD


def format_amount(amount: float, unit: str = "") -> str:
    """Return an amount with its unit: 12 credits, 12,840 points, 5.44 credits, 5.00 USD.

    It has two decimals at most, unless these would make it zero.
    """
    shown = round(amount, 2) or round(amount, 4) or amount
    if unit == CURRENCY_USD and round(shown, 2) == shown:
        return f"{shown:,.2f} {unit}"
    return f"{f'{shown:,.9f}'.rstrip('0').removesuffix('.')} {unit}".rstrip()
