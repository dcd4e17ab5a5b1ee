"""Test the tracker: what is known of an account as answers come and time passes."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.goapi.accounting import (
    AccountState,
    AccountStatus,
    AccountSummary,
    Event,
    EventType,
    Period,
    Tracker,
)
from custom_components.goapi.api import CreditPack, Number
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from tests.common import account_of

from .follow import DAY, HOUR, MJ, NOW, POLL, Follower, Parts, parts, short

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KOLKATA = ZoneInfo("Asia/Kolkata")


def at(text: str, zone: tzinfo = AMSTERDAM) -> datetime:
    """Return a local moment."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


class Spender(Follower):
    """Spends a quota that counts."""

    used: Number = 0

    def spend(self, amount: Number, after: timedelta = POLL) -> None:
        """Spend, and let the service answer."""
        self.used += amount
        self.see({MJ: parts(100_000 - self.used, self.used)}, after=after)

    def spend_at(self, amount: Number, now: datetime) -> None:
        """Spend, and let the service answer at a moment."""
        self.now = now
        self.spend(amount, timedelta(0))

    def sums(self) -> list[Number]:
        """Return what was spent today, this week and this month."""
        return list(self.summary().balances[MJ].spent.values())


def test_the_same_answer_again_costs_nothing() -> None:
    """It is the same object that is known, and the time of the last answer moves on."""
    follower = Spender()
    follower.spend(0)
    known = follower.tracker.update(follower.account, NOW + POLL)[0]
    for hours in (0, 1, 20):
        again = follower.tracker.update(follower.account, NOW + hours * HOUR + POLL)
        assert again == (known, [])
        assert again[0] is known
    # So what is spent after it was not spent while it stayed the same.
    follower.spend_at(5, NOW + 20 * HOUR + 2 * POLL)
    assert list(follower.state.balances[MJ].ledger.hours.values()) == [5]


def test_an_answer_that_says_the_same_changes_nothing_that_is_known() -> None:
    """It is compared as it is another object, and found to be equal."""
    follower = Follower()
    first, _ = follower.tracker.update(account_of({MJ: parts(5)}), NOW)
    again, events = follower.tracker.update(account_of({MJ: parts(5)}), NOW + POLL)
    assert again == first
    assert events == []


def test_nothing_is_known_before_the_first_answer() -> None:
    """Whoever asks anyway is told."""
    with pytest.raises(RuntimeError, match="no answer yet"):
        Follower().summary()


def test_events_are_pending_until_somebody_delivers_them() -> None:
    """They are returned too."""
    follower = Follower()
    follower.see({MJ: parts(5)})
    first = follower.see({MJ: parts(9)})
    second = follower.see({MJ: parts(0)})
    assert [event.type for event in first + second] == [EventType.TOPPED_UP, EventType.EMPTY]
    assert follower.state.pending == first + second


# --- Periods ---


def test_periods_begin_at_local_midnight() -> None:
    """What was spent before and seen after it belongs to the new day; so do weeks and months."""
    spender = Spender()
    spender.spend_at(0, at("2026-11-30T23:50"))
    spender.spend_at(5, at("2026-11-30T23:55"))
    assert spender.sums() == [5, 5, 5]
    spender.now = at("2026-12-01T00:00")
    assert spender.sums() == [0, 5, 0]
    assert list(spender.summary().starts.values()) == [
        at("2026-12-01"),
        at("2026-11-30"),
        at("2026-12-01"),
    ]
    spender.spend_at(2.5, at("2026-12-01T00:03"))
    assert spender.sums() == [2.5, 7.5, 2.5]
    spender.now = at("2026-12-07T00:00")
    assert spender.sums() == [0, 0, 2.5]


