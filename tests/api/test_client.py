"""Test the client against the service over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
import gzip
import time
import tracemalloc

import aiohttp
import pytest

from custom_components.goapi.api import (
    GoAPIAuthenticationError,
    GoAPIClient,
    GoAPIConnectionError,
    GoAPIError,
    GoAPIRateLimitError,
    GoAPIRedirectError,
    GoAPIRejectedError,
    GoAPIResponseError,
    GoAPIServerError,
    GoAPITimeoutError,
    client as client_module,
)
from tests.faults import ERRORS, HARMLESS, SLOW
from tests.simulator import DEMO_KEY, Fault, SimulatedAccount, Simulator


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a session."""
    async with aiohttp.ClientSession() as running:
        yield running


@pytest.fixture
def client(session: aiohttp.ClientSession, simulator: Simulator) -> GoAPIClient:
    """Return a client of the simulator."""
    return GoAPIClient(session, simulator.url, DEMO_KEY)


async def test_account_is_fetched(client: GoAPIClient, simulator: Simulator) -> None:
    """One request, with the key in its header alone, gives the account."""
    assert (await client.get_account()).balances["credit_remain"].remaining == 74
    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == ("GET", "/account/info", "")
    assert request.headers["x-api-key"] == DEMO_KEY


async def test_path_of_the_base_url_is_kept(
    session: aiohttp.ClientSession, simulator: Simulator
) -> None:
    """A service may live below a path."""
    with pytest.raises(GoAPIRejectedError):
        await GoAPIClient(session, f"{simulator.url}/proxy", DEMO_KEY).get_account()
    assert simulator.requests[0].path == "/proxy/account/info"


async def test_same_answer_gives_the_same_object(
    client: GoAPIClient, account: SimulatedAccount
) -> None:
    """An unchanged answer is not parsed again; a changed one is."""
    first = await client.get_account()
    assert await client.get_account() is first
    account.set("wallet.credit_remain", 5)
    assert (await client.get_account()).balances["credit_remain"].remaining == 5


async def test_known_body_of_a_failed_request_is_no_account(
    client: GoAPIClient, simulator: Simulator
) -> None:
    """The status counts, even if the body was seen before."""
    body = b'{"code":200,"data":{"id":1}}'
    simulator.respond(200, body)
    await client.get_account()
    simulator.respond(500, body)
    with pytest.raises(GoAPIServerError):
        await client.get_account()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"code":200,"data":{"id":1}}'),
        (200, b'{"code":0,"data":{"id":1}}'),
        (200, b'{"code":"200","data":{"id":1}}'),
        (200, b'{"code":[200],"data":{"id":1}}'),
        (200, b'{"code":99999999999,"data":{"id":1}}'),
        (200, b'{"data":{"id":1}}'),
        (201, b'{"code":200,"data":{"id":1}}'),
        (200, b'{"code":200,"id":1}'),
        (200, b'{"code":200,"data":null,"id":1}'),
    ],
)
async def test_success_in_every_envelope(
    client: GoAPIClient, simulator: Simulator, status: int, body: bytes
) -> None:
    """The code may be 0, 200 or absent, and the account under `data` or beside the code."""
    simulator.respond(status, body)
    assert (await client.get_account()).id == "1"


@pytest.mark.parametrize(
    ("body", "error", "text"),
    [
        (b'{"code":"401"}', GoAPIAuthenticationError, "HTTP 200, code 401"),
        (b'{"code":201,"data":{"id":1}}', GoAPIRejectedError, "HTTP 200, code 201"),
        (b"<html>", GoAPIResponseError, "not JSON"),
        (b'{"id":1,"name":NaN}', GoAPIResponseError, "not JSON"),
        (b'[{"id":1}]', GoAPIResponseError, "no data in it"),
        (b'{"code":200,"data":null}', GoAPIResponseError, "no account id"),
        (b'{"code":200,"data":"ok","id":1}', GoAPIResponseError, "no data in it"),
    ],
)
async def test_anything_else_is_no_success(
    client: GoAPIClient, simulator: Simulator, body: bytes, error: type[GoAPIError], text: str
) -> None:
    """Another code, another shape or no JSON at all is an error that says so."""
    simulator.respond(200, body)
    with pytest.raises(GoAPIError) as caught:
        await client.get_account()
    assert type(caught.value) is error
    assert str(caught.value) == text


def test_every_fault_is_in_the_table() -> None:
    """No fault of the simulator goes untested."""
    assert set(ERRORS) | HARMLESS == set(Fault)


