"""Test the journal: that nothing is lost, told twice or made up, over restarts and crashes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.activity import ActivityType, told_once
from custom_components.goapi.api import Account
from custom_components.goapi.api.packs import MAX_ID_LENGTH, MAX_PACKS, CreditPack
from custom_components.goapi.journal import Journal
from custom_components.goapi.ledger import DAY_HOURS, KEPT_DAYS, Period
from custom_components.goapi.levels import MAX_LEVELS, Reading, read

from .common import account_of

BEGIN = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLL = timedelta(minutes=5)
MIDJOURNEY = "mj_remain"
MAX_BYTES = 200_000


def account(*packs: CreditPack, **fields: Any) -> Account:
    """Return an account with these fields."""
    return account_of(fields, *packs)


def spent_so_far(used: float, bought: float = 1000, **fields: Any) -> Account:
    """Return an account that has used so much of what it bought."""
    return account(mj_remain=bought - used, mj_used=used, **fields)


def journal_of(answers: Iterable[Account], step: timedelta = HOUR) -> tuple[Journal, datetime]:
    """Return a journal of these answers, and when the last one came."""
    journal, now = Journal(7, 5), BEGIN
    for number, answer in enumerate(answers):
        now = BEGIN + number * step
        assert journal.enter(answer, now) == []
    return journal, now


def restored(journal: Journal, now: datetime) -> Journal:
    """Return what a restart makes of a journal."""
    again = Journal(7, 5)
    again.restore(json.loads(json.dumps(journal.as_dict(now))))
    return again


def kinds(activities: Iterable[Any]) -> list[str]:
    """Return the types of activities."""
    return [each.type.value for each in activities]


def test_the_same_answer_is_known() -> None:
    """It is entered once; what comes next was spent after it was seen again."""
    journal, now = journal_of([spent_so_far(1)])
    same = spent_so_far(5)
    assert not journal.is_known(same, now)
    journal.enter(same, now + POLL)
    assert journal.is_known(same, now + 10 * HOUR)
    assert not journal.is_known(spent_so_far(5), now + 10 * HOUR)
    journal.enter(spent_so_far(8), now + 10 * HOUR + POLL)
    assert journal.ledger.books[MIDJOURNEY].spans == {}


def test_an_answer_is_entered_again_when_a_pack_has_ended() -> None:
    """Time alone makes something happen."""
    pack = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=BEGIN + HOUR)
    answer = account(pack, available_credits=40)
    journal, now = journal_of([answer])
    assert journal.is_known(answer, now + POLL)
    assert not journal.is_known(answer, now + HOUR)
    (activity,) = journal.enter(answer, now + HOUR)
    assert (activity.type, activity.amount, activity.remaining) == ("pack_expired", 40, 40)
    assert journal.is_known(answer, now + 2 * HOUR)


def test_a_restart_loses_nothing() -> None:
    """Spend, forecast and what was before are there again, and nothing is told."""
    journal, now = journal_of(spent_so_far(used) for used in range(0, 300, 10))
    again = restored(journal, now)
    answer = spent_so_far(300)
    assert again.enter(answer, now + HOUR) == journal.enter(answer, now + HOUR) == []
    for period in Period:
        assert again.ledger.spent(MIDJOURNEY, period) == journal.ledger.spent(MIDJOURNEY, period)
    assert again.forecasts == journal.forecasts
    assert again.as_dict(now) == journal.as_dict(now)


def test_what_was_told_may_know_a_balance_that_is_not_sent_now() -> None:
    """After a crash the history is older than what was told, and the next answer leaves it out."""

    def told(usd: float, points: float, **fields: Any) -> Account:
        return account(equivalent_in_usd=usd, point_remain=points, point_used=0, **fields)

    journal, now = journal_of([told(10, 10_000)])
    again = restored(journal, now)
    (topped_up, _) = journal.enter(told(12, 10_000, available_credits=2000), now + POLL), None
    again.told = journal.reading
    assert kinds(topped_up) == ["topped_up"]
    assert kinds(again.enter(told(13, 11_000), now + 2 * POLL)) == ["topped_up"]


def test_time_that_passes_unseen_is_no_time_of_rest() -> None:
    """Each hour the forecast is made anew, as of when the account was last seen."""
    answers = [spent_so_far(10 * hour) for hour in range(30)]
    journal, now = journal_of(answers)
    fresh = Journal(7, 5)
    fresh.turn(now)
    assert fresh.forecasts == {}
    before = journal.forecasts[MIDJOURNEY].per_day
    journal.turn(now + 5 * HOUR)
    assert journal.forecasts[MIDJOURNEY].per_day == pytest.approx(before)
    assert journal.is_known(answers[-1], now + 10 * HOUR)
    journal.turn(now + 10 * HOUR)
    assert journal.forecasts[MIDJOURNEY].per_day == pytest.approx(290 / 39 * 24)


def test_after_a_restart_everything_is_expected_anew() -> None:
    """What did not change with the first answer is forecast too."""

    def answer(hour: int) -> Account:
        """Return what is left of two quotas."""
        return account(mj_remain=900 - 10 * hour, mj_used=10 * hour, suno_remain=900 - hour)

    journal, now = journal_of(map(answer, range(30)))
    again = restored(journal, now)
    later = account(mj_remain=610, mj_used=290, suno_remain=870)
    assert again.enter(later, now + POLL) == []
    assert again.forecasts.keys() == journal.forecasts.keys() == {"mj_remain", "suno_remain"}


def test_what_is_not_used_any_more_is_not_expected_to_be() -> None:
    """A forecast ends when nothing in its window was spent."""
    answers = [spent_so_far(min(hour, 30)) for hour in range(48)]
    journal, now = journal_of(answers)
    assert MIDJOURNEY in journal.forecasts
    for days in (6, 8):
        later = now + timedelta(days=days)
        assert journal.is_known(answers[-1], later)
        journal.turn(later)
        assert (MIDJOURNEY in journal.forecasts) is (days == 6)


def test_time_that_passes_begins_a_new_day() -> None:
    """Also while nothing is heard of the account."""
    journal, now = journal_of([spent_so_far(0), spent_so_far(5)])
    assert journal.ledger.spent(MIDJOURNEY, Period.TODAY) == 5
    journal.turn(now + timedelta(days=1))
    assert journal.ledger.spent(MIDJOURNEY, Period.TODAY) == 0
    assert journal.ledger.spent(MIDJOURNEY, Period.THIS_MONTH) == 5


def test_what_is_spent_right_after_a_gap_counts_at_once() -> None:
    """The hour in which the gap ended holds the spend of all of it, and of the rest of the hour."""
    journal, now = journal_of(spent_so_far(10 * hour) for hour in range(30))
    now += 10 * HOUR
    assert journal.enter(spent_so_far(390), now) == []
    assert journal.enter(spent_so_far(420), now + POLL) == []
    days = (now + POLL - BEGIN) / timedelta(days=1)
    assert journal.forecasts[MIDJOURNEY].per_day == pytest.approx(420 / days)


def test_dollars_that_are_given_back_are_spent_no_more() -> None:
    """What was reserved is remembered from answer to answer, and over restarts."""

    def credits_account(left: int, frozen: int) -> Account:
        """Return an account whose dollars are its credits."""
        return account(equivalent_in_usd=left / 1000, credit_remain=left, credit_frozen=frozen)

    journal, now = journal_of([credits_account(9_000, 0), credits_account(8_600, 400)])
    again = restored(journal, now)
    assert again.enter(credits_account(8_800, 200), now + POLL) == []
    assert again.ledger.spent("equivalent_in_usd", Period.TODAY) == Decimal("0.2")
    assert again.enter(credits_account(9_000, 0), now + 2 * POLL) == []
    assert again.ledger.spent("equivalent_in_usd", Period.TODAY) == 0


def test_a_crash_tells_nothing_twice() -> None:
    """An older journal makes up for what it lost; what was told is not told again."""
    journal, now = journal_of([spent_so_far(0)])
    crashed = restored(journal, now)
    (told,) = journal.enter(spent_so_far(5, 1500), now + POLL)
    assert told.amount == 500
    crashed.told = journal.reading
    (later,) = crashed.enter(spent_so_far(7, 1530), now + 2 * POLL)
    assert (later.type, later.amount) == (ActivityType.TOPPED_UP, 30)
    assert crashed.ledger.spent(MIDJOURNEY, Period.TODAY) == 7
    assert crashed.told is None


def test_unusual_spend_is_told_once_an_hour() -> None:
    """More than five times the usual is told; the same hour is not told again."""
    usual = [spent_so_far(10 * hour) for hour in range(30)]
    journal, now = journal_of(usual)
    assert journal.enter(spent_so_far(330), now + POLL) == []
    (spike,) = journal.enter(spent_so_far(345), now + 2 * POLL)
    assert (spike.type, spike.amount, spike.usual, spike.remaining) == ("spend_spike", 65, 10, 655)
    again = restored(journal, now)
    again.spikes = journal.spikes
    assert again.enter(spent_so_far(400), now + 3 * POLL) == []
    # It is no longer unusual when it goes on.
    assert again.enter(spent_so_far(500), now + HOUR + POLL) == []
    assert kinds(again.enter(spent_so_far(800), now + 2 * HOUR)) == ["spend_spike"]


def test_unusual_spend_of_the_same_money_is_told_once() -> None:
    """Dollars fall when a task reserves credits, the credits' counter rises when it ends."""

    def credits_account(used: float, frozen: float = 0) -> Account:
        """Return an account whose dollars are its credits."""
        left = 100_000 - used - frozen
        return account(
            equivalent_in_usd=left / 1000,
            available_credits=left,
            used_credits=used,
            frozen_credits=frozen,
        )

    journal, now = journal_of(credits_account(100 * hour) for hour in range(30))
    (spike,) = journal.enter(credits_account(2_900, 5_000), now + POLL)
    assert (spike.type, spike.balance) == ("spend_spike", "equivalent_in_usd")
    assert journal.enter(credits_account(7_900), now + 2 * POLL) == []
    # In another hour it is news again, by the more exact name of both.
    (spike,) = journal.enter(credits_account(20_000), now + HOUR)
    assert (spike.type, spike.balance) == ("spend_spike", "available_credits")
    assert journal.enter(credits_account(20_000, 9_000), now + HOUR + POLL) == []


