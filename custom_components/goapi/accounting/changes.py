"""What happened to each balance between two answers: what was spent, added and lost.

A balance that an answer leaves out stays as it was. Where a balance has a counter of what was used,
what that rises by is spent; else what remains and is reserved falls by, less what expired. What a
balance gained although something was used was added.
"""

from collections.abc import Mapping

from ..api import Account, Balance, Number
from ..api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from .dollars import dollar_change
from .expiry import expired_credits
from .floats import rounded
from .ledger import HOUR_SECONDS
from .snapshots import Change, Snapshot
from .state import AccountState, BalanceState

# How long a service may send a counter of zero, or none, before that is believed.
DOUBT_SECONDS = HOUR_SECONDS

type Move = tuple[Snapshot, Snapshot]


def compare(state: AccountState, account: Account, now: float, hour: int) -> dict[str, Change]:
    """Return how balances moved since the answer before, and keep this one for the next.

    What is seen for the first time has not moved. `now` and `hour` (the beginning of the present
    one) are Unix seconds.
    """
    before = {key: kept.snapshot for key, kept in state.balances.items()}
    for key, balance in account.balances.items():
        kept = state.balance(key, now)
        kept.parts += [part for part in balance.parts if part not in kept.parts]
        kept.snapshot = _believed(kept, account, balance, now) or kept.snapshot
    moves = {
        key: (first, kept.snapshot)
        for key, kept in state.balances.items()
        if (first := before.get(key)) and kept.snapshot
    }
    changes = {
        key: balance_change(*move)
        for key, move in moves.items()
        if move[0] != move[1] and key != USD
    }
    if _is_seen(state, account, CREDIT_PACKS):
        _compare_packs(state, account, moves, changes, now)
    if USD in moves:
        _compare_dollars(state, account, moves, changes, hour)
    return changes


def balance_change(
    first: Snapshot, last: Snapshot, *, expired: Number = 0, bought: Number | None = None
) -> Change:
    """Return how a balance moved.

    `bought` is what the service says was bought, None where it does not say that.
    """
    remaining = rounded(last.remaining - first.remaining)
    frozen = _difference(first.frozen, last.frozen)
    used = _difference(first.used, last.used)
    gained = remaining + frozen
    # A counter that stands at zero counts nothing.
    counts = first.used is not None and last.used is not None and (first.used or last.used)
    spent = max(used if counts else rounded((bought or 0) - gained - expired), 0)
    added = max(rounded(gained + used) if bought is None else bought, 0)
    return Change(remaining, frozen, used, spent, added, expired)


def _compare_packs(
    state: AccountState,
    account: Account,
    moves: Mapping[str, Move],
    changes: dict[str, Change],
    now: float,
) -> None:
    """Tell what was bought and what expired from what was spent of the credit packs."""
    moved = changes.get(CREDIT_PACKS, Change())
    bought = _bought(state, account.balances[CREDIT_PACKS])
    used = max(moved.used, 0)
    fall = (bought or 0) - moved.remaining - moved.frozen - used
    expired = expired_credits(state, account, fall, used + max(moved.frozen, 0), now)
    if bought or expired or CREDIT_PACKS in changes:
        changes[CREDIT_PACKS] = balance_change(*moves[CREDIT_PACKS], expired=expired, bought=bought)
    # The wallet's may be the same credits, or be apart: then they fall by less.
    if CREDITS in changes and changes[CREDITS].remaining + expired <= 0:
        changes[CREDITS] = balance_change(*moves[CREDITS], expired=expired)


def _compare_dollars(
    state: AccountState,
    account: Account,
    moves: Mapping[str, Move],
    changes: dict[str, Change],
    hour: int,
) -> None:
    """Compare US dollars with what the other balances did since dollars were last seen."""
    unseen = state.unseen_by_dollars
    for key, change in changes.items():
        unseen[key] = unseen.get(key, Change()).followed_by(change)
    if not _is_seen(state, account, USD):
        return
    first, last = moves[USD]
    if first != last:
        others = {key: move[1].remaining for key, move in moves.items() if key != USD}
        hours = state.balances[USD].ledger.hours
        recent = hours.get(hour, 0) + hours.get(hour - HOUR_SECONDS, 0)
        changes[USD] = dollar_change(first.remaining, last.remaining, others, unseen, recent)
    unseen.clear()


def _is_seen(state: AccountState, account: Account, key: str) -> bool:
    """Return whether an answer says something of a balance that is believed."""
    balance = account.balances.get(key)
    return (
        balance is not None
        and balance.remaining is not None
        and state.balances[key].doubted_since is None
    )


def _believed(
    kept: BalanceState, account: Account, balance: Balance, now: float
) -> Snapshot | None:
    """Return the numbers of a balance, None where the answer says nothing to go by.

    A counter that is zero or missing after it had counted is not believed for up to an hour, nor
    are US dollars of zero while credits or points are left.
    """
    if balance.remaining is None:
        return None
    last, frozen = kept.snapshot, balance.frozen
    if frozen is None and last:
        frozen = last.frozen
    if last and (
        (last.used and not balance.used)
        or (balance.key == USD and last.remaining and not balance.remaining and _is_left(account))
    ):
        kept.doubted_since = kept.doubted_since or now
        if abs(now - kept.doubted_since) < DOUBT_SECONDS:
            return None
    kept.doubted_since = None
    return Snapshot(balance.remaining, balance.used, frozen)


def _is_left(account: Account) -> bool:
    """Return whether something is left of each of the credits and points that are in use."""
    left = [
        (other.remaining or 0) > 0
        for key in (CREDIT_PACKS, CREDITS, POINTS)
        if (other := account.balances.get(key)) and other.is_in_use
    ]
    return bool(left) and all(left)


def _difference(first: Number | None, last: Number | None) -> Number:
    """Return how far a part moved, zero where that is unknown."""
    return 0 if first is None or last is None else rounded(last - first)


def _bought(state: AccountState, packs: Balance) -> Number | None:
    """Return the credits that were bought, None where the service does not say that.

    Packs that begin later are bought already, and do not count before.
    """
    total, inactive = packs.parts.get("total"), packs.parts.get("inactive")
    if inactive is None and "inactive" not in state.balances[CREDIT_PACKS].parts:
        inactive = 0
    before = state.bought
    state.bought = None if total is None or inactive is None else rounded(total - inactive)
    if before is None or state.bought is None:
        return None
    return max(rounded(state.bought - before), 0)
