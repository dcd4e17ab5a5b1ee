"""Read what runs at present, and what has run, from the JSON of the two endpoints about tasks.

`GET /account/active_tasks` and `GET /api/open/tasks/histories` are known from public clients of the
vendor. What tasks were given and what they made is content: it is dropped here.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
import re

from .errors import GoAPIResponseError
from .models import Number
from .parser import MAX_NAMES, is_secret, read_identity, read_number, read_time

# The service refuses more.
PAGE_SIZE = 100
# The states of a row that are final; the service has other words for those that are not.
FINISHED = "finished"
FAILED = "failed"
# The tasks' own API says so.
_STATUSES = {"completed": FINISHED}
UNKNOWN = "unknown"

_PROVIDER = re.compile("[a-z0-9][a-z0-9_-]{0,39}")
# Names become part of statistics.
_MAX_WORD_LENGTH = 64


@dataclass(frozen=True, slots=True)
class ProviderTasks:
    """How many tasks of a provider are being processed, and how many wait; None is unknown."""

    running: int | None
    waiting: int | None


@dataclass(frozen=True, slots=True)
class ActiveTasks:
    """The tasks of each provider, by its name in the API."""

    providers: Mapping[str, ProviderTasks]

    @property
    def running(self) -> int | None:
        """Return how many tasks are being processed, None if that is unknown."""
        return _total(tasks.running for tasks in self.providers.values())

    @property
    def waiting(self) -> int | None:
        """Return how many tasks wait, None if that is unknown."""
        return _total(tasks.waiting for tasks in self.providers.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One row of the history.

    `usage` is in units that the API names in `usage_type`; it is zero unless the task finished, as
    what other tasks have reserved comes back. `created_at` is UTC, `api_key` the key's number.
    """

    id: str
    created_at: datetime
    model: str
    task_type: str
    api_key: str
    status: str
    usage_type: str
    usage: Number


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of the history: the tasks in it, the number of rows, and that of all pages.

    A row without an id, a time or a model is left out of the tasks. `total` is None if the service
    does not say.
    """

    tasks: tuple[Task, ...]
    rows: int
    total: int | None

    @property
    def unreadable(self) -> int:
        """Return how many rows could not be read."""
        return self.rows - len(self.tasks)


def is_final(status: str) -> bool:
    """Return whether a task with a status stays as it is."""
    return status in (FINISHED, FAILED)


def parse_active_tasks(data: Mapping[str, object], secret: str) -> ActiveTasks:
    """Return the tasks of an answer's `data`; raise GoAPIResponseError if there are none in it."""
    providers = {
        name: tasks
        for name, raw in islice(data.items(), MAX_NAMES)
        if _PROVIDER.fullmatch(name)
        and not is_secret(name, secret)
        and (tasks := _provider_tasks(raw))
    }
    if data and not providers:
        raise GoAPIResponseError("no tasks in it")
    return ActiveTasks(providers)


def parse_task_page(data: Mapping[str, object], secret: str) -> TaskPage:
    """Return a page of an answer's `data`; raise GoAPIResponseError if it is none.

    Nothing that contains `secret`, the key that was sent, is taken over.
    """
    rows = data.get("data")
    if not isinstance(rows, list) or len(rows) > PAGE_SIZE:
        raise GoAPIResponseError("no page in it")
    tasks = tuple(task for row in rows if (task := _task(row, secret)))
    return TaskPage(tasks, len(rows), _count(data.get("total")))


def _provider_tasks(raw: object) -> ProviderTasks | None:
    """Read one provider, None if it counts nothing."""
    if not isinstance(raw, dict):
        return None
    running = _count(raw.get("processing_count"))
    waiting = _total(_count(raw.get(f"{state}_count")) for state in ("pending", "staged"))
    if running is None and waiting is None:
        return None
    return ProviderTasks(running, waiting)


def _task(raw: object, secret: str) -> Task | None:
    """Read one row, None if it lacks what places it."""
    if not isinstance(raw, dict):
        return None
    with suppress(ValueError):
        row_id, created_at = read_identity(raw.get("id")), read_time(raw.get("created_at"))
        model = _word(raw.get("task_model"), secret)
        if row_id is None or created_at is None or model == UNKNOWN:
            return None
        status = _word(raw.get("status"), secret)
        status = _STATUSES.get(status, status)
        return Task(
            id=row_id,
            created_at=created_at,
            model=model,
            task_type=_word(raw.get("action"), secret),
            api_key=_word(raw.get("api_key_id"), secret),
            status=status,
            usage_type=_word(raw.get("usage_type"), secret),
            usage=(_usage(raw.get("usage")) if status == FINISHED else 0),
        )
    return None


def _word(raw: object, secret: str) -> str:
    """Read a name in lower case; what is none, or contains the secret, is unknown."""
    with suppress(ValueError):
        word = read_identity(raw)
        if word and len(word) <= _MAX_WORD_LENGTH and not is_secret(word, secret):
            return word.lower()
    return UNKNOWN


def _usage(raw: object) -> Number:
    """Read what a task used; what cannot be read adds nothing."""
    with suppress(ValueError):
        return read_number(raw) or 0
    return 0


def _count(raw: object) -> int | None:
    """Read a number of things, None if it is none."""
    with suppress(ValueError):
        number = read_number(raw)
        if isinstance(number, int) and number >= 0:
            return number
    return None


def _total(counts: Iterable[int | None]) -> int | None:
    """Add up what is known; None if something is there and nothing of it is known."""
    listed = list(counts)
    known = [count for count in listed if count is not None]
    return sum(known) if known or not listed else None
