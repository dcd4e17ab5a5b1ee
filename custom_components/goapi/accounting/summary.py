"""All that is known of an account at a moment: what the service says, and what is worked out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..api import Account, CreditPack, Number, Value
from ..api.models import CREDIT_PACKS
from .ledger import Period


class AccountStatus(StrEnum):
    """How an account is, in one word."""

    OK = "ok"
    UNVERIFIED = "unverified"
    LOW = "low"
    EMPTY = "empty"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSummary:
    """All that is known of a balance; amounts are in its unit, None is unknown.

    `parts` are those that the API ever sent, as it sends them now. It is neither low nor empty by
    numbers that are not believed yet. `spent` is by period, `burn_rate` per day, `projected_spend`
    what will have been spent when the month ends.
    """

    key: str
    parts: Mapping[str, Number | None]
    is_in_use: bool
    is_low: bool | None
    is_empty: bool
    low_since: datetime | None
    threshold: Number
    budget: Number
    daily_limit: Number
    spent: Mapping[Period, Number]
    burn_rate: float | None
    runs_out: datetime | None
    projected_spend: float | None

    @property
    def remaining(self) -> Number | None:
        """Return what can be spent now."""
        return self.parts.get("remaining")

    @property
    def budget_used(self) -> float | None:
        """Return how much of the month's budget is spent, in percent; None without a budget."""
        return 100 * self.spent[Period.THIS_MONTH] / self.budget if self.budget else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """All that is known of an account.

    `fields` are those that the API ever sent, as it sends them now; a value of None is unknown.
    `main` is the key of the balance that speaks for the account. `expiring` are the credit packs in
    which something can be lost, the first to end first. `starts` is when the periods began.
    """

    account: Account
    fields: Mapping[str, Value]
    balances: Mapping[str, BalanceSummary]
    main: str | None
    status: AccountStatus | None
    recharge_is_overdue: bool | None
    expiring: tuple[CreditPack, ...]
    starts: Mapping[Period, datetime]

    @property
    def has_credit_packs(self) -> bool:
        """Return whether the API ever spoke of credit packs."""
        return "credit_packs" in self.fields or CREDIT_PACKS in self.balances


def account_status(account: Account, main: BalanceSummary | None) -> AccountStatus | None:
    """Return the most severe of what is wrong; low and empty speak of the main balance.

    None if nothing worse is known and the main balance is unknown.
    """
    if account.fields.get("is_enable") is False:
        return AccountStatus.DISABLED
    if main and main.is_empty:
        return AccountStatus.EMPTY
    if main and main.is_low:
        return AccountStatus.LOW
    if account.fields.get("is_verified") is False:
        return AccountStatus.UNVERIFIED
    return AccountStatus.OK if main and main.remaining is not None else None
