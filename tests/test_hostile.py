"""Test that nothing a server can send breaks the integration."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
import json
import logging
import random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, valid_entity_id

from custom_components.goapi import webhook
from custom_components.goapi.api import NOTICE_TYPES
from custom_components.goapi.api.notices import DETAILS
from custom_components.goapi.const import CONF_NOTICES, CONF_USAGE

from .common import DEFAULT_INTERVAL, credit_pack, state_of
from .conftest import SetUp
from .simulator import SimulatedAccount, Simulator
from .simulator.endpoints import ACTIVE_TASKS, HISTORIES
from .simulator.tasks import new_row

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


def strange(chance: random.Random, fields: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return fields of which some are strange, or missing, or have strange names."""
    for _ in range(chance.randint(0, 4)):
        name = chance.choice([*names, *fields])
        if chance.random() < 0.3:
            fields.pop(name, None)
        else:
            fields[name] = chance.choice(STRANGE)
    return fields


def strange_tasks(chance: random.Random) -> object:
    """Return an answer that sometimes lists tasks and sometimes is anything."""
    counts = ("staged_count", "pending_count", "processing_count", "active_tasks")
    providers: dict[str, Any] = {
        name: strange(chance, dict.fromkeys(counts, chance.randint(0, 9)), ("state",))
        for name in chance.sample(("kling", "mj", "music-s", "ä", "a" * 41, "{x}", ""), 3)
    }
    return strange_envelope(chance, strange(chance, providers, NAMES))


def strange_page(chance: random.Random) -> object:
    """Return an answer that is sometimes a page of the history and sometimes anything."""
    now = datetime.now(UTC).timestamp()
    rows: list[Any] = [
        strange(
            chance,
            new_row(
                number,
                1,
                model=chance.choice(("kling", "mj", "{model}", "ä", "a" * 65)),
                action="generate",
                usage=chance.choice((1, 2.5, 1e9)),
                usage_type=chance.choice(("point", "credit", "%s")),
                status=chance.choice(("finished", "failed", "pending", "later")),
                created_at=datetime.fromtimestamp(now - chance.randint(-9999, 2_700_000), UTC),
            ),
            ("x",),
        )
        for number in range(chance.choice((0, 1, 20, 100, 101)))
    ]
    if rows and chance.random() < 0.2:
        rows[0] = chance.choice(STRANGE)
    page = {"data": rows, "page": 1, "size": len(rows), "total": len(rows)}
    return strange_envelope(chance, strange(chance, page, ("total",)))


def strange_envelope(chance: random.Random, data: object) -> object:
    """Return an answer with data, which is sometimes something else."""
    envelope = {"code": 200, "data": data, "message": "success"}
    if chance.random() < 0.8:
        return envelope
    return chance.choice(
        (data, chance.choice(STRANGE), envelope | {"code": chance.choice(STRANGE)})
    )


def strange_notice(chance: random.Random) -> object:
    """Return what is sometimes a notice and sometimes anything."""
    if chance.random() < 0.1:
        return chance.choice(STRANGE)
    detail = strange(chance, {"bot_id": 3, "bot_name": "Painter", "reason": "too fast"}, DETAILS)
    notice = {"type": chance.choice(NOTICE_TYPES), "message": "Banned", "detail": detail}
    return strange(chance, notice, ("time", "event_type"))


def strange_bytes(chance: random.Random, document: object) -> bytes:
    """Return a document as bytes, seldom not all of them or others."""
    body = json.dumps(document).encode()
    if chance.random() < 0.05:
        body = body[: chance.randint(0, len(body))]
    if chance.random() < 0.05:
        body = chance.randbytes(chance.randint(0, 2000))
    return body


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
        simulator.respond(status, strange_bytes(chance, strange_document(chance)))
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


@pytest.mark.parametrize("options", [{CONF_USAGE: True}])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("recorder_mock", "all_enabled")
async def test_strange_tasks_and_histories(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    set_up: SetUp,
    simulator: Simulator,
    account: SimulatedAccount,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    seed: int,
) -> None:
    """The account is shown all the time; the next good answers are, also reloaded."""
    account.start_task("kling", 1, "point")
    entry = await set_up()
    expected_logs.append("^Error fetching Studio (tasks|usage) data: The service")
    chance = random.Random(seed)  # noqa: S311  (to be repeated, not to be secret)
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")
    caplog.set_level(logging.INFO)
    read = Counter[str]()
    for _ in range(100):
        simulator.requests.clear()
        for path, make in ((ACTIVE_TASKS, strange_tasks), (HISTORIES, strange_page)):
            status = chance.choice([200] * 12 + [204, 299, 401, 404, 500, 999])
            simulator.respond(status, strange_bytes(chance, make(chance)), path=path)
        freezer.tick(DEFAULT_INTERVAL)
        await entry.runtime_data.async_refresh()
        await hass.async_block_till_done(wait_background_tasks=True)
        for endpoint in (entry.runtime_data.tasks, entry.runtime_data.usage):
            read[endpoint.name] += endpoint.data is not None and endpoint.last_update_success
        # A refused key is tried twice.
        assert len(simulator.requests) <= 1 + 2 + 11
        assert state_of(hass, entry, "credit_remain").state == "74"
        for state in hass.states.async_all():
            assert valid_entity_id(state.entity_id)
            assert "'" not in state.state
    assert not [record for record in caplog.records if record.exc_info]
    for record in caplog.records:
        assert "Unexpected" not in record.getMessage()
    assert not hass.config_entries.flow.async_progress()
    assert all(20 < count < 80 for count in read.values()), read
    simulator.recover()
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, entry, "running_tasks").state == "1"
    # What was stored of all this can be loaded: otherwise there would be a warning.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, entry, "running_tasks").state == "1"
    assert entry.runtime_data.usage.last_update_success


WEBHOOK_ID = "9f" * 32


@pytest.mark.parametrize("options", [{CONF_NOTICES: True, CONF_WEBHOOK_ID: WEBHOOK_ID}])
async def test_strange_notices(
    hass: HomeAssistant,
    set_up: SetUp,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is posted is shown or dropped; what is shown is short and known."""
    monkeypatch.setattr(webhook, "MAX_NOTICES_PER_MINUTE", 1000)
    entry = await set_up()
    client = await hass_client_no_auth()
    chance = random.Random(0)  # noqa: S311  (to be repeated, not to be secret)
    caplog.set_level(logging.INFO)
    for _ in range(500):
        body = strange_bytes(chance, strange_notice(chance))
        async with client.post(f"/api/webhook/{WEBHOOK_ID}", data=body) as response:
            assert response.status in {200, 413}
        shown = {
            name: value
            for name, value in state_of(hass, entry, "notices").attributes.items()
            if name not in {"event_type", "event_types", "friendly_name"}
        }
        assert shown.keys() <= {"message", *DETAILS}
        assert all(isinstance(value, int | float) or len(value) <= 255 for value in shown.values())
    counts = entry.runtime_data.notices
    assert counts.total() == 500
    assert 50 < counts[webhook.NO_NOTICE] < 250
    assert not [record for record in caplog.records if record.exc_info]
