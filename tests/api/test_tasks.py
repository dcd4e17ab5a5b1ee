"""Test how tasks are read from JSON: those that run, and those that have run."""

from collections.abc import AsyncGenerator
from dataclasses import asdict
from datetime import UTC, datetime
import json
from typing import Any

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.api import (
    ActiveTasks,
    GoAPIClient,
    GoAPIResponseError,
    ProviderTasks,
    Task,
    TaskPage,
)
from custom_components.goapi.api.parser import MAX_NAMES, MAX_NUMBER
from custom_components.goapi.api.tasks import (
    PAGE_SIZE,
    is_final,
    parse_active_tasks,
    parse_task_page,
)
from tests.simulator import DEMO_KEY, SimulatedAccount, Simulator
from tests.simulator.endpoints import ACTIVE_TASKS, HISTORIES

KEY = "0123456789abcdef"
MIB = 1024 * 1024
# What the service lists of a task, by the names of the vendor.
ROW: dict[str, Any] = {
    "id": 71,
    "task_id": "5e9e6e1d-5b3c-4b5f-9d0a-1c2b3a4d5e6f",
    "account_id": 1,
    "api_key_id": 12,
    "task_model": "kling",
    "action": "video_generation",
    "usage_type": "point",
    "usage": 2600000,
    "service_mode": "public",
    "status": "finished",
    "fixed": False,
    "created_at": "2026-11-10T16:20:05.123456+08:00",
    "updated_at": "2026-11-10T16:23:41.5+08:00",
    "deleted_at": None,
    "detail": {"input": {"prompt": "a lighthouse"}, "output": {"url": "https://example.com/1"}},
}
TASK = Task(
    id="71",
    created_at=datetime(2026, 11, 10, 8, 20, 5, 123456, UTC),
    model="kling",
    task_type="video_generation",
    api_key="12",
    status="finished",
    usage_type="point",
    usage=2600000,
)


def page_of(*rows: object, total: object = None) -> TaskPage:
    """Return the page of these rows."""
    return parse_task_page({"data": list(rows), "page": 1, "total": total}, KEY)


# --- What runs ---


def test_documented_providers_are_read() -> None:
    """Running tasks are those in process, waiting ones those that are pending or staged."""
    idle = {"staged_count": 0, "pending_count": 0, "processing_count": 0, "active_tasks": []}
    busy = {"staged_count": 1, "pending_count": 2, "processing_count": 5, "active_tasks": [{}]}
    names = ("midjourney", "kling", "luma", "flux", "music-s", "music-u")
    tasks = parse_active_tasks(dict.fromkeys(names, idle) | {"kling": busy}, KEY)
    assert tasks.providers == dict.fromkeys(names, ProviderTasks(0, 0)) | {
        "kling": ProviderTasks(5, 3)
    }
    assert (tasks.running, tasks.waiting) == (5, 3)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"processing_count": 5}, ProviderTasks(5, None)),
        ({"pending_count": 2}, ProviderTasks(None, 2)),
        ({"staged_count": 2, "pending_count": "4"}, ProviderTasks(None, 2)),
        ({"processing_count": 5.0, "staged_count": None}, ProviderTasks(5, None)),
        ({"processing_count": True, "pending_count": 0}, ProviderTasks(None, 0)),
        ({"processing_count": -1, "pending_count": 0.5, "staged_count": 1}, ProviderTasks(None, 1)),
        ({"processing_count": MAX_NUMBER * 2, "pending_count": 0}, ProviderTasks(None, 0)),
    ],
)
def test_count_that_is_missing_or_none_is_unknown(
    counts: dict[str, object], expected: ProviderTasks
) -> None:
    """It is not zero; what is known besides is shown."""
    assert parse_active_tasks({"kling": counts}, KEY).providers == {"kling": expected}


def test_account_counts_what_is_known() -> None:
    """A provider that counts only one of both adds nothing to the other."""
    providers = {"kling": {"processing_count": 2}, "flux": {"processing_count": 1}}
    tasks = parse_active_tasks(providers, KEY)
    assert (tasks.running, tasks.waiting) == (3, None)


def test_no_provider_is_nothing_that_runs() -> None:
    """The service lists nothing: nothing runs, and nothing waits."""
    tasks = parse_active_tasks({}, KEY)
    assert tasks == ActiveTasks({})
    assert (tasks.running, tasks.waiting) == (0, 0)


