"""Test amounts as text."""

import pytest

from homeassistant.core import HomeAssistant

from custom_components.goapi.amounts import format_amount


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (12, "credits", "12 credits"),
        (12840.0, "points", "12,840 points"),
        (5.44, "credits", "5.44 credits"),
        (1599.5, "", "1,599.5"),
        (1 / 3, "units", "0.33 units"),
        (0, "units", "0 units"),
        (-5.5, "credits", "-5.5 credits"),
        (2**53, "", "9,007,199,254,740,992"),
        # Two decimals at most, unless these would make it zero.
        (0.0012, "credits", "0.0012 credits"),
        (0.0000001, "credits", "0.0000001 credits"),
        (5, "USD", "5.00 USD"),
        (12.5, "USD", "12.50 USD"),
        (5.999, "USD", "6.00 USD"),
        (0, "USD", "0.00 USD"),
        (0.0012, "USD", "0.0012 USD"),
    ],
)
async def test_an_amount_is_as_short_as_it_can_be(
    hass: HomeAssistant, amount: float, unit: str, text: str
) -> None:
    """Whole numbers have no decimals, US dollars two, and nothing is rounded to nothing."""
    assert format_amount(hass, amount, unit) == text


@pytest.mark.parametrize(
    ("number_format", "texts"),
    [
        ("1,234.5", ["1,234,567.89 credits", "1,000.00 USD", "0.5 credits"]),
        ("1.234,5", ["1.234.567,89 credits", "1.000,00 USD", "0,5 credits"]),
        (
            "1\u202f234,5",
            ["1\u202f234\u202f567,89 credits", "1\u202f000,00 USD", "0,5 credits"],
        ),
    ],
)
async def test_an_amount_is_written_as_in_the_language(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, number_format: str, texts: list[str]
) -> None:
    """The language file has a sample of it."""
    key = "component.goapi.selector.amount.options.number_format"
    monkeypatch.setattr(
        "custom_components.goapi.texts.async_get_cached_translations",
        lambda *_: {key: number_format},
    )
    amounts = ((1_234_567.89, "credits"), (1000, "USD"), (0.5, "credits"))
    assert [format_amount(hass, amount, unit) for amount, unit in amounts] == texts
