"""Test that the README is true: its names exist, its examples work."""

from datetime import timedelta
import json
from pathlib import Path
import re

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
import yaml

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_entity_is_listed() -> None:
    """Each entity's name stands in the README."""
    texts = json.loads((ROOT / "custom_components/goapi/translations/en.json").read_text())
    for platform in texts["entity"].values():
        for entity in platform.values():
            name = re.sub(r"\{pool\} (\w)", r"*Pool* \1", entity["name"])
            name = name.replace("Private *Pool* pool", "Private *pool* pool")
            if "{quota}" not in name:
                assert name in README, name


def test_every_link_to_a_file_leads_somewhere() -> None:
    """Each file that the README links to or shows exists."""
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).is_file(), target


async def test_examples_work(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, simulator: Simulator
) -> None:
    """The automations of the README notify and poll as they say."""
    automations = [
        automation
        for block in re.findall(r"<!-- tested -->\n```yaml\n(.*?)```", README, re.DOTALL)
        for automation in yaml.safe_load(block)
    ]
    assert len(automations) == 3
    notifications = async_mock_service(hass, "notify", "notify")
    account.set("equivalent_in_usd", 6)
    await set_up()
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "automation", {"automation": automations})

    account.set("equivalent_in_usd", 4.5)
    account.disable()
    await poll(hass)
    assert {call.data["message"] for call in notifications} == {
        "GoAPI has 4.5 USD left.",
        "GoAPI has disabled the account.",
    }

    simulator.requests.clear()
    hass.bus.async_fire("nightly_job_done")
    await hass.async_block_till_done()
    assert len(simulator.requests) == 1


# The oldest supported Home Assistant leaves the timer of `rest` running.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_comparison_with_rest(
    hass: HomeAssistant, simulator: Simulator, expected_logs: list[str]
) -> None:
    """`rest` does what the comparison says: it follows redirects, and a wrong key goes unsaid."""
    config = {
        "resource": f"{simulator.url}/account/info",
        "headers": {"x-api-key": DEMO_KEY},
        "scan_interval": 60,
        "sensor": [
            {"name": "rest", "value_template": "{{ value_json.data.wallet.credit_remain }}"},
        ],
    }
    async with Simulator() as other:
        simulator.redirect_target = other.url
        simulator.fail(Fault.REDIRECT)
        assert await async_setup_component(hass, "rest", {"rest": [config]})
        await hass.async_block_till_done()
        assert other.requests[0].headers["x-api-key"] == DEMO_KEY
    simulator.recover()
    await poll(hass, timedelta(minutes=1))
    assert hass.states.is_state("sensor.rest", "74")

    simulator.fail(Fault.UNAUTHORIZED)
    expected_logs.append("Template variable error")
    await poll(hass, timedelta(minutes=2))
    assert hass.states.is_state("sensor.rest", STATE_UNKNOWN)
    assert not hass.config_entries.flow.async_progress()


async def test_card_shows_a_counter(hass: HomeAssistant, set_up: SetUp) -> None:
    """The card of the README shows an entity that exists and has statistics of its changes."""
    (block,) = re.findall(r"<!-- card -->\n```yaml\n(.*?)```", README, re.DOTALL)
    await set_up()
    for entity_id in yaml.safe_load(block)["entities"]:
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["state_class"] == "total_increasing"
