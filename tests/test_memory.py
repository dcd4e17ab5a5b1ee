"""Test that the memory of an account survives, and what cannot be read does no harm."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant

from custom_components.goapi.const import DOMAIN

from .common import state_of
from .conftest import SetUp


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        "text",
        {},
        {"thresholds": [1], "low_since": 5, "empty": "all", "recharge_due_since": 5},
        {"thresholds": {"credit_remain": "many"}, "low_since": {"credit_remain": "yesterday"}},
        {"thresholds": {"credit_remain": -1}, "empty": ["mj_remain", [], None]},
        {"recharge_due_since": "2026-02-30"},
        {"thresholds": {"credit_remain": 1e400}},
        {"primary": "credit_used", "budgets": [5], "primary_missed_since": True},
        {"primary": [], "budgets": {"credit_remain": -1}},
    ],
)
async def test_damaged_memory(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_storage: dict[str, Any],
    saved: object,
) -> None:
    """A memory that was damaged is forgotten, and the account is set up."""
    name = f"{DOMAIN}.{entry.entry_id}"
    hass_storage[name] = {"version": 1, "minor_version": 1, "key": name, "data": saved}
    await set_up()
    assert state_of(hass, entry, "credit_remain_low").state == STATE_OFF
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "0"


async def test_memory_of_a_newer_version(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_storage: dict[str, Any],
    expected_logs: list[str],
) -> None:
    """After a downgrade the account is set up, and it is told where the newer file is."""
    name = f"{DOMAIN}.{entry.entry_id}"
    hass_storage[name] = {"version": 2, "minor_version": 1, "key": name, "data": {}}
    expected_logs += ["The memory of an account cannot be read .UnsupportedStorageVersionError"]
    await set_up()
    assert state_of(hass, entry, "credit_remain_low").state == STATE_OFF


async def test_memory_is_saved_and_removed_with_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    """The memory is a file of the entry and goes with it."""
    name = f"{DOMAIN}.{entry.entry_id}"
    await set_up()
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.studio_credits_low_threshold", "value": 80},
        blocking=True,
    )
    await hass.config_entries.async_unload(entry.entry_id)
    data = hass_storage[name]["data"]
    assert data["thresholds"] == {"credit_remain": 80.0}
    assert data["low_since"]["credit_remain"] is not None
    assert data["low_since"]["mj_remain"] is None
    assert "suno_remain" in data["empty"]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert name not in hass_storage
