"""What must survive a restart or a crash: what the user set, and what was told already."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store, UnsupportedStorageVersionError
from homeassistant.util import dt as dt_util

from .api.values import MAX_NUMBER
from .balances import PRIMARY
from .const import DOMAIN
from .levels import Reading
from .storage import async_set_aside

VERSION = 1
# Changes that come together are written together.
SAVE_DELAY_SECONDS = 1


class AccountMemory:
    """The memory of one entry, in a file of its own.

    `thresholds` holds what the user set, by balance, in the balance's unit. `low_since` holds each
    balance that has been judged: since when it is low, or None while it is not. `empty` holds those
    that are empty. `primary` is the balance that speaks for the account, and `primary_missed_since`
    is since when the service leaves it out. `budgets` holds what the user wants to spend in a
    month, by balance, in its unit. `told` is the reading up to which it was told what happened,
    where something ever did; `untold` is the one since which nobody could hear that yet. `spikes`
    is what `Journal.spikes` is.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nothing remembered."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, f"{DOMAIN}.{entry_id}")
        self.thresholds: dict[str, float] = {}
        self.low_since: dict[str, datetime | None] = {}
        self.empty: set[str] = set()
        self.recharge_due_since: datetime | None = None
        self.primary: str | None = None
        self.primary_missed_since: datetime | None = None
        self.budgets: dict[str, float] = {}
        self.told: Reading | None = None
        self.untold: Reading | None = None
        self.spikes: dict[str, int] = {}

    async def async_load(self) -> None:
        """Remember what was saved; what cannot be read is forgotten."""
        try:
            saved = await self._store.async_load()
        except UnsupportedStorageVersionError as err:
            await async_set_aside(self._hass, self._store, "memory", type(err).__name__)
            return
        if not isinstance(saved, Mapping):
            return
        self.thresholds = _amounts(saved, "thresholds")
        self.low_since = {key: _time(since) for key, since in _items(saved, "low_since")}
        empty = saved.get("empty")
        self.empty = set(self.low_since).intersection(
            key for key in (empty if isinstance(empty, list) else []) if isinstance(key, str)
        )
        self.recharge_due_since = _time(saved.get("recharge_due_since"))
        primary = saved.get("primary")
        self.primary = primary if primary in PRIMARY else None
        self.primary_missed_since = _time(saved.get("primary_missed_since"))
        self.budgets = _amounts(saved, "budgets")
        self.told = _reading(saved.get("told"))
        self.untold = _reading(saved.get("untold"))
        self.spikes = {key: hour for key, hour in _items(saved, "spikes") if isinstance(hour, int)}

    @property
    def budget(self) -> float:
        """Return the budget for the primary balance, in its unit; 0 is no budget."""
        return self.budgets.get(self.primary, 0.0) if self.primary else 0.0

    @callback
    def async_schedule_save(self) -> None:
        """Save soon, and before Home Assistant stops."""
        self._store.async_delay_save(self._as_dict, SAVE_DELAY_SECONDS)

    async def async_save(self) -> None:
        """Save now."""
        await self._store.async_save(self._as_dict())

    async def async_remove(self) -> None:
        """Forget everything, for good."""
        await self._store.async_remove()

    def _as_dict(self) -> dict[str, Any]:
        """Return the memory as JSON can hold it."""
        due_since, missed_since = self.recharge_due_since, self.primary_missed_since
        return {
            "thresholds": dict(self.thresholds),
            "low_since": {
                key: since.isoformat() if since else None for key, since in self.low_since.items()
            },
            "empty": sorted(self.empty),
            "recharge_due_since": due_since.isoformat() if due_since else None,
            "primary": self.primary,
            "primary_missed_since": missed_since.isoformat() if missed_since else None,
            "budgets": dict(self.budgets),
            "told": self.told and self.told.as_dict(),
            "untold": self.untold and self.untold.as_dict(),
            "spikes": dict(self.spikes),
        }


def _items(saved: Mapping[str, Any], name: str) -> list[tuple[str, object]]:
    """Return the items of a part of the file, none where it is no object."""
    part = saved.get(name)
    return list(cast(Mapping[str, object], part).items()) if isinstance(part, Mapping) else []


def _amounts(saved: Mapping[str, Any], name: str) -> dict[str, float]:
    """Return the amounts of a part of the file."""
    return {
        key: float(amount)
        for key, amount in _items(saved, name)
        if isinstance(amount, int | float) and 0 <= amount <= MAX_NUMBER
    }


def _reading(saved: object) -> Reading | None:
    """Return a reading that was saved."""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        return Reading.from_dict(cast(Mapping[str, Any], saved))
    return None


def _time(text: object) -> datetime | None:
    """Return a time that was saved."""
    time = dt_util.parse_datetime(text) if isinstance(text, str) else None
    return dt_util.as_utc(time) if time else None
