"""What an account stands at: the numbers of an answer that are compared with the one before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from .api import Account
from .api.values import MAX_NUMBER
from .balances import balances, number, part_of

# No account has nearly as many; a server that makes up new ones must not fill the history.
MAX_LEVELS = 50
# The years of which every moment is one in all time zones.
UNIX_TIME_BEGINS, UNIX_TIME_ENDS = 1971, 9999

MAX_SUM = MAX_NUMBER * 2**20

type Number = int | float


class Level(NamedTuple):
    """What a balance stands at, in its own unit; None is what the API does not send.

    `remain` can be spent, `used` is the cumulative counter beside it, `frozen` is reserved by tasks
    that run. `total` is all that there ever was to spend, where the API says so. `fell_from` is
    where the counter stood before it went backwards, and `held_from` what was left and reserved
    then, until the counter moves again.
    """

    remain: Number
    used: Number | None
    frozen: Number | None
    total: Number | None
    fell_from: Number | None = None
    held_from: Number | None = None


class Pack(NamedTuple):
    """A credit pack that can still be spent: what is left in it and when that is lost."""

    ends_at: datetime
    left: Number


class Unconfirmed(NamedTuple):
    """What was lost with credit packs, of which the service does not show everything yet.

    `told` is what was told and is not in the counter of lost credits yet, `owed` what was not taken
    off the balance yet, both in credits. `at` is when the last of it was lost.
    """

    at: datetime | None = None
    told: Number = 0
    owed: Number = 0


NOTHING_UNCONFIRMED = Unconfirmed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an account stood at, at a moment.

    What an answer leaves out stays as it was last known: a balance, a flag, a time, the list of the
    packs. `reserved_usd` is what US dollars have fallen by while tasks reserved credits, and may
    come back. `at` is UTC: between local times there is no reliable difference.
    """

    at: datetime
    levels: Mapping[str, Level] = field(default_factory=dict)
    packs: Mapping[str, Pack] = field(default_factory=dict)
    expired: Number | None = None
    enabled: bool | None = None
    recharged_at: datetime | None = None
    reserved_usd: Number = 0
    unconfirmed: Unconfirmed = NOTHING_UNCONFIRMED

    def as_dict(self) -> dict[str, Any]:
        """Return the reading as JSON can hold it."""
        at, told, owed = self.unconfirmed
        return {
            "at": self.at.isoformat(),
            "levels": {key: " ".join(map(_text, level)) for key, level in self.levels.items()},
            "packs": {
                pack_id: [pack.ends_at.isoformat(), pack.left]
                for pack_id, pack in self.packs.items()
            },
            "expired": self.expired,
            "enabled": self.enabled,
            "recharged_at": self.recharged_at and self.recharged_at.isoformat(),
            "reserved_usd": self.reserved_usd,
            "unconfirmed": [at and at.isoformat(), told, owed],
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Reading:
        """Return what `as_dict` was made of; raise ValueError, TypeError or KeyError otherwise."""
        levels = {
            key: Level(*map(_number, text.split(" "))) for key, text in _items(saved["levels"])
        }
        if any(level.remain is None for level in levels.values()):
            raise ValueError("no remainder")
        enabled = saved["enabled"]
        if enabled is not None and not isinstance(enabled, bool):
            raise ValueError("neither true nor false")
        at, recharged_at = _time(saved["at"]), saved["recharged_at"]
        lost_at, told, owed = saved["unconfirmed"]
        if not UNIX_TIME_BEGINS <= at.year < UNIX_TIME_ENDS:
            raise ValueError("no local time")
        return cls(
            at=at.astimezone(UTC),
            levels=levels,
            packs={
                pack_id: Pack(_time(ends_at), checked(left))
                for pack_id, (ends_at, left) in _items(saved["packs"])
            },
            expired=None if saved["expired"] is None else checked(saved["expired"]),
            enabled=enabled,
            recharged_at=None if recharged_at is None else _time(recharged_at),
            reserved_usd=checked(saved["reserved_usd"]),
            unconfirmed=Unconfirmed(
                None if lost_at is None else _time(lost_at), checked(told), checked(owed)
            ),
        )


def read(account: Account, now: datetime, before: Reading | None) -> Reading:
    """Read an answer; what it leaves out is taken from the reading before."""
    before = before or Reading(at=now)
    levels = dict(before.levels)
    for key, remain in balances(account):
        last = levels.get(key)
        if remain is None or (last is None and len(levels) >= MAX_LEVELS):
            continue
        used, frozen, total, inactive = [number(account, name) for name in _parts_of(key)]
        if last is not None and frozen is None:
            frozen = last.frozen
        if total is not None and inactive is not None:
            # Packs that begin later are bought already.
            total = round(total - inactive, 9)
        if last is None or last[:4] != (remain, used, frozen, total):
            levels[key] = Level(remain, used, frozen, total, *_before_fall(last, used))
    enabled = account.fields.get("is_enable")
    recharged_at = account.fields.get("last_auto_recharge_triggered_at")
    expired = number(account, "expired_credits")
    return Reading(
        at=now.astimezone(UTC),
        levels=levels,
        packs=_packs(account, now, before),
        expired=before.expired if expired is None else expired,
        enabled=enabled if isinstance(enabled, bool) else before.enabled,
        recharged_at=recharged_at if isinstance(recharged_at, datetime) else before.recharged_at,
        reserved_usd=before.reserved_usd,
        unconfirmed=before.unconfirmed,
    )


def listed_packs(account: Account, reading: Reading, before: Reading) -> dict[str, Number]:
    """Return what is left in each pack that an answer lists, by id.

    One that lists none is taken to list those of before, unless a counter of lost credits tells
    what becomes of them.
    """
    if _lists_packs(account) or reading.expired:
        return {pack.id: pack.left for pack in account.packs}
    return {pack_id: pack.left for pack_id, pack in before.packs.items()}


def checked(value: object) -> Number:
    """Return a number that was saved; raise ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    # Sums of what the API sends are larger than that.
    if not -MAX_SUM <= value <= MAX_SUM:
        raise ValueError("out of bounds")
    return value


@lru_cache(maxsize=512)
def _parts_of(balance: str) -> tuple[str, ...]:
    """Return the fields beside a balance: used, reserved, bought in all, and of that for later.

    Of these two only the credit packs have some.
    """
    return tuple(part_of(balance, part) for part in ("used", "frozen", "total", "inactive"))


def _packs(account: Account, now: datetime, before: Reading) -> dict[str, Pack]:
    """Return the packs that can still be spent."""
    if _lists_packs(account):
        return {
            pack.id: Pack(pack.ends_at, pack.left) for pack in account.packs if pack.counts(now)
        }
    return {pack_id: pack for pack_id, pack in before.packs.items() if pack.ends_at > now}


def _lists_packs(account: Account) -> bool:
    """Tell whether an answer lists the packs; where it says that there are some, it does not."""
    return bool(account.packs) or account.fields.get("credit_packs") == 0


def _before_fall(last: Level | None, used: Number | None) -> tuple[Number | None, Number | None]:
    """Return where a counter and its balance stood before it went backwards, if it did last."""
    if last is None or last.used is None or used is None or used > last.used:
        return None, None
    if used < last.used:
        return last.used, round(last.remain + (last.frozen or 0), 9)
    return last.fell_from, last.held_from


def _items(saved: object) -> list[tuple[str, Any]]:
    """Return the items of an object; raise ValueError where it is none."""
    if not isinstance(saved, dict):
        raise ValueError("no object")
    return list(saved.items())


def _time(saved: object) -> datetime:
    """Return a time that was saved; raise ValueError for one without an offset."""
    time = datetime.fromisoformat(saved) if isinstance(saved, str) else None
    if time is None or time.tzinfo is None:
        raise ValueError("no time")
    return time


def _text(part: Number | None) -> str:
    """Return a part of a level as text."""
    return "-" if part is None else repr(part)


def _number(text: str) -> Any:
    """Return a part of a level; raise ValueError where it is no number."""
    if text == "-":
        return None
    return checked(int(text) if text.lstrip("-").isdecimal() else float(text))
