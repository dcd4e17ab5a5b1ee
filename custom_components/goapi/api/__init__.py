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
from .validation import normalize_api_key, normalize_base_url

__all__ = [
    "Account",
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
    "Number",
    "Value",
    "normalize_api_key",
    "normalize_base_url",
]