@pytest.mark.parametrize(
    "name", ["", "Kling", "-kling", "k" * 41, "kling ai", "kling\n", "клинг", f"a{KEY}"]
)
def test_name_that_is_none_of_a_provider(name: str) -> None:
    """Names become parts of entities: what is no plain word, or contains the key, is left out."""
    counts = {"processing_count": 1}
    assert parse_active_tasks({name: counts, "flux": counts}, KEY).providers.keys() == {"flux"}


def test_providers_are_bounded() -> None:
    """A service that makes up providers makes no more of them."""
    many = {f"p{number}": {"processing_count": 1} for number in range(MAX_NAMES + 1)}
    assert parse_active_tasks(many, KEY).running == MAX_NAMES


@pytest.mark.parametrize(
    "data",
    [{"kling": 5}, {"kling": None}, {"kling": {}}, {"kling": {"active_tasks": [1]}}, {"id": 1}],
)
def test_answer_without_tasks(data: dict[str, object]) -> None:
    """An answer of another shape is none about tasks."""
    with pytest.raises(GoAPIResponseError, match="no tasks in it"):
        parse_active_tasks(data, KEY)


# --- What has run ---


def test_documented_row_is_read() -> None:
    """All that is of interest is read, and nothing of what the task made."""
    page = page_of(ROW, total=1)
    assert page == TaskPage((TASK,), rows=1, total=1)
    assert page.unreadable == 0
    assert "lighthouse" not in repr(page)
    assert "example.com" not in repr(page)
    assert ROW["task_id"] not in repr(page)


@pytest.mark.parametrize(
    ("status", "read", "final", "usage"),
    [
        ("finished", "finished", True, 2600000),
        ("Completed", "finished", True, 2600000),
        ("failed", "failed", True, 0),
        ("FAILED", "failed", True, 0),
        ("processing", "processing", False, 0),
        ("pending", "pending", False, 0),
        ("", "unknown", False, 0),
        (None, "unknown", False, 0),
        ({}, "unknown", False, 0),
        (f"x{KEY}", "unknown", False, 0),
    ],
)
def test_status(status: object, read: str, final: bool, usage: int) -> None:
    """Only what finished used something; only what finished or failed stays as it is."""
    (task,) = page_of(ROW | {"status": status}).tasks
    assert (task.status, is_final(task.status), task.usage) == (read, final, usage)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("action", "task_type"), ("api_key_id", "api_key"), ("usage_type", "usage_type")],
)
@pytest.mark.parametrize(
    ("value", "read"),
    [
        (12, "12"),
        ("  Text TO image ", "text to image"),
        (0, "unknown"),
        (None, "unknown"),
        (1.5, "unknown"),
        (True, "unknown"),
        ([], "unknown"),
        ("x" * 65, "unknown"),
        (f"a-{KEY}-b", "unknown"),
    ],
)
def test_word_of_a_row(name: str, attribute: str, value: object, read: str) -> None:
    """Words are in lower case; one that is none, or contains the key, is unknown."""
    (task,) = page_of(ROW | {name: value}).tasks
    assert asdict(task) == asdict(TASK) | {attribute: read}


@pytest.mark.parametrize(
    ("usage", "read"),
    [(0.125, 0.125), (3.0, 3), (-2, -2), (None, 0), ("7", 0), ([], 0), (MAX_NUMBER * 2, 0)],
)
def test_usage(usage: object, read: float) -> None:
    """What cannot be read adds nothing."""
    (task,) = page_of(ROW | {"usage": usage}).tasks
    assert task.usage == read


@pytest.mark.parametrize(
    "row",
    [
        *(ROW | {name: None} for name in ("id", "created_at", "task_model")),
        *(
            {name: ROW[name] for name in ROW if name != left_out}
            for left_out in ("id", "task_model")
        ),
        ROW | {"id": 0},
        ROW | {"id": [1]},
        ROW | {"created_at": "yesterday"},
        ROW | {"created_at": "2026-11-10T16:20:05"},
        ROW | {"created_at": "0001-01-01T00:00:00Z"},
        ROW | {"created_at": 1794298805},
        ROW | {"task_model": {"name": "kling"}},
        ROW | {"task_model": f"{KEY}"},
        {},
        [],
        None,
        "row",
    ],
)
def test_row_that_cannot_be_placed_is_left_out(row: object) -> None:
    """It is counted, and the rows beside it are read."""
    page = page_of(ROW, row)
    assert page.tasks == (TASK,)
    assert (page.rows, page.unreadable) == (2, 1)


