"""Test the reader: how many pages it reads, in which order, and what an error changes."""

from datetime import UTC, datetime
from typing import override

import pytest

from custom_components.goapi.api import Task, TaskPage
from custom_components.goapi.api.tasks import PAGE_SIZE
from custom_components.goapi.usage import HistoryReader, UsageRecord, drop_before
from custom_components.goapi.usage.reader import MAX_PAGES, MAX_QUARTER_PAGES
from custom_components.goapi.usage.record import Window

from .history import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    QUARTER,
    FakeHistory,
    outage,
    poll,
    read_all,
    tally,
    task_at,
)

# In minutes from noon; the present quarter is read, too.
OLDEST, NEWEST = -30 * DAY // MINUTE, 15


def tasks_between(start: float, end: float, count: int) -> list[Task]:
    """Return tasks spread over a time, the newest first."""
    step = (end - start) / count
    return [task_at(end - (number + 0.5) * step) for number in range(count)]


async def test_first_poll_reads_thirty_days() -> None:
    """Where few tasks ran, one request is enough."""
    history = FakeHistory(*tasks_between(NOON - 30 * DAY, NOON, 99))
    record = UsageRecord()
    assert await poll(HistoryReader(history, record), NOON)
    assert history.pages() == [(OLDEST, NEWEST, 1)]
    assert tally(record) == (99, 99)


async def test_later_polls_make_one_request() -> None:
    """It is about the present quarter, and those before it that may have changed."""
    history, record = FakeHistory(), UsageRecord()
    reader = HistoryReader(history, record)
    await poll(reader, NOON - 2 * HOUR)
    history.pages()
    pages = []
    for minute in range(-115, 35, 5):
        await poll(reader, NOON + minute * MINUTE)
        pages.append(history.pages())
    assert pages[-7:] == [
        [(-75, 15, 1)],
        [(0, 15, 1)],
        [(0, 15, 1)],
        [(-60, 30, 1)],
        [(15, 30, 1)],
        [(15, 30, 1)],
        [(-45, 45, 1)],
    ]
    assert all(len(each) == 1 for each in pages)


async def test_full_page_has_another() -> None:
    """Also if that turns out to be empty."""
    history = FakeHistory(*tasks_between(NOON - DAY, NOON, 2 * PAGE_SIZE))
    record = UsageRecord()
    await poll(HistoryReader(history, record), NOON)
    assert history.pages() == [(OLDEST, NEWEST, page) for page in (1, 2, 3)]
    assert tally(record) == (200, 200)


async def test_poll_reads_ten_pages_at_most() -> None:
    """What is left is read at the next polls; nothing counts before it was read as a whole."""
    history = FakeHistory(*tasks_between(NOON - QUARTER, NOON, 2500))
    record = UsageRecord()
    reader = HistoryReader(history, record)
    await read_all(reader, history, NOON - DAY)
    known = []
    for number in range(6):
        await poll(reader, NOON + number)
        assert len(history.pages()) <= MAX_PAGES
        known.append(tally(record)[0])
    assert known[:3] == [0, 0, 0]
    assert set(known[3:]) == {0, 2500}


async def test_many_tasks_of_the_last_minutes_keep_nothing_from_being_read() -> None:
    """Not even if there are more of them in a quarter than a poll reads."""
    history = FakeHistory(*tasks_between(NOON - QUARTER, NOON + QUARTER, 2400))
    history.tasks += tasks_between(NOON - 30 * DAY, NOON - DAY, 400)
    record = UsageRecord()
    reader = HistoryReader(history, record)
    for minute in range(0, 60, 5):
        await poll(reader, NOON + minute * MINUTE)
    assert tally(record) == (2800, 2800)
    assert record.is_complete(0, NOON + HOUR)


@pytest.mark.parametrize("has_total", [True, False])
async def test_window_of_more_than_ten_pages_is_halved(has_total: bool) -> None:
    """The newest part is known first; without a total it takes ten pages to find out."""
    history = FakeHistory(*tasks_between(NOON - 30 * DAY, NOON, 1400), has_total=has_total)
    record = UsageRecord()
    reader = HistoryReader(history, record)
    await poll(reader, NOON)
    pages = history.pages()
    if has_total:
        assert pages[:2] == [(OLDEST, NEWEST, 1), (-21600, NEWEST, 1)]
        assert [page for _, _, page in pages] == [1, *range(1, 9), 1]
        assert tally(record) == (700, 700)
        assert record.is_complete(NOON - 15 * DAY, NOON)
        assert not record.is_complete(NOON - 16 * DAY, NOON)
    else:
        assert pages == [(OLDEST, NEWEST, page) for page in range(1, 11)]
        assert tally(record) == (0, 0)
    for _ in range(3):
        await poll(reader, NOON)
    assert tally(record) == (1400, 1400)
    assert record.is_complete(NOON - 30 * DAY, NOON)


async def test_quarter_is_not_halved() -> None:
    """However many tasks it has, and though the service does not say how many, it is read."""
    history = FakeHistory(*tasks_between(NOON - QUARTER, NOON, 1100), has_total=False)
    record = UsageRecord()
    reader = HistoryReader(history, record)
    for number in range(60):
        await poll(reader, NOON + number * MINUTE)
    assert tally(record) == (1100, 1100)


