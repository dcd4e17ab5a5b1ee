"""Client of the GoAPI account API; it knows nothing of Home Assistant."""

from .client import GoAPIClient
from .errors import (
    GoAPIAuthenticationError,
    GoAPIConnectionError,
    GoAPIError,
    GoAPIQuotaError,
    GoAPIRateLimitError,
    GoAPIRedirectError,
    GoAPIRejectedError,
    GoAPIResponseError,
    GoAPIServerError,
    GoAPITimeoutError,
)
from .models import Account, Balance, CreditPack, Number, Value
from .notices import NOTICE_TYPES, Notice, parse_notice
from .tasks import ActiveTasks, ProviderTasks, Task, TaskPage
from .validation import normalize_api_key, normalize_base_url

__all__ = [
    "NOTICE_TYPES",
    "Account",
    "ActiveTasks",
    "Balance",
    "CreditPack",
    "GoAPIAuthenticationError",
    "GoAPIClient",
    "GoAPIConnectionError",
    "GoAPIError",
    "GoAPIQuotaError",
    "GoAPIRateLimitError",
    "GoAPIRedirectError",
    "GoAPIRejectedError",
    "GoAPIResponseError",
    "GoAPIServerError",
    "GoAPITimeoutError",
    "Notice",
    "Number",
    "ProviderTasks",
    "Task",
    "TaskPage",
    "Value",
    "normalize_api_key",
    "normalize_base_url",
    "parse_notice",
]
