"""The report: what was used in a time, by model, task type, API key or status."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from ..accounting.floats import rounded
from ..api import Number
from ..api.tasks import FAILED
from .record import Group, UsageRecord

GROUP_BY: dict[str, Callable[[Group], str]] = {
    name: attrgetter(name) for name in ("model", "task_type", "api_key", "status")
}


@dataclass(slots=True)
class UsageRow:
    """What tasks of one name used, in units of one type.

    `tasks` are those that were created in the time, `failed` those of them that failed. `share` is
    that of all usage of the type in percent, None where nothing was used.
    """

    name: str
    usage_type: str
    tasks: int = 0
    failed: int = 0
    usage: Number = 0
    share: float | None = None


def usage_report(record: UsageRecord, start: float, end: float, group_by: str) -> list[UsageRow]:
    """Return a row for each name and usage type, those that used most first.

    It counts the quarters that begin within the time. Usage of different types is never added up.
    """
    rows: dict[tuple[str, str], UsageRow] = {}
    totals: dict[str, Number] = {}
    for group, tally in record.between(start, end):
        key = (GROUP_BY[group_by](group), group.usage_type)
        row = rows.setdefault(key, UsageRow(*key))
        row.tasks += tally.tasks
        row.failed += tally.tasks if group.status == FAILED else 0
        row.usage = rounded(row.usage + tally.usage)
        totals[row.usage_type] = totals.get(row.usage_type, 0) + tally.usage
    for row in rows.values():
        if total := totals[row.usage_type]:
            row.share = round(100 * row.usage / total, 2)
    return sorted(rows.values(), key=lambda row: (row.usage_type, -row.usage, -row.tasks, row.name))


def top_model(record: UsageRecord, start: float, end: float) -> str | None:
    """Return the model that used most, of the usage type that most tasks have."""
    rows = usage_report(record, start, end, "model")
    tasks: Counter[str] = Counter()
    for row in rows:
        tasks[row.usage_type] += row.tasks
    for usage_type, _ in tasks.most_common(1):
        return next(row.name for row in rows if row.usage_type == usage_type)
    return None
