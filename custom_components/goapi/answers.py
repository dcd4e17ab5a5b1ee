"""Answers about an account, as of the last poll: to actions, and to the tools of assistants."""

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .accounting import AccountSummary, BalanceSummary
from .api.models import USD
from .api.parser import MAX_NUMBER
from .const import DOMAIN
from .coordinator import GoAPICoordinator
from .names import balance_name, balance_unit
from .usage import usage_report

# The short name of the balance in US dollars; a quota goes by its own name.
USD_NAME = "usd"


def account_numbers(hass: HomeAssistant, coordinator: GoAPICoordinator) -> dict[str, Any]:
    """Return the numbers of an account; what is not known is None and never zero."""
    _check_is_current(coordinator)
    data = coordinator.data
    return {
        "account": coordinator.config_entry.title,
        "status": data.status,
        "plan": data.fields.get("plan"),
        "enabled": data.fields.get("is_enable"),
        "verified": data.fields.get("is_verified"),
        "main_balance": data.main,
        "balances": {key: _balance(hass, balance) for key, balance in data.balances.items()},
        "credit_packs": [
            {"ends_at": pack.ends_at.isoformat(), "left": pack.left, "capacity": pack.capacity}
            for pack in data.expiring
        ],
        "fields": {
            key: value
            for key, value in sorted(data.fields.items())
            if isinstance(value, int | float) and not isinstance(value, bool)
        },
    }


def can_afford(
    hass: HomeAssistant, coordinator: GoAPICoordinator, name: str | None, raw_amount: object
) -> dict[str, Any]:
    """Check whether a balance covers an amount; exact to the last digit.

    The balance goes by its key or its short name; without a name it is the main one.
    """
    _check_is_current(coordinator)
    balance = _chosen_balance(coordinator, name)
    amount = _amount(raw_amount)
    if balance.remaining is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="balance_unknown",
            translation_placeholders={"balance": balance_name(hass, balance.key)},
        )
    rest = Decimal(str(balance.remaining)) - amount
    return {
        "affordable": rest >= 0,
        "remaining_after": int(rest) if rest == rest.to_integral_value() else float(rest),
        "balance": balance.key,
        "remaining": balance.remaining,
        "unit": balance_unit(hass, balance.key),
    }


def usage_rows(
    coordinator: GoAPICoordinator, start: datetime | None, end: datetime | None, group_by: str
) -> dict[str, Any]:
    """Return what tasks used in a time, as of the last time that their history was read.

    Without a start, it begins with what is kept; without an end, it lasts until now.
    """
    if coordinator.usage is None or (record := coordinator.usage.data) is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="usage_off" if coordinator.usage is None else "usage_unknown",
            translation_placeholders={"account": coordinator.config_entry.title},
        )
    now = dt_util.utcnow().timestamp()
    since = max(_timestamp(start) or 0, record.oldest(now))
    until = _timestamp(end) or now
    if since >= until:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="invalid_period")
    return {
        "start": _iso(since),
        "end": _iso(until),
        "complete": record.is_complete(since, min(until, now)),
        "rows": [asdict(row) for row in usage_report(record, since, until, group_by)],
    }


def short_names(data: AccountSummary) -> dict[str, str]:
    """Return the keys of the balances by their short names: `mj` for `mj_remain`."""
    return {USD_NAME if key == USD else key.removesuffix("_remain"): key for key in data.balances}


def _check_is_current(coordinator: GoAPICoordinator) -> None:
    """Raise why the last poll failed, if it did: old numbers are not returned as current."""
    if coordinator.last_update_success:
        return
    error = coordinator.last_exception
    if isinstance(error, HomeAssistantError) and error.translation_key:
        raise HomeAssistantError(
            translation_domain=error.translation_domain,
            translation_key=error.translation_key,
            translation_placeholders=error.translation_placeholders,
        )
    # The text of an unexpected error could contain the key.
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="update_failed")


def _chosen_balance(coordinator: GoAPICoordinator, name: str | None) -> BalanceSummary:
    """Return the balance that a caller names, by its key or for short; else the main one."""
    data = coordinator.data
    names = short_names(data)
    key = data.main
    if name is not None:
        typed = name.strip().lower()
        key = typed if typed in data.balances else names.get(typed)
    if key is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_balance",
            translation_placeholders={
                "account": coordinator.config_entry.title,
                "balances": ", ".join(names) or "-",
            },
        )
    return data.balances[key]


def _amount(raw: object) -> Decimal:
    """Return an amount exactly as it was written."""
    try:
        amount = Decimal(str(raw))
        if 0 < amount <= MAX_NUMBER:
            return amount
    except InvalidOperation, ValueError:
        pass
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="invalid_amount",
        translation_placeholders={"max": str(MAX_NUMBER)},
    )


def _timestamp(moment: datetime | None) -> float | None:
    """Return a moment in Unix seconds; without a time zone it is local."""
    return None if moment is None else dt_util.as_utc(moment).timestamp()


def _iso(moment: float) -> str:
    """Return a moment as text, in local time."""
    return dt_util.as_local(datetime.fromtimestamp(moment, UTC)).isoformat()


def _balance(hass: HomeAssistant, balance: BalanceSummary) -> dict[str, Any]:
    """Return what is known of a balance."""
    return {
        "name": balance_name(hass, balance.key),
        "unit": balance_unit(hass, balance.key),
        **balance.parts,
        "low": balance.is_low,
        "threshold": balance.threshold,
        **{f"spent_{period}": spent for period, spent in balance.spent.items()},
        "burn_rate_per_day": balance.burn_rate,
        "runs_out": balance.runs_out.isoformat() if balance.runs_out else None,
        "monthly_budget": balance.budget or None,
        "budget_used_percent": balance.budget_used,
        "daily_limit": balance.daily_limit or None,
        "projected_spend": balance.projected_spend,
    }
