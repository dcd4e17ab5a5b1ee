"""Automations made of our triggers and conditions, and what they ran for."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from custom_components.goapi.const import DOMAIN

VARIABLES = ("platform", "description", "account", "type", "balance_name", "amount", "unit")


def trigger(key: str, target: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return the configuration of one of our triggers, as the editor writes it."""
    return {"trigger": f"{DOMAIN}.{key}", "target": dict(target), "options": options}


def condition(key: str, target: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return the configuration of one of our conditions, as the editor writes it."""
    return {"condition": f"{DOMAIN}.{key}", "target": dict(target), "options": options}


async def automate(
    hass: HomeAssistant, *automations: Mapping[str, list[dict[str, Any]]]
) -> list[ServiceCall]:
    """Set automations up; return the list of their runs, each with variables of its trigger."""
    runs = async_mock_service(hass, "test", "run")
    data = {name: f"{{{{ trigger.{name} | default }}}}" for name in VARIABLES}
    configs = [
        {"alias": f"Test {number}", "actions": [{"action": "test.run", "data": data}], **each}
        for number, each in enumerate(automations)
    ]
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: configs})
    await hass.async_block_till_done()
    states = hass.states.async_all(AUTOMATION)
    assert [state.state for state in states] == ["on"] * len(automations)
    return runs


def ran(runs: list[ServiceCall]) -> list[dict[str, Any]]:
    """Return what ran since the last call: the variables that the trigger has."""
    found = [{name: value for name, value in run.data.items() if value != ""} for run in runs]
    runs.clear()
    return found
