"""Test that triggers start automations exactly as often as there are events, for a whole week.

It is a week with restarts, a crash, reloads and outages, in which something happens at the worst
moments: while nobody looks.
"""

from collections import Counter
import copy
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.const import (
    ATTR_ENTITY_ID,
    EVENT_HOMEASSISTANT_STARTED,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
)
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.goapi.const import DOMAIN
from custom_components.goapi.trigger import TRIGGERS

from .automations import automate, ran, trigger
from .common import credit_pack, set_number, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator

# The types of events that each trigger stands for.
TYPES = {
    "account_disabled": {"disabled"},
    "balance_became_empty": {"empty"},
    "balance_became_low": {"low"},
    "balance_no_longer_low": {"recovered"},
    "daily_limit_reached": {"daily_limit_reached"},
    "topped_up": {"topped_up", "recharged"},
    "unusual_spending": {"spend_spike"},
}
# What happens at the hours of the week, Monday 00:00 being 0: methods of the week or of the
# account, each with its arguments.
WEEK: dict[int, list[tuple[Any, ...]]] = {
    # Monday: low, empty and full again.
    9: [("spend", 480, "mj")],
    11: [("spend", 20, "mj")],
    15: [("top_up", 500, "mj")],
    # Tuesday: the service is down, and meanwhile a balance becomes low and another is used up.
    25: [("outage",)],
    26: [("spend", 460, "mj"), ("spend", 150, "luma")],
    29: [("recovery",)],
    31: [("restart",)],
    # Home Assistant starts while the service is down.
    33: [("outage",)],
    34: [("top_up", 460, "mj"), ("top_up", 150, "luma")],
    35: [("restart",)],
    37: [("recovery",)],
    # Wednesday: all of it while Home Assistant is down, once with a crash.
    49: [("stop",)],
    50: [("spend", 490, "mj"), ("disable",)],
    52: [("start",)],
    54: [("enable",)],
    56: [("disable",)],
    57: [("crash",)],
    58: [("top_up", 400, "mj")],
    60: [("restart",)],
    62: [("enable",)],
    # Thursday: a leaked key, over the limit of the day, and a reload of the account.
    75: [("spend", 900, "point"), ("reload",)],
    76: [("reload",)],
    78: [("spend", 600, "point")],
    # Friday: the limit again, and the auto-recharge.
    100: [("spend", 1100, "point")],
    104: [("spend", 990)],
    110: [("restart",)],
    # The weekend: a key that leaks in an outage, and credits that run out in the night.
    130: [("spend", 950)],
    140: [("outage",)],
    141: [("disable",)],
    143: [("enable",)],
    144: [("recovery",)],
    160: [("restart",)],
}


class Week:
    """A home that lives through the week."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        entry: MockConfigEntry,
        simulator: Simulator,
        storage: dict[str, Any],
    ) -> None:
        """Take over a home that runs."""
        self._hass = hass
        self._freezer = freezer
        self._entry = entry
        self._simulator = simulator
        self._storage = storage

    async def outage(self) -> None:
        """Let the service fail from now on."""
        self._simulator.fail(Fault.SERVER_ERROR)

    async def recovery(self) -> None:
        """Let the service answer again."""
        self._simulator.recover()

    async def stop(self) -> None:
        """Stop Home Assistant: first the automations, then the account."""
        await self._switch(SERVICE_TURN_OFF)
        await self._hass.config_entries.async_unload(self._entry.entry_id)

    async def start(self) -> None:
        """Start Home Assistant; it arms the automations at the end of that."""
        hass = self._hass
        hass.set_state(CoreState.starting)
        await hass.config_entries.async_setup(self._entry.entry_id)
        await self._switch(SERVICE_TURN_ON)
        await hass.async_block_till_done(wait_background_tasks=True)
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        await hass.async_block_till_done()
        self._freezer.tick(timedelta(seconds=6))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    async def restart(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    async def crash(self) -> None:
        """Start with what is on the disk now, without what a stop would write."""
        name = f"{DOMAIN}.{self._entry.entry_id}"
        on_disk = copy.deepcopy(self._storage[name])
        await self.stop()
        self._storage[name] = on_disk
        await self.start()

    async def reload(self) -> None:
        """Reload the account, as after a change of its options."""
        await self._hass.config_entries.async_reload(self._entry.entry_id)
        await self._hass.async_block_till_done(wait_background_tasks=True)

    async def _switch(self, service: str) -> None:
        """Turn all automations on or off."""
        await self._hass.services.async_call(
            AUTOMATION, service, {ATTR_ENTITY_ID: "all"}, blocking=True
        )


@pytest.mark.usefixtures("all_enabled")
async def test_a_week(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    events: list[Event],
    expected_logs: list[str],
) -> None:
    """Each event of the account starts the automation of its trigger once."""
    expected_logs += ["Error fetching", "not ready yet"]
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-16 00:00:30+00:00")
    for quota, left in {"mj": 500, "point": 6000, "credit": 1000}.items():
        account.add_quota(quota, left)
    for field, value in {"enabled": True, "threshold_credit": 50, "target_credit": 1000}.items():
        account.set(f"wallet.auto_recharge_{field}", value)
    # The first expires soon from the beginning. The next two will in outages: the one in which Home
    # Assistant starts, and the last. The fourth will after the week.
    now = dt_util.utcnow()
    ends = [now + timedelta(hours=hours) for hours in (48, 72 + 35.5, 72 + 141.5, 250)]
    account.set("credit_pack_info.credit_packs", [credit_pack(*each) for each in enumerate(ends)])
    entry = await set_up()
    await set_number(hass, entry, "mj_remain_low_threshold", 50)
    await set_number(hass, entry, "available_credits_low_threshold", 100)
    await set_number(hass, entry, "point_remain_daily_spend_limit", 1000)
    target = {ATTR_ENTITY_ID: "event.studio_account_activity"}
    threshold = {"type": "below", "value": {"number": 200}}
    sensor = {ATTR_ENTITY_ID: "sensor.studio_midjourney_remaining"}
    runs = await automate(
        hass,
        *({"triggers": [trigger(key, target)]} for key in TYPES),
        {"triggers": [trigger("balance_crossed_threshold", sensor, threshold=threshold)]},
        {"triggers": [trigger("credits_expire_soon", target, days=3)]},
    )
    week = Week(hass, freezer, entry, simulator, hass_storage)
    for hour in range(7 * 24):
        for name, *arguments in WEEK.get(hour, ()):
            if step := getattr(week, name, None):
                await step()
            else:
                getattr(account, name)(*arguments)
        account.spend(10, "point")
        await wait_and_poll(hass, freezer, timedelta(hours=1))
    told = Counter(event.data["type"] for event in events)
    started = Counter(run["platform"].partition(".")[2] for run in ran(runs))
    assert {key: started[key] for key in TYPES} == {
        key: sum(told[each] for each in types) for key, types in TYPES.items()
    }
    assert told == {
        "daily_limit_reached": 2,
        "disabled": 2,
        "empty": 2,
        "enabled": 2,
        "low": 3,
        "recharged": 2,
        "recovered": 4,
        "spend_spike": 2,
        "topped_up": 4,
    }
    # These stand for no event. A balance is not seen to cross a threshold from nowhere.
    assert started["credits_expire_soon"] == 2
    assert started["balance_crossed_threshold"] == 1
    assert started.keys() == TRIGGERS.keys()
