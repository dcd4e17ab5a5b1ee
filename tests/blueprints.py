"""A home for the tests of the blueprints: phones, a clock, and automations made of a blueprint."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
import itertools
from pathlib import Path
import shutil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import STATE_ON, STATE_UNKNOWN
from homeassistant.core import CoreState, HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er, restore_state
from homeassistant.helpers.restore_state import StoredState
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parents[1]
ZONE = ZoneInfo("Europe/Amsterdam")

type Titles = dict[str, list[str]]


def at(clock: str, day: int = 20, month: int = 11, year: int = 2026) -> datetime:
    """Return a moment of the days that the tests happen in."""
    hour, minute = clock.split(":")
    return datetime(year, month, day, int(hour), int(minute), tzinfo=ZONE)


def load_blueprint(path: str) -> Blueprint:
    """Return a blueprint as Home Assistant imports it."""
    return Blueprint(
        load_yaml_dict(ROOT / "blueprints" / "automation" / path),
        expected_domain=AUTOMATION,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )


def inputs_of(path: str) -> dict[str, dict[str, Any]]:
    """Return the inputs of a blueprint, those in sections too."""
    inputs = load_yaml_dict(ROOT / "blueprints" / "automation" / path)["blueprint"]["input"]
    return dict(
        itertools.chain.from_iterable(
            each["input"].items() if "input" in each else [(name, each)]
            for name, each in inputs.items()
        )
    )


class Push(NamedTuple):
    """A notification as a phone gets it."""

    phone: str
    title: str
    message: str
    data: dict[str, Any]


class BlueprintHome:
    """A home with two phones and an automation made of a blueprint."""

    blueprint: str
    alias: str

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Register the phones."""
        self.hass = hass
        self.freezer = freezer
        self.phones = [self.add_phone(name) for name in ("Ann's phone", "Tablet")]
        self._pushes = {
            name: async_mock_service(hass, "notify", f"mobile_app_{name}")
            for name in ("ann_s_phone", "tablet")
        }
        self.extra = async_mock_service(hass, "test", "extra")

    @property
    def automation_id(self) -> str:
        """Return the id of the automation's entity."""
        return f"{AUTOMATION}.{self.alias.lower()}"

    def add_device(self, domain: str, name: str, **more: Any) -> dr.DeviceEntry:
        """Register a device of an integration."""
        entry = MockConfigEntry(domain=domain)
        entry.add_to_hass(self.hass)
        return dr.async_get(self.hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={(domain, name)}, name=name, **more
        )

    def add_phone(self, name: str, *, notify: bool = True) -> str:
        """Register a phone, with its notification entity, and return its device's id."""
        device = self.add_device("mobile_app", name)
        if notify:
            entity = er.async_get(self.hass).async_get_or_create(
                "notify", "mobile_app", name, suggested_object_id=name, device_id=device.id
            )
            self.hass.states.async_set(entity.entity_id, STATE_UNKNOWN)
        return device.id

    async def automate(self, **inputs: Any) -> None:
        """Make an automation of the blueprint, which tells the first phone."""
        inputs = {"phones": self.phones[:1], **inputs}
        config = {
            "id": "1",
            "alias": self.alias,
            "use_blueprint": {"path": self.blueprint, "input": inputs},
        }
        assert await async_setup_component(self.hass, AUTOMATION, {AUTOMATION: [config]})
        await self.hass.async_block_till_done()
        assert self.hass.states.is_state(self.automation_id, STATE_ON)

    async def restart(self, last_run: datetime | None, **inputs: Any) -> None:
        """Start with the automation as it was when Home Assistant stopped."""
        attributes = {"last_triggered": last_run and last_run.isoformat()}
        # Added to what is remembered, since entities that are there already are part of it.
        restore_state.async_get(self.hass).last_states[self.automation_id] = StoredState(
            State(self.automation_id, STATE_ON, attributes), None, dt_util.utcnow()
        )
        self.hass.set_state(CoreState.not_running)
        await self.automate(**inputs)
        await self.hass.async_start()
        await self.hass.async_block_till_done()

    async def run_by_hand(self) -> list[Push]:
        """Run the actions from the automation's menu; return the pushes."""
        await self.hass.services.async_call(
            AUTOMATION, "trigger", {"entity_id": self.automation_id}, blocking=True
        )
        return self.pushes()

    async def go_to(self, moment: datetime) -> None:
        """Let the clock run to a moment, and to the timers that are due then."""
        self.freezer.move_to(moment)
        async_fire_time_changed(self.hass, moment)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def wait(self, until: datetime, minutes: int = 1) -> Titles:
        """Let time pass in steps; return the titles that were sent, by the time of day."""
        told: Titles = {}
        # Seconds past the minute, as time goes by in a real home.
        while (present := datetime.now(ZONE)) < until:
            step = min(present.replace(second=0) + timedelta(minutes=minutes), until)
            await self.go_to(step)
            if pushes := self.pushes():
                told[step.strftime("%H:%M")] = [push.title for push in pushes]
        return told

    def last_run(self) -> datetime | None:
        """Return when the automation ran, as far as Home Assistant remembers it."""
        automation = self.hass.states.get(self.automation_id)
        assert automation
        moment: datetime | None = automation.attributes["last_triggered"]
        return moment

    def pushes(self) -> list[Push]:
        """Return what the phones got since the last time."""
        found = [
            Push(phone, call.data["title"], call.data["message"], call.data["data"])
            for phone, calls in self._pushes.items()
            for call in calls
        ]
        for calls in self._pushes.values():
            calls.clear()
        return found


@asynccontextmanager
async def home_at_noon[HomeT: BlueprintHome](
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, folder: Path, kind: type[HomeT]
) -> AsyncGenerator[HomeT]:
    """Give a home at noon, with the blueprints in its configuration folder."""
    shutil.copytree(ROOT / "blueprints", folder / "blueprints")
    hass.config.config_dir = str(folder)
    await hass.config.async_set_time_zone(ZONE.key)
    freezer.move_to(at("12:00"))
    assert await async_setup_component(hass, "homeassistant", {})
    yield kind(hass, freezer)
    # Its triggers wait for the next minute.
    await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": "all"}, blocking=True)
