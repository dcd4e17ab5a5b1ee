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
from decimal import Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from .api.values import MAX_NUMBER
from .balances import AVAILABLE_CREDITS, BALANCE_USD, CREDITS, POINTS
from .levels import Level, Number, Pack, Reading

ZERO = Decimal(0)
# Far finer than any price.
DIGITS = 9
FINEST = Decimal(1).scaleb(-DIGITS)
# What is worked out is no larger than what the API can send.
MOST = Decimal(MAX_NUMBER)

# What US dollars may be a sum of, the likeliest first.
SOURCES = (AVAILABLE_CREDITS, CREDITS, POINTS)
POTS = (
    (AVAILABLE_CREDITS,),
    (CREDITS,),
    (AVAILABLE_CREDITS, POINTS),
    (CREDITS, POINTS),
    (POINTS,),
)


# Wide enough for the product of the largest numbers.
WIDE = Context(prec=64)


class Change(NamedTuple):
    """What happened to a balance: what was spent (negative: came back), and what was added."""

    spent: Decimal
    added: Decimal


class Changes(NamedTuple):
    """What happened to an account between two readings.

    `balances` holds the balances that moved. `expired` holds the credit packs that ended with
    something in them, and `expired_credits` what was lost in all.
    """

    balances: Mapping[str, Change]
    expired: tuple[Pack, ...]
    expired_credits: Decimal
    reserved_usd: Number


class _Movement(NamedTuple):
    """How the parts of a balance moved."""

    remain: Decimal
    frozen: Decimal
    used: Decimal
    change: Change


@lru_cache(maxsize=2048)
def exact(number: Number) -> Decimal:
    """Return a number as the decimal fraction that it was before it became a floating-point one.

    What is finer than any price is the noise of such numbers.
    """
    return Decimal(number) if isinstance(number, int) else Decimal(repr(round(number, DIGITS)))


def as_number(amount: Decimal) -> Number:
    """Return an amount as a number that states and JSON can hold; a whole one has no decimals."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def rounded(amount: float) -> Number:
    """Return an amount that was worked out with floating-point numbers, without their noise."""
    return as_number(_to_finest(exact(amount)))


def _to_finest(amount: Decimal) -> Decimal:
    """Return an amount without what is finer than any price, however large it is."""
    return amount.quantize(FINEST, context=WIDE)


def compare(before: Reading, after: Reading, ended: Mapping[str, Number]) -> Changes:
    """Return what happened between two readings.

    `ended` holds what is still in each pack that has ended, by id, as far as the later answer says.
    """
    expired, expired_credits = _expired(before, after, ended)
    moved = {
        key: _movement(
            last, level, expired_credits if key in (AVAILABLE_CREDITS, CREDITS) else ZERO
        )
        for key, level in after.levels.items()
        if (last := before.levels.get(key)) is not None and last != level
    }
    changes = {key: movement.change for key, movement in moved.items()}
    reserved = exact(before.reserved_usd)
    if usd := moved.pop(BALANCE_USD, None):
        gained = expired_credits or any(changes[key].added for key in SOURCES if key in moved)
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
    return Changes(changes, expired, expired_credits, as_number(reserved))


def _expired(
    before: Reading, after: Reading, ended: Mapping[str, Number]
) -> tuple[tuple[Pack, ...], Decimal]:
    """Return the packs that ended between two readings, and what was lost in all.

    What was left in a pack that is listed no more is what it was, but not more than was lost. A
    counter of lost credits that stands at zero counts nothing.
    """
    over = {
        pack_id: pack
        for pack_id, pack in before.packs.items()
        if pack.ends_at <= after.at and pack_id not in after.packs
    }
    left = {pack_id: exact(ended.get(pack_id, pack.left)) for pack_id, pack in over.items()}
    if before.expired is None or not after.expired:
        lost = sum(left.values(), ZERO)
    else:
        lost = max(exact(after.expired) - exact(before.expired), ZERO)
        rest = lost - sum((left[pack_id] for pack_id in over if pack_id in ended), ZERO)
        for pack_id in over.keys() - ended.keys():
            left[pack_id] = min(left[pack_id], rest)
        if lost and not before.packs and not ended:
            # Packs whose shape is unknown expire too.
            return (Pack(after.at, as_number(lost)),), lost
    return tuple(
        Pack(pack.ends_at, as_number(left[pack_id]))
        for pack_id, pack in over.items()
        if left[pack_id] > 0
    ), lost


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
        if all(key in before for key in keys):
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
    spent = max(min(_to_finest(change * out / net).normalize(), MOST), -reserved)
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