@pytest.mark.parametrize(
    ("total", "read"), [(1200, 1200), (0, 0), (None, None), ("9", None), (-1, None), (1.5, None)]
)
def test_total(total: object, read: int | None) -> None:
    """The number of rows on all pages is known only if it is one."""
    assert page_of(total=total) == TaskPage((), 0, read)


@pytest.mark.parametrize(
    "data",
    [{}, {"data": None}, {"data": {}}, {"data": "rows"}, {"data": [ROW] * (PAGE_SIZE + 1)}],
)
def test_answer_without_a_page(data: dict[str, object]) -> None:
    """No list, or one that is longer than a page, is no page."""
    with pytest.raises(GoAPIResponseError, match="no page in it"):
        parse_task_page(data, KEY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(changes=st.dictionaries(st.sampled_from(sorted(ROW)), JSON))
def test_no_row_breaks_a_page(changes: dict[str, object]) -> None:
    """Whatever is in it, a row is a task or left out, and what failed used nothing."""
    page = page_of(ROW | changes)
    assert page.rows == 1
    assert all(task.usage == 0 for task in page.tasks if task.status != "finished")


# --- Over a socket ---


@pytest.fixture
async def client(socket_enabled: None, simulator: Simulator) -> AsyncGenerator[GoAPIClient]:
    """Return a client of the simulator."""
    async with aiohttp.ClientSession() as session:
        yield GoAPIClient(session, simulator.url, DEMO_KEY)


async def test_tasks_are_fetched(
    client: GoAPIClient, simulator: Simulator, account: SimulatedAccount
) -> None:
    """One request tells what runs and waits."""
    account.start_task("mj", 1, "mj")
    account.start_task("kling", 3, waiting=True)
    tasks = await client.get_active_tasks()
    assert (tasks.running, tasks.waiting) == (1, 1)
    assert tasks.providers["midjourney"] == ProviderTasks(1, 0)
    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == ("GET", ACTIVE_TASKS, "")
    assert request.headers["x-api-key"] == DEMO_KEY


async def test_page_is_fetched(
    client: GoAPIClient, simulator: Simulator, account: SimulatedAccount
) -> None:
    """The time and the page are asked for, as many rows at once as the service allows."""
    begin = datetime(2026, 11, 10, tzinfo=UTC)
    for hour in range(3):
        created_at = begin.replace(hour=hour)
        account.finish_task(account.start_task("flux", 0.5, created_at=created_at))
    start, end = int(begin.replace(hour=1).timestamp()), int(begin.replace(hour=9).timestamp())
    page = await client.get_task_page(start, end, 1)
    assert (page.rows, page.total, page.unreadable) == (2, 2, 0)
    assert [task.created_at.hour for task in page.tasks] == [2, 1]
    assert sum(task.usage for task in page.tasks) == 1
    (request,) = simulator.requests
    assert (request.method, request.path) == ("GET", HISTORIES)
    assert request.query == f"page=1&page_size=100&start_time={start}&end_time={end}"
    assert (await client.get_task_page(start, end, 2)).rows == 0


@pytest.mark.parametrize(
    ("size", "path", "limit"), [(MIB, ACTIVE_TASKS, "1 MiB"), (8 * MIB, HISTORIES, "8 MiB")]
)
async def test_answer_that_is_too_large(
    client: GoAPIClient, simulator: Simulator, size: int, path: str, limit: str
) -> None:
    """A page may be larger than other answers, as its rows hold what tasks made."""

    async def fetch() -> ActiveTasks | TaskPage:
        """Fetch from the path."""
        if path == HISTORIES:
            return await client.get_task_page(0, 900, 1)
        return await client.get_active_tasks()

    data = {"data": [ROW]} if path == HISTORIES else {"kling": {"processing_count": 1}}
    body = json.dumps({"code": 200, "data": data}).encode()
    simulator.respond(200, body.ljust(size), path=path)
    assert await fetch()
    simulator.respond(200, body.ljust(size + 1), path=path)
    with pytest.raises(GoAPIResponseError, match=f"larger than {limit}"):
        await fetch()
