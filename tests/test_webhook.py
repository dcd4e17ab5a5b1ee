"""Test the notices that are posted to Home Assistant: over real sockets, and as the cloud does."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from datetime import timedelta
import gzip
import io
import json
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from homeassistant.const import CONF_API_KEY, CONF_WEBHOOK_ID, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from custom_components.goapi import webhook
from custom_components.goapi.api import NOTICE_TYPES
from custom_components.goapi.const import CONF_NOTICES, CONF_RUNNING_TASKS, DOMAIN

from .common import WEBHOOK_ID, entity_id, state_of, wait_and_poll
from .conftest import SetUp
from .simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator

OTHER_ID = "7c" * 32
OTHER_KEY = "key-of-another-account"
NOTICE = {"type": "mj_penalty_triggered", "time": 1767225600, "message": "", "detail": {}}
# What the vendor documents, type by type.
DOCUMENTED: dict[str, dict[str, Any]] = {
    "go_api_quota_exchange_failed": {"quota_type": "mj", "credis_remain": 12.5},
    "gpt_account_unavailable": {
        "gpt_account_id": 7,
        "gpt_account_name": "Plus",
        "reason": "login failed",
    },
    "gpt_usage_limit_reached": {
        "gpt_account_id": "a-7",
        "gpt_account_name": "Plus",
        "limit_until": 1767229200,
    },
    "mj_bot_banned": {
        "bot_id": 3,
        "bot_name": "Painter",
        "reason": "too fast",
        "block_until": "2026-12-01T00:00:00Z",
    },
    "mj_bot_captcha_required": {"bot_id": 3, "bot_name": "Painter"},
    "mj_bot_no_fasthour": {"bot_id": 3, "bot_name": "Painter", "subscription_plan": "pro"},
    "mj_bot_subscription_expired": {"bot_id": 3, "bot_name": "Painter"},
    "mj_penalty_triggered": {
        "penalty_type": "relax",
        "task_id": "5b1c",
        "threshold": 100,
        "cap_usage": 112,
    },
    "no_active_mj_bot": {},
    "other": {},
}

type Post = Callable[..., Awaitable[int]]


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of an entry that receives notices."""
    return {CONF_RUNNING_TASKS: False, CONF_NOTICES: True, CONF_WEBHOOK_ID: WEBHOOK_ID}


