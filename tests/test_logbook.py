"""Test that the logbook reads as sentences."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .common import poll
from .conftest import SetUp
from .simulator import SimulatedAccount


@pytest.mark.usefixtures("recorder_mock")
async def test_alerts_read_as_sentences(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    set_up: SetUp,
    account: SimulatedAccount,
) -> None:
    """Each alert is a sentence about the account and its balance, and belongs to its entity."""
    begin = dt_util.utcnow()
    assert await async_setup_component(hass, "logbook", {})
    await set_up()
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.studio_credits_low_threshold", "value": 50},
        blocking=True,
    )
    for remaining in (12.5, 0, 500):
        account.set("wallet.credit_remain", remaining)
        await poll(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=1))
    await async_wait_recording_done(hass)

    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": begin.isoformat()})
    answer = await client.receive_json()
    entries = [entry for entry in answer["result"] if entry.get("domain") == "goapi"]
    assert [(entry["name"], entry["message"]) for entry in entries] == [
        ("Studio", "Credit is low: 12.5 credits left, threshold 50"),
        ("Studio", "Credit is empty: 0 credits left"),
        ("Studio", "Credit is no longer low: 500 credits left"),
    ]
    assert {entry["entity_id"] for entry in entries} == {"binary_sensor.studio_credits_low"}
