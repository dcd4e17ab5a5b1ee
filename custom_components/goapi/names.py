"""What balances, quotas and pools are called, and the units of balances."""

from homeassistant.core import HomeAssistant

from .api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from .const import CURRENCY_USD
from .texts import translate
from .usage import Series

# The products behind the API's abbreviations, as they write themselves in every language.
_PRODUCTS = {
    "chat_gpt": "ChatGPT",
    "gpts": "GPTs",
    "llm": "LLM",
    "mj": "Midjourney",
    "music-s": "Suno",
    "music-u": "Udio",
    "sd": "Stable Diffusion",
    "tts": "TTS",
}
UNITS = {CREDIT_PACKS: "credits", CREDITS: "credits", POINTS: "points"}
QUOTA_UNIT = "units"


def product_name(name: str) -> str:
    """Return the name of a product for its name in a field: `kling_turbo` is Kling turbo."""
    return _PRODUCTS.get(name) or name.replace("_", " ").replace("-", " ").strip().capitalize()


def balance_name(hass: HomeAssistant, key: str) -> str:
    """Return what a balance is called, in Home Assistant's language."""
    return translate(hass, "balance", key) or product_name(key.removesuffix("_remain"))


def balance_unit(hass: HomeAssistant, key: str) -> str:
    """Return the unit of a balance, in Home Assistant's language."""
    if key == USD:
        return CURRENCY_USD
    unit = UNITS.get(key, QUOTA_UNIT)
    return translate(hass, "unit", unit) or unit


def balance_attributes(hass: HomeAssistant, key: str) -> dict[str, str]:
    """Return what events and triggers say of the balance that they are about."""
    return {
        "balance": key,
        "balance_name": balance_name(hass, key),
        "unit": balance_unit(hass, key),
    }


def statistic_name(hass: HomeAssistant, series: Series) -> str:
    """Return what a statistic of a model is called, in Home Assistant's language."""
    model = product_name(series.model)
    name = translate(hass, "statistic", series.kind, model=model, usage_type=series.usage_type)
    return name or f"{model} {series.kind}"
