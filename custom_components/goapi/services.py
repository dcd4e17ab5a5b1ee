"""Actions: fetch an account, read its numbers and what was used, and check what can be afforded."""

from collections.abc import Callable, Coroutine, Mapping
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
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.helpers.service import async_get_config_entry

from .answers import account_numbers, can_afford, usage_rows
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .usage import GROUP_BY

ATTR_AMOUNT = "amount"
ATTR_BALANCE = "balance"
ATTR_END = "end"
ATTR_GROUP_BY = "group_by"
ATTR_START = "start"


async def async_refresh(call: ServiceCall) -> ServiceResponse:
    """Fetch an account now, and return its numbers where the caller wants them."""
    await _coordinator(call).async_refresh()
    # If the entry was reloaded meanwhile, its new coordinator has fetched the account.
    numbers = account_numbers(call.hass, _coordinator(call))
    return numbers if call.return_response else None


async def async_get_account(call: ServiceCall) -> ServiceResponse:
    """Return the numbers of an account, as of the last poll."""
    return account_numbers(call.hass, _coordinator(call))


async def async_can_afford(call: ServiceCall) -> ServiceResponse:
    """Check whether a balance covers an amount, as of the last poll."""
    data = call.data
    return can_afford(call.hass, _coordinator(call), data.get(ATTR_BALANCE), data[ATTR_AMOUNT])


async def async_get_usage(call: ServiceCall) -> ServiceResponse:
    """Return what tasks used in a time, as of the last time that their history was read."""
    data = call.data
    return usage_rows(
        _coordinator(call), data.get(ATTR_START), data.get(ATTR_END), data[ATTR_GROUP_BY]
    )


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
