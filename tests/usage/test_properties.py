"""Test what holds for any sequence of tasks, outages, restarts and crashes.

A history in memory lists tasks late and out of order, and changes their status later still. When
all is quiet, what was read of it equals what is in it, to the last unit.
"""

from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass
from decimal import Decimal
import json
import sys
from typing import override
from unittest.mock import patch

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from custom_components.goapi.api import Task
from custom_components.goapi.usage import (
    GROUP_BY,
    HistoryReader,
    Series,
    UsageRecord,
    all_series,
    drop_before,
    series_rows,
    usage_report,
)
from custom_components.goapi.usage.record import Group
from custom_components.goapi.usage.series import FAILURES, TASKS, USAGE

from .history import DAY, HOUR, MINUTE, NOON, QUARTER, FakeHistory, outage, poll, task_at

# Small pages, so that a few tasks make many of them, and days instead of a month.
PAGE_SIZE = 4
MAX_PAGES = 3
KEPT_DAYS = 4
PATCHES = {
    "custom_components.goapi.usage.reader.PAGE_SIZE": PAGE_SIZE,
    "custom_components.goapi.usage.reader.MAX_PAGES": MAX_PAGES,
    "custom_components.goapi.usage.reader.MAX_QUARTER_PAGES": 1000,
    "custom_components.goapi.usage.record.KEPT_SECONDS": KEPT_DAYS * DAY,
    "tests.usage.history.PAGE_SIZE": PAGE_SIZE,
}
MODELS = ("kling", "music-s", "music s")
# In thousandths.
USAGES = st.integers(0, 2000)
# How many tasks, and how many days ago.
PASTS = st.tuples(st.integers(1, 30), st.integers(0, KEPT_DAYS - 1))
OPEN = "processing"


@dataclass
class Truth:
    """A task: when it is created and listed, and how it is at present.

    `was_read` is set when its final state was read for sure.
    """

    number: int
    created_at: float
    listed_at: float
    model: str
    key: str
    usage_type: str
    usage: float
    status: str
    was_read: bool = False

    def task(self) -> Task:
        """Return the task as the service lists it now."""
        return task_at(
            self.created_at,
            id=str(self.number),
            model=self.model,
            api_key=self.key,
            usage_type=self.usage_type,
            status=self.status,
            usage=self.usage if self.status == "finished" else 0,
        )

    def amounts(self) -> dict[str, Decimal]:
        """Return what the task adds to which series."""
        usage = Decimal(str(self.usage)) if self.status == "finished" else Decimal(0)
        return {
            Series(self.model, TASKS).id: Decimal(1),
            Series(self.model, FAILURES).id: Decimal(self.status == "failed"),
            Series(self.model, USAGE, self.usage_type).id: usage,
        }


