"""The record of what was used: tasks and their usage, by quarter of an hour.

A quarter that is read again replaces what is known of it, so that nothing counts twice. All moments
are Unix seconds; a quarter is known by the moment it begins. Time zones differ by quarters, so that
each day is made of whole ones, and so are the hours of statistics.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from ..accounting.floats import rounded
from ..api import Number, Task
from ..api.tasks import is_final

QUARTER = 15 * 60
HOUR = 60 * 60
DAY = 24 * HOUR
# How far back the history is read and kept.
KEPT_SECONDS = 30 * DAY
# The service may list a task late: a quarter is read once more so long after its end.
SETTLE_SECONDS = HOUR
# How often an older quarter is read whose tasks are not all final.
RETRY_SECONDS = HOUR


class Group(NamedTuple):
    """What tasks have in common, in the API's words."""

    model: str
    task_type: str
    api_key: str
    status: str
    usage_type: str

    @property
    def is_final(self) -> bool:
        """Return whether the tasks stay as they are."""
        return is_final(self.status)


class Tally(NamedTuple):
    """How many tasks there were, and what they used."""

    tasks: int
    usage: Number


class Window(NamedTuple):
    """A time to read: from the beginning of a quarter to that of another, which is not in it."""

    start: int
    end: int

    def newest_half(self) -> Window:
        """Return the later half of the quarters."""
        quarters = (self.end - self.start) // QUARTER
        return Window(self.end - (quarters + 1) // 2 * QUARTER, self.end)


def quarter_start(moment: float) -> int:
    """Return when the quarter that a moment is in began."""
    return int(moment) // QUARTER * QUARTER


@dataclass(slots=True)
class UsageRecord:
    """What is known of an account's tasks, and what is to be read.

    `tallies` holds what there was in each quarter, `due` when a quarter is to be read next (0 until
    it was read once), `end` the end of the last quarter in either. `bases` is what statistics
    summed up to before the oldest quarter, by their id. `changed_from` is the first quarter that
    changed since statistics were written.
    """

    tallies: dict[int, dict[Group, Tally]] = field(default_factory=dict)
    due: dict[int, float] = field(default_factory=dict)
    end: int = 0
    bases: dict[str, Number] = field(default_factory=dict)
    changed_from: int | None = None

    def begin(self, now: float) -> None:
        """Let the quarters up to the present one be due."""
        end = quarter_start(now) + QUARTER
        if self.end > end + HOUR:
            # The clock was ahead. All of it can be read again.
            self.tallies, self.due, self.end, self.bases = {}, {}, 0, {}
        for quarter in range(max(self.end, self.oldest(now)), end, QUARTER):
            self.due[quarter] = 0
        self.end = max(self.end, end)
        self.due = {each: due for each, due in self.due.items() if each >= self.oldest(now)}

    @staticmethod
    def oldest(now: float) -> int:
        """Return the oldest quarter that is kept, which begins an hour."""
        return int(now) // HOUR * HOUR - KEPT_SECONDS

    def next_window(self, now: float) -> Window | None:
        """Return what is to be read next, the newest first; None if nothing is.

        Quarters less than an hour apart are read together.
        """
        window: Window | None = None
        for quarter in sorted((each for each, due in self.due.items() if due <= now), reverse=True):
            if window is None:
                window = Window(quarter, quarter + QUARTER)
            elif window.start - quarter > HOUR:
                break
            else:
                window = Window(quarter, window.end)
        return window

    def replace(self, window: Window, tasks: Iterable[Task], began_at: float, now: float) -> None:
        """Replace what is known of a window by all the tasks that were created in it.

        They were read from `began_at` until now; what is not kept any more by now stays out.
        """
        found: dict[int, dict[Group, Tally]] = {}
        for task in tasks:
            group = Group(task.model, task.task_type, task.api_key, task.status, task.usage_type)
            groups = found.setdefault(quarter_start(task.created_at.timestamp()), {})
            count, usage = groups.get(group, Tally(0, 0))
            groups[group] = Tally(count + 1, rounded(usage + task.usage))
        for quarter in range(max(window.start, self.oldest(now)), window.end, QUARTER):
            groups = found.get(quarter, {})
            if groups != self.tallies.get(quarter, {}):
                self.tallies[quarter] = groups
                self.changed_from = min(self.changed_from or quarter, quarter)
            self._schedule(quarter, groups, began_at, now)

    def _schedule(self, quarter: int, groups: Iterable[Group], began_at: float, now: float) -> None:
        """Plan when a quarter that was read is read again, at the next poll at the earliest."""
        end = quarter + QUARTER
        is_open = not all(group.is_final for group in groups)
        self.due.pop(quarter, None)
        if began_at < end or (is_open and began_at < end + SETTLE_SECONDS):
            self.due[quarter] = now + 1
        elif began_at < end + SETTLE_SECONDS:
            self.due[quarter] = end + SETTLE_SECONDS
        elif is_open:
            self.due[quarter] = now + RETRY_SECONDS

    def is_complete(self, start: float, end: float) -> bool:
        """Return whether all of a time was read at least once, but for a quarter still going on."""
        return quarter_start(end) <= self.end and not any(
            due == 0 and start <= quarter < end for quarter, due in self.due.items()
        )

    def between(self, start: float, end: float) -> Iterator[tuple[Group, Tally]]:
        """Yield what there was in the quarters that begin within a time."""
        for quarter in range(-(-int(start) // QUARTER) * QUARTER, int(end), QUARTER):
            yield from self.tallies.get(quarter, {}).items()

    def as_dict(self) -> dict[str, Any]:
        """Return the record as JSON can hold it: what is repeated in it stands in a list once."""
        groups: dict[Group, int] = {}
        tallies = {
            str(quarter): [
                [groups.setdefault(group, len(groups)), *tally] for group, tally in found.items()
            ]
            for quarter, found in self.tallies.items()
        }
        return {
            "groups": [list(group) for group in groups],
            "tallies": tallies,
            "due": {str(quarter): due for quarter, due in self.due.items()},
            "end": self.end,
            "bases": self.bases,
            "changed_from": self.changed_from,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what `as_dict` was made of.

        Raises ValueError, TypeError, LookupError or AttributeError if it is something else.
        """
        groups = [Group(*group) for group in saved["groups"]]
        return cls(
            tallies={
                int(quarter): {groups[index]: Tally(*tally) for index, *tally in found}
                for quarter, found in saved["tallies"].items()
            },
            due={int(quarter): float(due) for quarter, due in saved["due"].items()},
            end=int(saved["end"]),
            bases=dict(saved["bases"]),
            changed_from=saved["changed_from"],
        )
