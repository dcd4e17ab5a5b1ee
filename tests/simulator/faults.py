"""Everything that can go wrong between the service and a client."""

from enum import StrEnum, auto

from . import answers, streams
from .exchange import Handler

_DEEP = b"[" * 100_000 + b"]" * 100_000


class Fault(StrEnum):
    """A way to fail; the value is the name that the control endpoint takes."""

    UNAUTHORIZED = auto()
    ENVELOPE_UNAUTHORIZED = auto()
    ENVELOPE_FORBIDDEN = auto()
    ENVELOPE_ERROR = auto()
    QUOTA_401 = auto()
    QUOTA_402 = auto()
    QUOTA_403 = auto()
    QUOTA_429 = auto()
    QUOTA_500 = auto()
    QUOTA_ENVELOPE = auto()
    FORBIDDEN = auto()
    CDN_FORBIDDEN = auto()
    BAD_REQUEST = auto()
    NOT_FOUND = auto()
    RATE_LIMITED = auto()
    RATE_LIMITED_DATE = auto()
    RATE_LIMITED_SILENT = auto()
    RATE_LIMITED_ABSURD = auto()
    RATE_LIMITED_GARBAGE = auto()
    SERVER_ERROR = auto()
    BAD_GATEWAY = auto()
    UNAVAILABLE = auto()
    GATEWAY_TIMEOUT = auto()
    CLOUDFLARE_522 = auto()
    HTML_200 = auto()
    EMPTY_200 = auto()
    NULL_200 = auto()
    LIST_200 = auto()
    STRING_200 = auto()
    WRONG_SHAPE = auto()
    NO_ID = auto()
    OTHER_ACCOUNT = auto()
    TOO_LARGE = auto()
    TOO_LARGE_CHUNKED = auto()
    DEEP = auto()
    GZIP_BOMB = auto()
    HUGE_HEADER = auto()
    TRUNCATED = auto()
    RESET = auto()
    SLOW_HEADERS = auto()
    SLOW_BYTES = auto()
    REDIRECT = auto()
    REDIRECT_PERMANENT = auto()
    INVALID_UTF8 = auto()
    BAD_JSON_NUMBERS = auto()
    ECHO_KEY = auto()
    ECHO_KEY_401 = auto()
    ECHO_KEY_MESSAGE = auto()
    WRONG_CONTENT_TYPE = auto()


HANDLERS: dict[Fault, Handler] = {
    Fault.UNAUTHORIZED: answers.error(401, "invalid api key"),
    Fault.ENVELOPE_UNAUTHORIZED: answers.error(200, "invalid api key", code=401),
    Fault.ENVELOPE_FORBIDDEN: answers.error(200, "access denied", code=403),
    Fault.ENVELOPE_ERROR: answers.error(200, "internal error", code=500),
    Fault.QUOTA_401: answers.error(401, "You exceeded your current quota"),
    Fault.QUOTA_402: answers.error(402, "insufficient credits, please top up"),
    Fault.QUOTA_403: answers.error(403, "account balance is not enough"),
    Fault.QUOTA_429: answers.error(429, "You exceeded your current quota"),
    Fault.QUOTA_500: answers.error(500, "failed to freeze credits: insufficient credits"),
    Fault.QUOTA_ENVELOPE: answers.error(200, "insufficient credits, please top up", code=402),
    Fault.FORBIDDEN: answers.literal(b"", status=403),
    Fault.CDN_FORBIDDEN: answers.page(403, "403 Forbidden"),
    Fault.BAD_REQUEST: answers.error(400, "bad request"),
    Fault.NOT_FOUND: answers.error(404, "not found"),
    Fault.RATE_LIMITED: answers.rate_limited(lambda: "30"),
    Fault.RATE_LIMITED_DATE: answers.rate_limited(answers.http_date),
    Fault.RATE_LIMITED_SILENT: answers.rate_limited(lambda: None),
    Fault.RATE_LIMITED_ABSURD: answers.rate_limited(lambda: "9" * 40),
    Fault.RATE_LIMITED_GARBAGE: answers.rate_limited(lambda: "a while, -1; nan"),
    Fault.SERVER_ERROR: answers.error(500, "internal server error"),
    Fault.BAD_GATEWAY: answers.page(502, "502 Bad Gateway"),
    Fault.UNAVAILABLE: answers.page(503, "503 Service Temporarily Unavailable"),
    Fault.GATEWAY_TIMEOUT: answers.page(504, "504 Gateway Time-out"),
    Fault.CLOUDFLARE_522: answers.page(522, "522: Connection timed out"),
    Fault.HTML_200: answers.page(200, "Scheduled maintenance"),
    Fault.EMPTY_200: answers.literal(b""),
    Fault.NULL_200: answers.literal(b"null"),
    Fault.LIST_200: answers.literal(b"[]"),
    Fault.STRING_200: answers.literal(b'"success"'),
    Fault.WRONG_SHAPE: answers.literal(b'{"code":200,"data":[],"message":"success"}'),
    Fault.NO_ID: answers.altered(answers.without_id),
    Fault.OTHER_ACCOUNT: answers.altered(answers.with_other_id),
    Fault.TOO_LARGE: answers.too_large,
    Fault.TOO_LARGE_CHUNKED: streams.too_large_chunked,
    Fault.DEEP: answers.literal(
        b'{"code":200,"data":{"id":1,"wallet":' + _DEEP + b'},"message":"success"}'
    ),
    Fault.GZIP_BOMB: streams.gzip_bomb,
    Fault.HUGE_HEADER: answers.huge_header,
    Fault.TRUNCATED: streams.truncated,
    Fault.RESET: streams.reset,
    Fault.SLOW_HEADERS: streams.slow_headers,
    Fault.SLOW_BYTES: streams.slow_bytes,
    Fault.REDIRECT: answers.redirect(302),
    Fault.REDIRECT_PERMANENT: answers.redirect(308),
    Fault.INVALID_UTF8: answers.invalid_utf8,
    Fault.BAD_JSON_NUMBERS: answers.altered(answers.with_bad_numbers),
    Fault.ECHO_KEY: answers.echo(500, 500, "upstream refused x-api-key {key}"),
    Fault.ECHO_KEY_401: answers.echo(401, 401, "invalid api key: {key}"),
    Fault.ECHO_KEY_MESSAGE: answers.echo(200, 500, "no worker for api key {key}"),
    Fault.WRONG_CONTENT_TYPE: answers.wrong_content_type,
}
