"""Follow an account through made-up answers, without Home Assistant."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from custom_components.goapi.accounting import (
    AccountState,
    AccountSummary,
    Event,
    EventType,
    Period,
    Tracker,
)
from custom_components.goapi.api import Account, CreditPack, Number
from tests.common import account_of

NOW = datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
POLL = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MJ = "mj_remain"

type Parts = dict[str, Number | None]


def parts(remaining: Number, used: Number | None = None, frozen: Number | None = None) -> Parts:
    """Return the parts of a balance; those that are None are not sent."""
    sent = {"remaining": remaining, "used": used, "frozen": frozen}
    return {part: value for part, value in sent.items() if value is not None}


class Follower:
    """Hands answers to a tracker, one every five minutes unless it says otherwise."""

    def __init__(self, now: datetime = NOW) -> None:
        """Begin with a new account."""
        self.now = now
        self.tracker = Tracker(AccountState(), window_days=7, spike_multiple=5)
        self.account = account_of({})

    @property
    def state(self) -> AccountState:
        """Return what would be saved."""
        return self.tracker.state

    def answer(self, account: Account, after: timedelta = POLL) -> list[Event]:
        """Let the service answer; return what happened."""
        self.now += after
        self.account = account
        _, events = self.tracker.update(account, self.now)
        return events

    def see(
        self,
        balances: Mapping[str, Parts],
        fields: Mapping[str, Any] | None = None,
        packs: tuple[CreditPack, ...] | None = None,
        *,
        after: timedelta = POLL,
    ) -> list[Event]:
        """Let the service answer with an account like this; return what happened."""
        return self.answer(account_of(balances, fields, packs), after)

    def summary(self) -> AccountSummary:
        """Return what is known now."""
        return self.tracker.advance(self.now)

    def restart(self) -> None:
        """Save the state and start again from it."""
        saved = json.loads(json.dumps(self.state.as_dict()))
        self.tracker = Tracker(AccountState.from_dict(saved), window_days=7, spike_multiple=5)

    def spent(self, key: str, period: Period = Period.THIS_MONTH) -> Number:
        """Return what was spent of a balance."""
        return self.state.balances[key].ledger.sums[period]


def short(events: list[Event]) -> list[tuple[EventType, str | None, Number | None]]:
    """Return type, balance and amount of events."""
    return [(event.type, event.balance, event.amount) for event in events]