@pytest.fixture(autouse=True)
def _secret_id(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Fail a test in which an id is logged by the integration, or by whoever logs by default."""
    # The test's own server would log each request, and cannot do so while time stands still.
    caplog.set_level(logging.WARNING, "aiohttp.access")
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.get_records("call"):
        is_ours = record.name.startswith(f"custom_components.{DOMAIN}")
        if is_ours or record.levelno >= logging.WARNING:
            for webhook_id in (WEBHOOK_ID, OTHER_ID):
                assert webhook_id not in f"{record.getMessage()} {record.__dict__}"


@pytest.fixture
async def post(hass: HomeAssistant, set_up: SetUp, server: ClientSessionGenerator) -> Post:
    """Set the entry up; return a function that posts to it and waits until all is over."""
    client = await server()

    async def post_notice(
        body: object = NOTICE, webhook_id: str = WEBHOOK_ID, method: str = "POST", **more: Any
    ) -> int:
        """Return the status of the answer."""
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        path = f"/api/webhook/{webhook_id}"
        async with client.request(method, path, data=data, **more) as response:
            assert await response.read() == b""
        await hass.async_block_till_done(wait_background_tasks=True)
        return response.status

    return post_notice


@pytest.fixture
def server(set_up: SetUp, hass_client_no_auth: ClientSessionGenerator) -> ClientSessionGenerator:
    """Return a function that sets the entry up and returns a client of Home Assistant."""

    async def start() -> Any:
        """Set the entry up first: the server cannot get another view."""
        await set_up()
        return await hass_client_no_auth()

    return start


def notices_of(entry: MockConfigEntry) -> dict[str, int]:
    """Return how many notices were read, by type, and how many requests were dropped."""
    return dict(entry.runtime_data.notices)


@pytest.mark.parametrize("kind", NOTICE_TYPES)
async def test_each_type_is_shown_with_its_details(
    hass: HomeAssistant,
    server: ClientSessionGenerator,
    entry: MockConfigEntry,
    simulator: Simulator,
    account: SimulatedAccount,
    kind: str,
) -> None:
    """The event entity has the type, the message and the documented details, and no others."""
    client = await server()
    assert state_of(hass, entry, "notices").state == STATE_UNKNOWN
    account.set("notification_hook_url", str(client.make_url(f"/api/webhook/{WEBHOOK_ID}")))
    documented = DOCUMENTED[kind]
    detail = {**documented, "output": "https://example.com/a.png", "event_type": "low"}
    assert await simulator.send_notice(kind, detail, "Something happened") == 200
    await hass.async_block_till_done(wait_background_tasks=True)
    state = state_of(hass, entry, "notices")
    attributes = dict(state.attributes)
    assert set(attributes.pop("event_types")) == set(NOTICE_TYPES)
    assert attributes.pop("friendly_name") == "Studio Notices"
    assert attributes == {"event_type": kind, "message": "Something happened", **documented}
    assert notices_of(entry) == {kind: 1}


async def test_an_unknown_type_is_other(
    hass: HomeAssistant, post: Post, entry: MockConfigEntry
) -> None:
    """A type that nobody documents is a notice too."""
    assert await post({"type": "low_balance", "detail": {"reason": "new"}}) == 200
    state = state_of(hass, entry, "notices")
    assert (state.attributes["event_type"], state.attributes["reason"]) == ("other", "new")


async def test_a_notice_stays_during_an_outage(
    hass: HomeAssistant,
    post: Post,
    entry: MockConfigEntry,
    simulator: Simulator,
    expected_logs: list[str],
) -> None:
    """What was reported was reported; the poll that a notice asks for may fail."""
    simulator.fail(Fault.SERVER_ERROR)
    expected_logs.append("Error fetching Studio data")
    assert await post() == 200
    assert not entry.runtime_data.last_update_success
    state = state_of(hass, entry, "notices")
    assert state.attributes["event_type"] == "mj_penalty_triggered"


async def test_a_notice_asks_for_a_poll_once_a_minute(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    post: Post,
    entry: MockConfigEntry,
    simulator: Simulator,
    account: SimulatedAccount,
) -> None:
    """The first is followed by a poll at once, all others by one when the minute is over."""
    simulator.requests.clear()
    account.set("wallet.credit_remain", 70)
    await post()
    assert len(simulator.requests) == 1
    assert state_of(hass, entry, "credit_remain").state == "70"
    account.set("wallet.credit_remain", 60)
    for _ in range(3):
        await post()
    assert len(simulator.requests) == 1
    await wait_and_poll(hass, freezer, timedelta(seconds=61))
    assert len(simulator.requests) == 2
    assert state_of(hass, entry, "credit_remain").state == "60"
    await wait_and_poll(hass, freezer, timedelta(seconds=61))
    assert len(simulator.requests) == 2
    await post()
    assert len(simulator.requests) == 3


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
async def test_other_methods_are_refused(post: Post, entry: MockConfigEntry, method: str) -> None:
    """Only POST is answered; Home Assistant, which would log the id, is not left to refuse."""
    assert await post(method=method) == 405
    assert notices_of(entry) == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"low balance", 200),
        (b"type=mj_bot_banned", 200),
        (b"\xff\xfe{}", 200),
        (b'{"type": "mj_bot_banned"', 200),
        (b"[" * 30_000, 200),
        (b'{"type": "other", "detail": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, 200),
        ([NOTICE], 200),
        ("mj_bot_banned", 200),
        (None, 200),
        ({}, 200),
        ({"detail": {}}, 200),
        ({"type": None}, 200),
        ({"type": 5}, 200),
        ({"type": {"type": "mj_bot_banned"}}, 200),
        (b"[" * 100_000, 413),
        (json.dumps(NOTICE).encode() + b" " * webhook.MAX_BODY_SIZE, 413),
        (b" " * 10 * 1024 * 1024, 413),
    ],
    ids=lambda value: repr(value)[:24],
)
async def test_what_is_no_notice_is_dropped(
    hass: HomeAssistant,
    post: Post,
    entry: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    body: object,
    status: int,
) -> None:
    """It is counted and said once at debug level; nothing is shown and nothing is polled."""
    simulator.requests.clear()
    caplog.clear()
    assert await post(body) == status
    assert notices_of(entry) == {webhook.NO_NOTICE: 1}
    assert simulator.requests == []
    assert state_of(hass, entry, "notices").state == STATE_UNKNOWN
    ours = [record for record in caplog.records if record.name == webhook.__name__]
    assert [record.levelno for record in ours] == [logging.DEBUG]
    assert await post() == 200
    assert state_of(hass, entry, "notices").state != STATE_UNKNOWN


async def test_a_notice_may_be_as_large_as_the_limit(post: Post, entry: MockConfigEntry) -> None:
    """The limit is that of the body, whatever is in it."""
    body = json.dumps(NOTICE).encode()
    assert await post(body + b" " * (webhook.MAX_BODY_SIZE - len(body))) == 200
    assert notices_of(entry) == {"mj_penalty_triggered": 1}


@pytest.mark.parametrize(
    ("content", "status", "counted"),
    [
        (gzip.compress(json.dumps(NOTICE).encode()), 200, "mj_penalty_triggered"),
        (gzip.compress(b" " * 10_000_000), 413, webhook.NO_NOTICE),
        (b"this is no gzip file", 413, webhook.NO_NOTICE),
    ],
    ids=["notice", "large", "damaged"],
)
async def test_compressed_bodies(
    post: Post,
    entry: MockConfigEntry,
    expected_logs: list[str],
    content: bytes,
    status: int,
    counted: str,
) -> None:
    """Home Assistant's server unpacks them; what is too large then is too large."""
    if content[:2] != gzip.compress(b"")[:2]:
        # The server says this of a body that it cannot unpack, whoever is to read it.
        expected_logs.append("^Unhandled exception$")
    assert await post(content, headers={"Content-Encoding": "gzip"}) == status
    assert notices_of(entry) == {counted: 1}


@pytest.mark.parametrize("is_cut", [False, True])
async def test_a_body_that_does_not_end(
    server: ClientSessionGenerator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    is_cut: bool,
) -> None:
    """A body that comes too slowly is given up; one that is cut off leaves nothing behind."""
    monkeypatch.setattr(webhook, "READ_SECONDS", 0.2)
    client = await server()
    reader, writer = await asyncio.open_connection(client.host, client.port)
    head = (
        f"POST /api/webhook/{WEBHOOK_ID} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{{"
    )
    writer.write(head.encode())
    await writer.drain()
    if is_cut:
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await asyncio.sleep(0.3)
    else:
        async with asyncio.timeout(5):
            answer = await reader.readline()
        assert answer.split()[1] == b"413"
        writer.close()
        assert notices_of(entry) == {webhook.NO_NOTICE: 1}


async def test_a_thousand_requests(
    hass: HomeAssistant,
    server: ClientSessionGenerator,
    entry: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Ten of them are read and one poll is made, while Home Assistant goes on working."""
    client = await server()
    # The server's own lines would be most of the work.
    caplog.set_level(logging.INFO)
    simulator.requests.clear()
    lags: list[float] = []

    async def measure() -> None:
        """Note how late each turn of the event loop comes."""
        while True:
            before = hass.loop.time()
            await asyncio.sleep(0.01)
            lags.append(hass.loop.time() - before)

    async def post(count: int) -> list[int]:
        """Post so many notices, one after the other."""
        statuses = []
        for _ in range(count):
            async with client.post(f"/api/webhook/{WEBHOOK_ID}", json=NOTICE) as response:
                statuses.append(response.status)
        return statuses

    measuring = hass.async_create_background_task(measure(), "measure")
    statuses = [
        each for part in await asyncio.gather(*(post(50) for _ in range(20))) for each in part
    ]
    measuring.cancel()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert max(lags) < 1
    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) == webhook.MAX_NOTICES_PER_MINUTE
    assert notices_of(entry) == {"mj_penalty_triggered": 10, webhook.NO_NOTICE: 990}
    assert [request.path for request in simulator.requests] == ["/account/info"]


async def test_requests_are_read_again_after_a_minute(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, post: Post
) -> None:
    """The ten are those of the last minute."""
    assert [await post() for _ in range(11)] == [200] * 10 + [429]
    await wait_and_poll(hass, freezer, timedelta(seconds=59))
    assert await post() == 429
    await wait_and_poll(hass, freezer, timedelta(seconds=2))
    assert [await post() for _ in range(11)] == [200] * 10 + [429]


@pytest.mark.parametrize("method", ["async_unload", "async_remove"])
async def test_an_entry_that_is_unloaded_or_removed(
    hass: HomeAssistant, post: Post, entry: MockConfigEntry, simulator: Simulator, method: str
) -> None:
    """Nobody receives its notices, nor is it polled for one that came before."""
    await post()
    await post()
    before = hass.states.get("event.studio_notices")
    assert before
    await getattr(hass.config_entries, method)(entry.entry_id)
    simulator.requests.clear()
    assert await post() == 200
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.requests == []
    if method == "async_unload":
        await hass.config_entries.async_setup(entry.entry_id)
        state = state_of(hass, entry, "notices")
        assert state.state == before.state
        assert state.attributes["event_type"] == "mj_penalty_triggered"
        assert await post() == 200
        assert state_of(hass, entry, "notices").state != before.state


async def test_another_id(
    hass: HomeAssistant, post: Post, entry: MockConfigEntry, simulator: Simulator
) -> None:
    """After a change the old address is one that Home Assistant does not know."""
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_WEBHOOK_ID: OTHER_ID}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    assert await post() == 200
    assert notices_of(entry) == {}
    assert await post(webhook_id=OTHER_ID) == 200
    assert notices_of(entry) == {"mj_penalty_triggered": 1}


async def test_option_off_removes_the_entity(
    hass: HomeAssistant, post: Post, entry: MockConfigEntry
) -> None:
    """Without the option there is no entity and no address; the id is kept for another time."""
    shown = entity_id(hass, entry, "notices")
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_NOTICES: False})
    await hass.config_entries.async_reload(entry.entry_id)
    assert er.async_get(hass).async_get(shown) is None
    assert hass.states.get(shown) is None
    assert await post() == 200
    assert notices_of(entry) == {}
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_NOTICES: True})
    await hass.config_entries.async_reload(entry.entry_id)
    assert await post() == 200
    assert state_of(hass, entry, "notices").attributes["event_type"] == "mj_penalty_triggered"


async def test_two_accounts(
    hass: HomeAssistant, post: Post, entry: MockConfigEntry, simulator: Simulator
) -> None:
    """Each account has an address of its own, and polls for itself."""
    account = SimulatedAccount.documented()
    account.set("id", 2)
    simulator.accounts[OTHER_KEY] = account
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        unique_id="2",
        data={**entry.data, CONF_API_KEY: OTHER_KEY},
        options={**entry.options, CONF_WEBHOOK_ID: OTHER_ID},
    )
    other.add_to_hass(hass)
    await hass.config_entries.async_setup(other.entry_id)
    simulator.requests.clear()
    await post(webhook_id=OTHER_ID)
    assert [request.headers["x-api-key"] for request in simulator.requests] == [OTHER_KEY]
    assert (notices_of(entry), notices_of(other)) == ({}, {"mj_penalty_triggered": 1})
    await post({"type": "no_active_mj_bot"})
    assert [request.headers["x-api-key"] for request in simulator.requests] == [OTHER_KEY, DEMO_KEY]
    shown = [state_of(hass, each, "notices").attributes["event_type"] for each in (entry, other)]
    assert shown == ["no_active_mj_bot", "mj_penalty_triggered"]
    await hass.config_entries.async_unload(other.entry_id)


@pytest.mark.parametrize(
    ("method", "body", "status", "counted"),
    [
        ("POST", json.dumps(NOTICE), 200, {"mj_penalty_triggered": 1}),
        ("POST", "no JSON", 200, {webhook.NO_NOTICE: 1}),
        ("POST", " " * 100_000, 413, {webhook.NO_NOTICE: 1}),
        ("GET", "", 405, {}),
        ("PUT", json.dumps(NOTICE), 405, {}),
    ],
)
async def test_home_assistant_cloud(
    hass: HomeAssistant,
    set_up: SetUp,
    hass_ws_client: WebSocketGenerator,
    method: str,
    body: str,
    status: int,
    counted: dict[str, int],
) -> None:
    """What comes from the cloud is no request of the server, and is treated the same."""
    entry = await set_up()
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "webhook/handle", "webhook_id": WEBHOOK_ID, "method": method, "body": body}
    )
    answer = await client.receive_json()
    assert answer["result"]["status"] == status
    await hass.async_block_till_done(wait_background_tasks=True)
    assert notices_of(entry) == counted
