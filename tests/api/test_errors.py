"""Test which answer means which error."""

import pytest

from custom_components.goapi.api import (
    GoAPIAuthenticationError,
    GoAPIError,
    GoAPIQuotaError,
    GoAPIRateLimitError,
    GoAPIRejectedError,
    GoAPIServerError,
)
from custom_components.goapi.api.errors import error_of_answer


@pytest.mark.parametrize(
    ("status", "code", "body", "error"),
    [
        # Nothing but a number.
        (401, None, b"", GoAPIAuthenticationError),
        (403, None, b"", GoAPIAuthenticationError),
        (200, 401, b"", GoAPIAuthenticationError),
        (200, 403, b"", GoAPIAuthenticationError),
        (401, 500, b"", GoAPIAuthenticationError),
        (400, None, b"", GoAPIRejectedError),
        (200, 400, b"", GoAPIRejectedError),
        (429, None, b"", GoAPIRateLimitError),
        (200, 429, b"", GoAPIRateLimitError),
        (502, None, b"", GoAPIServerError),
        (200, 502, b"", GoAPIServerError),
        (502, 401, b"", GoAPIServerError),
        # A text that speaks of the key, and perhaps of more.
        (401, 401, b'{"message":"invalid api key"}', GoAPIAuthenticationError),
        (403, None, b'{"message":"forbidden"}', GoAPIAuthenticationError),
        (401, 401, b"Invalid key. Check your account balance page", GoAPIAuthenticationError),
        (403, 403, b"This API key was revoked, its credits are lost", GoAPIAuthenticationError),
        (401, 401, b'{"message":"InvalidApiKey","docs":"/credits"}', GoAPIAuthenticationError),
        (200, 401, b"No balance: token not found", GoAPIAuthenticationError),
        (401, 401, b'{"message":"wrong credentials"}', GoAPIAuthenticationError),
        # A text that speaks of quota.
        (401, 401, b"You exceeded your quota for this API key", GoAPIQuotaError),
        (401, 401, b'{"type":"invalid_request","message":"no quota for key"}', GoAPIQuotaError),
        (401, 401, b"Request invalid. No credits left for this key", GoAPIQuotaError),
        (403, 403, b"Wrong number of tokens for this balance", GoAPIQuotaError),
        (403, 403, b"account balance is not enough", GoAPIQuotaError),
        (400, None, b"Invalid key 'size'. Out of credits", GoAPIQuotaError),
        (429, None, b"INSUFFICIENT_QUOTA", GoAPIQuotaError),
        (500, None, b'{"error":{"errors":[{"code":"InsufficientBalance"}]}}', GoAPIQuotaError),
        # A text that is no error text.
        pytest.param(401, None, b"credit " * 1000, GoAPIAuthenticationError, id="long"),
        (503, None, b"load balancer down", GoAPIServerError),
        # A page of a gateway.
        (401, None, b"<html>Unauthorized</html>", GoAPIAuthenticationError),
        (403, None, b"\n<!DOCTYPE html>Invalid token, credit cards", GoAPIRejectedError),
        (502, None, b"<html>Quota exceeded</html>", GoAPIServerError),
    ],
)
def test_answer_means_error(
    status: int, code: int | None, body: bytes, error: type[GoAPIError]
) -> None:
    """First counts what the text says about the key, then what it says about quota."""
    assert type(error_of_answer(status, code, body, None)) is error


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [(500, None, "HTTP 500"), (500, 500, "HTTP 500"), (200, 500, "HTTP 200, code 500")],
)
def test_error_names_the_status_and_the_code(status: int, code: int | None, text: str) -> None:
    """The text of an error is of our own words and numbers."""
    error = error_of_answer(status, code, b"secret", 60)
    assert str(error) == text
    assert error.retry_after == 60
