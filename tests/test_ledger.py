"""Test the ledger: hours, days, weeks and months of spend, and what is kept of them."""

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
import json
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi import ledger as ledger_module
from custom_components.goapi.ledger import (
    HOUR_SECONDS,
    KEPT_DAYS,
    Book,
    Ledger,
    Period,
    hour_start,
    month_end,
    period_start,
)
from custom_components.goapi.levels import MAX_LEVELS

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KOLKATA = ZoneInfo("Asia/Kolkata")
STORE_LIMIT = 200_000


def at(text: str, zone: tzinfo = AMSTERDAM) -> datetime:
    """Return a local moment."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def spend(ledger: Ledger, amount: str, before: datetime, now: datetime, key: str = "mj") -> None:
    """Book what was spent between two readings, as the journal does."""
    ledger.turn(now)
    ledger.open([key], now)
    ledger.add([(key, Decimal(amount))], before, now)


def sums(ledger: Ledger, key: str = "mj") -> list[str]:
    """Return what was spent today, this week and this month."""
    return [str(ledger.spent(key, period)) for period in Period]


@pytest.mark.parametrize(
    ("moment", "today", "week", "month", "end"),
    [
        ("2026-11-24T03:00", "2026-11-24", "2026-11-23", "2026-11-01", "2026-12-01"),
        ("2026-12-31T23:59", "2026-12-31", "2026-12-28", "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:00", "2027-01-01", "2026-12-28", "2027-01-01", "2027-02-01"),
        ("2028-02-29T12:00", "2028-02-29", "2028-02-28", "2028-02-01", "2028-03-01"),
    ],
)
def test_periods(moment: str, today: str, week: str, month: str, end: str) -> None:
    """Days begin at local midnight, weeks on Monday, months on the first."""
    starts = [period_start(period, at(moment)) for period in Period]
    assert starts == [at(today), at(week), at(month)]
    assert month_end(at(moment)) == at(end)


def test_hours_are_local_and_none_is_twice() -> None:
    """An hour begins where a local hour does, and the hour that comes twice in autumn is two."""
    assert (
        hour_start(at("2026-11-24T03:25:10", KOLKATA))
        == at("2026-11-24T03:00", KOLKATA).timestamp()
    )
    first = at("2026-10-25T02:30")
    second = first.replace(fold=1)
    assert hour_start(second) - hour_start(first) == HOUR_SECONDS


def test_what_is_seen_after_midnight_belongs_to_the_new_day() -> None:
    """A period begins with nothing, and what was spent before and seen in it is its own."""
    ledger = Ledger()
    spend(ledger, "5", at("2026-11-30T23:50"), at("2026-11-30T23:55"))
    assert sums(ledger) == ["5", "5", "5"]
    assert ledger.turn(at("2026-12-01T00:00"))
    assert not ledger.turn(at("2026-12-01T00:05"))
    assert sums(ledger) == ["0", "5", "0"]
    spend(ledger, "2.5", at("2026-11-30T23:55"), at("2026-12-01T09:00"))
    assert sums(ledger) == ["2.5", "7.5", "2.5"]
    assert ledger.turn(at("2026-12-07T00:00"))
    assert sums(ledger) == ["0", "0", "2.5"]
    assert ledger.spent("unknown", Period.TODAY) is None


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)])
def test_days_on_which_clocks_change(day: str, hours: int) -> None:
    """All of 23 or 25 hours belong to their day, and to no other."""
    ledger = Ledger()
    begin = at(day).astimezone(UTC)
    for hour in range(-1, hours + 1):
        now = (begin + timedelta(hours=hour, minutes=30)).astimezone(AMSTERDAM)
        spend(ledger, "1", now - timedelta(minutes=5), now)
        expected = {-1: 1, hours: 1}.get(hour, hour + 1)
        assert ledger.spent("mj", Period.TODAY) == expected


def test_zones_of_half_hours() -> None:
    """A day of a zone that is half an hour off begins at its own midnight."""
    ledger = Ledger()
    for clock in ("2026-11-23T23:45", "2026-11-24T00:15"):
        now = at(clock, KOLKATA)
        spend(ledger, "1", now, now)
    assert sums(ledger)[0] == "1"


def test_another_zone_sums_the_day_up_anew() -> None:
    """Who moves keeps what was spent, as of the new zone's midnight."""
    ledger = Ledger()
    # 22:30 and 23:30 in Amsterdam are the next day in Kolkata.
    for clock in ("2026-11-23T12:00", "2026-11-23T22:30", "2026-11-23T23:30"):
        now = at(clock)
        spend(ledger, "1", now, now)
    assert sums(ledger)[0] == "3"
    assert ledger.turn(at("2026-11-23T23:30").astimezone(KOLKATA))
    assert sums(ledger)[0] == "2"


def test_sixty_days_are_kept() -> None:
    """What is older than that is forgotten, with how long it took."""
    ledger = Ledger()
    begin = at("2026-01-01T00:00")
    for day in range(KEPT_DAYS + 30):
        now = begin + timedelta(days=day, hours=12)
        spend(ledger, "1", now - timedelta(hours=3), now)
    book = ledger.books["mj"]
    # And today.
    assert len(book.hours) == len(book.spans) == KEPT_DAYS + 1