def test_a_trifle_is_no_alarm() -> None:
    """What is less than a hundredth of the balance is no alarm, however unusual."""
    usual = [spent_so_far(hour / 100, 1000) for hour in range(30)]
    journal, now = journal_of(usual)
    assert journal.enter(spent_so_far(5), now + POLL) == []
    assert kinds(journal.enter(spent_so_far(15), now + 2 * POLL)) == ["spend_spike"]


def test_there_is_no_usual_before_a_day() -> None:
    """A new account may spend as it likes."""
    journal, now = journal_of(spent_so_far(10 * hour) for hour in range(20))
    assert journal.enter(spent_so_far(900), now + POLL) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"is_enable": True}, {"is_enable": False}, ["disabled"]),
        ({"is_enable": False}, {"is_enable": True}, ["enabled"]),
        ({"is_enable": None}, {"is_enable": False}, []),
        ({"is_enable": True}, {"is_enable": None}, []),
        ({}, {"is_enable": True}, []),
        ({"mj_remain": 1}, {"mj_remain": 3}, ["topped_up"]),
        ({}, {"mj_remain": 3}, []),
    ],
)
def test_what_is_told(before: dict[str, Any], after: dict[str, Any], told: list[str]) -> None:
    """What was unknown before has not happened."""
    journal, now = journal_of([account(**before)])
    assert kinds(journal.enter(account(**after), now + POLL)) == told


