"""Names that several modules share."""

from datetime import timedelta
from typing import NamedTuple

DOMAIN = "goapi"

# The bus event that is fired for each event of an account.
EVENT_GOAPI = "goapi_event"

CONF_FORECAST_DAYS = "forecast_days"
CONF_NOTICES = "notices"
CONF_RUNNING_TASKS = "running_tasks"
CONF_SERVICE = "service"
CONF_SPIKE_MULTIPLE = "spike_multiple"
CONF_USAGE = "usage_by_model"

CURRENCY_USD = "USD"

DEFAULT_FORECAST_DAYS = 7
MAX_FORECAST_DAYS = 30
MIN_FORECAST_DAYS = 1

DEFAULT_SPIKE_MULTIPLE = 5
MAX_SPIKE_MULTIPLE = 100
MIN_SPIKE_MULTIPLE = 2

DEFAULT_RUNNING_TASKS = True

DEFAULT_SCAN_INTERVAL = timedelta(minutes=5)
MAX_SCAN_INTERVAL = timedelta(days=1)
MIN_SCAN_INTERVAL = timedelta(minutes=1)

SERVICE_OTHER = "other"


class Service(NamedTuple):
    """Where one of the services is: its API, and its pages to top up, for keys and for help."""

    base_url: str
    top_up_url: str
    keys_url: str
    support_url: str


# The support that the maker of both services names in its own repositories.
_SUPPORT_URL = "https://discord.gg/qRRvcGa7Wb"

# One backend under two names; white-label sites of it are entered by address. Of GoAPI's pages only
# the dashboard is known.
SERVICES = {
    "goapi": Service(
        base_url="https://api.goapi.ai",
        top_up_url="https://goapi.ai/dashboard",
        keys_url="https://goapi.ai/dashboard/key",
        support_url=_SUPPORT_URL,
    ),
    "piapi": Service(
        base_url="https://api.piapi.ai",
        top_up_url="https://piapi.ai/workspace/billing",
        keys_url="https://piapi.ai/workspace/key",
        support_url=_SUPPORT_URL,
    ),
}
