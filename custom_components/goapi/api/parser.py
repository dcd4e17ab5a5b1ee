"""Read an account from the JSON of `GET /account/info`.

The vendor documents one example, so reading is lenient: a value of the wrong type leaves its field
None, which is neither guessed nor zero. What a service could make up without end is bounded here,
and nowhere else.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import MAXYEAR, UTC, datetime
from itertools import islice

from .errors import GoAPIResponseError
from .fields import Field, Kind, Part, account_field, credit_pack_field, wallet_field
from .models import USD, Account, Balance, CreditPack, Number, Value

# No section of the documented account has more than 36 names.
MAX_NAMES = 150
MAX_NAME_LENGTH = 64
MAX_PACKS = 100
# A state has at most 255 characters.
MAX_TEXT_LENGTH = 255
# Beyond it a JSON number is no longer exact in a double, which states and statistics become.
MAX_NUMBER = 2**53
# Shorter keys are parts of ordinary words; no service issues them.
MIN_SECRET_LENGTH = 8

# These are known and no fields: they are read elsewhere, or never, as they hold secrets.
_NO_FIELDS = {
    "api_key",
    "api_keys",
    "credit_pack_info",
    "credit_packs",
    "name",
    "notification_hook_url",
    "quota",
    "wallet",
}


def parse_account(data: Mapping[str, object], secret: str) -> Account:
    """Return the account of an answer's `data`; raise GoAPIResponseError if it has no id.

    Nothing that contains `secret`, the key that was sent, is taken over.
    """
    parser = _Parser(secret)
    account_id = parser.read(read_identity, data.get("id"), "id")
    if account_id is None:
        raise GoAPIResponseError("no account id")
    quota = data.get("quota")
    if isinstance(quota, dict) and USD in quota:
        # One public client looks for it here, where it is missing in its own place.
        data = {USD: quota[USD], **data}
    wallet = parser.section(data, "wallet")
    pack_info = parser.section(data, "credit_pack_info")
    parser.read_fields(data, account_field)
    parser.read_fields(wallet, wallet_field)
    parser.read_fields(pack_info, credit_pack_field)
    packs = parser.packs(pack_info.get("credit_packs")) or parser.packs(wallet.get("credit_packs"))
    has_no_packs = parser.fields.get("credit_packs") == 0
    return Account(
        id=account_id,
        name=parser.read(read_text, data.get("name"), "name"),
        fields=parser.fields,
        balances={key: Balance(key, parts) for key, parts in parser.balances.items()},
        packs=packs or (() if has_no_packs else None),
        unreadable=frozenset(parser.unreadable),
        unread=frozenset(parser.unread),
    )


class _Parser:
    """Collects the fields and balances of one answer."""

    def __init__(self, secret: str) -> None:
        """Start with nothing."""
        self.fields: dict[str, Value] = {}
        self.balances: dict[str, dict[str, Number | None]] = {}
        self.unreadable: set[str] = set()
        self.unread: set[str] = set()
        self._secret = secret

    def read[T: Value](self, reader: Callable[[object], T], raw: object, key: str) -> T | None:
        """Return one value; one that cannot be read, or contains the secret, is None."""
        with suppress(ValueError):
            value = reader(raw)
            if not is_secret(value, self._secret):
                return value
        self.unreadable.add(key)
        return None

    def section(self, data: Mapping[str, object], name: str) -> Mapping[str, object]:
        """Return an object within the answer, empty where it is missing."""
        section = data.get(name)
        if isinstance(section, dict):
            return section
        if section is not None:
            self.unreadable.add(name)
        return {}

    def read_fields(
        self, data: Mapping[str, object], find: Callable[[str], Field | Part | None]
    ) -> None:
        """Read all of a section whose names mean something."""
        for name, raw in islice(data.items(), MAX_NAMES):
            if len(name) > MAX_NAME_LENGTH or not name.isprintable():
                continue
            if is_secret(name, self._secret):
                continue
            match find(name):
                case Part(balance, part):
                    parts = self.balances.setdefault(balance, {})
                    parts[part] = self.read(read_number, raw, name)
                case Field(key, kind):
                    value = self.read(READERS[kind], raw, key)
                    # The number of credit packs stands in two sections, in one often as null.
                    if value is not None or key not in self.fields:
                        self.fields[key] = value
                case None if name not in _NO_FIELDS:
                    self.unread.add(name)

    def packs(self, listed: object) -> tuple[CreditPack, ...]:
        """Return the packs of a list, the first to end first.

        One of an unknown shape is left out: the documentation page shows an empty object. Of too
        many, first those that have ended are left out, then those that end last.
        """
        if not isinstance(listed, list):
            return ()
        packs = [pack for raw in listed if (pack := self._pack(raw)) is not None]
        packs.sort(key=lambda pack: (pack.ends_at, pack.id))
        if len(packs) > MAX_PACKS:
            now = datetime.now(UTC)
            packs = [pack for pack in packs if pack.can_expire(now)][:MAX_PACKS]
        return tuple(packs)

    def _pack(self, raw: object) -> CreditPack | None:
        """Read one pack: `id`, `active`, `capacity`, `frozen`, `used` and `expired_at`."""
        if not isinstance(raw, dict):
            return None
        with suppress(ValueError):
            capacity, used = read_number(raw.get("capacity")), read_number(raw.get("used"))
            # Not every counter of the API has a reserved part.
            frozen = read_number(raw.get("frozen")) or 0
            active, ends_at = read_flag(raw.get("active")), read_time(raw.get("expired_at"))
            if capacity is None or used is None or active is None or ends_at is None:
                return None
            pack_id = self.read(read_identity, raw.get("id"), "credit_packs")
            return CreditPack(
                id=pack_id or ends_at.isoformat(),
                active=active,
                capacity=capacity,
                left=round(capacity - used - frozen, 9),
                ends_at=ends_at,
            )
        return None


def is_secret(value: object, secret: str) -> bool:
    """Return whether a text contains the key that was sent."""
    return isinstance(value, str) and len(secret) >= MIN_SECRET_LENGTH and secret in value


def read_number(raw: object) -> Number | None:
    """Read a finite number, a whole one as an integer; raise ValueError for anything else."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("no number")
    if not -MAX_NUMBER <= raw <= MAX_NUMBER:
        raise ValueError("out of bounds")
    return int(raw) if raw == int(raw) else raw


