"""Test what balances are called, and their units."""

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from custom_components.goapi.names import balance_name, balance_unit

from .common import state_of
from .conftest import SetUp
from .simulator import SimulatedAccount

DUTCH = {
    "component.goapi.selector.balance.options.point_remain": "Punten",
    "component.goapi.selector.unit.options.points": "punten",
    "component.goapi.selector.unit.options.units": "eenheden",
}


@pytest.mark.parametrize(
    ("balance", "name", "unit"),
    [
        ("equivalent_in_usd", "Balance", "USD"),
        ("available_credits", "Credit packs", "credits"),
        ("credit_remain", "Credits", "credits"),
        ("point_remain", "Points", "points"),
        ("mj_remain", "Midjourney", "units"),
        ("sd_remain", "Stable Diffusion", "units"),
        ("kling_turbo_remain", "Kling turbo", "units"),
        ("4o_remain", "4o", "units"),
    ],
)
async def test_balances_have_names_and_units(
    hass: HomeAssistant, set_up: SetUp, balance: str, name: str, unit: str
) -> None:
    """A quota that nobody knows gets a readable name from its field."""
    await set_up()
    assert (balance_name(hass, balance), balance_unit(hass, balance)) == (name, unit)


async def test_names_and_units_are_in_home_assistants_language(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They come from the language file, but for currencies and products."""

    def translations(hass: HomeAssistant, *asked: str) -> dict[str, str]:
        """Return the texts of the language file."""
        return DUTCH if asked == ("nl", "selector", "goapi") else {}

    monkeypatch.setattr("custom_components.goapi.texts.async_get_cached_translations", translations)
    hass.config.language = "nl"
    account.set("equivalent_in_usd", 12)
    entry = await set_up()
    units = {
        key: state_of(hass, entry, key).attributes["unit_of_measurement"]
        for key in ("equivalent_in_usd", "point_remain", "mj_remain", "mj_remain_low_threshold")
    }
    assert list(units.values()) == ["USD", "punten", "eenheden", "eenheden"]
    low = state_of(hass, entry, "point_remain_low")
    assert (low.attributes["balance_name"], low.attributes["unit"]) == ("Punten", "punten")
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {"Studio Punten", "Studio Midjourney"} <= {device.name for device in devices}
