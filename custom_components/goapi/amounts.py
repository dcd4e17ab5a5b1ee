"""Amounts as text for people, in the logbook, the calendar and repairs."""

from homeassistant.core import HomeAssistant

from .const import CURRENCY_USD
from .texts import translate

ENGLISH_FORMAT = "1,234.5"


def format_amount(hass: HomeAssistant, amount: float, unit: str = "") -> str:
    """Return an amount with its unit: 12 credits, 12,840 points, 5.44 credits, 5.00 USD.

    It has two decimals at most, unless these would make it zero, and the separators of Home
    Assistant's language.
    """
    shown = round(amount, 2) or round(amount, 4) or amount
    if unit == CURRENCY_USD and round(shown, 2) == shown:
        text = f"{shown:,.2f}"
    else:
        text = f"{shown:,.9f}".rstrip("0").removesuffix(".")
    sample = translate(hass, "amount", "number_format") or ENGLISH_FORMAT
    text = text.translate(str.maketrans(",.", sample[1] + sample[-2]))
    return f"{text} {unit}".rstrip()