def test_downtime_over_midnight_loses_nothing() -> None:
    """It is spent when it is seen, and spread over its hours for the forecast."""
    spender = Spender()
    spender.spend_at(0, at("2026-11-23T20:30"))
    spender.restart()
    spender.spend_at(12, at("2026-11-24T02:30"))
    assert spender.sums() == [12, 12, 12]
    assert list(spender.state.balances[MJ].ledger.hours.values()) == [2] * 6


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)])
def test_a_day_on_which_clocks_change_has_all_its_hours(day: str, hours: int) -> None:
    """They belong to it and to no other day, however many they are."""
    spender, begin = Spender(), at(day).astimezone(UTC)
    spender.spend_at(0, (begin - HOUR).astimezone(AMSTERDAM))
    for hour in range(-1, hours + 1):
        spender.spend_at(1, (begin + hour * HOUR + 6 * POLL).astimezone(AMSTERDAM))
        expected = {-1: 1, hours: 1}.get(hour, hour + 1)
        assert spender.sums()[0] == expected


def test_a_move_to_another_zone_sums_the_day_up_anew() -> None:
    """22:30 and 23:30 in Amsterdam are the next day in Kolkata."""
    spender = Spender()
    for clock in ("12:00", "22:30", "23:30"):
        now = at(f"2026-11-23T{clock}")
        spender.spend_at(0, now - POLL)
        spender.spend_at(1, now)
    assert spender.sums()[0] == 3
    spender.now = spender.now.astimezone(KOLKATA)
    assert spender.sums()[0] == 2


# --- Clocks ---


@pytest.fixture
def monthly() -> Spender:
    """Return an account that spends 1 in each hour of November, until its last day."""
    spender = Spender()
    spender.spend_at(0, at("2026-11-01T00:30"))
    for _ in range(29 * 24):
        spender.spend(1, HOUR)
    assert spender.sums() == [1, 1, 696]
    return spender


@pytest.mark.parametrize("behind", [HOUR - POLL, 3 * DAY, 120 * DAY])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_is_behind_for_a_moment_moves_nothing(
    monthly: Spender, behind: timedelta, restarts: bool
) -> None:
    """A machine may start with an old time: it is given an hour to be set right."""
    now = monthly.now
    if restarts:
        monthly.restart()
    for minutes in (0, 20, 40):
        monthly.now = now - behind + timedelta(minutes=minutes)
        monthly.spend(1)
    assert monthly.sums() == [4, 4, 699]
    assert monthly.state.at == now.timestamp()
    monthly.now = now + HOUR
    assert monthly.sums() == [4, 4, 699]
    # Behind again, it is given as much time again.
    monthly.spend(0)
    monthly.now = now - behind
    monthly.spend(1)
    assert monthly.sums() == [5, 5, 700]


def test_a_clock_that_was_set_right_is_given_an_hour_again() -> None:
    """What it did the day before is forgotten."""
    spender = Spender()
    spender.spend(0)
    spender.spend_at(1, NOW - DAY)
    spender.spend_at(1, NOW + DAY)
    spender.spend_at(1, NOW + 12 * HOUR)
    assert spender.state.at == (NOW + DAY).timestamp()


def test_a_clock_that_falls_behind_farther_is_given_an_hour_from_then_on() -> None:
    """It is being set."""
    spender = Spender()
    spender.spend(0)
    for hours in (2, 1.5, 9, 8.5):
        spender.spend_at(1, NOW - hours * HOUR)
    assert spender.state.at == (NOW + POLL).timestamp()
    spender.spend_at(1, NOW - 8 * HOUR)
    assert spender.state.at == (NOW - 8 * HOUR).timestamp()


def test_a_clock_that_stays_behind_is_believed_after_an_hour(monthly: Spender) -> None:
    """What was spent at hours that never were is spent now."""
    now = monthly.now
    monthly.spend_at(5, now + 2 * DAY)
    assert monthly.sums() == [5, 6, 5]
    for minutes in (5, 45, 65):
        monthly.now = now + timedelta(minutes=minutes)
        summary = monthly.summary()
    ledger = monthly.state.balances[MJ].ledger
    assert sum(ledger.hours.values()) == pytest.approx(701)
    assert max(ledger.hours) <= now.timestamp() + 3900
    assert list(summary.balances[MJ].spent.values()) == [6, 6, 701]
    # And the forecast is made anew.
    assert summary.balances[MJ].burn_rate == pytest.approx(24.5, abs=0.5)