async def test_rows_that_move_to_the_next_page_count_once() -> None:
    """New tasks are listed before those that were there."""
    tasks = tasks_between(NOON - DAY, NOON, 350)
    history, record = FakeHistory(*tasks), UsageRecord()

    def add() -> None:
        """List some more."""
        history.tasks[:0] = [task_at(NOON + 1) for _ in range(30)]

    history.before_page = add
    reader = HistoryReader(history, record)
    await poll(reader, NOON + 2)
    assert sum(each.tasks for _, each in record.between(NOON - DAY, NOON)) == 350
    history.before_page = lambda: None
    await poll(reader, NOON + 5 * MINUTE)
    assert tally(record) == (len(history.tasks), len(history.tasks))


async def test_task_that_is_listed_while_others_are_read_is_not_missed() -> None:
    """Even in a page that was read, and though it is an old one by then."""
    tasks = tasks_between(NOON - HOUR, NOON - QUARTER, 250)
    history, record = FakeHistory(*tasks), UsageRecord()
    reader = HistoryReader(history, record)
    history.before_page = outage(after=2)
    assert not await poll(reader, NOON)
    history.tasks.insert(0, task_at(NOON - QUARTER - 1))
    assert await poll(reader, NOON + DAY)
    assert tally(record) == (251, 251)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
async def test_after_an_error_it_goes_on_with_the_page_that_failed(after: int) -> None:
    """What was read before it need not be read again."""
    history = FakeHistory(*tasks_between(NOON - DAY, NOON, 350))
    record = UsageRecord()
    reader = HistoryReader(history, record)
    history.before_page = outage(times=2, after=after)
    assert not await poll(reader, NOON)
    assert not await poll(reader, NOON + MINUTE)
    assert tally(record) == (0, 0)
    assert await poll(reader, NOON + 2 * MINUTE)
    pages = [page for _, _, page in history.pages()]
    assert pages[: after + 3] == [*range(1, after + 1), after + 1, after + 1, after + 1]
    assert tally(record) == (350, 350)


async def test_error_keeps_the_windows_that_are_done() -> None:
    """Nothing of them is lost."""
    history = FakeHistory(*tasks_between(NOON - 30 * DAY, NOON, 1400))
    record = UsageRecord()
    history.before_page = outage(after=9)
    assert not await poll(HistoryReader(history, record), NOON)
    assert tally(record) == (700, 700)


async def test_polls_an_hour_apart_read_everything() -> None:
    """What gets too old while a window is read is no reason to begin it again."""
    history = FakeHistory(*tasks_between(NOON - 30 * DAY, NOON, 1900))
    record = UsageRecord()
    reader = HistoryReader(history, record)
    for hours in range(4):
        await poll(reader, NOON + hours * HOUR)
    assert record.is_complete(0, NOON + 3 * HOUR)


async def test_what_is_too_old_by_the_time_it_was_read_stays_out() -> None:
    """It was dropped, and is in the sums of the statistics once."""
    begin = NOON - 30 * DAY
    open_task = task_at(begin, status="pending", usage=0)
    history = FakeHistory(open_task, *tasks_between(begin + 1, begin + QUARTER, PAGE_SIZE))
    record = UsageRecord()
    reader = HistoryReader(history, record)
    await read_all(reader, history, NOON - HOUR / 2)
    record.bases["kling_tasks"] = 0
    history.before_page = outage(after=2)
    assert not await poll(reader, NOON + HOUR - 1)
    assert history.pages()[-1] == (OLDEST, OLDEST + 15, 2)
    for later in (2 * HOUR, 3 * HOUR):
        drop_before(record, record.oldest(NOON + later))
        assert await poll(reader, NOON + later)
        assert record.bases["kling_tasks"] == PAGE_SIZE + 1
        assert not any(record.tallies.values())


async def test_what_is_too_much_for_a_quarter_is_not_read() -> None:
    """A service that makes up tasks without end does not keep the rest from being read."""
    limit = MAX_QUARTER_PAGES * PAGE_SIZE
    history = FakeHistory(
        *tasks_between(NOON - QUARTER, NOON, limit + 1), *tasks_between(NOON - DAY, NOON - HOUR, 7)
    )
    record = UsageRecord()
    await read_all(HistoryReader(history, record), history, NOON)
    assert tally(record)[0] == limit + 7


async def test_rows_that_cannot_be_read_are_counted() -> None:
    """They make a page full like others."""

    class Unreadable(FakeHistory):
        """A history in which the first two rows of each page cannot be read."""

        @override
        async def get_task_page(self, start: int, end: int, page: int) -> TaskPage:
            """Return one page."""
            found = await super().get_task_page(start, end, page)
            return TaskPage(found.tasks[2:], found.rows, found.total)

    history = Unreadable(*tasks_between(NOON - DAY, NOON, 150))
    record = UsageRecord()
    reader = HistoryReader(history, record)
    await poll(reader, NOON)
    assert reader.unreadable == 4
    assert tally(record) == (146, 146)


def test_window_is_asked_for_in_seconds() -> None:
    """The service takes whole Unix seconds; quarters begin with one."""
    moment = datetime(2026, 11, 10, 12, 14, 59, 999999, UTC).timestamp()
    record = UsageRecord()
    record.begin(moment)
    window = record.next_window(moment)
    assert window == Window(NOON - 30 * DAY, NOON + QUARTER)
    assert all(isinstance(each, int) for each in window)
