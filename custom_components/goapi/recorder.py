"""Lets long-term statistics go on when the language of Home Assistant is another."""

import json
from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .sensor import AMOUNT, PER_DAY


def _units() -> set[str]:
    """Return all units of balances, in all languages; it reads their files."""
    units: set[str] = set()
    for file in (Path(__file__).parent / "translations").glob("*.json"):
        names = json.loads(file.read_bytes())["selector"]["unit"]["options"].values()
        units.update(shape.format(name) for name in names for shape in (AMOUNT, PER_DAY))
    return units


# Home Assistant imports this module in a thread, so reading files is fine here.
UNITS = _units()


@callback
def async_custom_equivalent_units(hass: HomeAssistant) -> dict[str, dict[str | None, str]]:
    """Return the units that mean the same as the present one, for each entity of a balance.

    Without that, Home Assistant takes another word for another unit, and stops the statistics.
    """
    registry = er.async_get(hass)
    return {
        entity.entity_id: dict.fromkeys(UNITS, entity.unit_of_measurement)
        for entry in hass.config_entries.async_entries(DOMAIN)
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        if entity.unit_of_measurement in UNITS
    }
