"""What happened to each balance between two readings of an account.

All arithmetic is decimal: the API's numbers are decimal fractions, and what is spent is the sum of
many differences.

- **Spent** is what the counter `used` rose by. A counter that goes backwards is a correction and
  not negative spend; one that then jumps back to where it was has spent nothing either. A counter
  that stands at zero counts nothing: like a balance without one, what is left and reserved falls
  by what was spent, expired credits aside.
- **Added** is what a balance gained although it was used: the rise of what was ever bought where
  the API says that, else of `remain` + `frozen` + `used`.
- **US dollars** have no counter. What they fall by is spent, also where it is only reserved by a
  task; what comes back when a task fails is spent no more. Where they move with credits or points,
  they are taken to have moved in proportion to those, which tells what of it was spent, added,
  expired or corrected.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from .amounts import MOST, ZERO, as_number, exact, to_finest
from .balances import AVAILABLE_CREDITS, BALANCE_USD, CREDITS, POINTS
from .expiry import Expiry, expiry
from .levels import Level, Number, Reading

# What US dollars may be a sum of, the likeliest first.
SOURCES = (AVAILABLE_CREDITS, CREDITS, POINTS)
POTS = (
    (AVAILABLE_CREDITS,),
    (CREDITS,),
    (AVAILABLE_CREDITS, POINTS),
    (CREDITS, POINTS),
    (POINTS,),
)


class Change(NamedTuple):
    """What happened to a balance: what was spent (negative: came back), and what was added."""

    spent: Decimal
    added: Decimal


class Changes(NamedTuple):
    """What happened to an account between two readings.

    `balances` holds the balances that moved. `reserved_usd` is that of the later reading.
    """

    balances: Mapping[str, Change]
    reserved_usd: Number
    expiry: Expiry


class _Movement(NamedTuple):
    """How the parts of a balance moved."""

    remain: Decimal
    frozen: Decimal
    used: Decimal
    change: Change


def compare(before: Reading, after: Reading, listed: Mapping[str, Number]) -> Changes:
    """Return what happened between two readings.

    `listed` holds what is left in each credit pack that the later answer lists, by id.
    """
    over = expiry(before, after, listed)
    moved = {
        key: _movement(last, level, _expired_of(key, last, level, over.lost))
        for key, level in after.levels.items()
        if (last := before.levels.get(key)) is not None and last != level
    }
    changes = {key: movement.change for key, movement in moved.items()}
    reserved = exact(before.reserved_usd)
    if usd := moved.pop(BALANCE_USD, None):
        gained = (
            over.lost or over.pending or any(changes[key].added for key in SOURCES if key in moved)
        )
        if usd.remain < 0 and not gained:
            change = Change(-usd.remain, ZERO)
        elif pots := [moved[key] for key in _pots(before.levels, after.levels) if key in moved]:
            change = _usd_of_pots(usd.remain, pots, reserved)
        else:
            change = _usd_alone(usd.remain, moved.values(), reserved)
        changes[BALANCE_USD] = change
        if change.spent < 0 or any(movement.frozen > 0 for movement in moved.values()):
            reserved = min(max(reserved + change.spent, ZERO), MOST)
    if not any(level.frozen for level in after.levels.values()):
        reserved = ZERO
    return Changes(changes, as_number(reserved), over)


def settled(before: Reading, after: Reading, changes: Changes) -> Reading:
    """Return a reading as the next one is to be compared with it.

    A counter that it lacks is taken to have risen by what was spent, so that this is not counted
    again when the counter is back; one that stood at zero may not have counted.
    """
    levels = dict(after.levels)
    for key, last in before.levels.items():
        if last.used and levels[key].used is None:
            spent = changes.balances[key].spent if key in changes.balances else ZERO
            levels[key] = levels[key]._replace(used=as_number(exact(last.used) + max(spent, ZERO)))
    return replace(
        after,
        levels=levels,
        packs={**after.packs, **changes.expiry.pending},
        reserved_usd=changes.reserved_usd,
        unconfirmed=changes.expiry.unconfirmed,
    )


def _expired_of(key: str, before: Level, after: Level, lost: Decimal) -> Decimal:
    """Return how much of what was lost with credit packs a balance fell by."""
    if key == CREDITS:
        # They may be the same credits, or be apart: then they do not fall by as much.
        fall = exact(before.remain) - exact(after.remain)
        return lost if fall >= lost else ZERO
    return lost if key == AVAILABLE_CREDITS else ZERO


def _movement(before: Level, after: Level, expired: Decimal) -> _Movement:
    """Compare two levels of one balance."""
    remain = exact(after.remain) - exact(before.remain)
    frozen = _difference(before.frozen, after.frozen)
    held = remain + frozen
    used = _difference(before.used, after.used)
    stands_at_zero = before.used == after.used == 0 and before.fell_from is None
    if before.used is None or after.used is None or stands_at_zero:
        used = max(-held - expired, ZERO)
    elif before.fell_from is not None and after.used >= before.fell_from:
        # It fell in the movement before, and is back: was that a fault of the counter? It was where
        # what is used and what is held agree better with what they were before that.
        since = exact(after.remain) + exact(after.frozen or 0) - exact(before.held_from or 0)
        beyond = _difference(before.fell_from, after.used)
        if abs(since + beyond) < abs(held + used):
            held, used = since, beyond
    if before.total is not None and after.total is not None:
        added = _difference(before.total, after.total)
    else:
        added = held + used
    return _Movement(remain, frozen, used, Change(max(used, ZERO), max(added, ZERO)))


def _difference(before: Number | None, after: Number | None) -> Decimal:
    """Return how far a part of a balance moved; zero where it is unknown at either end."""
    if before is None or after is None or before == after:
        return ZERO
    return exact(after) - exact(before)


def _pots(before: Mapping[str, Level], after: Mapping[str, Level]) -> tuple[str, ...]:
    """Return the balances that US dollars are a sum of: those that they stay in proportion to."""
    usd = exact(before[BALANCE_USD].remain), exact(after[BALANCE_USD].remain)
    errors: dict[tuple[str, ...], Decimal] = {}
    for keys in POTS:
        if all(key in before and key in after for key in keys):
            first, last = (
                sum((exact(levels[key].remain) for key in keys), ZERO) for levels in (before, after)
            )
            # What stands still is in no proportion to what moves.
            if first != last:
                off = abs(usd[0] * last - usd[1] * first)
                errors[keys] = off / max(abs(first), abs(last))
    return min(errors, key=errors.__getitem__, default=())


def _usd_of_pots(change: Decimal, pots: Sequence[_Movement], reserved: Decimal) -> Change:
    """Return what was spent of US dollars and added to them, from their change and their pots'."""
    net = sum((pot.remain for pot in pots), ZERO)
    out = sum((pot.change.spent + pot.frozen for pot in pots), ZERO)
    if net * change <= 0:
        # They did not move together.
        return Change(max(-change, ZERO), max(change, ZERO))
    spent = max(min(to_finest(change * out / net).normalize(), MOST), -reserved)
    bought = any(pot.change.added for pot in pots)
    return Change(spent, max(change + spent, ZERO) if bought else ZERO)


def _usd_alone(change: Decimal, others: Collection[_Movement], reserved: Decimal) -> Change:
    """Return what was spent of US dollars and added to them, where they have no pot that moved."""
    if change < 0:
        return Change(-change, ZERO)
    if change <= reserved and any(movement.frozen < 0 for movement in others):
        return Change(-change, ZERO)
    if any(movement.used < 0 for movement in others):
        return Change(ZERO, ZERO)
    return Change(ZERO, change)
