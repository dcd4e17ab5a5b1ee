"""Readable names for the quotas and pools that nobody has translated yet."""

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
