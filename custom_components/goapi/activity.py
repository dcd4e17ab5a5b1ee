"""What happened to an account that somebody would want to be told, once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from .amounts import as_number
from .balances import AVAILABLE_CREDITS, BALANCE_USD, CREDITS, POINTS, RECHARGED
from .changes import Changes
from .forecast import Pattern
from .levels import Number, Reading

# What is under a hundredth of a balance is no alarm, however unusual.
MIN_SPIKE_SHARE = 0.01
# How far the service's clock may be behind.
CLOCK_TOLERANCE = timedelta(minutes=10)
# How long it may take from the moment of a recharge to its amount in the balance.
RECHARGE_TAKES = timedelta(minutes=15)
# What is spent or bought of one of these shows in the others too: US dollars follow the credits and
# the points, and the credits of the packs may be those of the wallet.
SAME_MONEY = {
    BALANCE_USD: (AVAILABLE_CREDITS, CREDITS, POINTS),
    AVAILABLE_CREDITS: (BALANCE_USD, CREDITS),
    CREDITS: (BALANCE_USD, AVAILABLE_CREDITS),
    POINTS: (BALANCE_USD,),
}


class ActivityType(StrEnum):
    """What happened."""

    TOPPED_UP = "topped_up"
    RECHARGED = "recharged"
    PACK_EXPIRED = "pack_expired"
    SPEND_SPIKE = "spend_spike"
    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happened: to which balance, how much of it, and what was left then.

    `usual` is what an hour usually costs. All amounts are in the balance's unit; None where it is
    not known or makes no sense.
    """

    type: ActivityType
    balance: str | None = None
    amount: Number | None = None
    remaining: Number | None = None
    usual: Number | None = None


def activities(before: Reading, after: Reading, changes: Changes) -> Iterator[Activity]:
    """Yield what happened between two readings, but for unusual spend."""

    def remaining(key: str) -> Number | None:
        """Return what is left of a balance."""
        level = after.levels.get(key)
        return level.remain if level else None

    added = _added(changes)
    recharged = _was_recharged(before, after)
    for key in told_once(added):
        by_itself = recharged and key in RECHARGED
        yield Activity(
            type=ActivityType.RECHARGED if by_itself else ActivityType.TOPPED_UP,
            balance=key,
            amount=as_number(added[key]),
            remaining=remaining(key),
        )
    if recharged and not _was_refilled(changes) and awaited_until(before, after, changes) is None:
        yield Activity(type=ActivityType.RECHARGED)

    for pack in changes.expiry.ended:
        yield Activity(
            type=ActivityType.PACK_EXPIRED,
            balance=AVAILABLE_CREDITS,
            amount=pack.left,
            remaining=remaining(AVAILABLE_CREDITS),
        )
    if None not in (before.enabled, after.enabled) and before.enabled is not after.enabled:
        yield Activity(type=ActivityType.ENABLED if after.enabled else ActivityType.DISABLED)


def awaited_until(before: Reading, after: Reading, changes: Changes) -> datetime | None:
    """Return until when a recharge waits for its amount, None where there is no such recharge.

    The service notes the moment at which it begins one, and the credits may come a little later.
    """
    if not _was_recharged(before, after) or _was_refilled(changes) or after.recharged_at is None:
        return None
    until = after.recharged_at + RECHARGE_TAKES
    return until if after.at < until else None


def recharge_told(before: Reading, after: Reading, changes: Changes) -> datetime | None:
    """Return up to when recharges are told: one that waits for its amount is still to be told."""
    if after.recharged_at is not None and awaited_until(before, after, changes):
        return after.recharged_at - timedelta(seconds=1)
    return after.recharged_at


def _added(changes: Changes) -> dict[str, Decimal]:
    """Return what was added to balances."""
    return {key: change.added for key, change in changes.balances.items() if change.added > 0}


def _was_refilled(changes: Changes) -> bool:
    """Tell whether something was added that a recharge refills."""
    return any(key in RECHARGED for key in told_once(_added(changes)))


def _was_recharged(before: Reading, after: Reading) -> bool:
    """Tell whether an automatic recharge came between two readings."""
    if after.recharged_at is None or after.recharged_at == before.recharged_at:
        return False
    # The first one that is known of may be an old one, of which the API did not tell before.
    since = before.recharged_at or before.at - CLOCK_TOLERANCE
    return after.recharged_at > since


def told_once(keys: Iterable[str]) -> list[str]:
    """Return the balances to tell of: the same money under several names is told under one.

    Of two names of the credits that of the packs is the more exact, and US dollars only follow.
    """
    told = list(keys)
    for key, others in ((CREDITS, (AVAILABLE_CREDITS,)), (BALANCE_USD, SAME_MONEY[BALANCE_USD])):
        if key in told and any(other in told for other in others):
            told.remove(key)
    return told


def is_spike(spent: float, pattern: Pattern, multiple: float, remaining: Number) -> bool:
    """Tell whether what an hour cost is unusual.

    Unusual is more than a multiple of the mean of those hours of the window in which something was
    spent, more than in any of them, and not next to nothing.
    """
    return (
        pattern.usual is not None
        and spent > max(pattern.usual * multiple, pattern.highest)
        and spent >= MIN_SPIKE_SHARE * (remaining + spent)
    )
