"""Which credit packs ended between two readings of an account, and what was lost with them.

A pack is told when it ends by this clock, or a little earlier when the service lists it no more.
The service may count the loss later, and later still take it off the balance: what it has not done
yet is kept as `Unconfirmed`, so that it is neither told again nor taken for spend then.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from .amounts import ZERO, as_number, exact
from .balances import AVAILABLE_CREDITS
from .levels import Number, Pack, Reading, Unconfirmed

# How far the service's clock may be ahead.
EARLY = timedelta(minutes=2)
# How long the service may take to count a loss and to take it off the balance.
COUNTED_WITHIN = timedelta(days=1)
TAKEN_OFF_WITHIN = PENDING_FOR = timedelta(hours=1)


class Expiry(NamedTuple):
    """What became of the packs: those that ended, what was lost, and what is still to be seen.

    `lost` is what a balance may have fallen by for it. `pending` holds packs that are gone, of
    which the counter of lost credits does not tell yet whether anything was left in them.
    """

    ended: tuple[Pack, ...]
    lost: Decimal
    pending: Mapping[str, Pack]
    unconfirmed: Unconfirmed


def expiry(before: Reading, after: Reading, listed: Mapping[str, Number]) -> Expiry:
    """Return what became of the packs between two readings.

    `listed` holds what is left in each pack that the later answer lists, ended or not. What was
    left in a pack that it lists no more is what it was, but not more than was lost. A counter of
    lost credits that stands at zero counts nothing.
    """
    told, owed = _unconfirmed(before, after)
    counts = before.expired is not None and bool(after.expired)
    rise = max(exact(after.expired or 0) - exact(before.expired or 0), ZERO) if counts else ZERO
    counted = max(rise - told, ZERO)
    over = {
        pack_id: pack
        for pack_id, pack in before.packs.items()
        if pack_id not in after.packs and pack.ends_at <= after.at + EARLY
    }
    left = {pack_id: exact(listed.get(pack_id, pack.left)) for pack_id, pack in over.items()}
    pending: dict[str, Pack] = {}
    if counts:
        rest = counted - sum((left[pack_id] for pack_id in over if pack_id in listed), ZERO)
        gone = [pack_id for pack_id in over if pack_id not in listed]
        # What has ended last is what was most likely lost now.
        for pack_id in sorted(gone, key=lambda each: over[each].ends_at, reverse=True):
            left[pack_id] = min(left[pack_id], max(rest, ZERO))
            rest -= left[pack_id]
            if not left[pack_id] and after.at - PENDING_FOR < over[pack_id].ends_at:
                pending[pack_id] = over[pack_id]
    ended = tuple(
        Pack(pack.ends_at, as_number(left[pack_id]))
        for pack_id, pack in over.items()
        if left[pack_id] > 0
    )
    if counted and not before.packs and not listed:
        # Packs whose shape is unknown expire too.
        ended = (Pack(after.at, as_number(counted)),)
    lost_now = max(counted, sum((exact(pack.left) for pack in ended), ZERO))
    lost = lost_now + owed
    return Expiry(
        ended,
        lost,
        pending,
        Unconfirmed(
            after.at if lost_now else before.unconfirmed.at,
            as_number(max(told - rise, ZERO) + lost_now - counted),
            as_number(lost - _taken_off(lost, before, after)),
        ),
    )


def _unconfirmed(before: Reading, after: Reading) -> tuple[Decimal, Decimal]:
    """Return what was told and not counted yet, and what was lost and not taken off yet."""
    at, told, owed = before.unconfirmed
    # By a clock that was ahead nothing was lost.
    if at is None or after.at < at:
        return ZERO, ZERO
    age = after.at - at
    return (
        exact(told) if age < COUNTED_WITHIN else ZERO,
        exact(owed) if age < TAKEN_OFF_WITHIN else ZERO,
    )


def _taken_off(lost: Decimal, before: Reading, after: Reading) -> Decimal:
    """Return how much of what was lost the credits of all packs fell by; all where nobody knows."""
    first, last = (levels.get(AVAILABLE_CREDITS) for levels in (before.levels, after.levels))
    if first is None or last is None or last.remain > first.remain:
        return lost
    # What was bought hides what was taken off.
    if after.packs.keys() - before.packs.keys():
        return lost
    return min(exact(first.remain) - exact(last.remain), lost)
