"""Test the system health page."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICES

from .common import poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, Simulator


async def health(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows, with the checks carried out."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    return {
        key: await value if asyncio.iscoroutine(value) else value for key, value in info.items()
    }


async def test_accounts_are_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, expected_logs: list[str]
) -> None:
    """The page says how many accounts there are and how many of them are up to date."""
    await set_up()
    MockConfigEntry(domain=DOMAIN, unique_id="3", source="ignore", data={}).add_to_hass(hass)
    MockConfigEntry(
        domain=DOMAIN, unique_id="2", data={CONF_SERVICE: "other", "api_key": DEMO_KEY}
    ).add_to_hass(hass)
    assert await health(hass) == {"accounts": 2, "accounts_up_to_date": 1}
    simulator.fail(Fault.SERVER_ERROR)
    expected_logs.append("Error fetching")
    await poll(hass)
    assert await health(hass) == {"accounts": 2, "accounts_up_to_date": 0}


async def test_services_in_use_are_reached(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The services that are used are checked, and only those."""
    piapi = SERVICES["piapi"]._replace(base_url=simulator.url)
    monkeypatch.setitem(SERVICES, "piapi", piapi)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVICE: "piapi"})
    await hass.config_entries.async_setup(entry.entry_id)
    assert await health(hass) == {"accounts": 1, "accounts_up_to_date": 1, "can_reach_piapi": "ok"}
    assert all("x-api-key" not in request.headers for request in simulator.requests[1:])
    await simulator.stop()
    assert (await health(hass))["can_reach_piapi"] == {"type": "failed", "error": "unreachable"}
