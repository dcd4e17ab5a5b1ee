"""Test that the logbook reads as sentences."""

from datetime import datetime, timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.goapi.activity import Activity, ActivityType

from .common import poll
from .conftest import SetUp
from .simulator import SimulatedAccount


async def sentences(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, begin: datetime, entity_id: str
) -> list[str]:
    """Return what the logbook says of an entity of the account, but for its states."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=1))
    await async_wait_recording_done(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": begin.isoformat()})
    answer = await client.receive_json()
    entries = [
        entry
        for entry in answer["result"]
        if entry.get("domain") == "goapi" and entry["entity_id"] == entity_id
    ]
    assert {entry["name"] for entry in entries} == {"Studio"}
    return [entry["message"] for entry in entries]


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
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.studio_credits_low_threshold", "value": 1_250_000},
        blocking=True,
    )
    assert await sentences(hass, hass_ws_client, begin, "binary_sensor.studio_credits_low") == [
        "Credit is low: 12.5 credits left, threshold 50",
        "Credit is empty: 0 credits left",
        "Credit is no longer low: 500 credits left",
        "Credit is low: 500 credits left, threshold 1250000",
    ]


@pytest.mark.usefixtures("recorder_mock")
async def test_activity_reads_as_sentences(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    set_up: SetUp,
) -> None:
    """What happened to the account is a sentence about it, and belongs to its event entity."""
    begin = dt_util.utcnow()
    assert await async_setup_component(hass, "logbook", {})
    entry = await set_up()
    books = entry.runtime_data.books
    for activity in (
        Activity(
            type=ActivityType.TOPPED_UP, balance="mj_remain", amount=1000.5, remaining=1_234_567
        ),
        Activity(
            type=ActivityType.RECHARGED, balance="credit_remain", amount=500, remaining=510.25
        ),
        Activity(type=ActivityType.RECHARGED),
        Activity(type=ActivityType.PACK_EXPIRED, balance="available_credits", amount=60),
        Activity(
            type=ActivityType.SPEND_SPIKE,
            balance="equivalent_in_usd",
            amount=4.5,
            remaining=1,
            usual=0.25,
        ),
        Activity(type=ActivityType.DISABLED),
        Activity(type=ActivityType.ENABLED),
    ):
        books.async_tell(activity)
    assert await sentences(hass, hass_ws_client, begin, "event.studio_account_activity") == [
        "Midjourney was topped up by 1000.5 units: 1234567 units now",
        "Credit was recharged by 500 credits: 510.25 credits now",
        "The account was recharged",
        "A credit pack expired: 60 credits lost",
        "Balance is spent fast: 4.5 USD this hour, usually 0.25 USD",
        "The account was disabled",
        "The account was enabled",
    ]
