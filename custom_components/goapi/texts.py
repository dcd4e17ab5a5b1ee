"""The texts that the integration words itself, in Home Assistant's language."""

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_load_integrations,
)

from .const import DOMAIN

ENGLISH = "en"


@callback
def async_follow_language(hass: HomeAssistant) -> None:
    """Load the texts whenever the language of Home Assistant was changed.

    Home Assistant loads those of the language it starts with. It loads those of a later one into a
    cache of its own, which nobody reads.
    """

    async def load(_event: Event) -> None:
        """Load the texts, unless they are there."""
        await async_load_integrations(hass, {DOMAIN})

    hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, load)


def translate(hass: HomeAssistant, selector: str, option: str, **placeholders: object) -> str:
    """Return the text of an option, in English if need be, and an empty one if there is none."""
    return find_text(hass, "selector", f"{selector}.options.{option}").format_map(placeholders)


def find_text(hass: HomeAssistant, category: str, path: str) -> str:
    """Return a text as it is, in English if need be, and an empty one if there is none."""
    key = f"component.{DOMAIN}.{category}.{path}"
    for language in (hass.config.language, ENGLISH):
        texts = async_get_cached_translations(hass, language, category, DOMAIN)
        if key in texts:
            return texts[key]
    return ""
