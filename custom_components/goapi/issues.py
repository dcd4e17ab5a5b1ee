"""Repairs: what only the user can mend, shown until it is mended."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_SERVICE, DOMAIN, SERVICES

ACCOUNT_DISABLED = "account_disabled"
AUTO_RECHARGE_OVERDUE = "auto_recharge_overdue"

SEVERITIES = {
    ACCOUNT_DISABLED: ir.IssueSeverity.ERROR,
    AUTO_RECHARGE_OVERDUE: ir.IssueSeverity.WARNING,
}


@callback
def async_update_issue(
    hass: HomeAssistant, entry: ConfigEntry, name: str, *, present: bool | None
) -> None:
    """Create the issue of an entry, or delete it; leave it as it is where nothing is known."""
    issue_id = f"{name}_{entry.entry_id}"
    if present is False:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    elif present:
        service = SERVICES.get(entry.data[CONF_SERVICE])
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=SEVERITIES[name],
            learn_more_url=service.dashboard_url if service else None,
            translation_key=name,
            translation_placeholders={"account": entry.title},
        )


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete all issues of an entry."""
    for name in SEVERITIES:
        async_update_issue(hass, entry, name, present=False)
