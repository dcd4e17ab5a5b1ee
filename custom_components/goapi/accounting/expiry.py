"""What was lost with credit packs whose time is over."""

from datetime import UTC, datetime

from ..api import Account, Number
from ..api.models import CREDIT_PACKS
from .floats import rounded
from .ledger import HOUR_SECONDS
from .state import AccountState, OpenPack

# How long a service may take to take an ended pack off, and how far its clock may be ahead.
EXPIRY_SECONDS = 24 * HOUR_SECONDS
CLOCK_TOLERANCE_SECONDS = 120


def expired_credits(
    state: AccountState, account: Account, fall: Number, taken: Number, now: float
) -> Number:
    """Return how many credits were lost with packs since the answer before.

    The service's own counter decides. Only where it is absent or never moved, a pack that has ended
    is lost when the credits fall by what was left in it without being used: that is the `fall`.
    What was `taken`, used or reserved since the answer before, may have been in that pack.
    """
    lost = _lost_packs(state, account, fall, taken, now)
    counter, before = account.balances[CREDIT_PACKS].parts.get("expired"), state.expired
    if counter is None or (before and not counter):
        return 0 if before else lost
    state.expired = counter
    if not counter:
        return lost
    return 0 if before is None else max(rounded(counter - before), 0)


def _lost_packs(
    state: AccountState, account: Account, fall: Number, taken: Number, now: float
) -> Number:
    """Return how much of a fall was left in packs that have ended, and keep the open packs."""
    lost: Number = 0
    for name, pack in list(state.packs.items()):
        is_over = pack.ends_at <= now + CLOCK_TOLERANCE_SECONDS
        rest = rounded(fall - lost)
        if (state.at or now) - pack.ends_at >= EXPIRY_SECONDS:
            del state.packs[name]
        elif is_over and rest > 0 and rounded(pack.left - taken) <= rest:
            lost = rounded(lost + min(pack.left, rest))
            del state.packs[name]
    if account.packs is not None:
        moment = datetime.fromtimestamp(now, UTC)
        ended = {name: pack for name, pack in state.packs.items() if pack.ends_at <= now}
        state.packs = ended | {
            pack.id: OpenPack(pack.ends_at.timestamp(), pack.left)
            for pack in account.packs
            if pack.can_expire(moment) or (pack.id in ended and pack.left > 0)
        }
    return lost
