"""Walks through the integration's dialogs over Home Assistant's own API."""

from collections.abc import Iterator, Mapping
import json
from typing import Any, Final

from .client import Client
from .paths import DOMAIN, INTEGRATION

FLOWS: Final = "config/config_entries/flow"
OPTIONS: Final = "config/config_entries/options/flow"
# More forms than any of the integration's dialogs has.
MOST_STEPS: Final = 6


class FlowError(Exception):
    """The dialog showed an error or went nowhere; the text is the one that a user would see."""

    def __init__(self, code: str, section: str = "error") -> None:
        """Look the error's text up in the integration's English texts."""
        self.code = code
        try:
            texts = json.loads((INTEGRATION / "translations" / "en.json").read_text())
            text = texts["config"][section][code]
        except OSError, KeyError:
            text = code
        super().__init__(text)


def add(client: Client, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Add an account and return its configuration entry."""
    step = client.post(FLOWS, {"handler": DOMAIN})
    *_, last = _walk(client, FLOWS, step, answers)
    if last["type"] != "create_entry":
        raise FlowError(last.get("reason", last["type"]), "abort")
    entry: dict[str, Any] = last["result"]
    return entry


def reconfigure(client: Client, entry_id: str, answers: Mapping[str, Any]) -> None:
    """Give an account other settings."""
    step = client.post(FLOWS, {"handler": DOMAIN, "entry_id": entry_id})
    *_, last = _walk(client, FLOWS, step, answers)
    if last.get("reason") != "reconfigure_successful":
        raise FlowError(last.get("reason", last["type"]), "abort")


def set_options(client: Client, entry_id: str, answers: Mapping[str, Any]) -> str:
    """Choose an account's options, and return the address for notices if one was shown."""
    step = client.post(OPTIONS, {"handler": entry_id})
    *forms, last = _walk(client, OPTIONS, step, answers)
    if last["type"] != "create_entry":
        raise FlowError(last.get("reason", last["type"]), "abort")
    shown = (form["description_placeholders"] or {} for form in forms)
    return next((texts["address"] for texts in shown if "address" in texts), "")


def _walk(
    client: Client, flows: str, step: dict[str, Any], answers: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Answer one form after the other with what it asks for; yield each form and the result.

    A form with an error ends it.
    """
    for _ in range(MOST_STEPS):
        yield step
        if step["type"] != "form":
            return
        if errors := step.get("errors"):
            client.delete(f"{flows}/{step['flow_id']}")
            raise FlowError(next(iter(errors.values())))
        asked = [field["name"] for field in step["data_schema"]]
        step = client.post(
            f"{flows}/{step['flow_id']}",
            {name: answers[name] for name in asked if name in answers},
        )
    raise FlowError("a dialog without end")