def test_an_account_that_was_first_seen_with_a_clock_ahead_is_forecast_in_time() -> None:
    """Its ledger does not begin in the future."""
    spender = Spender(NOW + 900 * DAY)
    spender.spend(0)
    spender.now = NOW
    for _ in range(30):
        spender.spend(1, HOUR)
    assert spender.summary().balances[MJ].burn_rate is not None


# --- Forecast ---


@pytest.fixture
def steady() -> Spender:
    """Return an account that spent 10 in each of 30 hours."""
    spender = Spender()
    spender.spend(0)
    for _ in range(30):
        spender.spend(10, HOUR)
    return spender


def test_time_that_passes_unseen_is_no_time_of_rest(steady: Spender) -> None:
    """While nothing is heard, the forecast goes by the last answer; answers that repeat count."""
    before = steady.summary().balances[MJ]
    assert before.burn_rate == 240
    steady.now += 5 * HOUR
    assert steady.summary().balances[MJ].burn_rate == 240
    steady.tracker.update(steady.account, steady.now)
    later = steady.summary().balances[MJ].burn_rate
    assert later == pytest.approx(300 / 35 * 24, abs=0.1)


def test_a_forecast_says_when_a_balance_runs_out_and_what_the_month_will_cost(
    steady: Spender,
) -> None:
    """It goes by what is left now, and by what was spent this month."""
    known = steady.summary().balances[MJ]
    # 99,700 at 240 a day.
    assert known.runs_out is not None
    assert (known.runs_out - steady.now) / DAY == pytest.approx(99_700 / 240, abs=0.05)
    days_left = (datetime(2026, 12, 1, tzinfo=UTC) - steady.now) / DAY
    assert known.projected_spend == pytest.approx(300 + 240 * days_left)
    assert known.budget_used is None
    steady.see({MJ: parts(0, steady.used)})
    assert steady.summary().balances[MJ].runs_out is None


def test_a_month_that_begins_unseen_is_projected_from_its_beginning(steady: Spender) -> None:
    """Not from the rest of the month in which the last answer came."""
    steady.see(
        {MJ: parts(90_000, 300)}, after=datetime(2026, 11, 30, 23, 58, tzinfo=UTC) - steady.now
    )
    steady.now += timedelta(minutes=2)
    known = steady.summary().balances[MJ]
    assert known.spent[Period.THIS_MONTH] == 0
    assert known.burn_rate is not None
    assert known.projected_spend == pytest.approx(31 * known.burn_rate, rel=0.01)


def test_after_a_restart_everything_is_known_as_before() -> None:
    """Also of balances that did not change with the first answer."""
    follower = Follower()
    for hour in range(30):
        balances = {MJ: parts(900 - 10 * hour, 10 * hour), "llm_remain": parts(90 - hour)}
        follower.see(balances, {"plan": "pro"}, after=HOUR)
    before = follower.summary()
    follower.restart()
    follower.see(balances, {"plan": "pro"}, after=timedelta(0))
    assert follower.summary() == before


def test_the_window_of_the_forecast_is_chosen() -> None:
    """With one day, what was spent before counts no more."""
    tracker = Tracker(AccountState(), window_days=1, spike_multiple=5)
    for hour in range(60):
        used = hour if hour < 30 else 2 * hour - 30
        summary, _ = tracker.update(account_of({MJ: parts(900 - used, used)}), NOW + hour * HOUR)
    assert summary.balances[MJ].burn_rate == pytest.approx(48, abs=2)


# --- Thresholds and budgets ---


def types(result: tuple[AccountSummary, list[Event]]) -> tuple[bool | None, list[EventType]]:
    """Return whether the quota is low, and what happened."""
    return result[0].balances[MJ].is_low, [event.type for event in result[1]]


