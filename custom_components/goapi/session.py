"""The HTTP session that all accounts share."""

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.singleton import singleton

from .const import DOMAIN


@singleton(f"{DOMAIN}_session")
@callback
def async_get_session(hass: HomeAssistant) -> ClientSession:
    """Return the session, which lives as long as Home Assistant.

    It keeps no cookies, unlike Home Assistant's own: a cookie that came for one account must not go
    out with the key of another, and one that cannot be read would be logged, with whatever a server
    wrote into it.
    """
    session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=DummyCookieJar())

    @callback
    def close(_event: Event) -> None:
        """Let go of the connections, which belong to Home Assistant."""
        session.detach()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, close)
    return session
