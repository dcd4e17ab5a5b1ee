"""A dashboard for the demo, made of the entities that the account has."""

from collections.abc import Iterable
from typing import Any, Final

from .client import Client
from .paths import DOMAIN

URL_PATH: Final = "goapi-demo"
PRIMARY: Final = "equivalent_in_usd"
QUOTA_SUFFIX: Final = "_remain"
# Of the balance that leads, and of the account.
OUTLOOK_SUFFIXES: Final = ("spent_today", "burn_rate", "runs_out")
OUTLOOK: Final = (
    "projected_month_end",
    "next_credit_expiry",
    "credits_expiring_next",
    "account_activity",
)

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
    shown = [entity for entity in client.entities(DOMAIN) if entity["disabled_by"] is None]
    by_key = {entity["unique_id"].partition("_")[2]: entity["entity_id"] for entity in shown}
    quotas = [entity_id for key, entity_id in by_key.items() if key.endswith(QUOTA_SUFFIX)]
    # An account whose balance the service does not send is led by its first quota.
    leading = by_key.get(PRIMARY) or next(iter(quotas), None)
    wallet: list[Card] = []
    outlook: list[Card] = []
    if leading:
        key = next(key for key, entity_id in by_key.items() if entity_id == leading)
        names = (*(f"{key}_{suffix}" for suffix in OUTLOOK_SUFFIXES), *OUTLOOK)
        outlook = [_tile(by_key[name]) for name in names if name in by_key]
        wallet = [_tile(leading, columns=12), _graph(leading, hours)]
    wallet += [_graph(quota, hours) for quota in quotas if quota != leading][:1]
    account = [
        entity["entity_id"]
        for entity in shown
        if entity["entity_category"] is not None or entity["entity_id"].startswith("binary_sensor.")
    ]
    return {
        "views": [
            {
                "title": "Wallet",
                "path": "wallet",
                "type": "sections",
                "max_columns": 3,
                "sections": [
                    _section("Wallet", wallet),
                    _section("Outlook", outlook),
                    _section("Quotas", map(_tile, quotas)),
                    _section("Account", map(_tile, account)),
                ],
            }
        ]
    }


def _section(title: str, cards: Iterable[Card]) -> dict[str, Any]:
    return {"type": "grid", "cards": [{"type": "heading", "heading": title}, *cards]}


def _tile(entity_id: str, columns: int = 6) -> Card:
    return {
        "type": "tile",
        "entity": entity_id,
        # Without the name of the device, which is the same for all.
        "name": {"type": "entity"},
        "grid_options": {"columns": columns},
    }


def _graph(entity_id: str, hours: int) -> Card:
    return {"type": "history-graph", "entities": [entity_id], "hours_to_show": hours}
