"""Which fields of `GET /account/info` are read, and as what.

The names are those of the vendor's documentation page of 2024-12-12 and of public clients. A field
is known by its key: its name in the API, with `wallet_` before the wallet's own bookkeeping.
"""

from enum import Enum, auto
from functools import lru_cache
import re
from typing import NamedTuple


class Kind(Enum):
    """What a field holds."""

    NUMBER = auto()
    """A finite number; booleans and numerals in quotes are not numbers."""
    TEXT = auto()
    """At most 255 characters, the length of a state; an empty text says nothing."""
    IDENTITY = auto()
    """An integer or a text that names something; kept as text, so that nobody adds it up."""
    FLAG = auto()
    """True or false."""
    TIME = auto()
    """RFC 3339 with an offset; Go's zero time (year 1) says that it is not set."""
    UNIX_TIME = auto()
    """Seconds since 1970; 0 says never."""


class Field(NamedTuple):
    """The key of a field and the kind of its value."""

    key: str
    kind: Kind


def _table(kinds: dict[Kind, str], prefix: str = "") -> dict[str, Field]:
    """Lay out names by kind as name → field."""
    return {
        name: Field(prefix + name, kind) for kind, names in kinds.items() for name in names.split()
    }


ACCOUNT_FIELDS = _table(
    {
        Kind.IDENTITY: "id",
        Kind.TIME: "created_at updated_at deleted_at",
        Kind.NUMBER: "equivalent_in_usd private_pool_size max_concurrent_task_count",
        Kind.TEXT: "plan type account_group platform",
        Kind.FLAG: "is_enable is_verified auto_challenge_mj_verification skip_suno_flagged_account",
    }
)
WALLET_FIELDS = _table(
    {
        Kind.IDENTITY: "id",
        Kind.TIME: "created_at updated_at deleted_at",
    },
    prefix="wallet_",
) | _table(
    {
        Kind.IDENTITY: "account_id",
        Kind.FLAG: "legacy_credit_updated auto_recharge_enabled",
        Kind.TEXT: "auto_recharge_platform",
        Kind.NUMBER: "auto_recharge_threshold_credit auto_recharge_target_credit",
        Kind.UNIX_TIME: "last_auto_recharge_triggered_at",
    }
)
# The quotas of the documentation page; others are known by shape.
QUOTAS = ("credit", "point", "mj", "sd", "gpts", "suno", "luma", "llm")
QUOTA_PARTS = ("remain", "used", "frozen")
WALLET_FIELDS |= _table(
    {Kind.NUMBER: " ".join(f"{quota}_{part}" for quota in QUOTAS for part in QUOTA_PARTS)}
)
CREDIT_PACK_INFO_FIELDS = _table(
    {
        Kind.NUMBER: "total_credits available_credits frozen_credits used_credits"
        " expired_credits inactive_credits",
    }
)


class Shape(NamedTuple):
    """The shape of the fields that exist once for each pool of an account or quota of a wallet."""

    name: str
    pattern: re.Pattern[str]
    kind: Kind


class ShapedField(NamedTuple):
    """A field known by its shape: of which pool or quota it is, and which part of it."""

    field: Field
    shape: Shape
    of: str
    part: str


# Pools and quotas come and go, so their fields are known by shape and not by name. The length is
# bounded, as a key becomes part of unique ids and names.
_OF = "(?P<of>[a-z0-9][a-z0-9_]{0,39})"
ACCOUNT_SHAPES = (
    Shape("max_pool_concurrency", re.compile(f"max_{_OF}_concurrency"), Kind.NUMBER),
    Shape("private_pool_size_of", re.compile(f"private_{_OF}_pool_size"), Kind.NUMBER),
    Shape("is_using_private_pool", re.compile(f"is_using_private_{_OF}_pool"), Kind.FLAG),
    Shape("failover_enabled", re.compile(f"{_OF}_failover_enabled"), Kind.FLAG),
)
WALLET_SHAPES = (
    Shape("quota", re.compile(f"{_OF}_(?P<part>{'|'.join(QUOTA_PARTS)})"), Kind.NUMBER),
)


@lru_cache(maxsize=512)
def field_by_shape(shapes: tuple[Shape, ...], name: str) -> ShapedField | None:
    """Return the field that a name has the shape of, if any."""
    for shape in shapes:
        if match := shape.pattern.fullmatch(name):
            groups = match.groupdict(default="")
            return ShapedField(Field(name, shape.kind), shape, groups["of"], groups.get("part", ""))
    return None
