"""Test the report: what was used in a time, and by what."""

from typing import Any

import pytest

from custom_components.goapi.usage import (
    GROUP_BY,
    UsageRecord,
    UsageRow,
    top_model,
    usage_report,
)
from custom_components.goapi.usage.record import Window

from .history import DAY, HOUR, NOON, QUARTER, put, task_at

FAILED = {"status": "failed", "usage": 0}


def record_of(*tasks: dict[str, Any], at: float = NOON) -> UsageRecord:
    """Return a record of tasks that were created at a moment."""
    record = UsageRecord()
    put(record, Window(NOON - DAY, NOON + DAY), [task_at(at, **each) for each in tasks], NOON)
    return record


def report(record: UsageRecord, group_by: str = "model") -> list[UsageRow]:
    """Return what was used in the hour after noon."""
    return usage_report(record, NOON, NOON + HOUR, group_by)


def test_rows_of_models() -> None:
    """Those that used most come first; shares are in percent, of the type's own usage."""
    record = record_of(
        {"usage": 1},
        {"usage": 0.5, "model": "flux"},
        {"usage": 0.5, "model": "flux", "api_key": "2"},
        {"model": "flux", **FAILED},
        {"usage": 1, "model": "luma"},
        {"usage": 1_000_000, "usage_type": "point"},
    )
    assert report(record) == [
        UsageRow("flux", "credit", 3, 1, 1, 33.33),
        UsageRow("kling", "credit", 1, 0, 1, 33.33),
        UsageRow("luma", "credit", 1, 0, 1, 33.33),
        UsageRow("kling", "point", 1, 0, 1_000_000, 100),
    ]


@pytest.mark.parametrize(
    ("group_by", "names"),
    [
        ("model", ["kling", "flux"]),
        ("task_type", ["image", "video"]),
        ("api_key", ["2", "1"]),
        ("status", ["finished", "failed"]),
    ],
)
def test_rows_of_anything_else(group_by: str, names: list[str]) -> None:
    """The same tasks are told apart by something else."""
    record = record_of(
        {"usage": 1, "task_type": "image", "api_key": "2"},
        {"usage": 1, "task_type": "image", "api_key": "2"},
        {"usage": 0.5},
        {"usage": 0.5, "model": "flux"},
        {"model": "flux", "api_key": "2", **FAILED},
    )
    rows = report(record, group_by)
    assert [row.name for row in rows] == names
    assert sum(row.tasks for row in rows) == 5
    assert sum(row.failed for row in rows) == 1
    assert sum(row.usage for row in rows) == 3


def test_all_groups_are_tested() -> None:
    """There are no others."""
    assert set(GROUP_BY) == {"model", "task_type", "api_key", "status"}


def test_share_of_nothing_is_unknown() -> None:
    """Where nothing was used there is no share, and no division by zero."""
    assert report(record_of(FAILED, {"model": "flux", **FAILED})) == [
        UsageRow("flux", "credit", 1, 1, 0, None),
        UsageRow("kling", "credit", 1, 1, 0, None),
    ]


def test_sums_are_exact() -> None:
    """Ten times a tenth is one."""
    record = UsageRecord()
    tasks = [task_at(NOON + number * QUARTER, usage=0.1) for number in range(10)]
    put(record, Window(NOON, NOON + DAY), tasks, NOON)
    (row,) = usage_report(record, NOON, NOON + DAY, "model")
    assert (row.tasks, row.usage) == (10, 1)


def test_only_what_was_created_in_the_time_counts() -> None:
    """The end is not part of it."""
    assert report(record_of({}, at=NOON - 1)) == []
    assert report(record_of({}, at=NOON + HOUR)) == []
    assert len(report(record_of({}, at=NOON + HOUR - 1))) == 1


@pytest.mark.parametrize(
    ("tasks", "model"),
    [
        ([], None),
        ([{"usage": 1}, {"usage": 2, "model": "flux"}], "flux"),
        # Most tasks cost credits; what one point is worth is unknown.
        ([{"usage": 9, "usage_type": "point"}, {"model": "flux"}, {"model": "flux"}], "flux"),
        ([{"model": "flux", "usage": 0.5}, {"usage": 0.25}, {"usage": 0.25}], "kling"),
        ([FAILED, {"model": "flux", **FAILED}, {"model": "flux", **FAILED}], "flux"),
    ],
)
def test_top_model(tasks: list[dict[str, Any]], model: str | None) -> None:
    """It used most, of the type that most tasks have; of equals it has more tasks."""
    assert top_model(record_of(*tasks), NOON, NOON + HOUR) == model
