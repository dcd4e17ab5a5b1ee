"""Test that nothing a server can send breaks the integration."""

from datetime import UTC, datetime
import json
import logging
import random
from typing import Any

import pytest

from homeassistant.core import HomeAssistant, valid_entity_id

from .common import credit_pack, state_of
from .conftest import SetUp
from .simulator import SimulatedAccount, Simulator

STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    2**53,
    2**64,
    1e308,
    "",
    "0",
    "NaN",
    "unknown",
    "x" * 256,
    "x" * 100_000,
    "\x00\x1b[31m\u202e",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "2126-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "{{ states }}",
    "<script>alert(1)</script>",
    [],
    [[]],
    {},
    {"id": {}},
    {"equivalent_in_usd": 5},
    [1, "a", None],
    [credit_pack(1, datetime(2126, 1, 1, tzinfo=UTC), capacity=1e300, used=-1e300)],
    [credit_pack(number, datetime(2126, 1, 1, tzinfo=UTC)) for number in range(300)],
)
NAMES = (
    "_remain",
    "x_remain",
    "ä_remain",
    "{quota}_remain",
    "%s_used",
    "../../etc/passwd_frozen",
    "a" * 40 + "_remain",
    "a" * 41 + "_remain",
    "__remain",
    "0_remain",
    "max__concurrency",
    "max_{pool}_concurrency",
    "id_remain",
    "quota",
    "equivalent_in_usd",
    "credit_packs",
)


def mutate(data: dict[str, Any], chance: random.Random) -> None:
    """Replace, add or remove some fields of an account."""
    for _ in range(chance.randint(1, 12)):
        section = chance.choice([data, data.get("wallet"), data.get("credit_pack_info")])
        if not isinstance(section, dict):
            continue
        name = chance.choice([*section, *NAMES])
        if chance.random() < 0.2:
            section.pop(name, None)
        elif section is not data or name != "id" or chance.random() < 0.1:
            section[name] = chance.choice(STRANGE)


def strange_document(chance: random.Random) -> object:
    """Return an answer that is sometimes an account and sometimes anything."""
    data = SimulatedAccount.documented().data
    mutate(data, chance)
    envelope = {"code": 200, "data": data, "message": "success"}
    match chance.randint(0, 9):
        case 0:
            return chance.choice(STRANGE)
        case 1:
            return envelope | {"code": chance.choice(STRANGE)}
        case 2:
            return envelope | {"data": chance.choice(STRANGE)}
        case 3:
            return data | {"code": 200}
        case _:
            return envelope


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("all_enabled")
async def test_strange_answers(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    seed: int,
) -> None:
    """Answers made at random are read or refused; the next good one is shown, also reloaded."""
    entry = await set_up()
    expected_logs.append("^(Error|Authentication failed while) fetching Studio data: The service")
    chance = random.Random(seed)  # noqa: S311  (to be repeated, not to be secret)
    caplog.set_level(logging.INFO)
    read = 0
    for _ in range(150):
        status = chance.choice([200] * 8 + [204, 299, 404, 500, 999])
        body = json.dumps(strange_document(chance)).encode()
        if chance.random() < 0.05:
            body = body[: chance.randint(0, len(body))]
        if chance.random() < 0.05:
            body = chance.randbytes(chance.randint(0, 2000))
        simulator.respond(status, body)
        await entry.runtime_data.async_refresh()
        await hass.async_block_till_done()
        read += entry.runtime_data.last_update_success
        for state in hass.states.async_all():
            assert valid_entity_id(state.entity_id)
            assert "'" not in state.state
    assert 30 < read < 120
    assert not [record for record in caplog.records if record.exc_info]
    for record in caplog.records:
        assert "Unexpected" not in record.getMessage()
    simulator.recover()
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain").state == "74"
    # What was stored of all this can be loaded: otherwise there would be a warning.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entry, "credit_remain").state == "74"
