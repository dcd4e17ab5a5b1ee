"""Test the file of an account: when it is written, and what becomes of one that is damaged."""

from collections.abc import Callable
import copy
from datetime import datetime, timedelta
from itertools import pairwise
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.goapi.const import DOMAIN
from custom_components.goapi.store import SAVE_DELAY_SECONDS

from .common import delivered, set_number, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount

WARNING = "The history of an account cannot be read"


def name_of(entry: MockConfigEntry) -> str:
    """Return the name of the file of an entry."""
    return f"{DOMAIN}.{entry.entry_id}"


async def test_spend_is_written_at_most_every_quarter_of_an_hour(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Polls that change something neither put the writing off nor hasten it."""
    entry = await set_up()
    written: list[tuple[datetime, object]] = []
    for _ in range(24):
        account.spend(1, "point")
        await wait_and_poll(hass, freezer)
        content = hass_storage.get(name_of(entry))
        if content is not None and (not written or content is not written[-1][1]):
            written.append((freezer(), content))
    assert len(written) in (6, 7, 8)
    moments = [moment for moment, _ in written]
    assert min(later - earlier for earlier, later in pairwise(moments)) >= timedelta(minutes=15)


async def test_unchanged_polls_write_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """An account that nobody uses is not saved again, until the hour is over."""
    freezer.move_to("2026-11-10 09:01:00+00:00")
    entry = await set_up()
    for _ in range(4):
        await wait_and_poll(hass, freezer)
    content = hass_storage[name_of(entry)]
    for _ in range(7):
        await wait_and_poll(hass, freezer)
    assert hass_storage[name_of(entry)] is content


async def test_what_happened_and_what_the_user_sets_is_written_at_once(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    events: list[Event],
) -> None:
    """A crash right after it loses neither, and delivers nothing again."""
    entry = await set_up()
    account.top_up(400, "point")
    await wait_and_poll(hass, freezer)
    assert delivered(events) == [("topped_up", "point_remain", 400, 1000)]
    await set_number(hass, entry, "credit_remain_low_threshold", 50.5)
    await set_number(hass, entry, "available_credits_monthly_budget", 700)
    at_crash = copy.deepcopy(hass_storage[name_of(entry)])
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[name_of(entry)] = at_crash
    account.spend(15, "point")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert delivered(events) == []
    assert state_of(hass, entry, "credit_remain_low_threshold").state == "50.5"
    assert state_of(hass, entry, "available_credits_monthly_budget").state == "700"
    assert entry.runtime_data.data.balances["point_remain"].spent["today"] == 15


async def test_a_reload_keeps_everything(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """What was spent and since when a balance is low, though it is above its threshold again."""
    entry = await set_up()
    await set_number(hass, entry, "available_credits_low_threshold", 100)
    for remaining, used in ((99, 5702), (105, 5702)):
        account.data["credit_pack_info"] |= {
            "available_credits": remaining,
            "used_credits": used,
        }
        await wait_and_poll(hass, freezer)
    keys = ("available_credits_low", "available_credits_spent_today")
    before = {key: state_of(hass, entry, key) for key in keys}
    assert [state.state for state in before.values()] == ["on", "24"]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    for key, state in before.items():
        assert state_of(hass, entry, key).state == state.state
        assert state_of(hass, entry, key).attributes == state.attributes


async def test_it_is_written_when_home_assistant_stops(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """So is what nothing else would be written for: when the account was last polled."""
    entry = await set_up()
    await wait_and_poll(hass, freezer, timedelta(seconds=SAVE_DELAY_SECONDS + 1))
    before = hass_storage[name_of(entry)]
    await wait_and_poll(hass, freezer)
    assert hass_storage[name_of(entry)] is before
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[name_of(entry)]["data"]["at"] == dt_util.utcnow().timestamp()
    hass.set_state(CoreState.running)


def without(*path: str) -> Callable[[dict[str, Any]], object]:
    """Return what takes something out of the file."""

    def damage(content: dict[str, Any]) -> object:
        """Take it out."""
        for step in path[:-1]:
            content = content[step]
        return content.pop(path[-1])

    return damage


def replaced(value: object, *path: str) -> Callable[[dict[str, Any]], object]:
    """Return what replaces something in the file."""

    def damage(content: dict[str, Any]) -> None:
        """Replace it."""
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(replaced("text", "data"), id="text"),
        pytest.param(replaced({"thresholds": {"credit_remain": 5}}, "data"), id="foreign"),
        pytest.param(without("data", "balances"), id="part is missing"),
        pytest.param(replaced([], "data", "balances"), id="list"),
        pytest.param(replaced("many", "data", "balances", "mj_remain", "level"), id="wrong value"),
        pytest.param(replaced(2, "version"), id="newer version"),
    ],
)
async def test_a_file_that_cannot_be_read_is_set_aside(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    damage: Callable[[dict[str, Any]], object],
) -> None:
    """There is one warning, and the account begins anew and works."""
    expected_logs.append(WARNING)
    await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    damage(hass_storage[name_of(entry)])
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, entry, "credit_remain").state == "74"
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert caplog.text.count(WARNING) == 1


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep the files of a test to itself."""
    return hass_tmp_config_dir


async def test_what_is_set_aside_is_kept(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_storage: dict[str, Any],
    expected_logs: list[str],
) -> None:
    """The file is there under another name, for whoever wants to look at it."""
    expected_logs.append(WARNING)
    # The tests keep what is stored in memory; the file is there to see what becomes of it.
    hass_storage[name_of(entry)] = content = {"version": 1, "data": "damaged"}
    path = Path(hass.config.path(".storage", name_of(entry)))

    def write() -> None:
        """Write the file."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))

    def look() -> tuple[bool, list[object]]:
        """Return whether the file is there, and what was set aside."""
        aside = path.parent.glob(f"{path.name}.corrupt.*")
        return path.exists(), [json.loads(each.read_text()) for each in aside]

    await hass.async_add_executor_job(write)
    await set_up()
    assert await hass.async_add_executor_job(look) == (False, [content])