def test_what_is_unknown_in_between_is_compared_with_what_was_before() -> None:
    """A flag that an answer leaves out does not hide that it changed."""
    journal, now = journal_of([account(is_enable=True), account(is_enable=None)])
    assert kinds(journal.enter(account(is_enable=False), now + POLL)) == ["disabled"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (BEGIN - 9 * HOUR, BEGIN + POLL, ["recharged"]),
        (None, BEGIN + POLL, ["recharged"]),
        # It is an old one, of which the service did not tell before.
        (None, BEGIN - 9 * HOUR, []),
        (BEGIN, BEGIN, []),
        (BEGIN, BEGIN - HOUR, []),
        (BEGIN, None, []),
    ],
)
def test_recharges(before: datetime | None, after: datetime | None, told: list[str]) -> None:
    """A recharge is one that came between two answers; it is told alone when no amount came."""
    name = "last_auto_recharge_triggered_at"
    journal, now = journal_of([account(**{name: before})])
    answer = account(**{name: after})
    polls = [now + poll * POLL for poll in range(1, 9)]
    found = [
        kinds(journal.enter(answer, poll)) for poll in polls if not journal.is_known(answer, poll)
    ]
    assert found == ([[], told] if told else [[]])


def test_a_recharge_after_a_crash_is_not_what_was_told_before_it() -> None:
    """The history is older than what was told, and the amount of the recharge comes later."""

    def answer(credits_left: float, recharged_at: datetime) -> Account:
        return account(credit_remain=credits_left, last_auto_recharge_triggered_at=recharged_at)

    journal, now = journal_of([answer(10, BEGIN - HOUR)])
    again = restored(journal, now)
    assert kinds(journal.enter(answer(60, BEGIN - HOUR), now + POLL)) == ["topped_up"]
    again.told = journal.reading
    begun = now + 2 * POLL
    assert again.enter(answer(60, begun), now + 2 * POLL) == []
    (told,) = again.enter(answer(560, begun), now + 3 * POLL)
    assert (told.type, told.amount) == ("recharged", 500)


