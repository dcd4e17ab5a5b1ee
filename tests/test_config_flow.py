"""Test the configuration dialogs, step by step as a user walks them."""

import json
from types import SimpleNamespace
from typing import Any

from hass_nabucasa import CloudError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.cloud.const import DOMAIN as CLOUD
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_API_KEY, CONF_SCAN_INTERVAL, CONF_URL, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er

from custom_components.goapi.api import client
from custom_components.goapi.const import (
    CONF_FORECAST_DAYS,
    CONF_NOTICES,
    CONF_RUNNING_TASKS,
    CONF_SERVICE,
    CONF_SPIKE_MULTIPLE,
    CONF_USAGE,
    DOMAIN,
    SERVICES,
)

from .common import poll, state_of
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator
from .simulator.endpoints import ACCOUNT_INFO, ACTIVE_TASKS, HISTORIES

NEW_KEY = "another-key-of-the-same-account"
OTHER_KEY = "key-of-another-account"


@pytest.fixture(autouse=True)
def _services(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the simulator be GoAPI and PiAPI, and know a second key and a second account."""
    for name, service in SERVICES.items():
        monkeypatch.setitem(SERVICES, name, service._replace(base_url=simulator.url))
    simulator.accounts[NEW_KEY] = simulator.accounts[DEMO_KEY]
    simulator.accounts[OTHER_KEY] = SimulatedAccount.demo()


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the dialog that adds an account."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert not result["errors"]
    return result


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, **user_input: Any
) -> ConfigFlowResult:
    """Submit a form of the dialog."""
    result = await hass.config_entries.flow.async_configure(result["flow_id"], user_input)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


def suggested(result: ConfigFlowResult, field: str) -> Any:
    """Return what a form is pre-filled with."""
    schema = result["data_schema"]
    assert schema is not None
    (marker,) = [marker for marker in schema.schema if marker == field]
    return (marker.description or {}).get("suggested_value")


@pytest.mark.parametrize("service", ["goapi", "piapi"])
async def test_account_is_added(
    hass: HomeAssistant, account: SimulatedAccount, service: str
) -> None:
    """A key and a service are all that is needed; the entry is named like the account."""
    account.set("name", "Studio")
    result = await start(hass)
    assert suggested(result, CONF_SERVICE) == "goapi"
    result = await submit(hass, result, api_key=f"  {DEMO_KEY}\n", service=service)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Studio"
    assert result["data"] == {CONF_API_KEY: DEMO_KEY, CONF_SERVICE: service}
    assert result["result"].unique_id == "1"
    assert state_of(hass, result["result"], "credit_remain").state == "74"


@pytest.mark.parametrize("left", [{}, {CONF_URL: " "}])
async def test_account_of_another_service_is_added(
    hass: HomeAssistant, simulator: Simulator, left: dict[str, str]
) -> None:
    """Its address is asked for in a second step; who leaves that empty goes back."""
    result = await submit(hass, await start(hass), api_key=DEMO_KEY, service="other")
    assert result["step_id"] == "server"
    result = await submit(hass, result, **left)
    assert result["step_id"] == "user"
    assert not result["errors"]
    result = await submit(hass, result, api_key=DEMO_KEY, service="other")
    result = await submit(hass, result, url=f" {simulator.url}/ ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        CONF_API_KEY: DEMO_KEY,
        CONF_SERVICE: "other",
        CONF_URL: simulator.url,
    }


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Studio", "Studio"),
        ("owner@example.com", "GoAPI 1"),
        (None, "GoAPI 1"),
        (5, "GoAPI 1"),
        (DEMO_KEY, "GoAPI 1"),
    ],
)
async def test_title(
    hass: HomeAssistant, account: SimulatedAccount, name: object, title: str
) -> None:
    """The entry is named like the account, unless that is an e-mail address or nothing."""
    account.set("name", name)
    result = await submit(hass, await start(hass), api_key=DEMO_KEY, service="goapi")
    assert result["title"] == title


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNAUTHORIZED, "invalid_auth"),
        (Fault.QUOTA_401, "quota_exceeded"),
        (Fault.RATE_LIMITED, "rate_limited"),
        (Fault.SERVER_ERROR, "server_error"),
        (Fault.SLOW_HEADERS, "timeout_connect"),
        (Fault.RESET, "cannot_connect"),
        (Fault.REDIRECT, "redirected"),
        (Fault.CDN_FORBIDDEN, "request_rejected"),
        (Fault.HTML_200, "invalid_response"),
    ],
)
async def test_error_is_shown_and_corrected(
    hass: HomeAssistant,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    code: str,
) -> None:
    """Each error has its text in the form; the user goes on from there."""
    if fault is Fault.SLOW_HEADERS:
        monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.5)
    simulator.fail(fault)
    result = await submit(hass, await start(hass), api_key=DEMO_KEY, service="piapi")
    assert result["step_id"] == "user"
    assert result["errors"] == {"base": code}
    assert suggested(result, CONF_SERVICE) == "piapi"
    assert suggested(result, CONF_API_KEY) is None
    simulator.recover()
    result = await submit(hass, result, api_key=DEMO_KEY, service="piapi")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "code", "step"),
    [
        (Fault.UNAUTHORIZED, "invalid_auth", "user"),
        (Fault.SERVER_ERROR, "server_error", "server"),
    ],
)
async def test_error_of_another_service_is_shown_and_corrected(
    hass: HomeAssistant, simulator: Simulator, fault: Fault, code: str, step: str
) -> None:
    """The step that asks for the address shows errors too; a wrong key leads back to the key."""
    simulator.fail(fault)
    result = await submit(hass, await start(hass), api_key=DEMO_KEY, service="other")
    result = await submit(hass, result, url=simulator.url)
    assert result["step_id"] == step
    assert result["errors"] == {"base": code}
    simulator.recover()
    if step == "user":
        assert suggested(result, CONF_SERVICE) == "other"
        result = await submit(hass, result, api_key=DEMO_KEY, service="other")
    assert suggested(result, CONF_URL) == simulator.url
    result = await submit(hass, result, url=simulator.url)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "schlüssel"])
async def test_impossible_key_is_not_sent(
    hass: HomeAssistant, simulator: Simulator, key: str
) -> None:
    """A key that no header could carry is refused in the form."""
    result = await submit(hass, await start(hass), api_key=key, service="goapi")
    assert result["errors"] == {CONF_API_KEY: "invalid_api_key"}
    assert simulator.requests == []
    result = await submit(hass, result, api_key=DEMO_KEY, service="goapi")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("url", ["api.example.com", "http://api.example.com"])
async def test_unsafe_address_is_not_asked(
    hass: HomeAssistant, simulator: Simulator, url: str
) -> None:
    """An address that would give the key away is refused, and what was typed stays."""
    result = await submit(hass, await start(hass), api_key=DEMO_KEY, service="other")
    result = await submit(hass, result, url=url)
    assert result["errors"] == {CONF_URL: "invalid_url"}
    assert suggested(result, CONF_URL) == url
    assert simulator.requests == []
    result = await submit(hass, result, url=simulator.url)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("service", ["piapi", "other"])
async def test_same_account_is_added_once(hass: HomeAssistant, set_up: SetUp, service: str) -> None:
    """An account that is set up is not set up again, under whatever key or address."""
    entry = await set_up()
    data = dict(entry.data)
    async with Simulator({NEW_KEY: SimulatedAccount.documented()}) as elsewhere:
        SERVICES["piapi"] = SERVICES["piapi"]._replace(base_url=elsewhere.url)
        result = await submit(hass, await start(hass), api_key=NEW_KEY, service=service)
        if service == "other":
            result = await submit(hass, result, url=elsewhere.url)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data == data


async def test_two_accounts_side_by_side(hass: HomeAssistant, set_up: SetUp) -> None:
    """Another account is another entry with entities of its own."""
    entry = await set_up()
    result = await submit(hass, await start(hass), api_key=OTHER_KEY, service="goapi")
    other = result["result"]
    assert other.unique_id == "48213"
    assert state_of(hass, entry, "credit_remain").state == "74"
    assert state_of(hass, other, "credit_remain").state == "12840"


@pytest.fixture(params=["reauth_confirm", "reconfigure"])
def step(request: pytest.FixtureRequest) -> str:
    """Return the step that changes an entry."""
    return str(request.param)


async def start_change(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    """Open the dialog that asks for a new key, or the one that changes an entry."""
    if step == "reauth_confirm":
        result = await entry.start_reauth_flow(hass)
    else:
        result = await entry.start_reconfigure_flow(hass)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == step
    return result


def service_of(step: str) -> dict[str, str]:
    """Return what a form asks for beside the key."""
    return {} if step == "reauth_confirm" else {CONF_SERVICE: "piapi"}


async def test_key_is_rotated(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, step: str
) -> None:
    """A new key of the same account takes over; entities stay as they are."""
    entry = await set_up()

    def shown() -> dict[str, str | None]:
        """Return the state of each entity of the registry."""
        entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        states = {each.id: hass.states.get(each.entity_id) for each in entities}
        return {key: state.state if state else None for key, state in states.items()}

    before = shown()
    del simulator.accounts[DEMO_KEY]
    result = await start_change(hass, entry, step)
    result = await submit(hass, result, api_key=f" {NEW_KEY} ", **service_of(step))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == ("reauth_successful" if "auth" in step else "reconfigure_successful")
    assert entry.data[CONF_API_KEY] == NEW_KEY
    assert shown() == before
    simulator.requests.clear()
    await poll(hass)
    assert simulator.requests[0].headers["x-api-key"] == NEW_KEY


@pytest.mark.parametrize(
    ("key", "fault", "errors"),
    [
        (OTHER_KEY, None, {"base": "wrong_account"}),
        ("a b", None, {CONF_API_KEY: "invalid_api_key"}),
        (NEW_KEY, Fault.UNAUTHORIZED, {"base": "invalid_auth"}),
        (NEW_KEY, Fault.SERVER_ERROR, {"base": "server_error"}),
    ],
)
async def test_error_while_changing_is_corrected(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    step: str,
    key: str,
    fault: Fault | None,
    errors: dict[str, str],
) -> None:
    """An error, or a key of another account, leaves the form open and the entry as it was."""
    entry = await set_up()
    data = dict(entry.data)
    result = await start_change(hass, entry, step)
    if fault:
        simulator.fail(fault)
    result = await submit(hass, result, api_key=key, **service_of(step))
    assert result["step_id"] == step
    assert result["errors"] == errors
    assert entry.data == data
    simulator.recover()
    result = await submit(hass, result, api_key=DEMO_KEY, **service_of(step))
    assert result["type"] is FlowResultType.ABORT


async def test_empty_key_when_asked_for_a_new_one(hass: HomeAssistant, set_up: SetUp) -> None:
    """Where a new key is needed, nothing is no key."""
    entry = await set_up()
    result = await start_change(hass, entry, "reauth_confirm")
    result = await submit(hass, result, api_key=" ")
    assert result["errors"] == {CONF_API_KEY: "invalid_api_key"}


@pytest.mark.parametrize("typed", [{}, {CONF_API_KEY: "  "}])
async def test_service_is_changed_with_the_present_key(
    hass: HomeAssistant, set_up: SetUp, typed: dict[str, str]
) -> None:
    """An empty key means the present one, also after another one was tried."""
    entry = await set_up()
    result = await start_change(hass, entry, "reconfigure")
    assert suggested(result, CONF_SERVICE) == "other"
    assert suggested(result, CONF_API_KEY) is None
    result = await submit(hass, result, service="piapi", api_key=OTHER_KEY)
    assert result["errors"] == {"base": "wrong_account"}
    result = await submit(hass, result, service="piapi", **typed)
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {CONF_API_KEY: DEMO_KEY, CONF_SERVICE: "piapi"}


async def test_address_is_changed(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    """The address is asked for with the present one filled in; its account must be the same."""
    entry = await set_up()
    result = await start_change(hass, entry, "reconfigure")
    result = await submit(hass, result, service="other", api_key=OTHER_KEY)
    assert suggested(result, CONF_URL) == simulator.url
    result = await submit(hass, result, url=simulator.url)
    assert result["step_id"] == "reconfigure"
    assert result["errors"] == {"base": "wrong_account"}
    result = await submit(hass, result, service="other", api_key=NEW_KEY)
    result = await submit(hass, result, url=simulator.url + "/")
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {
        CONF_API_KEY: NEW_KEY,
        CONF_SERVICE: "other",
        CONF_URL: simulator.url,
    }


async def test_two_dialogs_at_once(hass: HomeAssistant, set_up: SetUp) -> None:
    """A dialog that was opened before another one changed the entry does not undo that change."""
    entry = await set_up()
    reconfigure = await start_change(hass, entry, "reconfigure")
    reauth = await start_change(hass, entry, "reauth_confirm")
    await submit(hass, reauth, api_key=NEW_KEY)
    await submit(hass, reconfigure, service="piapi")
    assert entry.data == {CONF_API_KEY: NEW_KEY, CONF_SERVICE: "piapi"}


DEFAULT_OPTIONS = {
    CONF_SCAN_INTERVAL: 5,
    CONF_FORECAST_DAYS: 7,
    CONF_SPIKE_MULTIPLE: 5,
    CONF_RUNNING_TASKS: True,
    CONF_USAGE: False,
    CONF_NOTICES: False,
}


async def open_options(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the dialog of the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    return result


async def choose(
    hass: HomeAssistant, result: ConfigFlowResult, **user_input: Any
) -> ConfigFlowResult:
    """Submit a form of the options."""
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


@pytest.mark.parametrize(
    ("chosen", "paths"),
    [
        ({}, {ACCOUNT_INFO, ACTIVE_TASKS}),
        (
            {
                CONF_SCAN_INTERVAL: 1,
                CONF_FORECAST_DAYS: 30,
                CONF_SPIKE_MULTIPLE: 2,
                CONF_RUNNING_TASKS: False,
            },
            {ACCOUNT_INFO},
        ),
        (
            {
                CONF_SCAN_INTERVAL: 1440,
                CONF_FORECAST_DAYS: 1,
                CONF_SPIKE_MULTIPLE: 100,
                CONF_USAGE: True,
            },
            {ACCOUNT_INFO, ACTIVE_TASKS, HISTORIES},
        ),
    ],
)
async def test_options(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    chosen: dict[str, Any],
    paths: set[str],
) -> None:
    """The options have defaults, are applied at once, and are pre-filled the next time."""
    entry = await set_up()
    simulator.requests.clear()
    result = await choose(hass, await open_options(hass, entry), **chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    expected = DEFAULT_OPTIONS | chosen
    # Whole numbers and switches: 5 is neither 5.0 nor True here.
    assert json.dumps(dict(entry.options), sort_keys=True) == json.dumps(expected, sort_keys=True)
    assert {request.path for request in simulator.requests} == paths
    interval = entry.runtime_data.update_interval
    assert interval.total_seconds() == expected[CONF_SCAN_INTERVAL] * 60
    result = await open_options(hass, entry)
    assert {option: suggested(result, option) for option in expected} == expected


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *((CONF_SCAN_INTERVAL, minutes) for minutes in (0, 1441, "soon")),
        *((CONF_FORECAST_DAYS, days) for days in (0, 31)),
        *((CONF_SPIKE_MULTIPLE, multiple) for multiple in (1, 101)),
    ],
)
async def test_options_out_of_bounds(
    hass: HomeAssistant, set_up: SetUp, options: dict[str, Any], option: str, value: object
) -> None:
    """The interval lies between a minute and a day, the window and the multiple in sane bounds."""
    entry = await set_up()
    with pytest.raises(InvalidData):
        await choose(hass, await open_options(hass, entry), **{option: value})
    assert entry.options == options


OUTSIDE = "https://home.example.com"
INSIDE = "http://home.local:8123"


def address_of(result: ConfigFlowResult) -> str:
    """Return the address that the second page of the options shows."""
    assert result["step_id"] == "notices"
    assert not result["errors"]
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    return placeholders["address"]


@pytest.mark.parametrize(
    ("external", "internal", "base"),
    [(OUTSIDE, INSIDE, OUTSIDE), (None, INSIDE, INSIDE)],
)
async def test_address_for_notices(
    hass: HomeAssistant, set_up: SetUp, external: str | None, internal: str, base: str
) -> None:
    """The address is shown before it is saved, and stays until the user makes a new one."""
    await hass.config.async_update(external_url=external, internal_url=internal)
    entry = await set_up()
    before = dict(entry.options)
    result = await choose(hass, await open_options(hass, entry), notices=True, spike_multiple=9)
    address = address_of(result)
    assert entry.options == before
    result = await choose(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    saved = dict(entry.options)
    webhook_id = saved.pop(CONF_WEBHOOK_ID)
    assert saved == DEFAULT_OPTIONS | {CONF_NOTICES: True, CONF_SPIKE_MULTIPLE: 9}
    assert len(webhook_id) == 64
    assert address == f"{base}/api/webhook/{webhook_id}"
    assert state_of(hass, entry, "notices")

    result = await choose(hass, await open_options(hass, entry), notices=True)
    assert address_of(result) == address
    addresses = {address}
    for _ in range(2):
        result = await choose(hass, result, new_address=True)
        addresses.add(address_of(result))
    assert len(addresses) == 3
    assert entry.options[CONF_WEBHOOK_ID] == webhook_id
    shown = address_of(result)
    await choose(hass, result)
    assert shown == f"{base}/api/webhook/{entry.options[CONF_WEBHOOK_ID]}"


async def test_address_is_kept_while_there_are_no_notices(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Who turns the option off and on again need not enter another address at the service."""
    await hass.config.async_update(external_url=OUTSIDE)
    entry = await set_up()
    result = await choose(hass, await open_options(hass, entry), notices=True)
    address = address_of(result)
    await choose(hass, result)
    result = await choose(hass, await open_options(hass, entry), notices=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_NOTICES] is False
    result = await choose(hass, await open_options(hass, entry), notices=True)
    assert address_of(result) == address


async def test_leaving_the_options_changes_nothing(hass: HomeAssistant, set_up: SetUp) -> None:
    """An address that was shown and not saved is none."""
    await hass.config.async_update(external_url=OUTSIDE)
    entry = await set_up()
    await choose(hass, await choose(hass, await open_options(hass, entry), notices=True))
    before = dict(entry.options)
    result = await choose(hass, await open_options(hass, entry), notices=True, scan_interval=9)
    result = await choose(hass, result, new_address=True)
    hass.config_entries.options.async_abort(result["flow_id"])
    await hass.async_block_till_done()
    assert entry.options == before


async def test_home_assistant_without_an_address(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form says so and keeps what was typed; the user goes on when there is an address."""
    entry = await set_up()
    monkeypatch.setattr(hass.config, "api", None)
    typed = {CONF_SCAN_INTERVAL: 9, CONF_USAGE: True, CONF_NOTICES: True}
    result = await choose(hass, await open_options(hass, entry), **typed)
    assert result["step_id"] == "init"
    assert result["errors"] == {"base": "no_address"}
    assert {option: suggested(result, option) for option in typed} == typed
    await hass.config.async_update(external_url=OUTSIDE)
    result = await choose(hass, await choose(hass, result, **typed))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert {option: entry.options[option] for option in typed} == typed


class FakeCloud:
    """Home Assistant Cloud, as far as its integration asks its library about hooks."""

    def __init__(self) -> None:
        """Start connected, with a subscription."""
        self.is_logged_in = True
        self.subscription_expired = False
        self.iot = SimpleNamespace(connected=True)
        self.hooks: dict[str, dict[str, str]] = {}
        self.client = SimpleNamespace(cloudhooks=self.hooks)
        self.cloudhooks = self
        self.made = 0
        self.error: Exception | None = None

    async def async_create(self, webhook_id: str, _managed: bool) -> dict[str, str]:
        """Make a hook."""
        if self.error:
            raise self.error
        self.made += 1
        self.hooks[webhook_id] = {"cloudhook_url": f"https://hooks.example.com/{self.made}"}
        return self.hooks[webhook_id]

    async def async_delete(self, webhook_id: str) -> None:
        """Forget a hook."""
        if webhook_id not in self.hooks:
            raise ValueError
        del self.hooks[webhook_id]


@pytest.fixture
def cloud(hass: HomeAssistant) -> FakeCloud:
    """Return Home Assistant Cloud, set up."""
    cloud = FakeCloud()
    hass.data[CLOUD] = cloud
    hass.config.components.add(CLOUD)
    return cloud


async def test_address_of_home_assistant_cloud(
    hass: HomeAssistant, set_up: SetUp, cloud: FakeCloud
) -> None:
    """It is preferred; the cloud keeps the hook of the saved address, and no other."""
    await hass.config.async_update(external_url=OUTSIDE)
    entry = await set_up()
    result = await choose(hass, await open_options(hass, entry), notices=True)
    assert address_of(result) == "https://hooks.example.com/1"
    result = await choose(hass, result, new_address=True)
    assert address_of(result) == "https://hooks.example.com/2"
    await choose(hass, result)
    saved = entry.options[CONF_WEBHOOK_ID]
    assert cloud.hooks == {saved: {"cloudhook_url": "https://hooks.example.com/2"}}

    result = await choose(hass, await open_options(hass, entry), notices=True)
    assert address_of(result) == "https://hooks.example.com/2"
    result = await choose(hass, result, new_address=True)
    assert address_of(result) == "https://hooks.example.com/3"
    hass.config_entries.options.async_abort(result["flow_id"])
    await hass.async_block_till_done()
    assert cloud.hooks.keys() == {saved}

    result = await choose(hass, await open_options(hass, entry), notices=True)
    await choose(hass, await choose(hass, result, new_address=True))
    assert entry.options[CONF_WEBHOOK_ID] != saved
    assert cloud.hooks.keys() == {entry.options[CONF_WEBHOOK_ID]}
    await hass.config_entries.async_remove(entry.entry_id)
    assert cloud.hooks == {}


@pytest.mark.parametrize("is_logged_in", [True, False])
async def test_address_without_a_subscription(
    hass: HomeAssistant, set_up: SetUp, cloud: FakeCloud, is_logged_in: bool
) -> None:
    """Home Assistant's own address is shown; the cloud has no hook for it to forget."""
    await hass.config.async_update(external_url=OUTSIDE)
    cloud.is_logged_in = is_logged_in
    cloud.subscription_expired = True
    entry = await set_up()
    result = await choose(hass, await open_options(hass, entry), notices=True)
    assert address_of(result).startswith(OUTSIDE)
    await choose(hass, await choose(hass, result, new_address=True))
    del hass.data[CLOUD]
    await hass.config_entries.async_remove(entry.entry_id)


@pytest.mark.parametrize("error", [None, TimeoutError(), CloudError()])
async def test_home_assistant_cloud_that_fails(
    hass: HomeAssistant, set_up: SetUp, cloud: FakeCloud, error: Exception | None
) -> None:
    """The form says so and keeps what was typed; the user goes on when it is connected."""
    await hass.config.async_update(external_url=OUTSIDE)
    entry = await set_up()
    cloud.error = error
    cloud.iot.connected = error is not None
    typed = {CONF_SCAN_INTERVAL: 9, CONF_USAGE: True, CONF_NOTICES: True}
    result = await choose(hass, await open_options(hass, entry), **typed)
    assert result["step_id"] == "init"
    assert result["errors"] == {"base": "cloud_not_connected"}
    assert {option: suggested(result, option) for option in typed} == typed
    cloud.error = None
    cloud.iot.connected = True
    result = await choose(hass, await choose(hass, result, **typed))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert {option: entry.options[option] for option in typed} == typed
    assert cloud.hooks.keys() == {entry.options[CONF_WEBHOOK_ID]}
