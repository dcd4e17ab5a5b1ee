"""What is measured: a bare GET, this integration and `rest` in a Home Assistant, its accounting."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from itertools import cycle
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, cast
from unittest.mock import MagicMock, PropertyMock, patch

import aiohttp
import orjson
from yarl import URL

from homeassistant import bootstrap, loader
from homeassistant.config_entries import SOURCE_USER, ConfigEntries
from homeassistant.const import CONF_API_KEY, CONF_URL, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER, HassAsyncDNSResolver
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.goapi.accounting import AccountState, Tracker
from custom_components.goapi.accounting.ledger import HOUR_SECONDS, hour_start
from custom_components.goapi.api.parser import parse_account
from custom_components.goapi.const import (
    CONF_RUNNING_TASKS,
    CONF_SERVICE,
    DEFAULT_FORECAST_DAYS,
    DEFAULT_SPIKE_MULTIPLE,
    DOMAIN,
    SERVICE_OTHER,
)
from custom_components.goapi.coordinator import GoAPICoordinator, account_store
from tests.simulator import DEMO_KEY, SimulatedAccount

from .server import Scenario, bodies

HEADERS: Final = {"x-api-key": DEMO_KEY}
PATH: Final = "account/info"
# The benchmark polls, nobody else.
NEVER_SECONDS: Final = 86_400
HISTORY_HOURS: Final = 8 * 24

_WALLET: Final = [f"wallet.{name}" for name in SimulatedAccount.documented().data["wallet"]]
FIELDS: Final = [*_WALLET, "is_enable", "is_verified"]


class Setting(NamedTuple):
    """How this integration is set up, and how many bare GETs an unchanged poll may cost then."""

    title: str
    every_entity: bool
    running_tasks: bool
    max_ratio: float


class Subject(NamedTuple):
    """Something that takes an answer; `scenarios` are those in which it is measured."""

    key: str
    label: str
    poll: Callable[[], Awaitable[object]]
    scenarios: tuple[Scenario, ...] = tuple(Scenario)


@asynccontextmanager
async def home_assistant() -> AsyncGenerator[HomeAssistant]:
    """Run an empty Home Assistant as its own bootstrap builds it, without debug mode."""
    with TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        hass.config.skip_pip = True
        hass.config_entries = ConfigEntries(hass, {})
        loader.async_setup(hass)
        # There is no name to resolve, and the resolver it would create listens to multicast.
        hass.data[DATA_RESOLVER] = cast(HassAsyncDNSResolver, aiohttp.ThreadedResolver())
        # Calendars show themselves over the web, which nobody looks at here.
        hass.http = MagicMock()
        hass.config.components.add("http")
        await bootstrap.async_load_base_functionality(hass)
        await hass.async_start()
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)


def bare(session: aiohttp.ClientSession, server: URL) -> Subject:
    """Return the least that anybody must do: a GET and the decoding of its JSON."""
    url = server / PATH

    async def poll() -> object:
        async with session.get(url, headers=HEADERS) as response:
            return cast(object, orjson.loads(await response.read()))

    return Subject("bare", "bare GET, JSON decoded", poll)


def accounting() -> tuple[Subject, int]:
    """Return what is worked out of an answer in which every balance is spent, and their number.

    It is a part of what this integration does, measured without Home Assistant.
    """
    payloads = map(orjson.loads, bodies(Scenario.SPENT))
    accounts = cycle([parse_account(payload["data"], DEMO_KEY) for payload in payloads])
    state = AccountState()
    _tracker(state).update(next(accounts), dt_util.now())
    _give_history(state, dt_util.now())
    tracker = _tracker(state)

    async def poll() -> object:
        return tracker.update(next(accounts), dt_util.now())

    return Subject("accounting", "accounting alone", poll, (Scenario.SPENT,)), len(state.balances)


def _tracker(state: AccountState) -> Tracker:
    """Return a tracker with the integration's default options."""
    return Tracker(state, DEFAULT_FORECAST_DAYS, DEFAULT_SPIKE_MULTIPLE)


def _give_history(state: AccountState, now: datetime) -> None:
    """Let something of each balance have been spent in each hour of the last eight days."""
    present = hour_start(now)
    begin = present - HISTORY_HOURS * HOUR_SECONDS
    for balance in state.balances.values():
        balance.ledger.since = begin
        for hour in range(begin, present, HOUR_SECONDS):
            balance.ledger.book(1.25, hour, 1)


def every_entity_enabled() -> AbstractContextManager[object]:
    """Enable also the entities that start disabled."""
    return patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    )


async def goapi(hass: HomeAssistant, server: URL, setting: Setting) -> Subject:
    """Set this integration up as a user does, with a history, and return it."""
    flows = hass.config_entries.flow
    with every_entity_enabled() if setting.every_entity else nullcontext():
        form = await flows.async_init(
            DOMAIN,
            context={"source": SOURCE_USER},
            data={CONF_API_KEY: DEMO_KEY, CONF_SERVICE: SERVICE_OTHER},
        )
        result = await flows.async_configure(form["flow_id"], {CONF_URL: str(server)})
        await hass.async_block_till_done()
    if result["type"] is not FlowResultType.CREATE_ENTRY:
        raise RuntimeError(f"goapi was not set up: {result.get('errors')}")
    entry = result["result"]
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(
        entry, options={CONF_RUNNING_TASKS: setting.running_tasks}
    )
    store = account_store(hass, entry.entry_id)
    await store.async_load()
    _give_history(store.state, dt_util.now())
    await store.async_save()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    registry = er.async_get(hass)
    entities = [
        entity
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        if not entity.disabled
    ]
    poll = _poll(entry.runtime_data)
    return Subject("goapi", f"goapi, {len(entities)} entities", poll)


def _poll(coordinator: GoAPICoordinator) -> Callable[[], Awaitable[object]]:
    """Return a poll of the account and of what follows it."""
    if (tasks := coordinator.tasks) is None:
        return coordinator.async_refresh
    polled = asyncio.Event()
    # Listeners do not hear of an answer that is unchanged.
    tasks._async_refresh_finished = polled.set  # type: ignore[method-assign]  # noqa: SLF001

    async def poll() -> None:
        polled.clear()
        await coordinator.async_refresh()
        if coordinator.last_update_success:
            await polled.wait()

    return poll


async def rest(hass: HomeAssistant, server: URL) -> Subject:
    """Set `rest` up with a template sensor for each field of the wallet."""
    config = {
        "resource": str(server / PATH),
        "headers": HEADERS,
        "scan_interval": NEVER_SECONDS,
        "sensor": [
            {"name": field, "value_template": f"{{{{ value_json.data.{field} }}}}"}
            for field in FIELDS
        ],
    }
    if not await async_setup_component(hass, "rest", {"rest": [config]}):
        raise RuntimeError("rest was not set up")
    await hass.async_block_till_done()
    data = hass.data["rest"]
    # The oldest supported Home Assistant keeps its coordinators one level deeper.
    (coordinator,) = data.get("coordinator") or [each["coordinator"] for each in data["rest_data"]]
    label = f"rest, {len(FIELDS)} template sensors"
    return Subject("rest", label, coordinator.async_refresh)


def fail_if_unavailable(hass: HomeAssistant) -> None:
    """Raise RuntimeError if a poll failed, which is when entities are unavailable."""
    failed = [
        state.entity_id for state in hass.states.async_all() if state.state == STATE_UNAVAILABLE
    ]
    if failed:
        raise RuntimeError(f"a poll failed: {', '.join(failed)}")
