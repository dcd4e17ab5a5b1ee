"""Test the client against the service over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
import gzip
import time
import tracemalloc
import zlib

import aiohttp
import pytest

from custom_components.goapi.api import (
    GoAPIAuthenticationError,
    GoAPIClient,
    GoAPIConnectionError,
    GoAPIError,
    GoAPIQuotaError,
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


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the service half a second."""
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.5)


def test_every_fault_is_in_the_table() -> None:
    """No fault of the simulator goes untested."""
    assert set(ERRORS) | HARMLESS == set(Fault)


async def test_account_is_fetched(client: GoAPIClient, simulator: Simulator) -> None:
    """One request, with the key in its header alone, gives the account."""
    account = await client.get_account()
    assert account.id == "1"
    assert account.fields["credit_remain"] == 74
    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == ("GET", "/account/info", "")
    assert request.headers["x-api-key"] == DEMO_KEY


async def test_fields_at_the_top_level(client: GoAPIClient, simulator: Simulator) -> None:
    """Some answers carry the fields beside the code."""
    simulator.flat = True
    assert (await client.get_account()).fields["credit_remain"] == 74


async def test_base_url_with_a_path(session: aiohttp.ClientSession, simulator: Simulator) -> None:
    """The path of a base URL is kept."""
    with pytest.raises(GoAPIError):
        await GoAPIClient(session, f"{simulator.url}/proxy", DEMO_KEY).get_account()
    assert simulator.requests[0].path == "/proxy/account/info"


async def test_same_answer_is_the_same_object(
    client: GoAPIClient, account: SimulatedAccount
) -> None:
    """An unchanged answer is not even parsed again; a changed one is."""
    first = await client.get_account()
    assert await client.get_account() is first
    account.set("wallet.credit_remain", 5)
    assert (await client.get_account()).fields["credit_remain"] == 5


async def test_good_body_of_a_failed_request_is_no_account(
    client: GoAPIClient, simulator: Simulator
) -> None:
    """What counts is the status too, even if the body was seen before."""
    body = b'{"code":200,"data":{"id":1}}'
    simulator.respond(200, body)
    await client.get_account()
    simulator.respond(500, body)
    with pytest.raises(GoAPIServerError):
        await client.get_account()


@pytest.mark.parametrize(
    ("fault", "error"),
    [pytest.param(*row, id=row[0]) for row in ERRORS.items() if row[0] not in SLOW],
)
async def test_fault_raises_and_recovers(
    client: GoAPIClient, simulator: Simulator, fault: Fault, error: type[GoAPIError]
) -> None:
    """Each fault raises exactly its error, and the next good answer is an account again."""
    simulator.fail(fault)
    with pytest.raises(GoAPIError) as caught:
        await client.get_account()
    assert type(caught.value) is error
    simulator.recover()
    assert (await client.get_account()).id == "1"


@pytest.mark.parametrize("fault", sorted(SLOW))
@pytest.mark.usefixtures("_impatient")
async def test_slow_service_is_given_up(
    client: GoAPIClient, simulator: Simulator, fault: Fault
) -> None:
    """An answer that does not come, or comes a byte at a time, is waited for so long only."""
    simulator.fail(fault)
    begin = time.monotonic()
    with pytest.raises(GoAPITimeoutError):
        await client.get_account()
    assert time.monotonic() - begin < 5
    simulator.recover()
    assert (await client.get_account()).id == "1"