@pytest.mark.parametrize("restarts", [False, True])
def test_the_amount_of_a_recharge_may_come_later(restarts: bool) -> None:
    """It is told once, with the amount, and what is bought after that is bought."""

    def answer(credits_left: float, recharged_at: datetime | None = None) -> Account:
        return account(
            credit_remain=credits_left,
            credit_used=90,
            last_auto_recharge_triggered_at=recharged_at or BEGIN - HOUR,
        )

    journal, now = journal_of([answer(10)])
    begun = now + POLL
    assert journal.enter(answer(10, begun), now + POLL) == []
    if restarts:
        journal = restored(journal, now + POLL)
    told = journal.enter(answer(1010, begun), now + 2 * POLL)
    assert [(each.type.value, each.amount) for each in told] == [("recharged", 1000)]
    assert kinds(journal.enter(answer(1110, begun), now + 3 * POLL)) == ["topped_up"]
    assert journal.enter(answer(1105, begun), now + 9 * POLL) == []


def test_a_recharge_is_the_top_up_of_the_credits() -> None:
    """The amount is told with it, and a quota that was topped up meanwhile by itself."""
    first = {"last_auto_recharge_triggered_at": None, "credit_remain": 10, "mj_remain": 5}
    later = {
        "last_auto_recharge_triggered_at": BEGIN + POLL,
        "credit_remain": 510,
        "mj_remain": 8,
    }
    journal, now = journal_of([account(**first)])
    told = journal.enter(account(**later), now + POLL)
    assert [(each.type.value, each.balance, each.amount) for each in told] == [
        ("recharged", "credit_remain", 500),
        ("topped_up", "mj_remain", 3),
    ]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("credit_remain available_credits equivalent_in_usd", "available_credits"),
        ("credit_remain equivalent_in_usd", "credit_remain"),
        ("equivalent_in_usd point_remain", "point_remain"),
        ("equivalent_in_usd mj_remain", "equivalent_in_usd mj_remain"),
        ("credit_remain point_remain", "credit_remain point_remain"),
    ],
)
def test_the_same_money_is_told_once(names: str, told: str) -> None:
    """Dollars only follow, and the credit packs are the most exact."""
    assert told_once(names.split()) == told.split()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=10,
)
ERRORS = (ValueError, TypeError, KeyError, AttributeError)


@given(
    part=st.sampled_from(
        ["reading", "books", "at", "levels", "packs", "expired", "enabled", "recharged_at"]
    ),
    damage=JSON,
)
def test_a_damaged_file_raises_nothing_else(part: str, damage: Any) -> None:
    """Whatever the file has in the place of a part, it is read or refused."""
    pack = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=BEGIN + 99 * HOUR)
    journal, now = journal_of([account(pack, mj_remain=5, available_credits=40)])
    saved = journal.as_dict(now)
    (saved if part in saved else saved["reading"])[part] = damage
    fresh = Journal(7, 5)
    try:
        fresh.restore(saved)
    except ERRORS:
        assert fresh.reading is None
        assert fresh.ledger.books == {}
    else:
        fresh.enter(account(mj_remain=4), now + POLL)


def test_the_file_of_the_busiest_account_has_a_limit() -> None:
    """As many balances, packs, digits and letters as there can be fit, and are read again."""
    now = BEGIN
    packs = [
        CreditPack(
            id=f"{number:0{MAX_ID_LENGTH}}",
            active=True,
            capacity=2**53,
            left=1234567.123456789,
            ends_at=BEGIN.replace(microsecond=123456) + timedelta(days=999),
        )
        for number in range(MAX_PACKS)
    ]
    fields: dict[str, Any] = {}
    for number in range(MAX_LEVELS):
        quota = f"{number:040}"
        fields |= {
            f"{quota}_remain": 123456.78901234567,
            f"{quota}_used": 123456.78901234567,
            f"{quota}_frozen": 0.012345678901234567,
        }
    journal = Journal(7, 5)
    journal.enter(account(*packs, **fields), now)
    for hour in range(KEPT_DAYS * DAY_HOURS):
        moment = now + hour * HOUR
        amounts = [(key, Decimal("12345.123456789")) for key in journal.ledger.books]
        journal.ledger.add(amounts, moment - 2 * HOUR, moment)
    journal.turn(moment)
    text = json.dumps(journal.as_dict(moment), indent=2)
    assert len(text) < MAX_BYTES
    journal.restore(json.loads(text))
    assert len(journal.ledger.books) == MAX_LEVELS


