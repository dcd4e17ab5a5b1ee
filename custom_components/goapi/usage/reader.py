"""The reader: reads the history of tasks into the record, a few pages at a time."""

from dataclasses import dataclass, field
from typing import Protocol

from ..api import Task, TaskPage
from ..api.tasks import PAGE_SIZE
from .record import QUARTER, UsageRecord, Window

# At each poll.
MAX_PAGES = 10
# Of one quarter: 10,000 tasks in 15 minutes. What is beyond them is not read.
MAX_QUARTER_PAGES = 100


class TaskHistory(Protocol):
    """Where the history comes from."""

    async def get_task_page(self, start: int, end: int, page: int) -> TaskPage:
        """Return one page of the tasks created between two moments."""


@dataclass(slots=True)
class _Reading:
    """A window that is being read, the number of its next page, and the tasks so far by id."""

    window: Window
    began_at: float
    page: int = 1
    tasks: dict[str, Task] = field(default_factory=dict)


class HistoryReader:
    """Reads what is due, window by window; after a failure it goes on with the page that failed.

    A window is taken over when all of its pages are read. Rows that move to the next page
    meanwhile, as new ones are listed before them, are known by their id.
    """

    def __init__(self, history: TaskHistory, record: UsageRecord) -> None:
        """Read a history into a record."""
        self._history = history
        self._record = record
        self._reading: _Reading | None = None
        self.unreadable = 0

    async def read(self, now: float) -> None:
        """Read at most MAX_PAGES of what is due; raise the client's errors."""
        self._record.begin(now)
        for _ in range(MAX_PAGES):
            if self._reading is None:
                if (window := self._record.next_window(now)) is None:
                    return
                self._reading = _Reading(window, now)
            self._reading = await self._read_page(self._reading, now)

    async def _read_page(self, reading: _Reading, now: float) -> _Reading | None:
        """Read one page; return what is to be read on, None if the window is done."""
        window = reading.window
        page = await self._history.get_task_page(window.start, window.end, reading.page)
        expected = page.total or reading.page * PAGE_SIZE
        if expected > MAX_PAGES * PAGE_SIZE and window.end - window.start > QUARTER:
            # What cannot be read in one go is read in parts, so that a restart loses little.
            return _Reading(window.newest_half(), reading.began_at)
        self.unreadable += page.unreadable
        reading.tasks |= {task.id: task for task in page.tasks}
        if page.rows < PAGE_SIZE or reading.page == MAX_QUARTER_PAGES:
            self._record.replace(window, reading.tasks.values(), reading.began_at, now)
            return None
        reading.page += 1
        return reading
