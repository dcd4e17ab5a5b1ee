"""Test that the key stays where it belongs, through everything that can go wrong."""

from datetime import UTC, datetime, timedelta
import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

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
from custom_components.goapi.const import CONF_SERVICE, DOMAIN, EVENT_GOAPI, SERVICE_OTHER

from .common import credit_pack
from .conftest import SetUp
from .faults import ERRORS
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

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
def _secrets(account: SimulatedAccount) -> None:
    """Let the account's answer hold secrets wherever a text, a name or a list can stand."""
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


@pytest.mark.usefixtures("all_enabled", "_secrets")
async def test_key_is_nowhere(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever happens, with debug logs: the key is in the entry and in no other place."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.5)
    expected_logs.append("Studio|goapi")
    assert await async_setup_component(hass, "diagnostics", {})
    assert await async_setup_component(hass, "system_health", {})
    events: list[Event] = []
    hass.bus.async_listen(MATCH_ALL, events.append)

    entry = await set_up()
    seen: list[str] = []

    async def look() -> None:
        """Poll, and take down all that can be seen then."""
        await entry.runtime_data.async_refresh()
        await hass.async_block_till_done()
        seen.extend(chain(entry.runtime_data.last_exception))
        seen.append(repr(entry.runtime_data.data))
        seen.append(str(await get_diagnostics_for_config_entry(hass, hass_client, entry)))
        seen.append(str(await get_system_health_info(hass, DOMAIN)))
        seen.append(kept(hass, hass_storage))

    account.top_up(500)
    await look()
    account.set("wallet.credit_remain", 0)
    account.disable()
    await look()
    response = await hass.services.async_call(
        DOMAIN,
        "get_account",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    seen.append(str(response))
    assert {event.data["type"] for event in events if event.event_type == EVENT_GOAPI} >= {
        "topped_up",
        "empty",
        "disabled",
    }
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]["balances"]["credit_remain"]

    for fault in [*FAULTS, Fault.OTHER_ACCOUNT]:
        simulator.fail(fault)
        await look()
        await hass.config_entries.async_reload(entry.entry_id)
        seen.append(str(entry.reason))
        simulator.recover()
        await hass.config_entries.async_reload(entry.entry_id)
    for fault in FAULTS:
        simulator.fail(fault)
        flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        for user_input in (
            {CONF_API_KEY: DEMO_KEY, CONF_SERVICE: SERVICE_OTHER},
            {CONF_URL: simulator.url},
        ):
            flow = await hass.config_entries.flow.async_configure(flow["flow_id"], user_input)
            seen.append(str(flow))
    seen.append(kept(hass, hass_storage))

    seen += [f"{event.event_type} {event.data}" for event in events]
    seen += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    seen.append(caplog.text)
    assert entry.data[CONF_API_KEY] == DEMO_KEY
    for text in seen:
        for secret in (DEMO_KEY, OTHER_KEY, HOOK):
            assert secret not in text
