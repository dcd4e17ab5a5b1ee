"""Events: what happened to an account that somebody may want to be notified of, once."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..api import Number
from ..api.models import CREDIT_PACKS, CREDITS, POINTS, USD

# The same money under a more exact name: US dollars follow the credits and the points, and the
# credits of the wallet may be those of the packs.
MORE_EXACT: dict[str, tuple[str, ...]] = {
    USD: (CREDIT_PACKS, CREDITS, POINTS),
    CREDITS: (CREDIT_PACKS,),
}


class EventType(StrEnum):
    """What happened."""

    LOW = "low"
    EMPTY = "empty"
    RECOVERED = "recovered"
    TOPPED_UP = "topped_up"
    RECHARGED = "recharged"
    PACK_EXPIRED = "pack_expired"
    SPEND_SPIKE = "spend_spike"
    DAILY_LIMIT_REACHED = "daily_limit_reached"
    ENABLED = "enabled"
    DISABLED = "disabled"


ALERTS = (EventType.LOW, EventType.EMPTY, EventType.RECOVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a balance or, without one, to the account.

    `remaining` is what was left then, `usual` what an hour usually costs, `limit` what was to be
    spent in a day. All amounts are in the balance's unit; None where an amount is unknown or makes
    no sense.
    """

    type: EventType
    balance: str | None = None
    amount: Number | None = None
    remaining: Number | None = None
    threshold: Number | None = None
    usual: Number | None = None
    limit: Number | None = None


def is_same_money(key: str, other: str) -> bool:
    """Return whether what is spent of a balance can show in another too."""
    return key == other or key in MORE_EXACT.get(other, ()) or other in MORE_EXACT.get(key, ())


def most_exact(balances: Iterable[str]) -> list[str]:
    """Return the balances to report: money that has several names is reported under one."""
    names = list(balances)
    return [key for key in names if not any(name in names for name in MORE_EXACT.get(key, ()))]
