"""A history in memory, and what its tests share."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from custom_components.goapi.api import GoAPIError, GoAPIServerError, Task, TaskPage
from custom_components.goapi.api.tasks import PAGE_SIZE
from custom_components.goapi.usage import HistoryReader, UsageRecord
from custom_components.goapi.usage.record import Window

MINUTE = 60
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# A full hour.
NOON = int(datetime(2026, 11, 10, 12, tzinfo=UTC).timestamp())

_numbers = count(1)


def task_at(moment: float, **more: Any) -> Task:
    """Return a task that was created at a moment; unless told otherwise it used one credit."""
    fields: dict[str, Any] = {
        "id": str(next(_numbers)),
        "model": "kling",
        "task_type": "video",
        "api_key": "1",
        "status": "finished",
        "usage_type": "credit",
        "usage": 1,
    }
    return Task(created_at=datetime.fromtimestamp(moment, UTC), **(fields | more))


class FakeHistory:
    """A history; `tasks` are listed as they stand here, and `requests` tells what was asked for.

    `before_page` is called before each page, and may change the tasks or raise.
    """

    def __init__(self, *tasks: Task, has_total: bool = True) -> None:
        """List tasks, and say how many there are if the service does."""
        self.tasks = list(tasks)
        self.has_total = has_total
        self.requests: list[tuple[Window, int]] = []
        self.before_page: Callable[[], None] = lambda: None

    async def get_task_page(self, start: int, end: int, page: int) -> TaskPage:
        """Return one page; the end counts, too."""
        self.requests.append((Window(start, end), page))
        self.before_page()
        rows = [task for task in self.tasks if start <= task.created_at.timestamp() <= end]
        shown = tuple(rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
        return TaskPage(shown, len(shown), len(rows) if self.has_total else None)

    def pages(self) -> list[tuple[int, int, int]]:
        """Return what was asked for since the last call: begin and end in minutes, and page.

        Minutes are counted from NOON.
        """
        asked = [
            ((window.start - NOON) // MINUTE, (window.end - NOON) // MINUTE, page)
            for window, page in self.requests
        ]
        self.requests.clear()
        return asked


def outage(times: int = 1, after: int = 0) -> Callable[[], None]:
    """Return a function that raises so many times, after some calls that go well."""
    calls = count()

    def fail() -> None:
        """Raise if it is time."""
        if after <= next(calls) < after + times:
            raise GoAPIServerError("HTTP 500")

    return fail


def put(record: UsageRecord, window: Window, tasks: Iterable[Task], at: float) -> None:
    """Put all the tasks of a window into a record, read in one moment."""
    record.replace(window, tasks, at, at)


async def poll(reader: HistoryReader, now: float) -> bool:
    """Read as a poll does, and return whether it went well."""
    try:
        await reader.read(now)
    except GoAPIError:
        return False
    return True


async def read_all(reader: HistoryReader, history: FakeHistory, now: float) -> None:
    """Read all that is due, and forget what was asked for."""
    for _ in range(50):
        await reader.read(now)
    history.requests.clear()


def tally(record: UsageRecord) -> tuple[int, float]:
    """Return how many tasks are known, and what they used."""
    found = [each for groups in record.tallies.values() for each in groups.values()]
    return sum(each.tasks for each in found), sum(each.usage for each in found)
