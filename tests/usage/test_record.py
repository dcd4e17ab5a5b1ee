"""Test the record: what it keeps, when a quarter is due, and that nothing counts twice."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.goapi.usage import UsageRecord
from custom_components.goapi.usage.record import Group, Tally, Window

from .history import DAY, HOUR, MINUTE, NOON, QUARTER, put, tally, task_at

GROUP = Group("kling", "video", "1", "finished", "credit")
OPEN = {"status": "processing", "usage": 0}


def settled(now: float = NOON) -> UsageRecord:
    """Return a record that has read an empty history and has nothing to read."""
    record = UsageRecord()
    record.begin(now)
    while window := record.next_window(now):
        put(record, window, (), now)
    record.due.clear()
    return record


def quarter(start: int, *moments: float, **more: Any) -> UsageRecord:
    """Return a record of one quarter, read at its end, with tasks created at these moments."""
    record = UsageRecord()
    put(
        record,
        Window(start, start + QUARTER),
        [task_at(moment, **more) for moment in moments],
        start + QUARTER,
    )
    return record


def test_what_is_read_again_replaces_what_was_known() -> None:
    """Neither the same tasks nor others add to those that were there."""
    record, window = UsageRecord(), Window(NOON, NOON + HOUR)
    tasks = [task_at(NOON), task_at(NOON + QUARTER - 0.5), task_at(NOON + QUARTER, usage=0.1)]
    for _ in range(2):
        put(record, window, tasks, NOON)
        assert record.tallies == {
            NOON: {GROUP: Tally(2, 2)},
            NOON + QUARTER: {GROUP: Tally(1, 0.1)},
        }
    put(record, Window(NOON, NOON + QUARTER), tasks[:1], NOON)
    assert tally(record) == (2, 1.1)


def test_quarters_outside_of_what_was_read_stay() -> None:
    """A service may list more than it was asked for."""
    record = quarter(NOON, NOON)
    put(
        record,
        Window(NOON + HOUR, NOON + 2 * HOUR),
        [task_at(NOON), task_at(NOON + 3 * HOUR)],
        NOON,
    )
    assert record.tallies == {NOON: {GROUP: Tally(1, 1)}}


def test_groups_are_what_tasks_have_in_common() -> None:
    """All that they are asked about later, and the sums are exact."""
    record = UsageRecord()
    different: tuple[dict[str, Any], ...] = (
        {},
        {"model": "flux"},
        {"task_type": "image"},
        {"api_key": "2"},
        OPEN,
    )
    tasks = [task_at(NOON, **more) for more in different]
    tasks += [task_at(NOON, usage=0.1, usage_type="llm") for _ in range(10)]
    put(record, Window(NOON, NOON + QUARTER), tasks, NOON)
    groups = record.tallies[NOON]
    assert len(groups) == 6
    assert groups[GROUP] == Tally(1, 1)
    assert groups[GROUP._replace(usage_type="llm")] == Tally(10, 1)
    assert [group.is_final for group in groups].count(False) == 1


def test_first_time_thirty_days_are_due() -> None:
    """They begin with an hour, and end with the present quarter."""
    record = UsageRecord()
    now = NOON + 50 * MINUTE
    record.begin(now)
    assert record.next_window(now) == Window(NOON - 30 * DAY, NOON + HOUR)
    assert set(record.due.values()) == {0}
    assert not record.is_complete(NOON - 30 * DAY, NOON - 30 * DAY + QUARTER)


def test_present_quarter_is_read_at_each_poll_and_an_hour_after_its_end() -> None:
    """A task may be listed late; after that its quarter rests."""
    record = settled(NOON - MINUTE)
    reads = []
    for minute in range(0, 3 * HOUR // MINUTE, 5):
        now = NOON + minute * MINUTE
        record.begin(now)
        while window := record.next_window(now):
            if window.start <= NOON < window.end:
                reads.append(minute)
            put(record, window, (), now)
    assert reads == [0, 5, 10, 15, 75]


def test_quarter_that_is_open_is_read_at_each_poll_and_later_every_hour() -> None:
    """Until its tasks are final, however long it takes."""
    record = settled(NOON + DAY)
    reads = []
    record.due[NOON] = 0
    for minute in range(0, 4 * HOUR // MINUTE, 5):
        now = NOON + minute * MINUTE
        if window := record.next_window(now):
            reads.append(minute)
            more = OPEN if minute < 150 else {}
            put(record, window, [task_at(NOON, **more)], now)
    assert reads == [*range(0, 80, 5), 135, 195]


@pytest.mark.parametrize("status", ["finished", "failed"])
def test_old_quarter_that_is_final_rests(status: str) -> None:
    """Its tasks stay as they are."""
    record = UsageRecord()
    put(record, Window(NOON, NOON + QUARTER), [task_at(NOON, status=status)], NOON + DAY)
    assert record.due == {}


@pytest.mark.parametrize(
    ("gap", "windows"),
    [
        (HOUR, [Window(NOON - HOUR, NOON + QUARTER)]),
        (
            HOUR + QUARTER,
            [
                Window(NOON, NOON + QUARTER),
                Window(NOON - HOUR - QUARTER, NOON - HOUR),
            ],
        ),
    ],
)
def test_quarters_up_to_an_hour_apart_are_read_together(gap: int, windows: list[Window]) -> None:
    """The newest first."""
    record = settled()
    record.due = {NOON - gap: 0, NOON: NOON, NOON + QUARTER: NOON + 1}
    found = []
    while window := record.next_window(NOON):
        found.append(window)
        put(record, window, (), NOON + DAY)
    assert found == windows


@pytest.mark.parametrize(
    ("quarters", "newest"), [(2, 1), (3, 2), (4, 2), (5, 3), (2880, 1440), (2881, 1441)]
)
def test_half_of_a_window(quarters: int, newest: int) -> None:
    """It is the later one, of whole quarters."""
    half = Window(NOON, NOON + quarters * QUARTER).newest_half()
    assert half == Window(NOON + (quarters - newest) * QUARTER, NOON + quarters * QUARTER)


def test_what_is_older_than_thirty_days_is_not_read() -> None:
    """Not even if it was due and open."""
    record = settled()
    record.due = {NOON - 30 * DAY: 0, NOON: 0}
    record.begin(NOON + HOUR - 1)
    assert NOON - 30 * DAY in record.due
    record.begin(NOON + HOUR)
    assert NOON - 30 * DAY not in record.due
    assert NOON in record.due


def test_after_a_long_time_thirty_days_are_due() -> None:
    """What came between is not read any more."""
    record = settled()
    record.begin(NOON + 100 * DAY)
    assert record.next_window(NOON + 100 * DAY) == Window(
        NOON + 70 * DAY, NOON + 100 * DAY + QUARTER
    )


@pytest.mark.parametrize(("ahead", "is_kept"), [(HOUR, True), (HOUR + QUARTER, False)])
def test_clock_that_was_ahead(ahead: int, is_kept: bool) -> None:
    """After more than an hour the record begins anew: the time until then would not be read."""
    record = settled(NOON + ahead)
    put(record, Window(NOON, NOON + QUARTER), [task_at(NOON)], NOON + ahead)
    record.bases["kling_tasks"] = 5
    record.begin(NOON)
    assert bool(record.tallies) is bool(record.bases) is is_kept
    assert record.end == NOON + QUARTER + (ahead if is_kept else 0)
    assert (record.next_window(NOON) is None) is is_kept


def test_it_is_complete_once_all_was_read() -> None:
    """What is read again was read; what nothing was read of at all was not."""
    record = settled()
    record.due = {NOON: 0, NOON - HOUR: NOON + HOUR}
    assert not record.is_complete(NOON - HOUR, NOON + 1)
    assert record.is_complete(NOON - HOUR, NOON)
    assert record.is_complete(NOON + 1, NOON + QUARTER)
    put(record, Window(NOON, NOON + QUARTER), (), NOON)
    assert record.is_complete(0, NOON + QUARTER)
    # A quarter that is not over yet need not have been read.
    assert record.is_complete(0, NOON + 2 * QUARTER - 1)
    assert not record.is_complete(0, NOON + 2 * QUARTER)


def test_quarters_that_begin_within_a_time() -> None:
    """A quarter counts as a whole."""
    record = UsageRecord()
    moments = [NOON + number * QUARTER for number in range(4)]
    put(record, Window(NOON, NOON + HOUR), map(task_at, moments), NOON)

    def found(start: float, end: float) -> int:
        """Return how many tasks there were."""
        return sum(each.tasks for _, each in record.between(start, end))

    assert found(NOON, NOON + HOUR) == 4
    assert found(NOON + 0, NOON + QUARTER) == 1
    assert found(NOON + 1, NOON + QUARTER + 1) == 1
    assert found(NOON + 1, NOON + QUARTER) == 0
    assert found(NOON, NOON) == 0


def test_first_quarter_that_changed_is_known() -> None:
    """What is read again as it was changes nothing; what is gone does."""
    record = quarter(NOON, NOON)
    assert record.changed_from == NOON
    put(record, Window(NOON - HOUR, NOON), [task_at(NOON - 1)], NOON)
    assert record.changed_from == NOON - QUARTER
    found: list[int | None] = []
    for tasks in ([task_at(NOON), task_at(NOON - 1)], [task_at(NOON - 1)]):
        record.changed_from = None
        put(record, Window(NOON - HOUR, NOON + HOUR), tasks, NOON)
        found.append(record.changed_from)
    assert found == [None, NOON]
    assert tally(record) == (1, 1)


def test_it_survives_json() -> None:
    """Whatever is in it; what tasks have in common is written once."""
    record = settled()
    tasks = [task_at(NOON - day * DAY, **more) for day in range(20) for more in ({}, OPEN)]
    put(record, Window(NOON - 20 * DAY, NOON + QUARTER), tasks, NOON + 0.5)
    record.bases = {"kling_tasks": 7, "kling_credit_usage": 0.25}
    content = json.dumps(record.as_dict())
    assert UsageRecord.from_dict(json.loads(content)) == record
    assert content.count("processing") == 1
    assert UsageRecord.from_dict(UsageRecord().as_dict()) == UsageRecord()


@pytest.mark.parametrize(
    "damage",
    [
        *({name: None} for name in ("groups", "tallies", "due", "end", "bases")),
        {"groups": [["kling", "video"]]},
        {"groups": []},
        {"groups": [5]},
        {"tallies": []},
        {"tallies": {"noon": []}},
        {"tallies": {"0": [[0]]}},
        {"tallies": {"0": [[0, 1, 2, 3]]}},
        {"tallies": {"0": 5}},
        {"due": {"0": "soon"}},
        {"due": {"soon": 0}},
        {"end": "soon"},
        {"bases": 5},
    ],
    ids=str,
)
def test_what_is_no_record_is_refused(damage: dict[str, Any]) -> None:
    """A file that was damaged is not half understood."""
    saved = quarter(NOON, NOON).as_dict()
    UsageRecord.from_dict(saved)
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError)):
        UsageRecord.from_dict(saved | damage)


@pytest.mark.parametrize("name", UsageRecord().as_dict())
def test_record_that_lacks_a_part_is_refused(name: str) -> None:
    """All parts belong to it."""
    saved = UsageRecord().as_dict()
    del saved[name]
    with pytest.raises(LookupError):
        UsageRecord.from_dict(saved)


def test_days_of_every_time_zone_are_made_of_quarters() -> None:
    """Kathmandu's day begins at a quarter past an hour."""
    midnight = datetime.fromisoformat("2026-11-10T00:00:00+05:45").astimezone(UTC)
    record = quarter(int(midnight.timestamp()), midnight.timestamp())
    assert next(record.between(midnight.timestamp(), midnight.timestamp() + DAY)) == (
        GROUP,
        Tally(1, 1),
    )
