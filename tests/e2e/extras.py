"""Turns on what an account has beyond its balances: its tasks, usage by model, notices."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlsplit

from . import flows
from .client import Client
from .homeassistant import HomeAssistant
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

OPTIONS: Final = {"running_tasks": True, "usage_by_model": True, "notices": True}
# One entity of each.
ENTITIES: Final = {"running_tasks", "tasks_today", "notices"}
# The account is reloaded, its history is read, and the statistics are written one by one.
READ_SECONDS: Final = 60


def turn_on(
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    entry_id: str,
    options: Mapping[str, Any] | None = None,
) -> str:
    """Turn it all on, choose other options too, and return the path that notices are sent to.

    In the end the simulator sends them there, and what it has of the past is in the statistics.
    """
    client = home_assistant.client
    models = {(row["task_model"], row["usage_type"]) for row in simulator.history()}
    make_reachable(home_assistant)
    address = flows.set_options(client, entry_id, {**OPTIONS, **(options or {})})
    until(
        lambda: len(usage_statistics(client)) >= len(models) and _entities(client) >= ENTITIES,
        READ_SECONDS,
        "tasks and usage are shown",
    )
    path = urlsplit(address).path
    send_notices(home_assistant, simulator, path)
    return path


def make_reachable(home_assistant: HomeAssistant) -> None:
    """Let Home Assistant know its address, of which it makes the address for notices."""
    client = home_assistant.client
    client.ask({"type": "config/core/update", "internal_url": home_assistant.url})


def send_notices(home_assistant: HomeAssistant, simulator: SimulatorProcess, path: str) -> None:
    """Let the simulator send notices to a path of Home Assistant, whatever its port is now."""
    make_reachable(home_assistant)
    simulator.do("set", path="notification_hook_url", value=f"{home_assistant.url}{path}")


def usage_statistics(client: Client) -> list[dict[str, Any]]:
    """Return the statistics of what each model used."""
    found = [each for each in client.statistics(DOMAIN) if each["statistic_id"].endswith("_usage")]
    return sorted(found, key=itemgetter("statistic_id"))


def _entities(client: Client) -> set[str]:
    """Return the keys of the account's entities."""
    return {entity["unique_id"].partition("_")[2] for entity in client.entities(DOMAIN)}
