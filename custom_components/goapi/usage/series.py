"""Series: what each model used by hour, with running sums, as statistics want it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
import re
from typing import NamedTuple

from ..accounting.floats import rounded
from ..api import Number
from ..api.tasks import FAILED
from .record import HOUR, Group, Tally, UsageRecord

TASKS = "tasks"
FAILURES = "failures"
USAGE = "usage"


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted: the tasks, failures or usage of a model; usage is of one type."""

    model: str
    kind: str
    usage_type: str = ""

    @property
    def id(self) -> str:
        """Return the name of the series, made of lower-case letters, digits and underscores."""
        words = (self.model, self.usage_type, self.kind)
        return "_".join(slug for word in words if (slug := _slug(word)))


class SeriesRow(NamedTuple):
    """An hour of a series: when it begins, what was added in it, and the sum at its end."""

    start: int
    amount: Number
    sum: Number


def all_series(record: UsageRecord) -> dict[str, Series]:
    """Return the series of what is in the record, by id."""
    groups = set().union(*record.tallies.values())
    return {name: series for group in groups for name, series in _series(group).items()}


def series_rows(record: UsageRecord, start: int) -> dict[str, list[SeriesRow]]:
    """Return the rows of all series from the hour that a moment is in, by id.

    Every series has a row in each hour in which anything is known of any. Sums go on from
    `bases`.
    """
    sums = {name: record.bases.get(name, 0) for name in all_series(record)}
    rows: dict[str, list[SeriesRow]] = {name: [] for name in sums}
    hours = groupby(sorted(record.tallies), key=lambda quarter: quarter // HOUR * HOUR)
    for hour, quarters in hours:
        amounts = _amounts(record.tallies[quarter] for quarter in quarters)
        for name, amount in amounts.items():
            sums[name] = rounded(sums[name] + amount)
        if hour + HOUR > start:
            for name, total in sums.items():
                rows[name].append(SeriesRow(hour, rounded(amounts.get(name, 0)), total))
    return rows


def drop_before(record: UsageRecord, oldest: int) -> None:
    """Drop what is older than a moment; the sums of statistics that were written keep it."""
    old = [quarter for quarter in record.tallies if quarter < oldest]
    for name, amount in _amounts(record.tallies.pop(quarter) for quarter in old).items():
        if name in record.bases:
            record.bases[name] = rounded(record.bases[name] + amount)


@lru_cache(maxsize=1024)
def _series(group: Group) -> dict[str, Series]:
    """Return the series that a group counts in, by id: tasks, failures and usage."""
    model = group.model
    usage = Series(model, USAGE, group.usage_type)
    return {each.id: each for each in (Series(model, TASKS), Series(model, FAILURES), usage)}


def _amounts(quarters: Iterable[Mapping[Group, Tally]]) -> dict[str, Number]:
    """Return what some quarters add to each series, by id."""
    amounts: dict[str, Number] = {}
    for groups in quarters:
        for group, tally in groups.items():
            failed = tally.tasks if group.status == FAILED else 0
            added = (tally.tasks, failed, tally.usage)
            for name, amount in zip(_series(group), added, strict=True):
                amounts[name] = amounts.get(name, 0) + amount
    return amounts


def _slug(word: str) -> str:
    """Return a word as part of an id."""
    return re.sub("[^a-z0-9]+", "_", word).strip("_")
