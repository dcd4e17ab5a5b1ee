"""Which fields of `GET /account/info` are read, and as what.

The names are those of the vendor's documentation page of 2024-12-12 and of public clients. A field
is known by its key: its name in the API, with `wallet_` before the wallet's own bookkeeping.
"""

from enum import Enum, auto
import re
from typing import NamedTuple

from .models import CREDIT_PACKS, USD


class Kind(Enum):
    """What a field holds."""

    NUMBER = auto()
    """A finite number; booleans and numerals in quotes are not numbers."""
    TEXT = auto()
    """At most 255 characters, the length of a state; an empty text is None."""
    IDENTITY = auto()
    """An integer or a text that names something; kept as text, so that nobody adds it up."""
    FLAG = auto()
    """True or false."""
    TIME = auto()
    """RFC 3339 with an offset; Go's zero time (year 1) means not set."""
    UNIX_TIME = auto()
    """Seconds since 1970; 0 means never."""
    LENGTH = auto()
    """A list, of which only the length is of interest."""


class Field(NamedTuple):
    """A field of the account: its key and the kind of its value."""

    key: str
    kind: Kind


class Part(NamedTuple):
    """A number that is part of a balance: `used` of `mj_remain`."""

    balance: str
    part: str


def _table(kinds: dict[Kind, str], prefix: str = "") -> dict[str, Field]:
    """Lay out names by kind as name → field."""
    return {
        name: Field(prefix + name, kind) for kind, names in kinds.items() for name in names.split()
    }


_ACCOUNT_FIELDS = _table(
    {
        Kind.IDENTITY: "id",
        Kind.TIME: "created_at updated_at deleted_at",
        Kind.NUMBER: "private_pool_size max_concurrent_task_count",
        Kind.TEXT: "plan type account_group platform",
        Kind.FLAG: "is_enable is_verified auto_challenge_mj_verification skip_suno_flagged_account",
    }
)
_WALLET_FIELDS = _table(
    {Kind.IDENTITY: "id", Kind.TIME: "created_at updated_at deleted_at"}, prefix="wallet_"
) | _table(
    {
        Kind.IDENTITY: "account_id",
        Kind.FLAG: "legacy_credit_updated auto_recharge_enabled",
        Kind.TEXT: "auto_recharge_platform",
        Kind.NUMBER: "auto_recharge_threshold_credit auto_recharge_target_credit",
        Kind.UNIX_TIME: "last_auto_recharge_triggered_at",
        Kind.LENGTH: "credit_packs",
    }
)
_CREDIT_PACK_FIELDS: dict[str, Field | Part] = {
    "credit_packs_count": Field("credit_packs", Kind.NUMBER),
    CREDIT_PACKS: Part(CREDIT_PACKS, "remaining"),
    **{
        f"{part}_credits": Part(CREDIT_PACKS, part)
        for part in ("used", "frozen", "total", "expired", "inactive")
    },
}

# Pools and quotas come and go, so their fields are known by shape and not by name. The length is
# bounded, as a key becomes part of unique ids and names.
_NAME = "[a-z0-9][a-z0-9_]{0,39}"
_QUOTA_PARTS = {"remain": "remaining", "used": "used", "frozen": "frozen"}
_QUOTA = re.compile(f"({_NAME})_({'|'.join(_QUOTA_PARTS)})")
POOLS = {
    "max_pool_concurrency": (re.compile(f"max_({_NAME})_concurrency"), Kind.NUMBER),
    "private_pool_size_of": (re.compile(f"private_({_NAME})_pool_size"), Kind.NUMBER),
    "is_using_private_pool": (re.compile(f"is_using_private_({_NAME})_pool"), Kind.FLAG),
    "failover_enabled": (re.compile(f"({_NAME})_failover_enabled"), Kind.FLAG),
}


class PoolField(NamedTuple):
    """A field that exists once for each pool: the shape of its name, the pool, and its kind."""

    shape: str
    pool: str
    kind: Kind


def pool_field(name: str) -> PoolField | None:
    """Return what an account's field says of which pool, None if it has no such shape."""
    for shape, (pattern, kind) in POOLS.items():
        if match := pattern.fullmatch(name):
            return PoolField(shape, match[1], kind)
    return None


def account_field(name: str) -> Field | Part | None:
    """Return what a name means directly under the account, None if it is not read."""
    if name == USD:
        return Part(USD, "remaining")
    if pool := pool_field(name):
        return Field(name, pool.kind)
    return _ACCOUNT_FIELDS.get(name)


def wallet_field(name: str) -> Field | Part | None:
    """Return what a name means in `wallet`, None if it is not read."""
    if match := _QUOTA.fullmatch(name):
        return Part(f"{match[1]}_remain", _QUOTA_PARTS[match[2]])
    return _WALLET_FIELDS.get(name)


def credit_pack_field(name: str) -> Field | Part | None:
    """Return what a name means in `credit_pack_info`, None if it is not read."""
    return _CREDIT_PACK_FIELDS.get(name)


def part_field(balance: str, part: str) -> str:
    """Return the API's name of a part of a balance: `used` of `mj_remain` is `mj_used`."""
    if part == "remaining":
        return balance
    if balance == CREDIT_PACKS:
        return f"{part}_credits"
    return f"{balance.removesuffix('_remain')}_{part}"
