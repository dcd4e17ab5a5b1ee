"""Test that the key stays where it belongs, through everything that can go wrong."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import CONF_API_KEY, CONF_URL, MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.setup import async_setup_component

from custom_components.goapi.api import client
from custom_components.goapi.api.notices import DETAILS
from custom_components.goapi.const import (
    CONF_NOTICES,
    CONF_SERVICE,
    DOMAIN,
    EVENT_GOAPI,
    SERVICE_OTHER,
)
from custom_components.goapi.usage import GROUP_BY
from custom_components.goapi.webhook import NO_NOTICE

from .common import ALL_OPTIONS, WEBHOOK_ID, credit_pack
from .conftest import SetUp
from .faults import ERRORS
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator
from .simulator.endpoints import ACTIVE_TASKS, HISTORIES

HOOK = "https://hooks.example.com/very-secret-token"
OTHER_KEY = "another-key-of-the-account"
# One fault of each error, and those that repeat the key.
FAULTS = [
    *{error: fault for fault, error in ERRORS.items()}.values(),
    Fault.ECHO_KEY,
    Fault.ECHO_KEY_401,
    Fault.ECHO_KEY_MESSAGE,
]


def chain(error: BaseException | None) -> list[str]:
    """Return the texts of an exception and of all that it was raised from."""
    texts = []
    while error is not None:
        texts.append(f"{error!s} {error!r} {vars(error)}")
        error = error.__cause__ or error.__context__
    return texts


def line(record: logging.LogRecord) -> str:
    """Return all that a handler of the log could write of a record."""
    trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
    return f"{record.getMessage()} {trace} {record.__dict__}"


def kept(hass: HomeAssistant, storage: dict[str, Any]) -> str:
    """Return all that Home Assistant keeps of the integration, but for the entries' own data."""
    parts: list[Any] = [
        [state.as_dict() for state in hass.states.async_all()],
        [entity.extended_dict for entity in er.async_get(hass).entities.values()],
        [
            device.dict_repr
            for entry in hass.config_entries.async_entries()
            for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        ],
        [issue.to_json() for issue in ir.async_get(hass).issues.values()],
        [
            {key: value for key, value in flow.items() if key != "handler"}
            for flow in hass.config_entries.flow.async_progress()
        ],
        {name: content for name, content in storage.items() if name.startswith(f"{DOMAIN}.")},
    ]
    return json.dumps(parts, cls=ExtendedJSONEncoder)


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of an entry that has everything on."""
    return dict(ALL_OPTIONS)


@pytest.fixture
def _secrets(account: SimulatedAccount) -> None:
    """Let all answers hold secrets wherever a text, a name or a list can stand."""
    pack = credit_pack(f"pack-{DEMO_KEY}", datetime.now(UTC) + timedelta(days=1))
    for path, value in {
        "notification_hook_url": HOOK,
        "api_keys": [{"value": OTHER_KEY}],
        "plan": f"plan of {DEMO_KEY}",
        DEMO_KEY: DEMO_KEY,
        f"wallet.{DEMO_KEY}_remain": 5,
        "credit_pack_info.credit_packs": [pack],
        "credit_pack_info.credit_packs_count": 1,
    }.items():
        account.set(path, value)
    for cost in range(8):
        account.finish_task(account.start_task("kling", cost + 1, "point"))
    account.start_task(DEMO_KEY, 1, "point", waiting=True)
    account.start_task(f"kling {DEMO_KEY}", 1, "point")
    names = ("task_id", "task_model", "action", "api_key_id", "usage_type", "status")
    for row, name in zip(account.history, names, strict=False):
        row[name] = f"of {DEMO_KEY}"
    for row in account.history:
        row["detail"] = {DEMO_KEY: [HOOK]}


class Watch:
    """Takes down all that can be seen while an entry is set up, used and broken."""

    def __init__(
        self,
        hass: HomeAssistant,
        hass_client: ClientSessionGenerator,
        storage: dict[str, Any],
        entry: MockConfigEntry,
        simulator: Simulator,
    ) -> None:
        """Listen to everything."""
        self.hass = hass
        self.storage = storage
        self.entry = entry
        self.seen: list[str] = []
        self.events: list[Event] = []
        self._hass_client = hass_client
        self._simulator = simulator
        hass.bus.async_listen(MATCH_ALL, self.events.append)

    async def look(self) -> None:
        """Poll, and take down all that can be seen then."""
        hass, coordinator = self.hass, self.entry.runtime_data
        await coordinator.async_refresh()
        await hass.async_block_till_done(wait_background_tasks=True)
        for each in (coordinator, coordinator.tasks, coordinator.usage):
            self.seen += [*chain(each.last_exception), repr(each.data)]
        self.seen += [
            str(await get_diagnostics_for_config_entry(hass, self._hass_client, self.entry)),
            str(await get_system_health_info(hass, DOMAIN)),
            kept(hass, self.storage),
        ]

    async def call(self, action: str, **data: Any) -> Any:
        """Call an action and take down what it returns."""
        response = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        self.seen.append(str(response))
        return response

    async def fail(self, fault: Fault, *paths: str) -> None:
        """Let the service, or paths of it, fail at a poll and at a start, and start again."""
        for path in paths or (None,):
            self._simulator.fail(fault, path=path)
        await self.look()
        await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        self.seen.append(str(self.entry.reason))
        self._simulator.recover()
        await self.hass.config_entries.async_reload(self.entry.entry_id)

    def check(self, records: list[logging.LogRecord]) -> None:
        """See that the secrets are nowhere in it."""
        self.seen.append(kept(self.hass, self.storage))
        self.seen += [f"{event.event_type} {event.data}" for event in self.events]
        assert self.entry.data[CONF_API_KEY] == DEMO_KEY
        for record in records:
            # Home Assistant itself logs the address of each request when it is debugged.
            is_ours = record.name.startswith(f"custom_components.{DOMAIN}")
            text = line(record)
            hide = not is_ours and record.levelno < logging.WARNING
            self.seen.append(text.replace(WEBHOOK_ID, "") if hide else text)
        for text in self.seen:
            for secret in (DEMO_KEY, OTHER_KEY, HOOK, WEBHOOK_ID):
                assert secret not in text


@pytest.fixture
async def watch(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    set_up: SetUp,
    simulator: Simulator,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    _secrets: None,
    all_enabled: None,
) -> AsyncGenerator[Watch]:
    """Set the entry up with debug logs; whatever a test does, the secrets are seen nowhere."""
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")
    caplog.set_level(logging.DEBUG)
    assert await async_setup_component(hass, "diagnostics", {})
    assert await async_setup_component(hass, "system_health", {})
    watch = Watch(hass, hass_client, hass_storage, entry, simulator)
    await set_up()
    yield watch
    watch.check(caplog.get_records("call"))


async def test_an_account(
    watch: Watch, account: SimulatedAccount, expected_logs: list[str]
) -> None:
    """What happens to an account is told without its key."""
    expected_logs.append("The service has an internal error")
    account.top_up(500)
    await watch.look()
    account.set("wallet.credit_remain", 0)
    account.disable()
    await watch.look()
    assert await watch.call("get_account")
    delivered = {each.data["type"] for each in watch.events if each.event_type == EVENT_GOAPI}
    assert delivered >= {"topped_up", "empty", "disabled"}
    stored = watch.storage[f"{DOMAIN}.{watch.entry.entry_id}"]["data"]
    assert stored["balances"]["credit_remain"]
    await watch.fail(Fault.SERVER_ERROR)


@pytest.mark.parametrize("paths", [(), (ACTIVE_TASKS, HISTORIES)])
async def test_all_that_can_fail(
    watch: Watch,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    paths: tuple[str, ...],
) -> None:
    """An error, also one that repeats the key, is told without it."""
    expected_logs.append("Studio|goapi")
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.5)
    for fault in FAULTS:
        await watch.fail(fault, *paths)
    if not paths:
        await watch.fail(Fault.OTHER_ACCOUNT)


@pytest.mark.usefixtures("recorder_mock")
async def test_tasks_and_usage(hass: HomeAssistant, watch: Watch) -> None:
    """Nothing of a row but its names and numbers is kept, and no name that is the key."""
    await watch.look()
    for group_by in GROUP_BY:
        assert (await watch.call("get_usage", group_by=group_by))["rows"]
    await async_wait_recording_done(hass)
    statistics = await async_list_statistic_ids(hass)
    assert f"{DOMAIN}:1_kling_tasks" in {each["statistic_id"] for each in statistics}
    watch.seen.append(str(statistics))
    await hass.config_entries.async_reload(watch.entry.entry_id)
    assert watch.storage[f"{DOMAIN}.{watch.entry.entry_id}.usage"]["data"]


async def test_notices(hass_client_no_auth: ClientSessionGenerator, watch: Watch) -> None:
    """A notice is not believed to know no key, nor is one that cannot be read repeated."""
    service = await hass_client_no_auth()
    text = f"of {DEMO_KEY}"
    for notice in (
        {"type": text, DEMO_KEY: text, "message": text, "detail": text},
        {"type": "other", "detail": dict.fromkeys(DETAILS, text) | {DEMO_KEY: text}},
        {"type": "other", "message": DEMO_KEY},
        text,
        text * 10_000,
    ):
        for method in ("POST", "PUT"):
            await service.request(method, f"/api/webhook/{WEBHOOK_ID}", json=notice)
        await watch.look()
    assert watch.entry.runtime_data.notices == {"other": 3, NO_NOTICE: 2}


async def test_dialogs(
    hass: HomeAssistant, watch: Watch, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No form repeats the key, whatever went wrong; the address is shown in one alone."""
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.5)
    for fault in FAULTS:
        simulator.fail(fault)
        flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        for user_input in (
            {CONF_API_KEY: DEMO_KEY, CONF_SERVICE: SERVICE_OTHER},
            {CONF_URL: simulator.url},
        ):
            flow = await hass.config_entries.flow.async_configure(flow["flow_id"], user_input)
            watch.seen.append(str(flow))
    simulator.recover()
    await hass.config.async_update(external_url="https://home.example.com")
    flow = await hass.config_entries.options.async_init(watch.entry.entry_id)
    watch.seen.append(str(flow))
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {CONF_NOTICES: True})
    assert WEBHOOK_ID in str(flow)
    assert DEMO_KEY not in str(flow)
