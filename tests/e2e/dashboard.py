"""The integration's dashboard, as a user creates it from the list of community dashboards."""

from typing import Final

from .client import Client

URL_PATH: Final = "goapi-demo"
CONFIG: Final = {"strategy": {"type": "custom:goapi"}}


def create(client: Client) -> None:
    """Create the dashboard, and show it on the page that opens first."""
    client.ask(
        {
            "type": "lovelace/dashboards/create",
            "url_path": URL_PATH,
            "title": "GoAPI",
            "icon": "mdi:wallet",
            "require_admin": False,
            "show_in_sidebar": True,
        },
        {"type": "lovelace/config/save", "url_path": URL_PATH, "config": CONFIG},
        {"type": "frontend/set_system_data", "key": "core", "value": {"default_panel": URL_PATH}},
    )