def test_a_threshold_is_applied_at_once() -> None:
    """The alert says how much is left and where the threshold is; the hysteresis holds."""
    follower = Follower()
    follower.see({MJ: parts(74), CREDITS: parts(0)})
    known, events = follower.tracker.set_amount(MJ, "threshold", 100, follower.now, is_current=True)
    assert events == [Event(type=EventType.LOW, balance=MJ, remaining=74, threshold=100)]
    assert follower.state.pending == events
    assert known.balances[MJ].threshold == 100
    assert known.balances[MJ].low_since == follower.now
    for threshold, expected in ((70, (True, [])), (60, (False, [EventType.RECOVERED]))):
        found = follower.tracker.set_amount(
            MJ, "threshold", threshold, follower.now, is_current=True
        )
        assert types(found) == expected


def test_a_threshold_that_is_set_while_the_service_is_away_is_applied_when_it_is_back() -> None:
    """Also where it answers as before; until then an old answer is not evaluated."""
    follower = Follower()
    follower.see({MJ: parts(74)})
    result = follower.tracker.set_amount(MJ, "threshold", 100, follower.now, is_current=False)
    assert types(result) == (False, [])
    assert types(follower.tracker.update(follower.account, NOW + 3 * POLL)) == (
        True,
        [EventType.LOW],
    )
    known = follower.tracker.update(follower.account, NOW + 4 * POLL)[0]
    assert follower.tracker.update(follower.account, NOW + 5 * POLL)[0] is known


@pytest.mark.parametrize("sent", [{}, {MJ: {"remaining": None}}, {MJ: parts(74, 0)}])
def test_a_balance_that_is_not_known_now_is_evaluated_when_it_is(sent: dict[str, Parts]) -> None:
    """It is left out, has no number or is not believed."""
    follower = Follower()
    follower.see({MJ: parts(74, 5)})
    follower.see(sent)
    _, events = follower.tracker.set_amount(MJ, "threshold", 100, follower.now, is_current=True)
    assert events == []
    assert [event.type for event in follower.see({MJ: parts(74, 5)})] == [EventType.LOW]


def test_a_threshold_of_what_is_about_to_be_refilled_waits_too() -> None:
    """It is evaluated with each answer until the recharge is overdue."""
    follower = Follower()
    recharge = {"auto_recharge_enabled": True, "auto_recharge_threshold_credit": 50}
    follower.see({CREDITS: parts(40, 5)}, recharge)
    _, events = follower.tracker.set_amount(CREDITS, "threshold", 45, follower.now, is_current=True)
    assert events == []
    found = [follower.answer(follower.account) for _ in range(3)]
    assert [len(events) for events in found] == [0, 0, 1]


def test_the_first_use_of_a_quota_is_no_recovery() -> None:
    """A quota that never held anything was not empty before; it is so when it is used up."""
    follower = Follower()
    follower.see({MJ: parts(0, 0, 0)})
    assert short(follower.see({MJ: parts(10, 0, 0)})) == [(EventType.TOPPED_UP, MJ, 10)]
    assert short(follower.see({MJ: parts(0, 10, 0)})) == [(EventType.EMPTY, MJ, None)]


def test_a_budget_is_compared_with_the_spend_of_the_month() -> None:
    """In percent; 0 is no budget."""
    spender = Spender()
    spender.spend(0)
    spender.spend(3)
    for budget, used in ((12, 25), (0, None)):
        result = spender.tracker.set_amount(MJ, "budget", budget, spender.now, is_current=True)
        known = result[0].balances[MJ]
        assert (known.budget, known.budget_used) == (budget, used)
        assert result[1] == []


# --- The account ---


@pytest.mark.parametrize(
    ("balances", "main"),
    [
        ({USD: parts(0), CREDIT_PACKS: parts(5), CREDITS: parts(5)}, USD),
        ({USD: {"remaining": None}, CREDIT_PACKS: parts(0), CREDITS: parts(5)}, CREDIT_PACKS),
        ({POINTS: parts(5), CREDITS: parts(0)}, CREDITS),
        ({MJ: parts(5), POINTS: parts(5)}, POINTS),
        ({MJ: parts(5)}, None),
    ],
)
def test_the_first_of_dollars_packs_credits_and_points_speaks_for_the_account(
    balances: dict[str, Parts], main: str | None
) -> None:
    """It stays so when an answer leaves it out or another turns up."""
    follower = Follower()
    follower.see(balances)
    assert follower.summary().main == main
    follower.see({})
    assert follower.summary().main == main
    follower.see({USD: parts(5)})
    assert follower.summary().main == (main or USD)