def finish[T](coroutine: Coroutine[object, None, T]) -> T:
    """Return the result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")


class Usage(RuleBasedStateMachine):
    """Polls a history, saves, restarts and crashes."""

    @initialize(
        has_total=st.booleans(),
        newest_first=st.booleans(),
        past=st.lists(PASTS, min_size=1, max_size=3),
    )
    def begin(self, has_total: bool, newest_first: bool, past: list[tuple[int, int]]) -> None:
        """Set an account with a past up; the service may list what is listed last first."""
        self.patches = [patch(name, value) for name, value in PATCHES.items()]
        for each in self.patches:
            each.start()
        self.now = float(NOON)
        self.truths: list[Truth] = []
        self.history = FakeHistory(has_total=has_total)
        self.newest_first = newest_first
        self.recorder: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
        self.is_whole = True
        self.start(json.dumps(UsageRecord().as_dict()))
        for count, days in past:
            for number in range(count):
                status = ("finished", OPEN, "failed")[number % 5 % 3]
                self.run_tasks(1, 0, 0, MODELS[number % 3], number, status)
                self.truths[-1].created_at -= days * DAY + number * MINUTE

    @override
    def teardown(self) -> None:
        """Compare at the end, and read with pages of the usual size again."""
        try:
            if sys.exception() is None:
                self.compare()
        finally:
            for each in self.patches:
                each.stop()

    # --- What happens to the account ---

    @rule(
        count=st.integers(1, 30),
        ago=st.integers(0, 59),
        late=st.integers(0, 59),
        model=st.sampled_from(MODELS),
        usage=USAGES,
        status=st.sampled_from([OPEN, OPEN, "finished", "failed"]),
    )
    def run_tasks(
        self, count: int, ago: int, late: int, model: str, usage: int, status: str
    ) -> None:
        """Create tasks within the last hour; each is listed an hour after its creation at last."""
        for number in range(count):
            created_at = self.now - ago * MINUTE * number / count
            self.truths.append(
                Truth(
                    number=len(self.truths) + 1,
                    created_at=created_at,
                    listed_at=max(self.now, created_at + late * MINUTE),
                    model=model,
                    key=str(1 + number % 2),
                    usage_type="point" if number % 3 == 2 else "credit",
                    usage=(usage + number) / 1000,
                    status=status,
                )
            )

    @rule(data=st.data(), status=st.sampled_from(["pending", "finished", "finished", "failed"]))
    def end_tasks(self, data: st.DataObject, status: str) -> None:
        """Change the status of some that are open, which may be days old."""
        opened = [each for each in self.truths if each.status in (OPEN, "pending")]
        if opened:
            for truth in opened[data.draw(st.integers(0, len(opened) - 1)) :]:
                truth.status = status

    # --- What Home Assistant does ---

    @rule(minutes=st.integers(1, 40), fails_after=st.sampled_from([None, None, 0, 1, 2]))
    def poll(self, minutes: float, fails_after: int | None) -> None:
        """Poll, and have an outage in the middle."""
        self.now += minutes * MINUTE
        listed = [each for each in self.truths if each.listed_at <= self.now]
        if self.newest_first:
            listed.sort(key=lambda each: (each.created_at, each.number), reverse=True)
        else:
            listed.sort(key=lambda each: (each.listed_at, each.number), reverse=True)
        self.history.tasks = [each.task() for each in listed]
        self.history.before_page = (lambda: None) if fails_after is None else outage(9, fails_after)
        oldest = self.record.oldest(self.now)
        drop_before(self.record, oldest)
        self.history.requests.clear()
        assert finish(poll(self.reader, self.now)) is (
            fails_after is None or len(self.history.requests) <= fails_after
        )
        assert len(self.history.requests) <= MAX_PAGES
        self.write_statistics(oldest)
        if self.now - self.saved_at >= QUARTER:
            self.save()

    @rule(hours=st.integers(1, 50))
    @precondition(lambda self: not self.is_stale)
    def sleep(self, hours: int) -> None:
        """Poll nothing."""
        self.now += hours * HOUR

    @rule(days=st.integers(2, 6))
    @precondition(lambda self: not self.is_stale)
    def sleep_long(self, days: int) -> None:
        """Poll nothing for about as long as the history is read back."""
        self.now += days * DAY

    @rule()
    def restart(self) -> None:
        """Stop and start again."""
        self.save()
        self.start(self.saved)

    @rule()
    def crash(self) -> None:
        """Start again from what was saved, which may be older than the statistics."""
        self.start(self.saved)
        self.is_stale = True

    def start(self, saved: str) -> None:
        """Start from a file."""
        self.record = UsageRecord.from_dict(json.loads(saved))
        self.reader = HistoryReader(self.history, self.record)
        self.is_stale = False
        self.save()

    def save(self) -> None:
        """Save the record."""
        self.saved, self.saved_at = json.dumps(self.record.as_dict()), self.now

    def write_statistics(self, oldest: int) -> None:
        """Write what changed, as the recorder keeps it: what is written again replaces it."""
        record = self.record
        if record.changed_from is None:
            return
        for name in all_series(record).keys() - record.bases.keys():
            before = [hour for hour in self.recorder[name] if hour < oldest]
            record.bases[name] = self.recorder[name][max(before)][1] if before else 0
        for name, rows in series_rows(record, record.changed_from).items():
            self.recorder[name] |= {row.start: (row.amount, row.sum) for row in rows}
        record.changed_from = None

    # --- What must hold ---

    @rule()
    def compare(self) -> None:
        """Compare all that was read with what is there, when all was quiet for long enough."""
        self.now += 3 * HOUR
        for _ in range(300):
            self.poll(1 / 60, None)
            if len(self.history.requests) < MAX_PAGES:
                break
        else:
            raise AssertionError("it is never read to the end")
        self.save()
        self.is_stale = False
        oldest = self.record.oldest(self.now)
        kept = [each for each in self.truths if each.created_at >= oldest]
        self.compare_report(kept, oldest)
        self.compare_statistics(kept, oldest)
        # What was too old to be read before it changed for the last time is lost.
        self.is_whole &= all(each.was_read for each in self.truths if each not in kept)
        for each in kept:
            each.was_read = each.status not in (OPEN, "pending")
        if self.is_whole:
            totals: dict[str, Decimal] = defaultdict(Decimal)
            for each in self.truths:
                for name, amount in each.amounts().items():
                    totals[name] += amount
            for name, rows in self.recorder.items():
                assert Decimal(str(rows[max(rows)][1])) == totals[name], name

    def compare_report(self, kept: list[Truth], oldest: int) -> None:
        """Compare the reports about all that is kept."""
        for name, of_group in GROUP_BY.items():
            expected: dict[tuple[str, str], list[Decimal]] = {}
            for each in kept:
                task = each.task()
                group = Group(
                    task.model, task.task_type, task.api_key, task.status, task.usage_type
                )
                row = expected.setdefault((of_group(group), each.usage_type), [Decimal(0)] * 3)
                row[0] += 1
                row[1] += each.status == "failed"
                row[2] += Decimal(str(task.usage))
            found = {
                (row.name, row.usage_type): [row.tasks, row.failed, Decimal(str(row.usage))]
                for row in usage_report(self.record, oldest, self.now, name)
            }
            assert found == expected, name

    def compare_statistics(self, kept: list[Truth], oldest: int) -> None:
        """Compare each hour that is kept; sums always go on from the hour before."""
        expected: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for each in kept:
            for name, added in each.amounts().items():
                expected[name][int(each.created_at) // HOUR * HOUR] += added
        for name in self.recorder.keys() | expected.keys():
            previous = Decimal(0)
            for hour, (amount, total) in sorted(self.recorder[name].items()):
                if hour >= oldest:
                    assert Decimal(str(amount)) == expected[name].pop(hour, 0), (name, hour)
                assert Decimal(str(total)) == previous + Decimal(str(amount)), (name, hour)
                previous = Decimal(str(total))
            assert not any(expected[name].values()), name

    @invariant()
    def the_record_survives_json(self) -> None:
        """At any moment."""
        record = self.record
        assert UsageRecord.from_dict(json.loads(json.dumps(record.as_dict()))) == record


TestUsage = Usage.TestCase
TestUsage.settings = settings(max_examples=60, stateful_step_count=30, report_multiple_bugs=False)