@pytest.mark.usefixtures("_impatient")
async def test_time_limit_includes_the_second_try(
    client: GoAPIClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit is one for all that a call does."""
    monkeypatch.setattr(client_module, "AUTHENTICATION_RETRY_SECONDS", 60)
    simulator.fail(Fault.UNAUTHORIZED)
    with pytest.raises(GoAPITimeoutError):
        await client.get_account()


async def test_cancelling_is_not_caught(client: GoAPIClient, simulator: Simulator) -> None:
    """Whoever cancels a call is obeyed."""
    simulator.fail(Fault.SLOW_HEADERS)
    task = asyncio.create_task(client.get_account())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nobody_listens(client: GoAPIClient, simulator: Simulator) -> None:
    """A refused connection is an error of the connection; the service can come back."""
    port = simulator.port
    await simulator.stop()
    with pytest.raises(GoAPIConnectionError):
        await client.get_account()
    await simulator.start(port=port)
    assert (await client.get_account()).id == "1"


async def test_unknown_host(session: aiohttp.ClientSession) -> None:
    """A name that no DNS knows is an error of the connection."""
    with pytest.raises(GoAPIConnectionError):
        await GoAPIClient(session, "https://goapi.invalid", DEMO_KEY).get_account()


async def test_plain_http_where_tls_is_expected(
    session: aiohttp.ClientSession, simulator: Simulator
) -> None:
    """A failed TLS handshake is an error of the connection."""
    url = simulator.url.replace("http://", "https://")
    with pytest.raises(GoAPIConnectionError):
        await GoAPIClient(session, url, DEMO_KEY).get_account()


async def test_single_stray_401_is_asked_about_again(
    client: GoAPIClient, simulator: Simulator
) -> None:
    """One refused request among good ones says nothing about the key."""
    simulator.fail(Fault.UNAUTHORIZED, times=1)
    assert (await client.get_account()).id == "1"
    assert len(simulator.requests) == 2


async def test_two_401_in_a_row_are_meant(client: GoAPIClient, simulator: Simulator) -> None:
    """A key that is refused twice is wrong; it is not asked about a third time."""
    simulator.fail(Fault.UNAUTHORIZED)
    with pytest.raises(GoAPIAuthenticationError):
        await client.get_account()
    assert len(simulator.requests) == 2


async def test_redirect_is_not_followed(client: GoAPIClient, simulator: Simulator) -> None:
    """The host that a redirect names never hears from us, and so never gets the key."""
    async with Simulator() as other:
        simulator.redirect_target = other.url
        simulator.fail(Fault.REDIRECT)
        with pytest.raises(GoAPIResponseError):
            await client.get_account()
        assert other.requests == []


async def test_gzip_bomb_takes_no_memory(client: GoAPIClient, simulator: Simulator) -> None:
    """A small body that inflates without end is given up after the first mebibyte."""
    tracemalloc.start()
    try:
        simulator.fail(Fault.GZIP_BOMB)
        with pytest.raises(GoAPIResponseError):
            await client.get_account()
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()


GOOD = b'{"code":200,"data":{"id":7}}'


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(GOOD)),
        (" GZip", gzip.compress(GOOD)),
        ("deflate", zlib.compress(GOOD)),
        ("identity", GOOD),
        ("", GOOD),
    ],
)
async def test_honest_compression_is_understood(
    client: GoAPIClient, simulator: Simulator, encoding: str, body: bytes
) -> None:
    """A gateway that compresses unasked is understood."""
    simulator.respond(200, body, {"Content-Encoding": encoding})
    assert (await client.get_account()).id == "7"


@pytest.mark.parametrize(
    ("encoding", "body", "error"),
    [
        ("gzip", gzip.compress(GOOD)[:-5], GoAPIConnectionError),
        ("gzip", GOOD, GoAPIResponseError),
        ("gzip", gzip.compress(bytes(300_000_000)), GoAPIResponseError),
        ("deflate", zlib.compress(bytes(300_000_000)), GoAPIResponseError),
        ("br", GOOD, GoAPIResponseError),
        ("gzip, gzip", gzip.compress(gzip.compress(GOOD)), GoAPIResponseError),
    ],
    ids=["cut", "none", "gzip bomb", "deflate bomb", "unknown", "twice"],
)
async def test_other_compression_is_refused(
    client: GoAPIClient,
    simulator: Simulator,
    encoding: str,
    body: bytes,
    error: type[GoAPIError],
) -> None:
    """A compressed body that is cut, false, endless or of a kind nobody asked for is no answer."""
    simulator.respond(200, body, {"Content-Encoding": encoding})
    tracemalloc.start()
    try:
        with pytest.raises(error):
            await client.get_account()
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault.RATE_LIMITED, (30, 30)),
        (Fault.RATE_LIMITED_DATE, (20, 3600)),
        (Fault.RATE_LIMITED_ABSURD, (3600, 3600)),
    ],
)
async def test_retry_after_is_read(
    client: GoAPIClient, simulator: Simulator, fault: Fault, seconds: tuple[int, int]
) -> None:
    """The time to wait comes as seconds or as a date, and is never longer than an hour."""
    simulator.fail(fault)
    with pytest.raises(GoAPIRateLimitError) as caught:
        await client.get_account()
    assert caught.value.retry_after is not None
    assert seconds[0] <= caught.value.retry_after <= seconds[1]


@pytest.mark.parametrize(
    "header",
    [
        None,
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
    client: GoAPIClient, simulator: Simulator, header: str | None
) -> None:
    """A header that is absent, unreadable or of the past changes nothing."""
    simulator.respond(429, b"slow down", {"Retry-After": header} if header is not None else {})
    with pytest.raises(GoAPIRateLimitError) as caught:
        await client.get_account()
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b'{"code":"200","data":{"id":1}}', None),
        (200, b'{"data":{"id":1}}', None),
        (201, b'{"code":200,"data":{"id":1}}', None),
        (200, b'{"code":200,"data":null,"id":1}', None),
        (200, b'{"code":200,"data":null}', GoAPIResponseError),
        (200, b'{"code":true,"data":{"id":1}}', None),
        (200, b'{"code":1e99,"data":{"id":1}}', None),
        (200, b'{"code":"401","message":"no"}', GoAPIAuthenticationError),
        (200, b'{"code":429,"message":"no"}', GoAPIRateLimitError),
        (200, b'{"code":400,"message":"no"}', GoAPIRejectedError),
        (200, b'{"code":999999999}', GoAPIResponseError),
        (401, b"<html>Unauthorized</html>", GoAPIAuthenticationError),
        (401, b"", GoAPIAuthenticationError),
        (403, b'{"code":403,"message":"forbidden"}', GoAPIAuthenticationError),
        (403, b'{"message":"forbidden"}', GoAPIRejectedError),
        (403, b"<html>credit card offers</html>", GoAPIRejectedError),
        (502, b'{"code":401}', GoAPIServerError),
        (502, b"<html>The load balancer is down: quota</html>", GoAPIServerError),
        (503, b"load balancer down", GoAPIServerError),
        (401, b"Not enough credit", GoAPIQuotaError),
        (401, b"INSUFFICIENT_QUOTA", GoAPIQuotaError),
        (401, b'{"error":{"type":"insufficient_quota"}}', GoAPIQuotaError),
        (401, b'{"error":{"detail":{"message":"quota"}}}', GoAPIQuotaError),
        (401, b'{"error":{"error":{"error":{"message":"quota"}}}}', GoAPIAuthenticationError),
        (401, b'{"message":"InsufficientBalance"}', GoAPIQuotaError),
        (401, b'{"error":{"code":"quotaExceeded"}}', GoAPIQuotaError),
        (200, b'{"code":403,"message":"insufficientCredits"}', GoAPIQuotaError),
        (401, b'{"errors":[{"message":"out of credits"}]}', GoAPIQuotaError),
        (401, b'{"error":["out of credits"]}', GoAPIQuotaError),
        (401, b'"out of credits"', GoAPIQuotaError),
        (401, b'{"message":"wrong credentials"}', GoAPIAuthenticationError),
        (401, b'{"code":401,"data":{"plan":"credit"}}', GoAPIAuthenticationError),
        (401, b"credit " * 1000, GoAPIAuthenticationError),
        (401, b'["credit"]', GoAPIQuotaError),
        (401, b'[1, null, {"message": 5}]', GoAPIAuthenticationError),
        (304, b"", GoAPIRejectedError),
        (302, b"", GoAPIRedirectError),
    ],
)
async def test_answers_nobody_documented(
    client: GoAPIClient,
    simulator: Simulator,
    status: int,
    body: bytes,
    error: type[GoAPIError] | None,
) -> None:
    """Quota, key, service and nonsense are told apart whatever the envelope looks like."""
    simulator.respond(status, body)
    if error is None:
        assert (await client.get_account()).id == "1"
        return
    with pytest.raises(error):
        await client.get_account()


@pytest.mark.parametrize("fault", sorted(set(ERRORS) - SLOW))
async def test_exceptions_do_not_carry_the_key(
    client: GoAPIClient, simulator: Simulator, fault: Fault
) -> None:
    """Neither an error nor anything it was raised from knows the key."""
    simulator.fail(fault)
    with pytest.raises(GoAPIError) as caught:
        await client.get_account()
    error: BaseException | None = caught.value
    while error is not None:
        assert DEMO_KEY not in f"{error!s} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert DEMO_KEY not in repr(client)
