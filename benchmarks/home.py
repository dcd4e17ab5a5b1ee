"""A Home Assistant with what is measured in it: this integration and `rest`."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any, Final, cast
from unittest.mock import MagicMock, PropertyMock, patch

import aiohttp
import orjson
from yarl import URL

from homeassistant import bootstrap, loader
from homeassistant.config_entries import SOURCE_USER, ConfigEntries
from homeassistant.const import CONF_API_KEY, CONF_URL, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER, HassAsyncDNSResolver
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.goapi.balances import balances
from custom_components.goapi.bookkeeper import Bookkeeper
from custom_components.goapi.const import CONF_SERVICE, DOMAIN, SERVICE_OTHER
from custom_components.goapi.ledger import HOUR_SECONDS, hour_start
from tests.simulator import DEMO_KEY, SimulatedAccount

HEADERS: Final = {"x-api-key": DEMO_KEY}
PATH: Final = "account/info"
# The benchmark polls, nobody else.
NEVER_SECONDS: Final = 86_400
HISTORY_HOURS: Final = 8 * 24
PLATFORMS_WITHOUT_BOOKS: Final = [Platform.BINARY_SENSOR, Platform.NUMBER, Platform.SENSOR]

_WALLET: Final = [f"wallet.{name}" for name in SimulatedAccount.documented().data["wallet"]]
FIELDS: Final = [*_WALLET, "is_enable", "is_verified"]
# The counters of all quotas and one flag: what somebody may well write templates for.
FEWER_FIELDS: Final = [
    *(name for name in _WALLET if name.endswith(("_remain", "_used", "_frozen"))),
    "is_enable",
]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something that polls the account."""

    name: str
    poll: Callable[[], Awaitable[object]]
    balances: int = 0


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

    return Subject(name="bare GET, JSON decoded", poll=poll)


@contextmanager
def without_books() -> Iterator[None]:
    """Leave out what is worked out of the answers: spend, forecast, activity, budget."""
    with (
        patch.object(Bookkeeper, "async_update", return_value=False),
        patch("custom_components.goapi.sensor.add_computed_sensors"),
        patch("custom_components.goapi.PLATFORMS", PLATFORMS_WITHOUT_BOOKS),
    ):
        yield


def give_history(hass: HomeAssistant) -> None:
    """Let the account have spent something of each balance in each hour of the last eight days."""
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
    coordinator = entry.runtime_data
    journal = coordinator.books.journal
    now = dt_util.now()
    for book in journal.ledger.books.values():
        book.since -= HISTORY_HOURS * HOUR_SECONDS
        for hour in range(HISTORY_HOURS, 0, -1):
            book.add(hour_start(now) - hour * HOUR_SECONDS, Decimal("1.25"), 1)
    # What was found out about the hour before there was a history.
    journal._patterns.clear()  # noqa: SLF001
    journal.turn(now)
    coordinator.async_update_listeners()


def every_entity_enabled() -> AbstractContextManager[object]:
    """Enable also the entities that start disabled."""
    return patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    )


async def goapi(hass: HomeAssistant, server: URL, name: str, *, as_installed: bool) -> Subject:
    """Set this integration up as a user does, and return it.

    Every entity is enabled, unless it is to be as it is installed.
    """
    flows = hass.config_entries.flow
    with nullcontext() if as_installed else every_entity_enabled():
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
    entities = [
        entity
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if not entity.disabled
    ]
    return Subject(
        name=name.format(len(entities)),
        poll=entry.runtime_data.async_refresh,
        balances=sum(1 for _ in balances(entry.runtime_data.data)),
    )


async def rest(hass: HomeAssistant, server: URL) -> list[Subject]:
    """Set `rest` up for all fields of the wallet and for fewer, and return both."""
    config = {"rest": [_rest_config(server, fields) for fields in (FIELDS, FEWER_FIELDS)]}
    if not await async_setup_component(hass, "rest", config):
        raise RuntimeError("rest was not set up")
    await hass.async_block_till_done()
    data = hass.data["rest"]
    # The oldest supported Home Assistant keeps its coordinators one level deeper.
    coordinators = data.get("coordinator") or [each["coordinator"] for each in data["rest_data"]]
    return [
        Subject(name=f"rest, {len(fields)} template sensors", poll=coordinator.async_refresh)
        for coordinator, fields in zip(coordinators, (FIELDS, FEWER_FIELDS), strict=True)
    ]


def fail_if_unavailable(hass: HomeAssistant) -> None:
    """Raise RuntimeError if a poll failed, which is when entities are unavailable."""
    failed = [
        state.entity_id for state in hass.states.async_all() if state.state == STATE_UNAVAILABLE
    ]
    if failed:
        raise RuntimeError(f"a poll failed: {', '.join(failed)}")


def _rest_config(server: URL, fields: Iterable[str]) -> dict[str, Any]:
    """Return the configuration of one resource with a template sensor for each field."""
    return {
        "resource": str(server / PATH),
        "headers": HEADERS,
        "scan_interval": NEVER_SECONDS,
        "sensor": [
            {"name": field, "value_template": f"{{{{ value_json.data.{field} }}}}"}
            for field in fields
        ],
    }
