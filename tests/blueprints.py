"""A home for the tests of the blueprints: phones, a clock, and automations made of a blueprint."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
import itertools
from pathlib import Path
import shutil
from typing import Any, NamedTuple
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import STATE_ON, STATE_UNKNOWN, Platform
from homeassistant.core import CoreState, HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er, restore_state
from homeassistant.helpers.restore_state import StoredState
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict

from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICES

from .simulator import Simulator

ROOT = Path(__file__).parents[1]
ZONE = ZoneInfo("Europe/Amsterdam")
TOP_UP_PAGE = "https://piapi.ai/workspace/billing"

type Titles = dict[str, list[str]]


def at(clock: str, day: int = 20, month: int = 11, year: int = 2026) -> datetime:
    """Return a moment of the days that the tests happen in."""
    hour, minute = clock.split(":")
    return datetime(year, month, day, int(hour), int(minute), tzinfo=ZONE)


def load_blueprint(path: str) -> dict[str, Any]:
    """Return the content of a blueprint's file."""
    return dict(load_yaml_dict(ROOT / "blueprints" / "automation" / path))


def inputs_of(path: str) -> dict[str, dict[str, Any]]:
    """Return the inputs of a blueprint, including those in sections."""
    inputs = load_blueprint(path)["blueprint"]["input"]
    return dict(
        itertools.chain.from_iterable(
            each["input"].items() if "input" in each else [(name, each)]
            for name, each in inputs.items()
        )
    )


def check_blueprint(path: str, required: str) -> None:
    """Check that a blueprint can be imported, and works if one input alone is filled in."""
    blueprint = Blueprint(
        load_blueprint(path), expected_domain=AUTOMATION, schema=AUTOMATION_BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(f"/blob/main/blueprints/automation/{path}")
    assert blueprint.metadata["homeassistant"] == {"min_version": "2026.6.0"}
    inputs = inputs_of(path)
    assert all(each["name"] and each["description"] for each in inputs.values())
    assert [name for name, each in inputs.items() if "default" not in each] == [required]


def of_piapi(
    entry: MockConfigEntry, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    """Return an entry as one of PiAPI, whose top-up page is known."""
    service = SERVICES["piapi"]._replace(base_url=simulator.url)
    monkeypatch.setitem(SERVICES, "piapi", service)
    return MockConfigEntry(
        domain=DOMAIN,
        title=entry.title,
        unique_id=entry.unique_id,
        data={**entry.data, CONF_SERVICE: "piapi"},
        options=entry.options,
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

    def add_phone(self, name: str, *, notify: bool = True) -> str:
        """Register a phone, with its notification entity, and return its device's id."""
        entry = MockConfigEntry(domain="mobile_app")
        entry.add_to_hass(self.hass)
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("mobile_app", name)}, name=name
        )
        if notify:
            entity = er.async_get(self.hass).async_get_or_create(
                "notify", "mobile_app", name, suggested_object_id=name, device_id=device.id
            )
            self.hass.states.async_set(entity.entity_id, STATE_UNKNOWN)
        return device.id

    async def automate(self, **inputs: Any) -> None:
        """Make an automation of the blueprint, which notifies the first phone."""
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
        # Added to what is restored, since entities that are there already are part of it.
        restore_state.async_get(self.hass).last_states[self.automation_id] = StoredState(
            State(self.automation_id, STATE_ON, attributes), None, dt_util.utcnow()
        )
        self.hass.set_state(CoreState.not_running)
        await self.automate(**inputs)
        await self.hass.async_start()
        await self.hass.async_block_till_done()

    async def run_by_hand(self) -> list[Push]:
        """Run the actions from the automation's menu; return the notifications."""
        await self.hass.services.async_call(
            AUTOMATION, "trigger", {"entity_id": self.automation_id}, blocking=True
        )
        return self.pushes()

    async def go_to(self, moment: datetime) -> list[Push]:
        """Let the clock run to a moment; return the notifications that were sent then."""
        self.freezer.move_to(moment)
        async_fire_time_changed(self.hass, moment)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return self.pushes()

    async def go_through(self, moments: Iterable[datetime]) -> Titles:
        """Let the clock run to moments that are ahead; return the titles sent at each."""
        sent: Titles = {}
        for moment in moments:
            if moment > datetime.now(ZONE) and (pushes := await self.go_to(moment)):
                sent[f"{moment:%d %b %H:%M}"] = [push.title for push in pushes]
        return sent

    def last_run(self) -> datetime | None:
        """Return when the automation ran last."""
        automation = self.hass.states.get(self.automation_id)
        assert automation
        moment: datetime | None = automation.attributes["last_triggered"]
        return moment

    def pushes(self) -> list[Push]:
        """Return the notifications that the phones got since the last call."""
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
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    folder: Path,
    kind: type[HomeT],
    platforms: list[Platform],
) -> AsyncGenerator[HomeT]:
    """Give a home at noon, with the blueprints, in which the integration has some platforms."""
    shutil.copytree(ROOT / "blueprints", folder / "blueprints")
    hass.config.config_dir = str(folder)
    await hass.config.async_set_time_zone(ZONE.key)
    freezer.move_to(at("12:00"))
    assert await async_setup_component(hass, "homeassistant", {})
    with patch("custom_components.goapi.PLATFORMS", platforms):
        yield kind(hass, freezer)
        # Triggers wait for the next minute, and accounts for the next poll.
        await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": "all"}, blocking=True)
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)
