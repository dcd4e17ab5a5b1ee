"""Repairs: what only the user can mend, shown until it is mended."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .accounting import AccountSummary
from .amounts import format_amount
from .api import Number
from .const import CONF_SERVICE, DOMAIN, SERVICES
from .names import balance_name, balance_unit

ACCOUNT_DISABLED = "account_disabled"
AUTO_RECHARGE_OVERDUE = "auto_recharge_overdue"
RESERVED_CREDITS_STUCK = "reserved_credits_stuck"

SEVERITIES = {
    ACCOUNT_DISABLED: ir.IssueSeverity.ERROR,
    AUTO_RECHARGE_OVERDUE: ir.IssueSeverity.WARNING,
    RESERVED_CREDITS_STUCK: ir.IssueSeverity.WARNING,
}


@callback
def async_update_issues(hass: HomeAssistant, entry: ConfigEntry, data: AccountSummary) -> None:
    """Create or delete the issues of an account; what is not known leaves them as they are."""
    enabled = data.account.fields.get("is_enable")
    present = {
        ACCOUNT_DISABLED: not enabled if isinstance(enabled, bool) else None,
        AUTO_RECHARGE_OVERDUE: data.recharge_is_overdue,
    }
    for name, is_present in present.items():
        if is_present is not None:
            _async_set(hass, entry, name, is_present=is_present)


@callback
def async_update_stuck_issue(
    hass: HomeAssistant, entry: ConfigEntry, stuck: Mapping[str, Number]
) -> None:
    """Create or delete the issue about balances of which something is frozen and stuck."""
    amounts = (
        f"{balance_name(hass, key)}: {format_amount(hass, amount, balance_unit(hass, key))}"
        for key, amount in stuck.items()
    )
    _async_set(
        hass, entry, RESERVED_CREDITS_STUCK, is_present=bool(stuck), balances=", ".join(amounts)
    )


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete all issues of an account."""
    for name in SEVERITIES:
        _async_set(hass, entry, name, is_present=False)


@callback
def _async_set(
    hass: HomeAssistant, entry: ConfigEntry, name: str, *, is_present: bool, **placeholders: str
) -> None:
    """Create or delete one issue."""
    issue_id = f"{name}_{entry.entry_id}"
    if not is_present:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    url: str | None = None
    if service := SERVICES.get(entry.data[CONF_SERVICE]):
        url = service.support_url if name == RESERVED_CREDITS_STUCK else service.top_up_url
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=SEVERITIES[name],
        learn_more_url=url,
        translation_key=name,
        translation_placeholders={"account": entry.title, **placeholders},
    )