def read_text(raw: object) -> str | None:
    """Read a text of one line, None for an empty one; raise ValueError for anything else."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise ValueError("no text")
    # Control characters could be shown or stored nowhere.
    text = "".join(filter(str.isprintable, " ".join(raw.split())))
    if len(text) > MAX_TEXT_LENGTH:
        raise ValueError("too long")
    return text or None


def read_identity(raw: object) -> str | None:
    """Read what names a thing; 0 and an empty text name nothing."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw) if raw else None
    return read_text(raw)


def read_flag(raw: object) -> bool | None:
    """Read true or false; raise ValueError for anything else."""
    if raw is None or isinstance(raw, bool):
        return raw
    raise ValueError("neither true nor false")


def read_time(raw: object) -> datetime | None:
    """Read an RFC 3339 time as UTC; raise ValueError for anything else."""
    text = read_text(raw)
    time = datetime.fromisoformat(text) if text else None
    return _utc(time) if time and time.year > 1 else None


def read_unix_time(raw: object) -> datetime | None:
    """Read seconds since 1970 as UTC; raise ValueError for anything else."""
    seconds = read_number(raw)
    return _utc(datetime.fromtimestamp(seconds, UTC)) if seconds else None


def _utc(time: datetime) -> datetime:
    """Return a time as UTC, if it is one in every time zone; raise ValueError otherwise."""
    if time.tzinfo is None or not 1970 <= time.year < MAXYEAR:
        raise ValueError("no offset, or out of bounds")
    return time.astimezone(UTC)


def read_length(raw: object) -> int | None:
    """Return how many items a list has; raise ValueError for anything else."""
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise ValueError("no list")
    return len(raw)


READERS: dict[Kind, Callable[[object], Value]] = {
    Kind.NUMBER: read_number,
    Kind.TEXT: read_text,
    Kind.IDENTITY: read_identity,
    Kind.FLAG: read_flag,
    Kind.TIME: read_time,
    Kind.UNIX_TIME: read_unix_time,
    Kind.LENGTH: read_length,
}
