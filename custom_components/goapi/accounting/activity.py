"""What happened to an account between two answers, apart from alerts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from ..api import Account
from ..api.models import CREDIT_PACKS
from .alerts import RECHARGE_SECONDS, RECHARGED
from .events import Event, EventType, is_same_money, most_exact
from .floats import rounded
from .forecast import Forecast
from .ledger import Period
from .snapshots import Change
from .state import AccountState


def activity(
    state: AccountState, account: Account, changes: Mapping[str, Change], now: float
) -> Iterator[Event]:
    """Yield what was bought, what expired, and whether the account was enabled or disabled."""
    yield from _additions(state, account, changes, now)
    if (packs := changes.get(CREDIT_PACKS)) and packs.expired:
        yield _event(state, EventType.PACK_EXPIRED, CREDIT_PACKS, packs.expired)
    enabled = account.fields.get("is_enable")
    if isinstance(enabled, bool):
        if state.enabled not in (None, enabled):
            yield Event(type=EventType.ENABLED if enabled else EventType.DISABLED)
        state.enabled = enabled


def spikes(
    state: AccountState,
    changes: Mapping[str, Change],
    forecasts: Mapping[str, Forecast | None],
    hour: int,
    multiple: float,
) -> Iterator[Event]:
    """Yield the balances of which unusually much was spent in the present hour, once an hour."""
    found: dict[str, Event] = {}
    for key in changes:
        balance, made = state.balances[key], forecasts[key]
        if made is None:
            continue
        spent = balance.ledger.hours.get(hour, 0)
        is_reported = any(
            other.spike_hour == hour and is_same_money(key, name)
            for name, other in state.balances.items()
        )
        if not is_reported and made.rhythm.is_spike(spent, balance.remaining or 0, multiple):
            found[key] = _event(state, EventType.SPEND_SPIKE, key, spent, made.rhythm.usual)
    for key in most_exact(found):
        state.balances[key].spike_hour = hour
        yield found[key]


def limits(
    state: AccountState, keys: Iterable[str], starts: Mapping[Period, datetime]
) -> Iterator[Event]:
    """Yield the balances of which the limit of the day was spent, once a day."""
    day = starts[Period.TODAY].timestamp()
    for key in keys:
        balance = state.balances[key]
        spent, limit = balance.ledger.sums[Period.TODAY], balance.daily_limit
        if limit and spent >= limit and balance.limit_day != day:
            balance.limit_day = day
            yield replace(_event(state, EventType.DAILY_LIMIT_REACHED, key, spent), limit=limit)


def _additions(
    state: AccountState, account: Account, changes: Mapping[str, Change], now: float
) -> Iterator[Event]:
    """Yield what was added to balances.

    When the time of the last recharge moves, the next credits that are bought are the recharge;
    without any, it is reported without an amount.
    """
    if _was_recharged(state, account):
        state.recharge_awaited_since = now
    added = most_exact(key for key, change in changes.items() if change.added > 0)
    for key in added:
        type_ = EventType.TOPPED_UP
        if state.recharge_awaited_since is not None and key in RECHARGED:
            type_ = EventType.RECHARGED
        yield _event(state, type_, key, changes[key].added)
    if (since := state.recharge_awaited_since) is None:
        return
    if any(key in RECHARGED for key in added):
        state.recharge_awaited_since = None
    elif abs(now - since) >= RECHARGE_SECONDS:
        state.recharge_awaited_since = None
        yield Event(type=EventType.RECHARGED)


def _was_recharged(state: AccountState, account: Account) -> bool:
    """Return whether the time of the last recharge has moved; 0 is never."""
    key = "last_auto_recharge_triggered_at"
    if key not in account.fields or key in account.unreadable:
        return False
    time, before = account.fields[key], state.recharged_at
    moment = time.timestamp() if isinstance(time, datetime) else 0
    state.recharged_at = max(before or 0, moment)
    return before is not None and moment > before


def _event(
    state: AccountState, type_: EventType, key: str, amount: float, usual: float | None = None
) -> Event:
    """Return an event of a balance."""
    return Event(
        type=type_,
        balance=key,
        amount=rounded(amount),
        remaining=state.balances[key].remaining,
        usual=None if usual is None else rounded(usual),
    )