@pytest.mark.parametrize(
    ("fault", "error"), [pytest.param(*row, id=row[0]) for row in ERRORS.items()]
)
async def test_fault_raises_its_error(
    client: GoAPIClient,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    error: type[GoAPIError],
) -> None:
    """Each fault raises its error, without the key, and the next good answer is an account."""
    if fault in SLOW:
        monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.5)
    simulator.fail(fault)
    begin = time.monotonic()
    with pytest.raises(GoAPIError) as caught:
        await client.get_account()
    assert time.monotonic() - begin < 5
    assert type(caught.value) is error
    cause: BaseException | None = caught.value
    while cause is not None:
        assert DEMO_KEY not in f"{cause!s} {cause!r} {vars(cause)}"
        cause = cause.__cause__ or cause.__context__
    simulator.recover()
    assert (await client.get_account()).id == "1"


@pytest.mark.parametrize("fault", sorted(HARMLESS))
async def test_harmless_fault_is_an_account(
    client: GoAPIClient, simulator: Simulator, fault: Fault
) -> None:
    """Neither the content type nor whose account it is matters to the client."""
    simulator.fail(fault)
    assert (await client.get_account()).fields["plan"] == "hobbyist"


async def test_time_limit_includes_the_second_try(
    client: GoAPIClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit is one for all that a call does."""
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(client_module, "AUTHENTICATION_RETRY_SECONDS", 60)
    simulator.fail(Fault.UNAUTHORIZED)
    with pytest.raises(GoAPITimeoutError):
        await client.get_account()


async def test_cancelling_is_not_caught(client: GoAPIClient, simulator: Simulator) -> None:
    """A call that is cancelled ends as cancelled."""
    simulator.fail(Fault.SLOW_HEADERS)
    task = asyncio.create_task(client.get_account())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("url", ["https://goapi.invalid", "http://127.0.0.1:1", "https://{server}"])
async def test_service_that_cannot_be_reached(
    session: aiohttp.ClientSession, simulator: Simulator, url: str
) -> None:
    """An unknown name, a closed port and failed TLS are errors of the connection."""
    url = url.format(server=f"127.0.0.1:{simulator.port}")
    with pytest.raises(GoAPIConnectionError):
        await GoAPIClient(session, url, DEMO_KEY).get_account()


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED, Fault.FORBIDDEN])
async def test_refused_key_is_tried_twice(
    client: GoAPIClient, simulator: Simulator, fault: Fault
) -> None:
    """A single stray refusal says nothing about the key; two in a row do."""
    simulator.fail(fault, times=1)
    assert (await client.get_account()).id == "1"
    simulator.requests.clear()
    simulator.fail(fault)
    with pytest.raises(GoAPIAuthenticationError):
        await client.get_account()
    assert len(simulator.requests) == 2


async def test_redirect_is_not_followed(client: GoAPIClient, simulator: Simulator) -> None:
    """The host that a redirect names gets no request, and so never the key."""
    async with Simulator() as other:
        simulator.redirect_target = other.url
        simulator.fail(Fault.REDIRECT)
        with pytest.raises(GoAPIRedirectError):
            await client.get_account()
        assert other.requests == []


async def test_compressed_answer_is_not_inflated(client: GoAPIClient, simulator: Simulator) -> None:
    """No compression is asked for, so a compressed answer is not JSON, and takes no memory."""
    simulator.respond(
        200, gzip.compress(b'{"data":{"id":1}}' + b" " * 30_000_000), {"Content-Encoding": "gzip"}
    )
    tracemalloc.start()
    try:
        with pytest.raises(GoAPIResponseError, match="not JSON"):
            await client.get_account()
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()
    assert simulator.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        (Fault.RATE_LIMITED, 30, 30),
        (Fault.RATE_LIMITED_DATE, 20, 90),
        (Fault.RATE_LIMITED_ABSURD, 3600, 3600),
    ],
)
async def test_retry_after_is_read(
    client: GoAPIClient, simulator: Simulator, fault: Fault, least: int, most: int
) -> None:
    """The time to wait comes as seconds or as a date, and is never longer than an hour."""
    simulator.fail(fault)
    with pytest.raises(GoAPIRateLimitError) as caught:
        await client.get_account()
    assert caught.value.retry_after is not None
    assert least <= caught.value.retry_after <= most


@pytest.mark.parametrize(
    "header",
    [
        "",
        "0",
        "-5",
        "soon",
        "1e3",
        "²",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 -0000",
        "Wed, 99 Oct 2015 07:28:00 GMT",
    ],
)
async def test_retry_after_that_asks_for_nothing(
    client: GoAPIClient, simulator: Simulator, header: str
) -> None:
    """A header that is unreadable or of the past changes nothing."""
    simulator.respond(429, b"slow down", {"Retry-After": header})
    with pytest.raises(GoAPIRateLimitError) as caught:
        await client.get_account()
    assert caught.value.retry_after is None
