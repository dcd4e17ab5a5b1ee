"""Readable names for balances, and for the quotas and pools that nobody has translated yet."""

from typing import TypedDict

from .api.fields import WALLET_SHAPES, field_by_shape

# How the products behind the API's abbreviations write themselves.
_PRODUCTS = {
    "chat_gpt": "ChatGPT",
    "gpts": "GPTs",
    "llm": "LLM",
    "mj": "Midjourney",
    "sd": "Stable Diffusion",
    "tts": "TTS",
}


def readable(name: str) -> str:
    """Return the name of a product for its name in a field: `kling_turbo` becomes `Kling turbo`."""
    return _PRODUCTS.get(name) or name.replace("_", " ").strip().capitalize()


# The balances whose names are words and not products, which no language translates.
_BALANCES = {
    "equivalent_in_usd": "Balance",
    "available_credits": "Available credit",
    "credit_remain": "Credit",
    "point_remain": "Point balance",
}


def balance_name(key: str) -> str:
    """Return the name of a balance: `mj_remain` becomes `Midjourney`."""
    shaped = field_by_shape(WALLET_SHAPES, key)
    return _BALANCES.get(key) or readable(shaped.of if shaped else key)


class BalanceTexts(TypedDict):
    """How the entity of a balance finds its name."""

    translation_key: str
    translation_placeholders: dict[str, str] | None


def balance_texts(balance: str, suffix: str) -> BalanceTexts:
    """Return how an entity that is computed from a balance finds its name."""
    named = balance in _BALANCES
    return {
        "translation_key": f"{balance if named else 'quota'}_{suffix}",
        "translation_placeholders": None if named else {"quota": balance_name(balance)},
    }
