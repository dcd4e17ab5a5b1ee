"""Test that the key stays where it belongs, through everything that can go wrong."""

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
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.setup import async_setup_component

from custom_components.goapi.api import client
from custom_components.goapi.const import DOMAIN

from .common import poll
from .conftest import SetUp
from .faults import ERRORS
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

HOOK = "https://hooks.example.com/very-secret-token"


def chain(error: BaseException | None) -> list[str]:
    """Return what an exception and all that it was raised from have to say."""
    texts = []
    while error is not None:
        texts.append(f"{error!s} {error!r} {vars(error)}")
        error = error.__cause__ or error.__context__
    return texts


def written(hass: HomeAssistant) -> str:
    """Return all that Home Assistant keeps, but for the entries' own data."""
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
    ]
    return json.dumps(parts, cls=ExtendedJSONEncoder)


@pytest.mark.usefixtures("all_enabled")
async def test_key_is_nowhere(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All faults in a row, with debug logs: the key is in the entry and in no other place."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.5)
    expected_logs.append("Studio|goapi")
    assert await async_setup_component(hass, "diagnostics", {})
    assert await async_setup_component(hass, "system_health", {})
    account.set("notification_hook_url", HOOK)
    account.set("plan", f"plan of {DEMO_KEY}")
    account.set(DEMO_KEY, DEMO_KEY)
    account.set(f"wallet.{DEMO_KEY}_remain", 5)
    entry = await set_up()
    seen: list[str] = []
    for fault in [*ERRORS, Fault.OTHER_ACCOUNT, None]:
        if fault is None:
            simulator.recover()
        else:
            simulator.fail(fault)
        await entry.runtime_data.async_refresh()
        seen += chain(entry.runtime_data.last_exception)
        seen.append(repr(entry.runtime_data.data))
        seen.append(str(await get_diagnostics_for_config_entry(hass, hass_client, entry)))
        seen.append(str(await get_system_health_info(hass, DOMAIN)))
        seen.append(written(hass))
        await hass.config_entries.async_reload(entry.entry_id)
        seen.append(str(entry.reason))
        if not hasattr(entry, "runtime_data") or fault is not None:
            simulator.recover()
            await hass.config_entries.async_reload(entry.entry_id)
    for fault in ERRORS:
        simulator.fail(fault)
        flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {CONF_API_KEY: DEMO_KEY, "service": "other"}
        )
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"url": simulator.url}
        )
        seen.append(str(result))
    await poll(hass)
    seen.append(written(hass))
    seen += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    seen.append(caplog.text)
    assert entry.data[CONF_API_KEY] == DEMO_KEY
    for text in seen:
        assert DEMO_KEY not in text
        assert HOOK not in text
