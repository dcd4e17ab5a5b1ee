"""Test the series: hours of whole sums, as statistics want them."""

import pytest

from custom_components.goapi.usage import Series, UsageRecord, all_series, drop_before, series_rows
from custom_components.goapi.usage.record import Window
from custom_components.goapi.usage.series import FAILURES, TASKS, USAGE, SeriesRow

from .history import DAY, HOUR, NOON, QUARTER, put, task_at

EVERYTHING = Window(NOON - DAY, NOON + DAY)


@pytest.fixture
def record() -> UsageRecord:
    """Return a record of three hours, of which the middle one has no tasks of flux."""
    record = UsageRecord()
    tasks = [
        task_at(NOON, usage=0.1),
        task_at(NOON + QUARTER, usage=0.2),
        task_at(NOON + QUARTER, usage=5, usage_type="point"),
        task_at(NOON, model="flux", usage=2),
        task_at(NOON + HOUR, usage=0, status="failed"),
        task_at(NOON + 2 * HOUR, model="flux", usage=0, status="pending"),
    ]
    put(record, EVERYTHING, tasks, NOON)
    return record


def test_rows_have_amounts_and_running_sums(record: UsageRecord) -> None:
    """Each model has its tasks, its failures, and its usage of each type in every hour."""
    assert series_rows(record, NOON) == {
        "kling_tasks": [(NOON, 3, 3), (NOON + HOUR, 1, 4), (NOON + 2 * HOUR, 0, 4)],
        "kling_failures": [(NOON, 0, 0), (NOON + HOUR, 1, 1), (NOON + 2 * HOUR, 0, 1)],
        "kling_credit_usage": [(NOON, 0.3, 0.3), (NOON + HOUR, 0, 0.3), (NOON + 2 * HOUR, 0, 0.3)],
        "kling_point_usage": [(NOON, 5, 5), (NOON + HOUR, 0, 5), (NOON + 2 * HOUR, 0, 5)],
        "flux_tasks": [(NOON, 1, 1), (NOON + HOUR, 0, 1), (NOON + 2 * HOUR, 1, 2)],
        "flux_failures": [(NOON, 0, 0), (NOON + HOUR, 0, 0), (NOON + 2 * HOUR, 0, 0)],
        "flux_credit_usage": [(NOON, 2, 2), (NOON + HOUR, 0, 2), (NOON + 2 * HOUR, 0, 2)],
    }
    assert all_series(record) == {
        "kling_tasks": Series("kling", TASKS),
        "kling_failures": Series("kling", FAILURES),
        "kling_credit_usage": Series("kling", USAGE, "credit"),
        "kling_point_usage": Series("kling", USAGE, "point"),
        "flux_tasks": Series("flux", TASKS),
        "flux_failures": Series("flux", FAILURES),
        "flux_credit_usage": Series("flux", USAGE, "credit"),
    }


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        (NOON + HOUR - 1, 3),
        (NOON + HOUR, 2),
        (NOON + HOUR + 3 * QUARTER, 2),
        (NOON + 2 * HOUR, 1),
        (NOON + 3 * HOUR, 0),
    ],
)
def test_rows_begin_with_a_whole_hour(record: UsageRecord, start: int, hours: int) -> None:
    """With the hour that the moment is in; the sums are the same."""
    rows = series_rows(record, start)["kling_tasks"]
    assert rows == series_rows(record, 0)["kling_tasks"][3 - hours :]


def test_sums_go_on_from_before(record: UsageRecord) -> None:
    """A series that has nothing from before begins with nothing."""
    record.bases = {"kling_tasks": 100, "kling_credit_usage": 0.7}
    rows = series_rows(record, NOON)
    assert rows["kling_tasks"][0] == SeriesRow(NOON, 3, 103)
    assert rows["kling_credit_usage"][0] == SeriesRow(NOON, 0.3, 1)
    assert rows["flux_tasks"][0] == SeriesRow(NOON, 1, 1)


def test_hour_that_is_gone_is_written_as_nothing(record: UsageRecord) -> None:
    """Its rows are there and must be corrected."""
    put(record, EVERYTHING, [task_at(NOON + HOUR)], NOON)
    assert series_rows(record, NOON)["kling_tasks"] == [
        (NOON, 0, 0),
        (NOON + HOUR, 1, 1),
        (NOON + 2 * HOUR, 0, 1),
    ]


def test_what_is_dropped_stays_in_the_sums(record: UsageRecord) -> None:
    """Of the series that were written; the others have no sums yet."""
    record.bases = {"kling_tasks": 10, "kling_failures": 0, "kling_credit_usage": 0.5}
    before = series_rows(record, NOON + HOUR)
    drop_before(record, NOON + HOUR)
    assert record.bases == {"kling_tasks": 13, "kling_failures": 0, "kling_credit_usage": 0.8}
    assert set(record.tallies) == {NOON + HOUR, NOON + 2 * HOUR}
    after = series_rows(record, NOON)
    for name in record.bases:
        assert after[name] == before[name]
    assert "kling_point_usage" not in after
    drop_before(record, NOON + DAY)
    assert record.tallies == {}
    assert record.bases == {"kling_tasks": 14, "kling_failures": 1, "kling_credit_usage": 0.8}


@pytest.mark.parametrize(
    ("series", "name"),
    [
        (Series("kling", TASKS), "kling_tasks"),
        (Series("music-s", FAILURES), "music_s_failures"),
        (Series("gpt-4o (mini)", USAGE, "llm"), "gpt_4o_mini_llm_usage"),
        (Series("_a__b_", TASKS), "a_b_tasks"),
        (Series("可灵", TASKS), "tasks"),
    ],
)
def test_names_of_series(series: Series, name: str) -> None:
    """They are what Home Assistant takes for the id of a statistic."""
    assert series.id == name


def test_two_models_of_one_name_are_one_series() -> None:
    """Their tasks add up; none of them is lost."""
    record = UsageRecord()
    tasks = [task_at(NOON, model="veo 3"), task_at(NOON, model="veo-3", usage=0.5)]
    put(record, EVERYTHING, tasks, NOON)
    rows = series_rows(record, NOON)
    assert rows.keys() == {"veo_3_tasks", "veo_3_failures", "veo_3_credit_usage"}
    assert rows["veo_3_tasks"] == [(NOON, 2, 2)]
    assert rows["veo_3_credit_usage"] == [(NOON, 1.5, 1.5)]
    record.bases = dict.fromkeys(rows, 0)
    drop_before(record, NOON + DAY)
    assert record.bases == {"veo_3_tasks": 2, "veo_3_failures": 0, "veo_3_credit_usage": 1.5}
