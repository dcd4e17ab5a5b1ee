"""Serves the module with the dashboard's strategies to the frontend."""

from pathlib import Path

from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .const import DOMAIN

MODULE = Path(__file__).parent / "frontend" / "goapi-dashboard.js"


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Let every page load the module, where there is a frontend."""
    if "frontend" not in hass.config.components:
        return
    # What it imports is not installed everywhere.
    from homeassistant.components.frontend import add_extra_js_url  # noqa: PLC0415

    integration = await async_get_integration(hass, DOMAIN)
    # The version changes with the module, so browsers may keep it.
    url = f"/{DOMAIN}/{integration.version}/{MODULE.name}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url, str(MODULE), cache_headers=True)]
    )
    add_extra_js_url(hass, url)
