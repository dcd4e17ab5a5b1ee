"""A dashboard for the demo, made of the entities that the account has."""

from collections.abc import Iterable
from typing import Any, Final

from . import extras
from .client import Client
from .paths import DOMAIN

URL_PATH: Final = "goapi-demo"
USD: Final = "equivalent_in_usd"
# Of the main balance, and of the account.
OUTLOOK: Final = (
    "spent_today",
    "spent_this_month",
    "budget_used",
    "projected_spend",
    "burn_rate",
    "runs_out",
)
TASKS: Final = (
    "running_tasks",
    "waiting_tasks",
    "free_task_slots",
    "tasks_today",
    "failed_tasks_today",
    "top_model_today",
    "notices",
)
USAGE_DAYS: Final = 30
EVENTS: Final = ("next_credit_expiry", "credits_expiring_next", "account_activity")

type Card = dict[str, Any]


def create(client: Client, hours: int = 1) -> None:
    """Show the account, and its history of some hours, on the page that opens first."""
    client.ask(
        {
            "type": "lovelace/dashboards/create",
            "url_path": URL_PATH,
            "title": "GoAPI",
            "icon": "mdi:wallet",
            "require_admin": False,
            "show_in_sidebar": True,
        },
        {"type": "lovelace/config/save", "url_path": URL_PATH, "config": config(client, hours)},
        {"type": "frontend/set_system_data", "key": "core", "value": {"default_panel": URL_PATH}},
    )


def config(client: Client, hours: int) -> dict[str, Any]:
    """Return a dashboard of what is left, how it changed, and how the account is."""
    entities = {
        entity["unique_id"].partition("_")[2]: entity
        for entity in client.entities(DOMAIN)
        if entity["disabled_by"] is None
    }
    remaining = [key for key in entities if _is_remaining(key)]
    # An account whose balance in US dollars the service does not send is led by its first balance.
    main = USD if USD in entities else next(iter(remaining), "")
    outlook = [*(f"{main}_{what}" for what in OUTLOOK), *EVENTS]
    device = entities["account_status"]["device_id"]
    account = ["account_status"] + [
        key
        for key, entity in entities.items()
        if entity["device_id"] == device
        and (entity["entity_category"] or entity["entity_id"].startswith("binary_sensor."))
    ]

    def tiles(keys: Iterable[str]) -> list[Card]:
        return [_tile(entities[key]["entity_id"]) for key in keys if key in entities]

    def graphs(keys: Iterable[str]) -> list[Card]:
        return [_graph(entities[key]["entity_id"], hours) for key in keys if key in entities]

    others = [key for key in remaining if key != main]
    names = _balance_names(client)
    balances = [
        {**card, "name": names[entities[key]["device_id"]]}
        for key, card in zip(others, tiles(others), strict=True)
    ]
    usage = _usage_graphs(client)
    wallet = [
        _section("Wallet", [*tiles([main]), *graphs([main, *others[:1]])]),
        _section("Outlook", tiles(outlook)),
        _section("Tasks", [*tiles(TASKS), *usage[:1]]),
        _section("Balances", balances),
        _section("Account", tiles(account)),
    ]
    # What an account has nothing of is left out, and so is its heading.
    views = [_view("Wallet", [section for section in wallet if len(section["cards"]) > 1])]
    if usage:
        views.append(_view("Usage", [{"type": "grid", "cards": [graph]} for graph in usage]))
    return {"views": views}


def _usage_graphs(client: Client) -> list[Card]:
    """Return a graph of each unit, that of most models first: what each used of it, by day."""
    title = client.entries(DOMAIN)[0]["title"]
    by_unit: dict[str, list[dict[str, Any]]] = {}
    for found in extras.usage_statistics(client):
        by_unit.setdefault(found["statistics_unit_of_measurement"], []).append(found)
    return [
        {
            "type": "statistics-graph",
            "title": f"Usage by model ({unit})",
            "chart_type": "bar",
            "period": "day",
            "days_to_show": USAGE_DAYS,
            "stat_types": ["change"],
            "entities": [
                {
                    "entity": each["statistic_id"],
                    # Without the name of the account, which is the same for all.
                    "name": each["name"].removeprefix(title).strip(),
                }
                for each in found
            ],
        }
        for unit, found in sorted(by_unit.items(), key=lambda each: -len(each[1]))
    ]


def _is_remaining(key: str) -> bool:
    """Return whether an entity shows what is left of a balance."""
    return key == "available_credits" or key.endswith("_remain")


def _balance_names(client: Client) -> dict[str, str]:
    """Return what the devices of the balances are called, without the account's name."""
    title = client.entries(DOMAIN)[0]["title"]
    (devices,) = client.ask({"type": "config/device_registry/list"})
    return {device["id"]: device["name"].removeprefix(title).strip() for device in devices}


def _view(title: str, sections: list[Card]) -> dict[str, Any]:
    return {
        "title": title,
        "path": title.lower(),
        "type": "sections",
        "max_columns": 3,
        "sections": sections,
    }


def _section(title: str, cards: Iterable[Card]) -> dict[str, Any]:
    return {"type": "grid", "cards": [{"type": "heading", "heading": title}, *cards]}


def _tile(entity_id: str) -> Card:
    # Without the name of the device, which is the same for all.
    tile = {"type": "tile", "entity": entity_id, "name": {"type": "entity"}}
    if entity_id.startswith("event."):
        # What happened, and not only when.
        tile |= {"state_content": ["event_type", "state"], "grid_options": {"columns": "full"}}
    return tile


def _graph(entity_id: str, hours: int) -> Card:
    return {"type": "history-graph", "entities": [entity_id], "hours_to_show": hours}
