"""The account as the rest of the integration knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

type Number = int | float
type Value = Number | str | bool | datetime | None

USD = "equivalent_in_usd"
CREDIT_PACKS = "available_credits"
CREDITS = "credit_remain"
POINTS = "point_remain"


@dataclass(frozen=True, slots=True)
class Balance:
    """What an answer says of one balance: something that can be spent, and so can run out.

    `key` is the API's name of what remains. `parts` holds each part that the API sent, in the
    balance's own unit; a part of None was sent as not set or not readable.
    """

    key: str
    parts: Mapping[str, Number | None]

    @property
    def remaining(self) -> Number | None:
        """Return what can be spent now."""
        return self.parts.get("remaining")

    @property
    def used(self) -> Number | None:
        """Return the cumulative counter of what was spent."""
        return self.parts.get("used")

    @property
    def frozen(self) -> Number | None:
        """Return what running tasks have reserved."""
        return self.parts.get("frozen")

    @property
    def is_in_use(self) -> bool:
        """Return whether anything is left, was used or is reserved."""
        return any((value or 0) > 0 for value in (self.remaining, self.used, self.frozen))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPack:
    """A credit pack: what it held at first, what is left in it, and when that is lost.

    Both amounts are in credits; `left` is neither used nor reserved. `ends_at` is UTC. `id` is the
    API's own or, without one, the end.
    """

    id: str
    active: bool
    capacity: Number
    left: Number
    ends_at: datetime

    def can_expire(self, now: datetime) -> bool:
        """Return whether something in the pack can still be spent, and so can be lost."""
        return self.active and self.left > 0 and self.ends_at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What `GET /account/info` says of an account; secrets and personal data are left out.

    `fields` holds every known field that belongs to no balance, by its key (`fields.py`); times are
    UTC. A value of None was sent as not set or not readable; a missing key was not sent.
    """

    id: str
    name: str | None = field(default=None, compare=False)
    fields: Mapping[str, Value]
    balances: Mapping[str, Balance]
    packs: tuple[CreditPack, ...] | None = None
    """The credit packs whose shape is known, the first to end first; None if none are listed."""
    unreadable: frozenset[str] = frozenset()
    """Names of known fields whose value had the wrong type or was out of bounds."""
    unread: frozenset[str] = field(default=frozenset(), compare=False)
    """Names of fields that nobody reads, for diagnostics."""