def test_amounts_over_a_gap_know_how_long_it_was() -> None:
    """What was spent between two readings that are hours apart was spent in all of them."""
    ledger = Ledger()
    spend(ledger, "6", at("2026-11-24T09:50"), at("2026-11-24T12:10"))
    spend(ledger, "1", at("2026-11-24T12:55"), at("2026-11-24T13:00"))
    book = ledger.books["mj"]
    noon = hour_start(at("2026-11-24T12:10"))
    assert book.spans == {noon: 3}
    assert book.past(noon + 2 * HOUR_SECONDS, 6) == [1, 2, 2, 2, 0, 0]
    assert book.past(noon + 2 * HOUR_SECONDS, 3) == [1, 2, 2]
    assert book.past(noon, 3) == [2, 2, 0]
    assert book.present(noon) == 2
    assert book.present(noon + HOUR_SECONDS) == 1


def test_a_clock_that_is_set_back() -> None:
    """The hours stay in order, and what was booked ahead is in the present an hour later."""
    ledger = Ledger()
    ahead, now = at("2027-03-01T12:00"), at("2026-11-24T12:00")
    spend(ledger, "5", ahead, ahead)
    ledger.turn(now - timedelta(hours=1))
    spend(ledger, "1", now, now)
    assert list(ledger.books["mj"].hours) == [hour_start(now)]
    assert sums(ledger) == ["6", "6", "6"]
    earlier = now - timedelta(hours=3)
    spend(ledger, "1", earlier, earlier)
    assert list(ledger.books["mj"].hours) == sorted(ledger.books["mj"].hours)
    assert sums(ledger) == ["7", "7", "7"]


def test_a_history_does_not_begin_in_the_future() -> None:
    """A clock that ran ahead must not put the first forecast off for years."""
    ledger = Ledger()
    ahead, now = at("2031-03-01T12:00"), at("2026-11-24T12:34:56")
    spend(ledger, "5", ahead - timedelta(hours=9), ahead)
    ledger.turn(now - timedelta(hours=1))
    assert ledger.turn(now)
    book = ledger.books["mj"]
    assert book.since == now.timestamp()
    assert book.hours == {hour_start(now): 5}
    assert book.spans == {}


@pytest.mark.parametrize("behind", [timedelta(minutes=55), timedelta(days=3), timedelta(days=120)])
def test_a_clock_that_is_behind_for_a_moment(behind: timedelta) -> None:
    """A machine may start with an old time: nothing is moved or lost until it is set right."""
    ledger = Ledger()
    begin = at("2026-11-01T00:30")
    for hour in range(20 * 24):
        now = begin + timedelta(hours=hour)
        spend(ledger, "1", now, now)
    last = at("2026-12-01T00:20")
    spend(ledger, "20", last - timedelta(minutes=5), last)
    books = [dict(book.hours) for book in ledger.books.values()]
    again = Ledger.from_dict(ledger.as_dict(last))
    for minutes in (0, 20, 40):
        again.turn(last + timedelta(minutes=10) - behind + timedelta(minutes=minutes))
        assert sums(again) == ["20", "20", "20"]
    again.turn(last + timedelta(hours=1))
    assert [book.hours for book in again.books.values()] == books
    assert sums(again) == ["20", "20", "20"]
    # Behind again, a month later, it is given as much time again.
    again.turn(last - behind)
    assert [book.hours for book in again.books.values()] == books


def test_a_clock_that_is_ahead_for_a_moment() -> None:
    """It makes nothing too old, and what is spent meanwhile is spent today in the end."""
    ledger = Ledger()
    begin = at("2026-11-01T00:30")
    for hour in range(20 * 24 - 12):
        now = begin + timedelta(hours=hour)
        spend(ledger, "1", now, now)
    ahead = now + timedelta(days=90)
    spend(ledger, "5", now, ahead)
    assert sums(ledger) == ["5", "5", "5"]
    # Also where Home Assistant starts anew with the right clock.
    again = Ledger.from_dict(ledger.as_dict(now))
    for minutes in (5, 65):
        ledger.turn(now + timedelta(minutes=minutes))
        again.turn(now + timedelta(minutes=minutes))
    assert sums(ledger) == sums(again) == ["17", "113", "473"]


def test_a_clock_that_is_behind_what_another_balance_spent() -> None:
    """What is spent of any balance meanwhile is spent in the hour that is the latest of all."""
    ledger = Ledger()
    now = at("2026-11-24T12:30")
    before = now - timedelta(days=4)
    ledger.open(["mj", "llm"], before)
    ledger.turn(before)
    ledger.add([("llm", Decimal(3))], before, before)
    ledger.turn(now)
    ledger.add([("mj", Decimal(1))], now, now)
    behind = now - timedelta(days=2)
    ledger.turn(behind)
    ledger.add([("llm", Decimal(2))], behind, behind)
    assert ledger.spent("llm", Period.TODAY) == 2
    ledger.turn(now + timedelta(minutes=10))
    assert ledger.books["llm"].hours[hour_start(now)] == 2


