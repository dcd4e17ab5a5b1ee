"""Credit packs that follow what happens to the wallet's credits."""

from datetime import datetime, timedelta
from typing import Any, Literal

from .amounts import number, shifted
from .clock import stamp

PACK_LIFETIME = timedelta(days=180)

type PackField = Literal["frozen", "used"]


def book(data: dict[str, Any], field: PackField, amount: float) -> None:
    """Take credits out of the active packs, the first to expire first."""
    if not (packs := _active(data)):
        return
    moved: float = 0
    for pack in packs:
        part = min(amount - moved, pack["capacity"] - pack["used"] - pack["frozen"])
        if part > 0:
            pack[field] = shifted(pack[field], part)
            moved += part
    _shift(data, f"{field}_credits", moved)
    _shift(data, "available_credits", -moved)


def unfreeze(data: dict[str, Any], amount: float) -> None:
    """Return frozen credits to the packs they came from."""
    if not (packs := _active(data)):
        return
    moved: float = 0
    for pack in packs:
        part = min(amount - moved, pack["frozen"])
        if part > 0:
            pack["frozen"] = shifted(pack["frozen"], -part)
            moved += part
    _shift(data, "frozen_credits", -moved)
    _shift(data, "available_credits", moved)


def use_frozen(data: dict[str, Any], amount: float) -> None:
    """Use credits that are frozen, in the packs they came from: also in one that has ended."""
    moved: float = 0
    for pack in _listed(data):
        part = min(amount - moved, pack["frozen"])
        if part > 0:
            pack["frozen"] = shifted(pack["frozen"], -part)
            pack["used"] = shifted(pack["used"], part)
            moved += part
    if moved:
        _shift(data, "frozen_credits", -moved)
        _shift(data, "used_credits", moved)


def buy(
    data: dict[str, Any],
    amount: float,
    moment: datetime,
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> None:
    """Add a pack, if the account has packs at all; unless told otherwise, it begins at once."""
    if not (packs := _listed(data)):
        return
    begins = begins or moment
    ends = ends or begins + PACK_LIFETIME
    active = begins <= moment < ends
    data["credit_pack_info"]["credit_packs"].append(
        {
            "id": max(pack["id"] for pack in packs) + 1,
            "active": active,
            "capacity": amount,
            "frozen": 0,
            "used": 0,
            "effective_at": stamp(begins),
            "expired_at": stamp(ends),
            "description": "Top-up",
        }
    )
    _shift(data, "credit_packs_count", 1)
    _shift(data, "total_credits", amount)
    _shift(data, "available_credits" if active else "inactive_credits", amount)


def pass_time(data: dict[str, Any], moment: datetime) -> float:
    """Begin and end the packs whose time has come; return what the credits gained by it.

    What a running task has frozen is not lost with its pack.
    """
    gained: float = 0
    for pack in _listed(data):
        begins, ends = (datetime.fromisoformat(pack[key]) for key in ("effective_at", "expired_at"))
        ended = ends <= moment
        if pack["active"] is True and ended:
            left = shifted(pack["capacity"], -pack["used"] - pack["frozen"])
            _shift(data, "available_credits", -left)
            _shift(data, "expired_credits", left)
            gained -= left
        elif pack["active"] is False and not ended and begins <= moment:
            _shift(data, "inactive_credits", -pack["capacity"])
            _shift(data, "available_credits", pack["capacity"])
            gained += pack["capacity"]
        else:
            continue
        pack["active"] = not ended
    return gained


def _listed(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the packs that can be understood, the first to expire first."""
    info = data.get("credit_pack_info")
    packs = info.get("credit_packs") if isinstance(info, dict) else None
    if not isinstance(packs, list):
        return []
    return sorted(filter(_well_formed, packs), key=lambda pack: str(pack["expired_at"]))


def _active(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [pack for pack in _listed(data) if pack["active"] is True]


def _well_formed(pack: Any) -> bool:
    return (
        isinstance(pack, dict)
        and {"active", "expired_at"} <= pack.keys()
        and all(
            number(pack.get(field)) is not None for field in ("id", "capacity", "frozen", "used")
        )
    )


def _shift(data: dict[str, Any], field: str, by: float) -> None:
    info = data["credit_pack_info"]
    if (value := number(info.get(field))) is not None:
        info[field] = shifted(value, by)