@pytest.mark.parametrize(
    ("remaining", "threshold", "fields", "status"),
    [
        (5, 0, {}, AccountStatus.OK),
        (5, 0, {"is_enable": True, "is_verified": True}, AccountStatus.OK),
        (5, 0, {"is_verified": False}, AccountStatus.UNVERIFIED),
        (5, 9, {"is_verified": False}, AccountStatus.LOW),
        (0, 9, {"is_verified": False}, AccountStatus.EMPTY),
        (-1, 0, {}, AccountStatus.EMPTY),
        (0, 0, {"is_enable": False, "is_verified": False}, AccountStatus.DISABLED),
        (None, 0, {"is_enable": False}, AccountStatus.DISABLED),
        (None, 0, {"is_verified": False}, AccountStatus.UNVERIFIED),
        (None, 0, {}, None),
    ],
)
def test_the_status_is_the_most_severe_of_what_is_wrong(
    remaining: Number | None, threshold: Number, fields: dict[str, Any], status: AccountStatus
) -> None:
    """Disabled, empty, low, not verified, ok; None where the main balance is unknown."""
    follower = Follower()
    follower.see({POINTS: parts(5)})
    follower.see({POINTS: {"remaining": remaining}}, fields)
    known, _ = follower.tracker.set_amount(
        POINTS, "threshold", threshold, follower.now, is_current=True
    )
    assert known.status is status


def test_an_account_without_a_main_balance_has_no_status() -> None:
    """Unless it is disabled or not verified."""
    follower = Follower()
    follower.see({MJ: parts(0)})
    assert follower.summary().status is None


def test_a_zero_that_is_not_believed_empties_no_account() -> None:
    """It is shown as it is sent; nothing follows from it for an hour."""
    follower = Follower()
    answer = {USD: parts(0), CREDITS: parts(500, 5)}
    follower.see({USD: parts(9), CREDITS: parts(500, 5)})
    assert follower.see(answer) == []
    assert follower.summary().status is AccountStatus.OK
    known = follower.summary().balances[USD]
    assert (known.remaining, known.is_low, known.is_empty) == (0, False, False)
    follower.answer(follower.account, HOUR)
    assert follower.summary().status is AccountStatus.EMPTY


def test_what_was_ever_sent_is_known_of_though_its_value_is_not() -> None:
    """Also after a restart: fields, balances and their parts."""
    follower = Follower()
    follower.see({MJ: parts(5, 6, 1)}, {"plan": "pro", "type": None})
    for _ in range(2):
        follower.see({MJ: {"used": 6}, USD: parts(5)}, {"type": "x"})
        known = follower.summary()
        assert known.fields == {"plan": None, "type": "x"}
        mj = known.balances[MJ]
        assert mj.parts == {"remaining": None, "used": 6, "frozen": None}
        assert (mj.remaining, mj.is_low, mj.is_empty, mj.is_in_use) == (None, None, False, True)
        follower.restart()
    follower.see({})
    assert follower.summary().balances[MJ].is_in_use is False


def test_packs_that_can_still_be_lost_are_listed_until_they_end() -> None:
    """The first to end first; it is known whether the API ever spoke of packs."""
    follower = Follower()
    follower.see({MJ: parts(5)})
    assert follower.summary().has_credit_packs is False
    packs = tuple(
        CreditPack(id=name, active=name != "c", capacity=9, left=left, ends_at=NOW + days * DAY)
        for name, left, days in (("a", 5, 1), ("b", 0, 2), ("c", 5, 3), ("d", 5, 4))
    )
    follower.see({MJ: parts(5)}, {"credit_packs": 4}, packs)
    assert [pack.id for pack in follower.summary().expiring] == ["a", "d"]
    follower.now = NOW + DAY
    assert [pack.id for pack in follower.summary().expiring] == ["d"]
    follower.see({CREDIT_PACKS: parts(5)})
    assert follower.summary().expiring == ()
    assert follower.summary().has_credit_packs is True