def test_a_day_without_a_midnight() -> None:
    """Where clocks go from midnight to one o'clock, the day begins then."""
    cairo = ZoneInfo("Africa/Cairo")
    ledger = Ledger()
    for clock in ("2027-04-29T23:30", "2027-04-30T01:30"):
        now = at(clock, cairo)
        spend(ledger, "1", now, now)
    first, second = ledger.books["mj"].hours
    assert second - first == HOUR_SECONDS
    assert sums(ledger)[0] == "1"
    assert period_start(Period.TODAY, now).timestamp() == second


AMOUNTS = st.decimals(-1000, 1000, places=4)


@given(
    hours=st.dictionaries(st.integers(0, 1439), st.tuples(AMOUNTS, st.integers(1, 48))),
    half=st.booleans(),
)
def test_books_survive_their_file(hours: dict[int, tuple[Decimal, int]], half: bool) -> None:
    """What is written is what is read."""
    book = Book(1_794_000_000)
    first = 1_794_000_000 // HOUR_SECONDS * HOUR_SECONDS + half * 1800
    for hour in sorted(hours):
        book.add(first + hour * HOUR_SECONDS, *hours[hour])
    again = Book.from_dict(json.loads(json.dumps(book.as_dict())))
    assert (again.since, again.falls) == (book.since, book.falls)
    assert again.hours == book.hours
    assert list(again.hours) == list(book.hours)
    assert again.spans == book.spans


@pytest.mark.parametrize(
    "damage",
    [
        {"since": "long ago"},
        {"since": -1},
        {"since": True},
        {"falls": None},
        {"first": 1e300},
        {"hours": 5},
        {"hours": "many"},
        {"hours": "0:1 0:1"},
        {"hours": "0:1 -60:1"},
        {"hours": "0:1/0"},
        {"hours": "0:1/x"},
        {"hours": "0:NaN"},
        {"hours": "0:Infinity"},
        {"hours": "0:1e30"},
        {"hours": "99999999999999:1"},
    ],
    ids=str,
)
def test_damaged_books(damage: dict[str, object]) -> None:
    """A book that cannot have been written is not read."""
    saved = Book(1_794_000_000).as_dict() | {"hours": "0:1 2"} | damage
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        Book.from_dict(saved)


def busy_ledger(now: datetime, amount: str, books: int = MAX_LEVELS) -> Ledger:
    """Return a ledger of so many balances that are spent in every hour of 60 days."""
    ledger = Ledger()
    ledger.open(map(str, range(books)), now - timedelta(days=KEPT_DAYS))
    for hour in range(KEPT_DAYS * 24 - 1, -1, -1):
        start = hour_start(now) - hour * HOUR_SECONDS
        for book in ledger.books.values():
            book.add(start, Decimal(amount), 1)
    ledger.turn(now)
    return ledger


@pytest.mark.parametrize("amount", ["1", "12.75", "0.123456789", "1234567.123456789"])
def test_the_file_has_a_limit(amount: str) -> None:
    """However much is spent of however many balances, the file fits."""
    now = at("2026-11-24T12:10")
    ledger = busy_ledger(now, amount)
    assert len(json.dumps(ledger.as_dict(now), indent=2)) < STORE_LIMIT


def test_there_is_an_end_to_making_it_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing would ever fit, the hours of today stay, and what they sum up to."""
    monkeypatch.setattr(ledger_module, "MAX_POINTS_BYTES", 0)
    now = at("2026-11-24T12:10")
    ledger = busy_ledger(now, "1", books=1)
    ledger.as_dict(now)
    hours = list(ledger.books["0"].hours)
    midnight = at("2026-11-24").timestamp()
    assert [hour for hour in hours if hour >= midnight] == [
        hour_start(now) - hour * HOUR_SECONDS for hour in range(12, -1, -1)
    ]
    assert len(hours) < 20
    assert sums(ledger, "0")[0] == "13"


def test_what_is_made_to_fit_loses_no_day() -> None:
    """Old hours become days; every local day, and each period, has what it had."""
    now = at("2026-11-24T12:10")
    ledger = busy_ledger(now, "12.75", books=30)
    ledger.books["0"].spans[next(iter(ledger.books["0"].hours))] = 5

    def days() -> dict[object, Decimal]:
        """Return what was spent on each local day."""
        found: dict[object, Decimal] = {}
        for hour, spent in ledger.books["0"].hours.items():
            day = datetime.fromtimestamp(hour, AMSTERDAM).date()
            found[day] = found.get(day, Decimal(0)) + spent
        return found

    before, periods = days(), sums(ledger, "0")
    hours = len(ledger.books["0"].hours)
    past = ledger.books["0"].past(hour_start(now), 24)
    saved = ledger.as_dict(now)
    assert len(ledger.books["0"].hours) < hours
    assert days() == before
    restored = Ledger.from_dict(json.loads(json.dumps(saved)))
    restored.turn(now)
    assert sums(restored, "0") == periods
    assert restored.books["0"].past(hour_start(now), 24) == past
