"""The rules of the alerts, as functions of numbers: nothing here knows Home Assistant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .api import Account
from .balances import AVAILABLE_CREDITS, CREDITS, number

# A balance is no longer low above the threshold and this part of it, and at least one unit: frozen
# credits that are released again must not switch the alert off and on.
HYSTERESIS = 0.1
MIN_HYSTERESIS = 1.0

# The service is given the time of so many polls for an automatic recharge. Home Assistant may poll
# a moment early, which is less than a twentieth of that.
RECHARGE_POLLS = 2
EARLY_POLLS = 0.95


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a balance is; `since` is the moment it became low, None while it is not."""

    remaining: float | None
    threshold: float
    since: datetime | None

    @property
    def low(self) -> bool | None:
        """Return whether the balance is low, None while it is unknown."""
        return None if self.remaining is None else self.since is not None


def is_low(remaining: float, threshold: float, *, was_low: bool) -> bool:
    """Tell whether a balance is low.

    It becomes low at or below the threshold, and stays low up to and including the threshold plus
    a tenth of it, at least one unit.
    """
    if remaining <= threshold:
        return True
    return was_low and remaining <= threshold + max(threshold * HYSTERESIS, MIN_HYSTERESIS)


def recharge_is_due(account: Account) -> bool | None:
    """Tell whether auto-recharge is on and its threshold lies above the credits that are left.

    The credits are the wallet's own where that quota was ever in use, else those of the credit
    packs, which replaced it. None if the API does not say enough.
    """
    enabled = account.fields.get("auto_recharge_enabled")
    if not isinstance(enabled, bool):
        return None
    if not enabled:
        return False
    threshold = number(account, "auto_recharge_threshold_credit")
    parts = ("credit_remain", "credit_used", "credit_frozen")
    in_use = any(number(account, part) for part in parts)
    remaining = number(account, CREDITS if in_use else AVAILABLE_CREDITS)
    if threshold is None or remaining is None:
        return None
    return threshold > remaining


def recharge_is_overdue(due_since: datetime | None, now: datetime, interval: timedelta) -> bool:
    """Tell whether a recharge that has been due since a moment should have come by now."""
    return due_since is not None and now - due_since >= RECHARGE_POLLS * EARLY_POLLS * interval


class AccountStatus(StrEnum):
    """How an account is, in one word; the later ones are the more severe ones."""

    OK = "ok"
    LOW = "low"
    EMPTY = "empty"
    UNVERIFIED = "unverified"
    DISABLED = "disabled"


def account_status(
    account: Account, primary: str | None, *, primary_is_low: bool | None
) -> AccountStatus | None:
    """Return the most severe of what is wrong; low and empty speak of the primary balance.

    None if nothing worse is known and the primary balance is unknown.
    """
    if account.fields.get("is_enable") is False:
        return AccountStatus.DISABLED
    if account.fields.get("is_verified") is False:
        return AccountStatus.UNVERIFIED
    remaining = number(account, primary) if primary else None
    if remaining is None:
        return None
    if remaining <= 0:
        return AccountStatus.EMPTY
    return AccountStatus.LOW if primary_is_low else AccountStatus.OK
