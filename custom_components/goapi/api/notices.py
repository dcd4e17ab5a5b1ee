"""Read the notices that the service posts to an account's notification address.

The types and their details are those of the vendor's table. There is no signature: a notice is a
hint that something happened, and nothing in it is to be relied on.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import orjson

from .models import Number
from .parser import is_secret, read_number, read_text

OTHER = "other"
NOTICE_TYPES = (
    "go_api_quota_exchange_failed",
    "gpt_account_unavailable",
    "gpt_usage_limit_reached",
    "mj_bot_banned",
    "mj_bot_captcha_required",
    "mj_bot_no_fasthour",
    "mj_bot_subscription_expired",
    "mj_penalty_triggered",
    "no_active_mj_bot",
    OTHER,
)
# `credis_remain` is how the service spells it.
DETAILS = (
    "block_until",
    "bot_id",
    "bot_name",
    "cap_usage",
    "credis_remain",
    "gpt_account_id",
    "gpt_account_name",
    "limit_until",
    "penalty_type",
    "quota_type",
    "reason",
    "subscription_plan",
    "task_id",
    "threshold",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the service tells: one of NOTICE_TYPES, its message, and the known details."""

    type: str
    details: Mapping[str, Number | str]


def parse_notice(body: bytes, secret: str) -> Notice | None:
    """Return the notice in the body of a request, None if it is none.

    Left out is what is no number and no text of at most 255 characters, and what contains `secret`,
    the account's key, or an e-mail address.
    """
    document: object = None
    with suppress(ValueError):
        document = orjson.loads(body)
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        return None
    found, detail = document["type"], document.get("detail")
    read = {"message": _value(document.get("message"), secret)}
    if isinstance(detail, dict):
        read |= {name: _value(detail.get(name), secret) for name in DETAILS}
    return Notice(
        type=found if found in NOTICE_TYPES else OTHER,
        details={name: value for name, value in read.items() if value is not None},
    )


def _value(raw: object, secret: str) -> Number | str | None:
    """Read a number or a short text, None if it is neither."""
    with suppress(ValueError):
        if not isinstance(raw, str):
            return read_number(raw)
        text = read_text(raw)
        if text and "@" not in text and not is_secret(text, secret):
            return text
    return None
