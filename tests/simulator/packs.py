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


def buy(data: dict[str, Any], amount: float, moment: datetime) -> None:
    """Add a pack, if the account has packs at all."""
    if not _active(data):
        return
    packs = data["credit_pack_info"]["credit_packs"]
    packs.append(
        {
            "id": max(pack["id"] for pack in packs if _well_formed(pack)) + 1,
            "active": True,
            "capacity": amount,
            "frozen": 0,
            "used": 0,
            "effective_at": stamp(moment),
            "expired_at": stamp(moment + PACK_LIFETIME),
            "description": "Top-up",
        }
    )
    _shift(data, "credit_packs_count", 1)
    _shift(data, "total_credits", amount)
    _shift(data, "available_credits", amount)


def _active(data: dict[str, Any]) -> list[dict[str, Any]]:
    info = data.get("credit_pack_info")
    packs = info.get("credit_packs") if isinstance(info, dict) else None
    if not isinstance(packs, list):
        return []
    return sorted(
        (pack for pack in packs if _well_formed(pack) and pack["active"] is True),
        key=lambda pack: str(pack["expired_at"]),
    )


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
