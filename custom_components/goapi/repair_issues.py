"""Repairs: what only the user can mend, shown until it is mended."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .accounting import AccountSummary
from .const import CONF_SERVICE, DOMAIN, SERVICES

ACCOUNT_DISABLED = "account_disabled"
AUTO_RECHARGE_OVERDUE = "auto_recharge_overdue"

SEVERITIES = {
    ACCOUNT_DISABLED: ir.IssueSeverity.ERROR,
    AUTO_RECHARGE_OVERDUE: ir.IssueSeverity.WARNING,
}


@callback
def async_update_issues(hass: HomeAssistant, entry: ConfigEntry, data: AccountSummary) -> None:
    """Create or delete the issues of an account; what is not known leaves them as they are."""
    enabled = data.account.fields.get("is_enable")
    present = {
        ACCOUNT_DISABLED: not enabled if isinstance(enabled, bool) else None,
        AUTO_RECHARGE_OVERDUE: data.recharge_is_overdue,
    }
    service = SERVICES.get(entry.data[CONF_SERVICE])
    for name, is_present in present.items():
        if is_present:
            ir.async_create_issue(
                hass,
                DOMAIN,
                _issue_id(entry, name),
                is_fixable=False,
                severity=SEVERITIES[name],
                learn_more_url=service.top_up_url if service else None,
                translation_key=name,
                translation_placeholders={"account": entry.title},
            )
        elif is_present is False:
            ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, name))


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete all issues of an account."""
    for name in SEVERITIES:
        ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, name))


def _issue_id(entry: ConfigEntry, name: str) -> str:
    """Return the id of an issue."""
    return f"{name}_{entry.entry_id}"
