"""What was spent of US dollars, which have no counter and follow credits and points.

- If credits and points were only used, reserved or given back, what dollars fell by is spent, and
  what they rose by came back.
- If something was bought, expired or corrected, the dollars' movement is split as that of the
  balances that they moved with.
- If they moved with nothing, a fall is spent; a rise is a correction if a counter fell, came back
  if a reservation was given back and it is no more than was spent in this hour and the last, and
  else was bought.
"""

from collections.abc import Mapping

from ..api import Number
from ..api.models import CREDIT_PACKS, CREDITS, POINTS
from .floats import rounded
from .snapshots import Change

# What US dollars may follow, the likeliest first.
FOLLOWED = (CREDIT_PACKS, CREDITS, POINTS)


def dollar_change(
    first: Number,
    last: Number,
    others: Mapping[str, Number],
    changes: Mapping[str, Change],
    recent: Number,
) -> Change:
    """Return what was spent of dollars, and what was added to nothing but them, in US dollars.

    `first` and `last` are the dollars before and after, `others` is what remains of the other
    balances, `changes` how they moved, `recent` what was spent of dollars in this hour and the
    last.
    """
    moved = rounded(last - first)
    funds = [changes[key] for key in FOLLOWED if key in changes]
    only_used = not any(each.added or each.expired or each.used < 0 for each in funds)
    if not only_used and (spent := _share_spent(last, moved, others, changes)) is not None:
        return Change(remaining=moved, spent=spent)
    if moved < 0 or (only_used and any(each.remaining > 0 for each in funds)):
        return Change(remaining=moved, spent=-moved)
    if any(each.used < 0 for each in changes.values()):
        return Change(remaining=moved)
    is_given_back = any(each.frozen < 0 < each.remaining for each in changes.values())
    if is_given_back and moved <= recent:
        return Change(remaining=moved, spent=-moved)
    return Change(remaining=moved, added=moved)


def _share_spent(
    last: Number, moved: Number, others: Mapping[str, Number], changes: Mapping[str, Change]
) -> Number | None:
    """Return the spent part of the dollars' movement, None if they moved with nothing."""
    rises = {
        key: changes[key].remaining for key in FOLLOWED if key in changes and changes[key].remaining
    }
    worth = _worth_of_both(last, moved, others, rises) or _worth_of_one(last, moved, others, rises)
    if not worth:
        return None
    used = (rate * (changes[key].spent + changes[key].frozen) for key, rate in worth.items())
    return rounded(sum(used))


def _worth_of_both(
    last: Number, moved: Number, others: Mapping[str, Number], rises: Mapping[str, Number]
) -> dict[str, float]:
    """Return what credits and points are worth if dollars are the sum of both, else nothing.

    If both moved, only one worth of each makes up the dollars before and after.
    """
    for key in (CREDIT_PACKS, CREDITS):
        if POINTS not in rises or key not in rises:
            continue
        if scale := others[key] * rises[POINTS] - others[POINTS] * rises[key]:
            of_credit = (last * rises[POINTS] - others[POINTS] * moved) / scale
            of_point = (others[key] * moved - last * rises[key]) / scale
            if of_credit >= 0 and of_point >= 0:
                return {key: of_credit, POINTS: of_point}
    return {}


def _worth_of_one(
    last: Number, moved: Number, others: Mapping[str, Number], rises: Mapping[str, Number]
) -> dict[str, float]:
    """Return what a unit is worth of the balance that dollars moved with, nothing for none.

    That is the one that moved the same way, and to which they stay in proportion best.
    """
    worth: dict[str, float] = {}
    least = float("inf")
    for key, rise in rises.items():
        total = others[key]
        off = abs(last * rise - moved * total) / max(abs(total), abs(total - rise))
        if rise * moved > 0 and off < least:
            worth, least = {key: moved / rise}, off
    return worth
