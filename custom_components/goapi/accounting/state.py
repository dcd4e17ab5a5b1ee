"""What is kept of an account from one answer, and one start, to the next.

All moments are Unix seconds. The state and the events that are not delivered yet are saved
together, so that a crash loses no event. It repeats one only if it happens between the delivery and
the write after it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from ..api import Number
from ..api.models import USD
from .events import Event, EventType
from .ledger import Ledger, Period
from .snapshots import Change, Snapshot

# Quotas warn when they are empty; 5 US dollars leave time to top up.
DEFAULT_THRESHOLD_USD = 5


@dataclass(slots=True, kw_only=True)
class BalanceState:
    """What is kept of one balance.

    `snapshot` is what the next answer is compared with, `parts` the parts that were ever sent.
    `doubted_since` is since when the service sends numbers that are not believed yet. `alert` is
    the last of low, empty and recovered, None until the balance was evaluated once; `low_since`
    since when it is low. `spike_hour` is the hour of the last unusual spend, `limit_day` the
    beginning of the last day on which the daily limit was reached. `stuck_since` is since when
    something is frozen and no task ran or waited.
    """

    ledger: Ledger
    snapshot: Snapshot | None = None
    parts: list[str] = field(default_factory=list)
    doubted_since: float | None = None
    threshold: Number
    budget: Number = 0
    daily_limit: Number = 0
    alert: EventType | None = None
    low_since: float | None = None
    spike_hour: int | None = None
    limit_day: float | None = None
    stuck_since: float | None = None

    @property
    def remaining(self) -> Number | None:
        """Return what remained in the last answer that is believed."""
        return self.snapshot.remaining if self.snapshot else None

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what was saved; raise what `AccountState.from_dict` does otherwise."""
        return cls(
            **{
                **saved,
                "ledger": Ledger.from_dict(saved["ledger"]),
                "snapshot": saved["snapshot"] and Snapshot(*saved["snapshot"]),
                "alert": saved["alert"] and EventType(saved["alert"]),
            }
        )


class OpenPack(NamedTuple):
    """A credit pack that was not seen to be lost: when it ends, and what is left in it."""

    ends_at: float
    left: Number


@dataclass(slots=True, kw_only=True)
class AccountState:
    """What is kept of an account.

    `at` is the moment of the last answer. `fields` are the names of the fields that were ever sent,
    `providers` those of the providers that ever had tasks.
    `bought`, `expired`, `packs`, `enabled` and `recharged_at` (0 is never) are what the next answer
    is compared with; `unseen_by_dollars` is how the other balances moved since US dollars were last
    sent. `recharge_awaited_since` is since when the amount of a recharge is awaited,
    `recharge_due_since` since when a recharge is due. `pending` are the events that are not
    delivered yet.
    """

    at: float | None = None
    balances: dict[str, BalanceState] = field(default_factory=dict)
    starts: dict[Period, float] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)
    bought: Number | None = None
    expired: Number | None = None
    packs: dict[str, OpenPack] = field(default_factory=dict)
    unseen_by_dollars: dict[str, Change] = field(default_factory=dict)
    enabled: bool | None = None
    recharged_at: float | None = None
    recharge_awaited_since: float | None = None
    recharge_due_since: float | None = None
    pending: list[Event] = field(default_factory=list)

    def balance(self, key: str, now: float) -> BalanceState:
        """Return the state of a balance, which begins now if it is new."""
        if (state := self.balances.get(key)) is None:
            threshold = DEFAULT_THRESHOLD_USD if key == USD else 0
            state = BalanceState(ledger=Ledger(since=int(now)), threshold=threshold)
            self.balances[key] = state
        return state

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON can hold it; keys that are numbers become texts there."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what `as_dict` was made of, also after it was JSON.

        Raises ValueError, TypeError, KeyError or AttributeError if it is something else.
        """
        return cls(
            **{
                **saved,
                "balances": {
                    key: BalanceState.from_dict(balance)
                    for key, balance in saved["balances"].items()
                },
                "starts": {Period(name): float(start) for name, start in saved["starts"].items()},
                "packs": {name: OpenPack(*pack) for name, pack in saved["packs"].items()},
                "unseen_by_dollars": {
                    key: Change(*change) for key, change in saved["unseen_by_dollars"].items()
                },
                "pending": [
                    Event(**{**event, "type": EventType(event["type"])})
                    for event in saved["pending"]
                ],
            }
        )
