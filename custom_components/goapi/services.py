"""Actions: fetch an account, read its numbers and what was used, and check what can be afforded."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.util import dt as dt_util

from .accounting import BalanceSummary
from .api.models import USD
from .api.parser import MAX_NUMBER
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .names import balance_name, balance_unit
from .usage import GROUP_BY, usage_report

ATTR_AMOUNT = "amount"
ATTR_BALANCE = "balance"
ATTR_END = "end"
ATTR_GROUP_BY = "group_by"
ATTR_START = "start"

# The short name of the balance in US dollars; a quota goes by its own name.
USD_NAME = "usd"


async def async_refresh(call: ServiceCall) -> ServiceResponse:
    """Fetch an account now, and return its numbers where the caller wants them."""
    await _coordinator(call).async_refresh()
    # If the entry was reloaded meanwhile, its new coordinator has fetched the account.
    numbers = _numbers(call.hass, _coordinator(call))
    return numbers if call.return_response else None


async def async_get_account(call: ServiceCall) -> ServiceResponse:
    """Return the numbers of an account, as of the last poll."""
    return _numbers(call.hass, _coordinator(call))


async def async_can_afford(call: ServiceCall) -> ServiceResponse:
    """Check whether a balance covers an amount, as of the last poll; exact to the last digit."""
    coordinator = _coordinator(call)
    _check_is_current(coordinator)
    balance = _chosen_balance(coordinator, call.data.get(ATTR_BALANCE))
    amount = _amount(call.data[ATTR_AMOUNT])
    if balance.remaining is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="balance_unknown",
            translation_placeholders={"balance": balance_name(call.hass, balance.key)},
        )
    rest = Decimal(str(balance.remaining)) - amount
    return {
        "affordable": rest >= 0,
        "remaining_after": int(rest) if rest == rest.to_integral_value() else float(rest),
        "balance": balance.key,
        "remaining": balance.remaining,
        "unit": balance_unit(call.hass, balance.key),
    }


async def async_get_usage(call: ServiceCall) -> ServiceResponse:
    """Return what tasks used in a time, as of the last time that their history was read."""
    coordinator = _coordinator(call)
    if coordinator.usage is None or (record := coordinator.usage.data) is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="usage_off" if coordinator.usage is None else "usage_unknown",
            translation_placeholders={"account": coordinator.config_entry.title},
        )
    now = dt_util.utcnow().timestamp()
    start = max(_moment(call, ATTR_START) or 0, record.oldest(now))
    end = _moment(call, ATTR_END) or now
    if start >= end:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="invalid_period")
    rows = usage_report(record, start, end, call.data[ATTR_GROUP_BY])
    return {
        "start": _iso(start),
        "end": _iso(end),
        "complete": record.is_complete(start, min(end, now)),
        "rows": [asdict(row) for row in rows],
    }


class Action(NamedTuple):
    """What an action does, what it returns, and its fields besides the account."""

    run: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    supports_response: SupportsResponse
    fields: Mapping[vol.Marker, Any] = {}


ACTIONS = {
    "can_afford": Action(
        async_can_afford,
        SupportsResponse.ONLY,
        {
            vol.Optional(ATTR_BALANCE): str,
            # Checked by the action itself, whose errors are translated.
            vol.Required(ATTR_AMOUNT): object,
        },
    ),
    "get_account": Action(async_get_account, SupportsResponse.ONLY),
    "get_usage": Action(
        async_get_usage,
        SupportsResponse.ONLY,
        {
            vol.Optional(ATTR_START): cv.datetime,
            vol.Optional(ATTR_END): cv.datetime,
            vol.Optional(ATTR_GROUP_BY, default="model"): vol.In(GROUP_BY),
        },
    ),
    "refresh": Action(async_refresh, SupportsResponse.OPTIONAL),
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, which are there whether an account is loaded or not."""
    account = {vol.Optional(ATTR_CONFIG_ENTRY_ID): ConfigEntrySelector({"integration": DOMAIN})}
    for name, action in ACTIONS.items():
        hass.services.async_register(
            DOMAIN,
            name,
            action.run,
            schema=vol.Schema({**account, **action.fields}),
            supports_response=action.supports_response,
        )


def _coordinator(call: ServiceCall) -> GoAPICoordinator:
    """Return the coordinator of the account that a call is about."""
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID) or _only_entry_id(call.hass)
    entry: GoAPIConfigEntry = async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry.runtime_data


def _only_entry_id(hass: HomeAssistant) -> str:
    """Return the id of the only account; the oldest Home Assistant does not look for it itself."""
    entries = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    if len(entries) == 1:
        return entries[0].entry_id
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="several_accounts" if entries else "no_account",
        translation_placeholders={"accounts": ", ".join(entry.title for entry in entries)},
    )


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
    short_names = {key.removesuffix("_remain"): key for key in data.balances}
    if USD in short_names:
        short_names[USD_NAME] = short_names.pop(USD)
    key = data.main
    if name is not None:
        typed = name.strip().lower()
        key = typed if typed in data.balances else short_names.get(typed)
    if key is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_balance",
            translation_placeholders={
                "account": coordinator.config_entry.title,
                "balances": ", ".join(short_names) or "-",
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


def _moment(call: ServiceCall, name: str) -> float | None:
    """Return a moment that a caller gave, in Unix seconds; without a time zone it is local."""
    moment: datetime | None = call.data.get(name)
    return None if moment is None else dt_util.as_utc(moment).timestamp()


def _iso(moment: float) -> str:
    """Return a moment as text, in local time."""
    return dt_util.as_local(datetime.fromtimestamp(moment, UTC)).isoformat()


def _numbers(hass: HomeAssistant, coordinator: GoAPICoordinator) -> dict[str, Any]:
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
