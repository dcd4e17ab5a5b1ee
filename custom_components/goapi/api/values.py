"""Read one value of the API's JSON.

Each reader returns None for a value that says "not set" and raises ValueError for one that is of
the wrong type or out of all bounds; nothing is guessed and nothing becomes zero.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from .fields import Kind

type Value = int | float | str | bool | datetime | None

# A state has at most 255 characters.
MAX_TEXT_LENGTH = 255
# Beyond it a JSON number is no longer exact in a double, which states and statistics become.
MAX_NUMBER = 2**53


def read_number(raw: object) -> int | float | None:
    """Read a finite number."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("no number")
    # Put this way round, NaN is out of bounds too.
    if not -MAX_NUMBER <= raw <= MAX_NUMBER:
        raise ValueError("out of bounds")
    return raw


def read_text(raw: object) -> str | None:
    """Read a text of one line; an empty one is None."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise ValueError("no text")
    text = " ".join(raw.split())
    if not text.isprintable():
        # Control characters and lone surrogates: the latter could not even be stored.
        text = "".join(character for character in text if character.isprintable())
    if len(text) > MAX_TEXT_LENGTH:
        raise ValueError("too long")
    return text or None


def read_identity(raw: object) -> str | None:
    """Read what names a thing; 0 and an empty text name nothing."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        if abs(raw) >= 2**64:
            raise ValueError("out of bounds")
        return str(raw) if raw else None
    return read_text(raw)


def read_flag(raw: object) -> bool | None:
    """Read true or false."""
    if raw is None or isinstance(raw, bool):
        return raw
    raise ValueError("neither true nor false")


def read_time(raw: object) -> datetime | None:
    """Read an RFC 3339 time, as UTC."""
    text = read_text(raw)
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.year == 1:
        return None
    if time.tzinfo is None:
        raise ValueError("no offset")
    try:
        return time.astimezone(UTC)
    except OverflowError as err:
        raise ValueError("out of bounds") from err


def read_unix_time(raw: object) -> datetime | None:
    """Read seconds since 1970, as UTC."""
    seconds = read_number(raw)
    if not seconds:
        return None
    if seconds < 0:
        raise ValueError("before 1970")
    return datetime.fromtimestamp(seconds, UTC)


READERS: dict[Kind, Callable[[object], Value]] = {
    Kind.NUMBER: read_number,
    Kind.TEXT: read_text,
    Kind.IDENTITY: read_identity,
    Kind.FLAG: read_flag,
    Kind.TIME: read_time,
    Kind.UNIX_TIME: read_unix_time,
}
