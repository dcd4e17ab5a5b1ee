"""Test the file of an account's history: when it is written, and what becomes of a damaged one."""

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
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.goapi import history
from custom_components.goapi.const import DOMAIN
from custom_components.goapi.history import SAVE_INTERVAL_SECONDS

from .common import wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount

POLL = timedelta(minutes=5, seconds=1)
WARNING = "The history of an account cannot be read"


def name_of(entry: MockConfigEntry) -> str:
    """Return the name of the file of an entry."""
    return f"{DOMAIN}.{entry.entry_id}.history"


def spent(entry: MockConfigEntry) -> int:
    """Return all that is known to have been spent of the points."""
    book = entry.runtime_data.books.journal.ledger.books["point_remain"]
    return int(sum(book.hours.values()))


@pytest.fixture
async def saved(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, hass_storage: dict[str, Any]
) -> dict[str, Any]:
    """Return the file of an account that was set up and unloaded again."""
    await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    content: dict[str, Any] = copy.deepcopy(hass_storage[name_of(entry)])
    return content


async def test_it_is_written_at_most_every_quarter_of_an_hour(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Polls that change something do not put the writing off, nor do they hasten it."""
    assert SAVE_INTERVAL_SECONDS == 15 * 60
    entry = await set_up()
    written: list[tuple[datetime, object]] = []
    for _ in range(48):
        account.spend(1, "point")
        account.top_up(2, "mj")
        await wait_and_poll(hass, freezer, POLL)
        content = hass_storage.get(name_of(entry))
        if content is not None and (not written or content is not written[-1][1]):
            written.append((freezer(), content))
    assert len(written) == 16
    moments = [moment for moment, _ in written]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert min(pauses) >= timedelta(minutes=15)


async def test_unchanged_polls_write_no_file(
    hass: HomeAssistant,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """After the first answer is saved, an account that nobody uses is not written again."""
    entry = await set_up()
    for _ in range(4):
        await wait_and_poll(hass, freezer, POLL)
    content = hass_storage[name_of(entry)]
    for _ in range(24):
        await wait_and_poll(hass, freezer, POLL)
    assert hass_storage[name_of(entry)] is content


async def test_it_is_written_at_shutdown(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """What was booked within the last quarter of an hour is not lost when Home Assistant stops."""
    entry = await set_up()
    account.spend(5, "point")
    await wait_and_poll(hass, freezer, POLL)
    assert name_of(entry) not in hass_storage
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    data = hass_storage[name_of(entry)]["data"]
    assert data["books"]["point_remain"]["hours"] == "0:5"
    read_at = datetime.fromisoformat(data["reading"]["at"])
    assert abs(read_at.timestamp() - dt_util.utcnow().timestamp()) < 1
    hass.set_state(CoreState.running)


async def test_it_survives_a_restart_and_goes_with_the_entry(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """A reload loses nothing; removing the entry removes the file."""
    entry = await set_up()
    account.spend(5, "point")
    await wait_and_poll(hass, freezer, POLL)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert spent(entry) == 5
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not [name for name in hass_storage if name.startswith(DOMAIN)]


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
        replaced([], "data"),
        replaced("text", "data"),
        without("data", "reading"),
        without("data", "books"),
        without("data", "reading", "levels"),
        replaced(5, "data", "reading"),
        replaced([], "data", "books"),
        replaced("yesterday", "data", "reading", "at"),
        replaced({"point_remain": "many - - - -"}, "data", "reading", "levels"),
        replaced({"point_remain": "1 2"}, "data", "reading", "levels"),
        replaced("0:many", "data", "books", "point_remain", "hours"),
        replaced("0:NaN", "data", "books", "point_remain", "hours"),
        replaced(None, "data", "books", "point_remain", "since"),
        replaced(99, "version"),
        replaced(0, "version"),
    ],
)
async def test_a_damaged_file_is_set_aside(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    saved: dict[str, Any],
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    damage: Callable[[dict[str, Any]], object],
) -> None:
    """One warning, and the history begins anew; so it does for a file of a later version."""
    expected_logs.append(WARNING)
    damage(saved)
    hass_storage[name_of(entry)] = saved
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert caplog.text.count(WARNING) == 1
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert caplog.text.count(WARNING) == 1


async def test_an_older_file_is_migrated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    saved: dict[str, Any],
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file of an older version is brought to the present layout, a version at a time."""

    def to_version_2(data: dict[str, Any]) -> dict[str, Any]:
        """Book something of which the older version knew nothing."""
        data["books"]["point_remain"] |= {"falls": 1, "first": 1_794_000_000, "hours": "0:3"}
        return data

    def to_version_3(data: dict[str, Any]) -> dict[str, Any]:
        """Double what the version before says."""
        data["books"]["point_remain"]["hours"] += " 4"
        return data

    monkeypatch.setattr(history, "VERSION", 3)
    monkeypatch.setattr(history, "MIGRATIONS", {1: to_version_2, 2: to_version_3})
    hass_storage[name_of(entry)] = saved
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert spent(entry) == 7
    assert hass_storage[name_of(entry)]["version"] == 3


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep the files of a test to itself."""
    return hass_tmp_config_dir


async def test_what_is_set_aside_is_kept(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    saved: dict[str, Any],
    hass_storage: dict[str, Any],
    expected_logs: list[str],
) -> None:
    """The damaged file is there under another name, for whoever wants to look at it."""
    expected_logs.append(WARNING)
    saved["data"]["books"] = "damaged"
    # The tests keep what is stored in memory; the file is there to see what becomes of it.
    hass_storage[name_of(entry)] = saved
    path = Path(hass.config.path(".storage", name_of(entry)))

    def write() -> None:
        """Write the file."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(saved))

    def look() -> tuple[bool, list[Any]]:
        """Return whether the file is there, and what was set aside."""
        aside = path.parent.glob(f"{path.name}.corrupt.*")
        return path.exists(), [json.loads(each.read_text()) for each in aside]

    await hass.async_add_executor_job(write)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert await hass.async_add_executor_job(look) == (False, [saved])
