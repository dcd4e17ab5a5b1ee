"""Helpers of several test files."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import Event, HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from custom_components.goapi.api import Account, Balance, CreditPack, Number
from custom_components.goapi.const import CONF_NOTICES, CONF_RUNNING_TASKS, CONF_USAGE

DEFAULT_INTERVAL = timedelta(minutes=5)
WEBHOOK_ID = "9f" * 32
# Of an entry that has everything on.
ALL_OPTIONS = {
    CONF_RUNNING_TASKS: True,
    CONF_USAGE: True,
    CONF_NOTICES: True,
    CONF_WEBHOOK_ID: WEBHOOK_ID,
}


async def poll(hass: HomeAssistant, after: timedelta = DEFAULT_INTERVAL) -> None:
    """Let so much time pass that the next poll is due, and wait until it is over."""
    async_fire_time_changed(hass, dt_util.utcnow() + after + timedelta(seconds=2))
    await hass.async_block_till_done(wait_background_tasks=True)


async def wait_and_poll(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, after: timedelta = DEFAULT_INTERVAL
) -> None:
    """Let the clock run to the next poll."""
    freezer.tick(after)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


def account_of(
    balances: Mapping[str, Mapping[str, Number | None]],
    fields: Mapping[str, Any] | None = None,
    packs: tuple[CreditPack, ...] | None = None,
) -> Account:
    """Return an account with these balances, given by their parts."""
    return Account(
        id="1",
        fields=fields or {},
        balances={key: Balance(key, parts) for key, parts in balances.items()},
        packs=packs,
    )


def credit_pack(number: object, ends_at: datetime, **more: Any) -> dict[str, Any]:
    """Return a credit pack as the service lists it, with 1,600 of 10,000 credits left."""
    return {
        "id": number,
        "active": True,
        "capacity": 10000,
        "frozen": 0,
        "used": 8400,
        "effective_at": "2026-01-01T00:00:00Z",
        "expired_at": ends_at.isoformat(),
        "description": "Creator plan",
        **more,
    }


async def set_number(hass: HomeAssistant, entry: ConfigEntry, key: str, value: float) -> None:
    """Set a number as a user does."""
    target = {"entity_id": entity_id(hass, entry, key), "value": value}
    await hass.services.async_call("number", "set_value", target, blocking=True)


def delivered(events: list[Event]) -> list[tuple[Any, ...]]:
    """Return what was delivered since the last call, in short."""
    names = ("type", "balance", "amount", "remaining")
    short = [tuple(each.data[name] for name in names if name in each.data) for each in events]
    events.clear()
    return short


def entity_id(hass: HomeAssistant, entry: ConfigEntry, key: str) -> str:
    """Return the id of the entity for a field."""
    unique_id = f"{entry.unique_id}_{key}"
    registry = er.async_get(hass)
    for each in er.async_entries_for_config_entry(registry, entry.entry_id):
        if each.unique_id == unique_id:
            return each.entity_id
    raise AssertionError(f"no entity {unique_id}")


def state_of(hass: HomeAssistant, entry: ConfigEntry, key: str) -> State:
    """Return the state of the entity for a field."""
    state = hass.states.get(entity_id(hass, entry, key))
    assert state is not None, key
    return state
