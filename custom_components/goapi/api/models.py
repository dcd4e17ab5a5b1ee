"""The account as the rest of the integration knows it, and how it is read from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .errors import GoAPIResponseError
from .fields import (
    ACCOUNT_FIELDS,
    ACCOUNT_SHAPES,
    CREDIT_PACK_INFO_FIELDS,
    WALLET_FIELDS,
    WALLET_SHAPES,
    Field,
    Shape,
    field_by_shape,
)
from .packs import CreditPack, parse_packs
from .values import READERS, Value, read_identity, read_number, read_text

# Fields known by shape become entities: a server that makes up thousands is not followed.
MAX_SHAPED_FIELDS = 150
MAX_NAME_LENGTH = 64
# How many names of fields that nobody reads are kept for diagnostics.
MAX_UNREAD_NAMES = 100
# Shorter keys are parts of ordinary words; no service issues them.
MIN_SECRET_LENGTH = 8

# Read elsewhere, or secret: the body echoes the key, and the hook's address can hold a token.
_NOT_FIELDS = {
    "name",
    "wallet",
    "credit_pack_info",
    "credit_packs",
    "credit_packs_count",
    "api_key",
    "notification_hook_url",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What `GET /account/info` says of an account; secrets and personal data are left out.

    `fields` holds every known field that the API sent, by its key (`fields.py`), in the unit the
    API uses (US dollars for `equivalent_in_usd`, the quota's own units elsewhere, UTC for times).
    A value of None was sent as not set, or not readable; a key that is missing was not sent.
    """

    id: str
    name: str | None
    fields: Mapping[str, Value]
    unreadable: frozenset[str]
    """Names of known fields whose value had the wrong type or was out of bounds."""
    unread: frozenset[str]
    """Names of fields that nobody reads, for diagnostics."""
    packs: tuple[CreditPack, ...] = ()
    """The credit packs whose shape is known, the first to end first."""


def parse_account(data: Mapping[str, object], secret: str = "") -> Account:
    """Read an account; raise GoAPIResponseError where it has no id.

    Nothing that contains `secret`, the key that was sent, is taken over.
    """
    parser = _Parser(secret)
    try:
        account_id = read_identity(data.get("id"))
    except ValueError:
        account_id = None
    if account_id is None or parser.is_secret(account_id):
        raise GoAPIResponseError("no account id")

    wallet = parser.section(data, "wallet")
    info = parser.section(data, "credit_pack_info")
    parser.read(data, ACCOUNT_FIELDS, ACCOUNT_SHAPES)
    parser.read(wallet, WALLET_FIELDS, WALLET_SHAPES)
    parser.read(info, CREDIT_PACK_INFO_FIELDS)
    parser.count_credit_packs(wallet, info)
    return Account(
        id=account_id,
        name=parser.name(data.get("name")),
        fields=MappingProxyType(parser.fields),
        unreadable=frozenset(parser.unreadable),
        unread=frozenset(parser.unread),
        packs=tuple(
            pack
            for pack in parse_packs(info.get("credit_packs"), wallet.get("credit_packs"))
            if not parser.is_secret(pack.id)
        ),
    )


class _Parser:
    """Collects the fields of one answer."""

    def __init__(self, secret: str) -> None:
        """Start with nothing."""
        self.fields: dict[str, Value] = {}
        self.unreadable: set[str] = set()
        self.unread: set[str] = set()
        self._secret = secret if len(secret) >= MIN_SECRET_LENGTH else ""
        self._shaped = 0

    def is_secret(self, text: object) -> bool:
        """Tell whether a text contains the key that was sent."""
        return bool(self._secret) and isinstance(text, str) and self._secret in text

    def section(self, data: Mapping[str, object], name: str) -> Mapping[str, object]:
        """Return an object within the answer, empty where it is missing."""
        section = data.get(name)
        if isinstance(section, dict):
            return section
        if section is not None:
            self.unreadable.add(name)
        return {}

    def read(
        self, data: Mapping[str, object], table: Mapping[str, Field], shapes: tuple[Shape, ...] = ()
    ) -> None:
        """Read every field that the table names or that has one of the shapes."""
        for name, raw in data.items():
            if name in _NOT_FIELDS:
                continue
            field = table.get(name) or self._shaped_field(shapes, name)
            if field is None:
                self._skip(name)
                continue
            self._store(field, raw)

    def _shaped_field(self, shapes: tuple[Shape, ...], name: str) -> Field | None:
        """Return the field that a name has the shape of, while there are not too many."""
        too_many = self._shaped >= MAX_SHAPED_FIELDS
        if too_many or len(name) > MAX_NAME_LENGTH or self.is_secret(name):
            return None
        shaped = field_by_shape(shapes, name)
        if shaped is None:
            return None
        self._shaped += 1
        return shaped.field

    def _skip(self, name: str) -> None:
        """Keep the name of a field that nobody reads, if it is one that can be shown."""
        showable = len(name) <= MAX_NAME_LENGTH and name.isprintable() and not self.is_secret(name)
        if showable and len(self.unread) < MAX_UNREAD_NAMES:
            self.unread.add(name)

    def _store(self, field: Field, raw: object) -> None:
        """Read one value; one that cannot be read is None and named as unreadable."""
        value: Value = None
        try:
            value = READERS[field.kind](raw)
        except ValueError:
            self.unreadable.add(field.key)
        if self.is_secret(value):
            self.unreadable.add(field.key)
            value = None
        self.fields[field.key] = value

    def count_credit_packs(self, wallet: Mapping[str, object], info: Mapping[str, object]) -> None:
        """Store how many credit packs there are: as the API counts them, else as it lists them."""
        sources = (info.get("credit_packs_count"), wallet.get("credit_packs"))
        if sources == (None, None) and "credit_packs" not in wallet:
            return
        count: int | float | None = None
        try:
            count = read_number(sources[0])
        except ValueError:
            self.unreadable.add("credit_packs")
        if count is None and isinstance(sources[1], list):
            count = len(sources[1])
        self.fields["credit_packs"] = count

    def name(self, raw: object) -> str | None:
        """Return the account's name, unless it is unreadable or repeats the key."""
        try:
            name = read_text(raw)
        except ValueError:
            self.unreadable.add("name")
            return None
        return None if self.is_secret(name) else name
