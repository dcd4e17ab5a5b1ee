"""Test that the logbook reads as sentences."""

from collections.abc import Iterable
from datetime import timedelta
import json
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components import goapi
from custom_components.goapi.accounting import Event, EventType
from custom_components.goapi.delivery import async_deliver

from .conftest import SetUp

LOW = "binary_sensor.studio_credits_low"
ACTIVITY = "event.studio_account_activity"
GERMAN = Path(goapi.__file__).parent / "translations" / "de.json"


@pytest.mark.usefixtures("recorder_mock")
async def test_each_event_reads_as_a_sentence(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, set_up: SetUp
) -> None:
    """It is about the account, and belongs to the sensor of the balance or the event entity."""
    assert await async_setup_component(hass, "logbook", {})
    entry = await set_up()
    sentences = {
        Event(
            type=EventType.LOW, balance="credit_remain", remaining=12.5, threshold=1_250_000
        ): "Credits low: 12.5 credits left, threshold 1,250,000 credits",
        Event(
            type=EventType.EMPTY, balance="credit_remain", remaining=0, threshold=50
        ): "Credits used up: 0 credits left",
        Event(
            type=EventType.RECOVERED, balance="credit_remain", remaining=500, threshold=50
        ): "Credits no longer low: 500 credits left",
        Event(
            type=EventType.TOPPED_UP, balance="mj_remain", amount=1000.5, remaining=1_234_567
        ): "Midjourney topped up by 1,000.5 units: 1,234,567 units left",
        Event(
            type=EventType.RECHARGED, balance="credit_remain", amount=500, remaining=510.25
        ): "Credits recharged by 500 credits: 510.25 credits left",
        Event(type=EventType.RECHARGED): "Account recharged",
        Event(
            type=EventType.PACK_EXPIRED, balance="available_credits", amount=60, remaining=63
        ): "Credit packs expired: 60 credits lost",
        Event(
            type=EventType.SPEND_SPIKE,
            balance="equivalent_in_usd",
            amount=4.5,
            remaining=1,
            usual=0.25,
        ): "Balance, unusual spending: 4.50 USD this hour, usually 0.25 USD",
        Event(
            type=EventType.DAILY_LIMIT_REACHED,
            balance="equivalent_in_usd",
            amount=10.25,
            remaining=1,
            limit=10,
        ): "Balance, daily limit reached: 10.25 USD of 10.00 USD spent",
        Event(type=EventType.DISABLED): "Account disabled",
        Event(type=EventType.ENABLED): "Account enabled",
    }
    assert {event.type for event in sentences} == set(EventType)
    assert await logbook(hass, hass_ws_client, entry, sentences) == [
        ("Studio", sentence, ACTIVITY if number > 2 else LOW)
        for number, sentence in enumerate(sentences.values())
    ]


@pytest.mark.usefixtures("recorder_mock")
async def test_sentences_are_in_home_assistants_language(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, set_up: SetUp
) -> None:
    """So are the names, the units and the numbers in them."""
    hass.config.language = "de"
    texts = json.loads(GERMAN.read_text())["selector"]
    sentences = {name: each.format for name, each in texts["logbook"]["options"].items()}
    unit = texts["unit"]["options"]["credits"]
    balance = texts["balance"]["options"]["available_credits"]
    assert await async_setup_component(hass, "logbook", {})
    entry = await set_up()
    low = Event(
        type=EventType.LOW, balance="available_credits", remaining=12.5, threshold=1_250_000
    )
    events = [low, Event(type=EventType.RECHARGED), Event(type=EventType.DISABLED)]
    shown = [message for _, message, _ in await logbook(hass, hass_ws_client, entry, events)]
    assert shown == [
        sentences["low"](
            balance_name=balance, remaining=f"12,5 {unit}", threshold=f"1.250.000 {unit}"
        ),
        sentences["recharged_by_unknown"](),
        sentences["disabled"](),
    ]


async def logbook(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    events: Iterable[Event],
) -> list[tuple[str, str, str]]:
    """Deliver events; return the name, the message and the entity of each in the logbook."""
    begin = dt_util.utcnow()
    for event in events:
        async_deliver(hass, entry, event)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=1))
    await async_wait_recording_done(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": begin.isoformat()})
    answer = await client.receive_json()
    return [
        (each["name"], each["message"], each["entity_id"])
        for each in answer["result"]
        if each.get("domain") == "goapi"
    ]
