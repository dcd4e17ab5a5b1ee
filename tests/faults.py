"""Which error of the client each fault of the service becomes."""

from custom_components.goapi.api import (
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

from .simulator import Fault

# These answers are good accounts; the coordinator refuses one with another id.
HARMLESS = {Fault.OTHER_ACCOUNT, Fault.WRONG_CONTENT_TYPE}

ERRORS: dict[Fault, type[GoAPIError]] = {
    Fault.UNAUTHORIZED: GoAPIAuthenticationError,
    Fault.ENVELOPE_UNAUTHORIZED: GoAPIAuthenticationError,
    Fault.FORBIDDEN: GoAPIAuthenticationError,
    Fault.ENVELOPE_FORBIDDEN: GoAPIAuthenticationError,
    Fault.ECHO_KEY_401: GoAPIAuthenticationError,
    Fault.QUOTA_401: GoAPIQuotaError,
    Fault.QUOTA_402: GoAPIQuotaError,
    Fault.QUOTA_403: GoAPIQuotaError,
    Fault.QUOTA_429: GoAPIQuotaError,
    Fault.QUOTA_500: GoAPIQuotaError,
    Fault.QUOTA_ENVELOPE: GoAPIQuotaError,
    Fault.CDN_FORBIDDEN: GoAPIRejectedError,
    Fault.BAD_REQUEST: GoAPIRejectedError,
    Fault.NOT_FOUND: GoAPIRejectedError,
    Fault.RATE_LIMITED: GoAPIRateLimitError,
    Fault.RATE_LIMITED_DATE: GoAPIRateLimitError,
    Fault.RATE_LIMITED_SILENT: GoAPIRateLimitError,
    Fault.RATE_LIMITED_ABSURD: GoAPIRateLimitError,
    Fault.RATE_LIMITED_GARBAGE: GoAPIRateLimitError,
    Fault.SERVER_ERROR: GoAPIServerError,
    Fault.ENVELOPE_ERROR: GoAPIServerError,
    Fault.BAD_GATEWAY: GoAPIServerError,
    Fault.UNAVAILABLE: GoAPIServerError,
    Fault.GATEWAY_TIMEOUT: GoAPIServerError,
    Fault.CLOUDFLARE_522: GoAPIServerError,
    Fault.ECHO_KEY: GoAPIServerError,
    Fault.ECHO_KEY_MESSAGE: GoAPIServerError,
    Fault.RESET: GoAPIConnectionError,
    Fault.TRUNCATED: GoAPIConnectionError,
    Fault.HUGE_HEADER: GoAPIConnectionError,
    Fault.SLOW_HEADERS: GoAPITimeoutError,
    Fault.SLOW_BYTES: GoAPITimeoutError,
    Fault.HTML_200: GoAPIResponseError,
    Fault.EMPTY_200: GoAPIResponseError,
    Fault.NULL_200: GoAPIResponseError,
    Fault.LIST_200: GoAPIResponseError,
    Fault.STRING_200: GoAPIResponseError,
    Fault.WRONG_SHAPE: GoAPIResponseError,
    Fault.NO_ID: GoAPIResponseError,
    Fault.TOO_LARGE: GoAPIResponseError,
    Fault.TOO_LARGE_CHUNKED: GoAPIResponseError,
    Fault.DEEP: GoAPIResponseError,
    Fault.BAD_JSON_NUMBERS: GoAPIResponseError,
    Fault.GZIP_BOMB: GoAPIResponseError,
    Fault.INVALID_UTF8: GoAPIResponseError,
    Fault.REDIRECT: GoAPIRedirectError,
    Fault.REDIRECT_PERMANENT: GoAPIRedirectError,
}

# These faults end only with the client's time limit.
SLOW = {Fault.SLOW_HEADERS, Fault.SLOW_BYTES}
