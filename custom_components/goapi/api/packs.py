"""The credit packs of an account, as `GET /account/info` lists them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from .values import read_flag, read_identity, read_number, read_time

# No account has nearly as many; a server that makes up thousands is not followed.
MAX_LISTED = 1000
MAX_PACKS = 100
# It is kept over restarts for each pack.
MAX_ID_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPack:
    """A credit pack: what it held at first, what is left in it, and when that is lost.

    Both are in credits; `left` is what is neither used nor reserved by a running task. `ends_at` is
    UTC. `id` is the API's own or, without one, the end.
    """

    id: str
    active: bool
    capacity: int | float
    left: int | float
    ends_at: datetime

    def counts(self, now: datetime) -> bool:
        """Tell whether something in the pack can still be spent, and so can be lost."""
        return self.active and self.left > 0 and self.ends_at > now


def parse_packs(*sources: object) -> tuple[CreditPack, ...]:
    """Return the packs of the first source that is a list with any, the first to end first.

    A pack of an unknown shape is left out: the documentation page shows an empty object. Where
    there are too many, those that ended long ago are left out.
    """
    for source in sources:
        if isinstance(source, list):
            listed = source[:MAX_LISTED]
            packs = [pack for each in listed if (pack := _parse_pack(each)) is not None]
            if packs:
                packs.sort(key=lambda pack: (pack.ends_at, pack.id))
                return tuple(_told_apart(packs[-MAX_PACKS:]))
    return ()


def _told_apart(packs: Iterable[CreditPack]) -> Iterator[CreditPack]:
    """Yield packs, numbered where several have the same id, as those without one may have."""
    counts: Counter[str] = Counter()
    for pack in packs:
        counts[pack.id] += 1
        count = counts[pack.id]
        yield pack if count == 1 else replace(pack, id=f"{pack.id}#{count}")


def _parse_pack(raw: object) -> CreditPack | None:
    """Read one pack: `id`, `active`, `capacity`, `frozen`, `used` and `expired_at`."""
    if not isinstance(raw, Mapping):
        return None
    with suppress(ValueError):
        active = read_flag(raw.get("active"))
        capacity = read_number(raw.get("capacity"))
        used = read_number(raw.get("used"))
        # Reserved amounts are a thing that not every counter of the API has.
        frozen = read_number(raw.get("frozen")) or 0
        ends_at = read_time(raw.get("expired_at"))
        if active is not None and capacity is not None and used is not None and ends_at is not None:
            pack_id = read_identity(raw.get("id")) or ends_at.isoformat()
            if len(pack_id) > MAX_ID_LENGTH:
                raise ValueError("too long")
            return CreditPack(
                id=pack_id,
                active=active,
                capacity=capacity,
                left=round(capacity - used - frozen, 9),
                ends_at=ends_at,
            )
    return None
