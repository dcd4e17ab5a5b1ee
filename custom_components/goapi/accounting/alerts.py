"""When a balance is low or empty, when it has recovered, and when a recharge should have come."""

from datetime import datetime

from ..api import Account
from ..api.models import CREDIT_PACKS, CREDITS, USD, Number
from .events import EventType
from .ledger import HOUR_SECONDS
from .state import AccountState, BalanceState

# A balance is no longer low above its threshold and this part of it: frozen credits that are
# released again must not switch the alert off and on.
HYSTERESIS = 0.1
# How long an automatic recharge may take, and its amount to show in the balance.
RECHARGE_SECONDS = HOUR_SECONDS / 4
# What auto-recharge refills, by whichever of its names the account shows it.
RECHARGED = (USD, CREDIT_PACKS, CREDITS)


def evaluate(
    balance: BalanceState, remaining: Number, now: float, *, is_refill_expected: bool = False
) -> EventType | None:
    """Evaluate a balance and return what is to be reported: each alert once while it is low.

    It is low at or below its threshold, and stays so up to a tenth above it. While a refill is
    expected, it does not become low. What is evaluated for the first time is not reported.
    """
    was_low = balance.low_since is not None
    limit = balance.threshold * (1 + HYSTERESIS) if was_low else balance.threshold
    alert = EventType.RECOVERED
    if remaining <= limit and (was_low or not is_refill_expected):
        is_empty = remaining <= 0 or balance.alert is EventType.EMPTY
        alert = EventType.EMPTY if is_empty else EventType.LOW
    before, balance.alert = balance.alert, alert
    if alert is EventType.RECOVERED:
        balance.low_since = None
    elif not was_low:
        balance.low_since = now
    return None if before in (None, alert) else alert


def is_recharge_expected(state: AccountState, now: float) -> bool:
    """Return whether a recharge is due, and not overdue yet."""
    since = state.recharge_due_since
    return since is not None and now - since < RECHARGE_SECONDS


def recharge_is_overdue(state: AccountState, account: Account, now: float) -> bool | None:
    """Return whether a recharge that is due has not come; None if the API does not say enough.

    One is due while auto-recharge is on and fewer credits than its threshold are left. The credits
    are the wallet's where that quota was ever used, else those of the credit packs.
    """
    enabled = account.fields.get("auto_recharge_enabled")
    threshold = account.fields.get("auto_recharge_threshold_credit")
    refilled = account.balances.get(CREDITS)
    if refilled is None or not refilled.is_in_use:
        refilled = account.balances.get(CREDIT_PACKS)
    remaining = refilled.remaining if refilled else None
    if enabled is False:
        is_due = False
    elif enabled is None or not isinstance(threshold, int | float) or remaining is None:
        return None
    else:
        is_due = remaining < threshold
    if not is_due:
        state.recharge_due_since = None
        return False
    since = min(state.recharge_due_since or now, now)
    triggered = account.fields.get("last_auto_recharge_triggered_at")
    if isinstance(triggered, datetime):
        # One that came and was not enough is followed by another, with time of its own.
        since = max(since, min(triggered.timestamp(), now))
    state.recharge_due_since = since
    return not is_recharge_expected(state, now)
