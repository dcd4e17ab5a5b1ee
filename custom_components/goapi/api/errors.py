"""What can go wrong between the client and the service."""


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
