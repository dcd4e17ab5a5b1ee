"""Actions: fetch an account now, read its numbers, and ask whether something can be afforded."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
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
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from .alerts import unit_of_balance
from .amounts import as_number, exact
from .api import Account
from .api.fields import (
    ACCOUNT_FIELDS,
    ACCOUNT_SHAPES,
    CREDIT_PACK_INFO_FIELDS,
    WALLET_FIELDS,
    WALLET_SHAPES,
    Kind,
    field_by_shape,
)
from .api.values import MAX_NUMBER
from .balances import BALANCE_USD, BURN_RATE, RUNS_OUT, SPENT, number, part_of
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .ledger import Period
from .levels import Number
from .names import balance_name

ATTR_AMOUNT = "amount"
ATTR_BALANCE = "balance"

# How the balance in US dollars is called for short; a quota goes by its own name.
USD = "usd"

NUMBERS = {
    field.key
    for table in (ACCOUNT_FIELDS, WALLET_FIELDS, CREDIT_PACK_INFO_FIELDS)
    for field in table.values()
    if field.kind is Kind.NUMBER
} | {"credit_packs"}


async def async_refresh(call: ServiceCall) -> ServiceResponse:
    """Fetch an account now, and return its numbers where the caller wants them."""
    await _coordinator(call).async_refresh()
    # Found anew, as the account may be reloaded meanwhile: that has fetched it, or says why not.
    numbers = _numbers(call.hass, _coordinator(call))
    return numbers if call.return_response else None


async def async_get_account(call: ServiceCall) -> ServiceResponse:
    """Return the numbers of an account, as of the last poll."""
    return _numbers(call.hass, _coordinator(call))


async def async_can_afford(call: ServiceCall) -> ServiceResponse:
    """Tell whether so much is left of a balance, as of the last poll."""
    coordinator = _coordinator(call)
    _check_up_to_date(coordinator)
    balance = _chosen_balance(coordinator, call.data.get(ATTR_BALANCE))
    amount = _amount(call.data[ATTR_AMOUNT])
    remaining = number(coordinator.data, balance)
    if remaining is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="balance_unknown",
            translation_placeholders={"balance": balance_name(balance)},
        )
    left = exact(remaining)
    return {
        "affordable": amount <= left,
        "remaining_after": as_number(left - amount),
        "balance": balance,
        "remaining": as_number(left),
        "unit": unit_of_balance(call.hass, balance),
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
            # Whatever it is, it is judged where the error can be translated.
            vol.Required(ATTR_AMOUNT): object,
        },
    ),
    "get_account": Action(async_get_account, SupportsResponse.ONLY),
    "refresh": Action(async_refresh, SupportsResponse.OPTIONAL),
}


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
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


def _check_up_to_date(coordinator: GoAPICoordinator) -> None:
    """Raise why the last poll failed, if it did: numbers from before are not passed off as new."""
    if coordinator.last_update_success:
        return
    error = coordinator.last_exception
    if isinstance(error, HomeAssistantError) and error.translation_key:
        raise HomeAssistantError(
            translation_domain=error.translation_domain,
            translation_key=error.translation_key,
            translation_placeholders=error.translation_placeholders,
        )
    # What nobody expected may say anything, the key included.
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="update_failed")


def _balances(coordinator: GoAPICoordinator) -> list[str]:
    """Return the balances that the account has, or had when it was first polled."""
    primary = coordinator.watch.primary
    known = dict.fromkeys(coordinator.watch.judgements)
    return list(known if primary is None else known | {primary: None})


def _chosen_balance(coordinator: GoAPICoordinator, name: str | None) -> str:
    """Return the balance that a caller names, by its key or for short; else the primary one."""
    balances = _balances(coordinator)
    short_names = {_short_name(balance): balance for balance in balances}
    names = short_names | {balance: balance for balance in balances}
    chosen = coordinator.watch.primary if name is None else names.get(name.strip().lower())
    if chosen is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_balance",
            translation_placeholders={
                "account": coordinator.config_entry.title,
                "balances": ", ".join(short_names) or "-",
            },
        )
    return chosen


def _short_name(balance: str) -> str:
    """Return how a balance is called for short."""
    if balance == BALANCE_USD:
        return USD
    quota = balance.removesuffix("_remain")
    # A quota of that name would be taken for the balance in US dollars.
    return balance if quota == USD else quota


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


def _numbers(hass: HomeAssistant, coordinator: GoAPICoordinator) -> JsonObjectType:
    """Return the numbers of an account; what is not known is None and never zero."""
    _check_up_to_date(coordinator)
    account = coordinator.data
    balances = _balances(coordinator)
    status = coordinator.watch.status
    plan = account.fields.get("plan")
    return {
        "account": coordinator.config_entry.title,
        "status": status.value if status else None,
        "plan": plan if isinstance(plan, str) else None,
        "enabled": _flag(account, "is_enable"),
        "verified": _flag(account, "is_verified"),
        "primary_balance": coordinator.watch.primary,
        "balances": {key: _balance(hass, coordinator, key) for key in balances},
        "credit_packs": [
            {
                "ends_at": _text(pack.ends_at),
                "left": _plain(pack.left),
                "capacity": _plain(pack.capacity),
            }
            for pack in account.packs
            if pack.counts(dt_util.utcnow())
        ],
        "budget": _budget(coordinator),
        "fields": _other_numbers(account, balances),
    }


def _balance(hass: HomeAssistant, coordinator: GoAPICoordinator, key: str) -> JsonObjectType:
    """Return what is known of a balance."""
    account, books, watch = coordinator.data, coordinator.books, coordinator.watch
    judgement = watch.judgements.get(key)
    found: JsonObjectType = {
        "name": balance_name(key),
        "remaining": _plain(number(account, key)),
        "used": _plain(number(account, part_of(key, "used"))),
        "frozen": _plain(number(account, part_of(key, "frozen"))),
        "unit": unit_of_balance(hass, key),
        "low": judgement.low if judgement else None,
        "threshold": _plain(watch.threshold(key)),
    }
    found |= {f"{SPENT}_{period}": books.spent(key, period) for period in Period}
    return found | {
        f"{BURN_RATE}_per_day": _plain(books.burn_rate(key)),
        RUNS_OUT: _text(books.runs_out(key)),
    }


def _budget(coordinator: GoAPICoordinator) -> JsonObjectType:
    """Return how the budget stands, in the unit of the primary balance."""
    books = coordinator.books
    return {
        "monthly": _plain(coordinator.watch.memory.budget or None),
        "used_percent": _plain(books.budget_used()),
        "projected_month_end": _plain(books.projected_month_end()),
    }


def _other_numbers(account: Account, balances: list[str]) -> JsonObjectType:
    """Return the numbers that belong to no balance: limits, and what is set or summed up."""
    parts = {part_of(balance, part) for balance in balances for part in ("used", "frozen")}
    return {
        key: _plain(number(account, key))
        for key in account.fields
        if key not in parts and key not in balances and _is_number(key)
    }


def _is_number(key: str) -> bool:
    """Tell whether a field is one that holds a number."""
    if key in NUMBERS:
        return True
    shaped = field_by_shape(ACCOUNT_SHAPES + WALLET_SHAPES, key)
    return shaped is not None and shaped.shape.kind is Kind.NUMBER


def _flag(account: Account, key: str) -> bool | None:
    """Return a field that is true or false, None where the API sent none."""
    value = account.fields.get(key)
    return value if isinstance(value, bool) else None


def _plain(value: float | None) -> Number | None:
    """Return a number as one writes it: a whole one has no decimals."""
    return None if value is None else as_number(exact(value))


def _text(moment: datetime | None) -> str | None:
    """Return a moment as JSON can hold it."""
    return moment.isoformat() if moment else None
