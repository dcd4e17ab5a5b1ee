"""Test what holds for any sequence of answers, restarts and crashes.

The state is saved whenever something happened or the user set something, else every quarter of an
hour and at a stop. Events are delivered after that, taken off and the state is saved again. A crash
goes back to what was saved.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
import json
from zoneinfo import ZoneInfo

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
import pytest

from custom_components.goapi.accounting import AccountState, Event, EventType, Period, Tracker
from custom_components.goapi.accounting.events import ALERTS
from custom_components.goapi.api import Account, ActiveTasks, Number, ProviderTasks
from custom_components.goapi.api.models import CREDIT_PACKS, USD
from tests.common import account_of

from .follow import DAY, HOUR, MJ, Parts

ZONE = ZoneInfo("Europe/Amsterdam")
# Clocks change, a week begins, a month begins.
BEGINNINGS = ("2026-10-24T22:50", "2026-11-22T20:10", "2026-11-30T23:30")
SAVE_DELAY = timedelta(minutes=15)
LLM = "llm_remain"
# Less than a purchase, so that dollars never stand still by chance while something was spent.
AMOUNTS = st.integers(1, 90)
PURCHASES = st.integers(1, 9).map(lambda number: number * 1000)


@dataclass
class Truth:
    """A balance, and what happened to it so far."""

    remaining: int = 20_000
    used: int = 50
    frozen: int = 0
    bought: int = 0
    expired: int = 0

    def spend(self, amount: int) -> None:
        """Spend what is there."""
        amount = min(amount, self.remaining)
        self.remaining -= amount
        self.used += amount

    def reserve(self, amount: int) -> None:
        """Reserve what is there, or give back if the amount is negative."""
        amount = max(min(amount, self.remaining), -self.frozen)
        self.remaining -= amount
        self.frozen += amount

    def buy(self, amount: int) -> None:
        """Buy."""
        self.remaining += amount
        self.bought += amount

    def expire(self, amount: int) -> None:
        """Lose what is there."""
        amount = min(amount, self.remaining)
        self.remaining -= amount
        self.expired += amount

    def parts(self) -> Parts:
        """Return what the service sends."""
        return {"remaining": self.remaining, "used": self.used, "frozen": self.frozen}


@dataclass
class Service:
    """An account of which dollars are the worth of the credit packs."""

    worth: float
    mj: Truth = field(default_factory=Truth)
    llm: Truth = field(default_factory=Truth)
    packs: Truth = field(default_factory=Truth)
    enabled: bool = True

    def account(self, missing: frozenset[str], zero: str | None) -> Account:
        """Return an answer that lacks some of it, and in which one balance is wrongly zero."""
        packs = self.packs
        balances: dict[str, Parts] = {
            USD: {"remaining": packs.remaining * self.worth},
            MJ: self.mj.parts(),
            LLM: {"remaining": self.llm.remaining},
            CREDIT_PACKS: packs.parts()
            | {
                "total": packs.bought + 9_000,
                "inactive": 0,
                "expired": packs.expired,
            },
        }
        if zero == MJ or (zero == USD and packs.remaining):
            balances[zero] = dict.fromkeys(balances[zero], 0)
        fields = {} if "is_enable" in missing else {"is_enable": self.enabled}
        return account_of(
            {key: value for key, value in balances.items() if key not in missing}, fields
        )


class Accounting(RuleBasedStateMachine):
    """Polls a service, saves, delivers, stops and crashes."""

    @initialize(worth=st.sampled_from([0.001, 1.0]), begin=st.sampled_from(BEGINNINGS))
    def begin(self, worth: float, begin: str) -> None:
        """Set the account up."""
        self.service = Service(worth)
        self.now = datetime.fromisoformat(begin).replace(tzinfo=ZONE)
        self.delivered: list[Event] = []
        self.amounts: dict[tuple[str, str], Number] = {}
        # The limits that were reached and when a task was seen last, as the state knows them too.
        self.reached: list[tuple[str | None, date]] = []
        self.busy_at = self.now
        self.last_gap = self.now.timestamp()
        self.tracker = Tracker(AccountState(), 7, 5)
        self.saved_at = self.now
        self.poll(5, frozenset(), None, "delivered")
        self.save()

    # --- What happens to the account ---

    @rule(amount=AMOUNTS)
    def spend(self, amount: int) -> None:
        """Spend of everything."""
        for balance, part in ((self.service.mj, 1), (self.service.llm, 2), (self.service.packs, 3)):
            balance.spend(amount * part)

    @rule(amount=AMOUNTS)
    def use_up(self, amount: int) -> None:
        """Leave little of the quotas."""
        for balance in (self.service.mj, self.service.llm):
            balance.spend(max(balance.remaining - amount, 0))

    @rule(amount=st.integers(-90, 90))
    def reserve(self, amount: int) -> None:
        """Reserve or release."""
        self.service.mj.reserve(amount)
        self.service.packs.reserve(amount)

    @rule(amount=PURCHASES)
    def top_up(self, amount: int) -> None:
        """Buy units of the quota that counts."""
        self.service.mj.buy(amount)

    @rule(amount=PURCHASES)
    def buy_pack(self, amount: int) -> None:
        """Buy credits."""
        self.service.packs.buy(amount)

    @rule(amount=PURCHASES)
    def lose_pack(self, amount: int) -> None:
        """Lose credits at the end of a pack."""
        self.service.packs.expire(amount)

    @rule()
    def switch(self) -> None:
        """Enable or disable the account."""
        self.service.enabled = not self.service.enabled

    # --- What Home Assistant does ---

    @rule(
        minutes=st.integers(0, 59),
        missing=st.frozensets(st.sampled_from([MJ, LLM, USD, "is_enable"])),
        zero=st.sampled_from([None, None, MJ, USD]),
        until=st.sampled_from(["updated", "saved", "delivered", "delivered"]),
    )
    def poll(self, minutes: int, missing: frozenset[str], zero: str | None, until: str) -> None:
        """Poll, and crash unless the events were delivered."""
        self.now = (self.now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(ZONE)
        if any(each.doubted_since for each in self.tracker.state.balances.values()):
            # A wrong zero does not last; that is found out after an hour.
            zero = None
        before = self.tracker.state.at
        if before and self.now.timestamp() - before >= HOUR.total_seconds():
            self.last_gap = self.now.timestamp()
        self.has_polled = True
        _, events = self.tracker.update(self.service.account(missing, zero), self.now)
        self.note(events)
        if until == "updated":
            self.crash()
        elif events or self.now - self.saved_at >= SAVE_DELAY:
            self.save()
        if until == "delivered":
            self.deliver()
        elif until == "saved":
            self.crash()
        if until == "delivered" and not missing and not zero:
            self.compare()

    @rule(hours=st.integers(1, 40))
    def sleep(self, hours: int) -> None:
        """Poll nothing."""
        self.now = (self.now.astimezone(UTC) + hours * HOUR).astimezone(ZONE)

    @rule()
    def advance(self) -> None:
        """Let time pass as Home Assistant does each hour."""
        if self.has_polled:
            self.tracker.advance(self.now)

    @rule()
    def stop(self) -> None:
        """Stop and start again."""
        self.save()
        self.crash()

    @rule()
    def crash(self) -> None:
        """Start again from what was saved."""
        self.tracker = Tracker(AccountState.from_dict(json.loads(self.saved)), 7, 5)
        self.reached, self.busy_at = [*self.saved_reached], self.saved_busy_at
        self.has_polled = False
        for (key, name), amount in self.amounts.items():
            assert getattr(self.tracker.state.balances[key], name) == amount

    @rule(key=st.sampled_from([MJ, LLM, USD]), threshold=st.integers(0, 30_000))
    def set_threshold(self, key: str, threshold: int) -> None:
        """Set a threshold as a user does."""
        self.set_amount(key, "threshold", threshold)

    @rule(key=st.sampled_from([MJ, LLM, CREDIT_PACKS]), limit=st.integers(0, 300))
    def set_daily_limit(self, key: str, limit: int) -> None:
        """Set a daily limit as a user does."""
        self.set_amount(key, "daily_limit", limit)

    def set_amount(self, key: str, name: str, amount: int) -> None:
        """Set an amount, which needs that something was polled."""
        self.poll(1, frozenset(), None, "delivered")
        _, events = self.tracker.set_amount(key, name, amount, self.now, is_current=True)
        self.note(events)
        self.amounts[key, name] = amount
        self.save()
        self.deliver()

    @rule(running=st.sampled_from([0, 0, 0, 0, 1, None]))
    def take_tasks(self, running: int | None) -> None:
        """List the tasks: what is stuck is frozen, and no task was seen for a day."""
        if running:
            self.busy_at = self.now
        tasks = ActiveTasks({"kling": ProviderTasks(running, 0)})
        for key, amount in self.tracker.take_tasks(tasks, self.now).items():
            snapshot = self.tracker.state.balances[key].snapshot
            assert snapshot
            assert amount == snapshot.frozen
            assert amount > 0
            assert self.now.timestamp() - self.busy_at.timestamp() >= DAY.total_seconds()

    def note(self, events: list[Event]) -> None:
        """Note on which local day a limit was reached."""
        self.reached += [
            (event.balance, self.now.date())
            for event in events
            if event.type is EventType.DAILY_LIMIT_REACHED
        ]

    def save(self) -> None:
        """Save the state."""
        self.saved, self.saved_at = json.dumps(self.tracker.state.as_dict()), self.now
        self.saved_reached, self.saved_busy_at = [*self.reached], self.busy_at

    def deliver(self) -> None:
        """Deliver what is pending, and save that it was."""
        pending = self.tracker.state.pending
        if pending:
            self.delivered += pending
            pending.clear()
            self.save()

    # --- What must hold ---

    def compare(self) -> None:
        """Compare all that was spent and delivered with what happened, after a whole answer."""
        service, state = self.service, self.tracker.state
        spent = {key: sum(each.ledger.hours.values()) for key, each in state.balances.items()}
        packs_gone = service.packs.used - 50 + service.packs.frozen
        expected_spend = {
            MJ: service.mj.used - 50,
            LLM: service.llm.used - 50,
            CREDIT_PACKS: service.packs.used - 50,
            USD: packs_gone * service.worth,
        }
        assert spent == pytest.approx(expected_spend, abs=1e-6)
        amounts: Counter[tuple[EventType, str | None]] = Counter()
        for event in self.delivered:
            amounts[event.type, event.balance] += event.amount or 0  # type: ignore[assignment]
        assert amounts[EventType.TOPPED_UP, MJ] == service.mj.bought
        assert amounts[EventType.TOPPED_UP, CREDIT_PACKS] == service.packs.bought
        assert amounts[EventType.PACK_EXPIRED, CREDIT_PACKS] == service.packs.expired
        assert amounts[EventType.TOPPED_UP, LLM] == amounts[EventType.TOPPED_UP, USD] == 0
        switched = [
            e.type for e in self.delivered if e.type in {EventType.ENABLED, EventType.DISABLED}
        ]
        expected = [EventType.DISABLED, EventType.ENABLED] * len(switched)
        assert switched == expected[: len(switched)]
        assert service.enabled is (len(switched) % 2 == 0)
        for key, balance in state.balances.items():
            self.compare_alerts(key, is_low=balance.low_since is not None)

    def compare_alerts(self, key: str, *, is_low: bool) -> None:
        """Compare what was delivered with how the balance is."""
        alerts = [e.type for e in self.delivered if e.balance == key and e.type in ALERTS]
        was_low, previous = False, None
        for alert in alerts:
            if alert is EventType.RECOVERED:
                assert was_low
            else:
                assert not was_low or alert is EventType.EMPTY is not previous
            was_low, previous = alert is not EventType.RECOVERED, alert
        assert was_low is is_low

    @invariant()
    def sums_are_those_of_the_hours(self) -> None:
        """Unless something was spent in a gap of an hour or more since the period began."""
        state = self.tracker.state
        for period, start in state.starts.items():
            if start > self.last_gap:
                for balance in state.balances.values():
                    spent = [
                        amount for hour, amount in balance.ledger.hours.items() if hour >= start
                    ]
                    assert balance.ledger.sums[period] == pytest.approx(sum(spent), abs=1e-6)

    @invariant()
    def a_limit_is_reached_once_a_day(self) -> None:
        """Each time is pending or delivered, and none is missing."""
        state = self.tracker.state
        events = Counter(
            event.balance
            for event in (*self.delivered, *state.pending)
            if event.type is EventType.DAILY_LIMIT_REACHED
        )
        assert len(set(self.reached)) == len(self.reached)
        assert Counter(key for key, _ in self.reached) == events
        for balance in state.balances.values():
            if 0 < balance.daily_limit <= balance.ledger.sums[Period.TODAY]:
                assert balance.limit_day == state.starts[Period.TODAY]

    @invariant()
    def the_state_survives_json(self) -> None:
        """At any moment."""
        state = self.tracker.state
        assert AccountState.from_dict(json.loads(json.dumps(state.as_dict()))) == state


TestAccounting = Accounting.TestCase
TestAccounting.settings = settings(
    max_examples=100, stateful_step_count=40, report_multiple_bugs=False
)