@pytest.mark.parametrize("nothing", [{}, [], "", 0, False])
def test_a_file_whose_reading_is_nothing_is_damaged(nothing: object) -> None:
    """Only a journal without any answer has none."""
    fresh = Journal(7, 5)
    fresh.restore(json.loads(json.dumps(fresh.as_dict(BEGIN))))
    assert fresh.reading is None
    with pytest.raises(ERRORS):
        fresh.restore({"reading": nothing, "books": {}})


def test_a_file_without_one_book_for_each_balance_is_damaged() -> None:
    """With one missing, or one too many, the next answer could not be booked or forecast."""
    journal, now = journal_of([account(mj_remain=5, suno_remain=3)])
    saved = journal.as_dict(now)
    book = saved["books"]["mj_remain"]
    for books in ({}, {"mj_remain": book}, saved["books"] | {"llm_remain": book}):
        with pytest.raises(ValueError, match="not one book for each balance"):
            Journal(7, 5).restore(saved | {"books": books})
    with pytest.raises(ValueError, match="not one book for each balance"):
        Journal(7, 5).restore(saved | {"reading": None})


def places(saved: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value within a file."""
    yield path
    if isinstance(saved, dict | list):
        for key in saved if isinstance(saved, dict) else range(len(saved)):
            yield from places(saved[key], *path, key)


def damaged(saved: Any, path: tuple[Any, ...], damage: Any) -> Any:
    """Return a file with something else in one place."""
    if not path:
        return damage
    key, *rest = path
    copy = dict(saved) if isinstance(saved, dict) else list(saved)
    copy[key] = damaged(saved[key], tuple(rest), damage)
    return copy


DAMAGED_TEXTS = st.text("0123456789 -+:./eEnaifsN_", max_size=30)


@given(data=st.data(), damage=JSON | DAMAGED_TEXTS | st.floats() | st.integers())
def test_what_is_read_of_a_damaged_file_can_be_used(data: st.DataObject, damage: Any) -> None:
    """Whatever stands in whichever place: it is refused, or the journal goes on with it."""
    pack = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=BEGIN + 99 * HOUR)
    journal, now = journal_of(
        account(pack, mj_remain=500 - 10 * hour, mj_used=10 * hour, available_credits=40)
        for hour in range(30)
    )
    saved = json.loads(json.dumps(journal.as_dict(now)))
    path = data.draw(st.sampled_from(list(places(saved))))
    fresh = Journal(7, 5)
    try:
        fresh.restore(damaged(saved, path, damage))
    except ERRORS:
        return
    fresh.turn(now)
    fresh.enter(account(mj_remain=4, mj_used=496), now + POLL)
    json.dumps(fresh.as_dict(now + POLL), allow_nan=False)
    fresh.restore(json.loads(json.dumps(fresh.as_dict(now + POLL))))


NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(-(2**53), 2**53))


@given(
    levels=st.dictionaries(
        st.sampled_from(["mj_remain", "mj_used", "mj_frozen", "equivalent_in_usd"]), NUMBERS
    ),
    enabled=st.none() | st.booleans(),
    recharged_at=st.none()
    | st.integers(1, 2**32).map(lambda time: datetime.fromtimestamp(time, UTC)),
    left=st.floats(0.001, 2**53),
)
def test_readings_survive_their_file(
    levels: dict[str, Any],
    enabled: bool | None,
    recharged_at: datetime | None,
    left: float,
) -> None:
    """What is written is what is read."""
    pack = CreditPack(id="7", active=True, capacity=left, left=left, ends_at=BEGIN + HOUR)
    fields = levels | {
        "is_enable": enabled,
        "last_auto_recharge_triggered_at": recharged_at,
        "expired_credits": 3,
    }
    first = read(account(**fields), BEGIN, None)
    reading = read(account(pack, **fields), BEGIN, first)
    assert Reading.from_dict(json.loads(json.dumps(reading.as_dict()))) == reading
