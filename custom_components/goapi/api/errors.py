"""What can go wrong between the client and the service, and which answer means which error."""

import re


class GoAPIError(Exception):
    """A request that gave no account; its text never repeats what the service or the caller sent.

    `code` names the kind of failure for texts and translations. `retry_after` is the number of
    seconds that the service asked to wait, between 1 and 3600, where it asked.
    """

    code = "unknown"

    def __init__(self, reason: str, *, retry_after: int | None = None) -> None:
        """Give the reason in a few words of our own, such as the HTTP status."""
        super().__init__(reason)
        self.retry_after = retry_after


class GoAPIAuthenticationError(GoAPIError):
    """The service refused the API key twice in a row."""

    code = "invalid_auth"


class GoAPIQuotaError(GoAPIError):
    """The service refused because of a quota, of credits or of a balance: the key is not wrong."""

    code = "quota_exceeded"


class GoAPIRateLimitError(GoAPIError):
    """The service wants fewer requests (HTTP 429)."""

    code = "rate_limited"


class GoAPIConnectionError(GoAPIError):
    """No answer came: DNS, refused, reset, TLS, or a body cut short."""

    code = "cannot_connect"


class GoAPITimeoutError(GoAPIConnectionError):
    """No complete answer came in time."""

    code = "timeout_connect"


class GoAPIServerError(GoAPIConnectionError):
    """The service, or a gateway before it, failed (HTTP 5xx)."""

    code = "server_error"


class GoAPIResponseError(GoAPIError):
    """An answer came, and it is not an account."""

    code = "invalid_response"


class GoAPIRejectedError(GoAPIResponseError):
    """The service refused the request, for a reason other than the key (HTTP or envelope 4xx)."""

    code = "request_rejected"


class GoAPIRedirectError(GoAPIResponseError):
    """The service points elsewhere; following it would carry the key to another host."""

    code = "redirected"


# An error's text is short; a page that mentions credits somewhere is no error text.
MAX_ERROR_TEXT_LENGTH = 4096

# Also within `insufficient_quota` and `InsufficientBalance`; not the load balancer of a gateway.
_QUOTA = re.compile("quota|credit|balance(?!r)", re.IGNORECASE)
# What one sentence, or one text in the JSON, says of the key.
_KEY = "(?:key|token)(?![a-z])"
_FAULT = (
    "(?:invalid|incorrect|wrong|unknown|revoked|expired|disabled|missing|unauthori[sz]ed"
    "|not (?:found|valid|exist))"
)
_INVALID_KEY = re.compile(rf"{_FAULT}[^.!?\n\"]*{_KEY}|{_KEY}[^.!?\n\"]*{_FAULT}", re.IGNORECASE)


def error_of_answer(
    status: int, code: int | None, body: bytes, retry_after: int | None
) -> GoAPIError:
    """Return the error for an answer that is no success.

    `status` is HTTP's, `code` the one in the service's envelope. Services of this class answer "out
    of credits" with 401 or 403 too, so the text decides, and first what it says about the key.
    """
    codes = (status, code)
    reason = f"HTTP {status}" if code in (None, status) else f"HTTP {status}, code {code}"
    is_page = body.lstrip().startswith(b"<")
    has_text = not is_page and len(body) <= MAX_ERROR_TEXT_LENGTH
    text = body.decode(errors="replace") if has_text else ""
    # A page with status 403 is that of a firewall, which knows nothing of keys.
    refuses_key = 401 in codes or (403 in codes and not is_page)
    if refuses_key and _INVALID_KEY.search(text):
        return GoAPIAuthenticationError(reason)
    if _QUOTA.search(text):
        return GoAPIQuotaError(reason, retry_after=retry_after)
    if 429 in codes:
        return GoAPIRateLimitError(reason, retry_after=retry_after)
    if status >= 500 or (status < 400 and code in range(500, 600)):
        return GoAPIServerError(reason, retry_after=retry_after)
    if refuses_key:
        return GoAPIAuthenticationError(reason)
    return GoAPIRejectedError(reason)
