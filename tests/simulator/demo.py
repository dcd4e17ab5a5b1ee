"""The account that the demo shows: fictional, but of the shape that current accounts have."""

from datetime import datetime, timedelta
from typing import Any

from .clock import SERVICE_ZONE, stamp

DEMO_KEY = "demo-7c1f5b0e9a2d4836b5e1c07f94ad2e68"
DEMO_ID = 48213
# Fixed, so that snapshots of the demo account do not change by themselves.
DEMO_TIME = datetime(2026, 11, 20, 9, 30, 12, 482913, tzinfo=SERVICE_ZONE)

_OPENED_BEFORE = timedelta(days=612, hours=3, minutes=18)

# id, capacity, used, frozen, age, description: one expired, two active, one still to come
_PACKS: tuple[tuple[int, int, int, int, timedelta, str], ...] = (
    (8711, 5000, 4650, 0, timedelta(days=204), "Creator plan"),
    (9021, 10000, 8400, 0, timedelta(days=161), "Top-up"),
    (9377, 20000, 8520, 240, timedelta(days=48), "Top-up"),
    (9530, 5000, 0, 0, timedelta(days=-9), "Creator plan"),
)
_PACK_LIFETIME = timedelta(days=180)


def demo_data(moment: datetime) -> dict[str, Any]:
    """Return the account's data as it stands at the given moment."""
    opened = moment - _OPENED_BEFORE
    return {
        "id": DEMO_ID,
        "created_at": stamp(opened),
        "updated_at": stamp(moment - timedelta(days=31, minutes=7)),
        "deleted_at": None,
        "name": "Demo studio",
        "is_enable": True,
        "platform": "github",
        "account_group": "user",
        "plan": "creator",
        "type": "ppu",
        "equivalent_in_usd": 12.84,
        "is_using_private_chat_gpt_pool": False,
        "is_using_private_suno_pool": False,
        "is_using_private_luma_pool": False,
        "is_using_private_kling_pool": True,
        "is_using_private_udio_pool": False,
        "is_using_private_hailuo_pool": False,
        "api_key": DEMO_KEY,
        "private_pool_size": 0,
        "private_chat_gpt_pool_size": 0,
        "private_suno_pool_size": 0,
        "private_luma_pool_size": 0,
        "private_kling_pool_size": 2,
        "private_udio_pool_size": 0,
        "private_hailuo_pool_size": 0,
        "max_concurrent_task_count": 20,
        "max_suno_concurrency": 10,
        "max_luma_concurrency": 10,
        "max_kling_concurrency": 10,
        "max_flux_concurrency": 20,
        "max_udio_concurrency": 5,
        "max_hailuo_concurrency": 5,
        "max_trellis_concurrency": 5,
        "is_verified": True,
        "wallet": {
            "id": 47906,
            "created_at": stamp(opened + timedelta(milliseconds=3)),
            "updated_at": stamp(moment - timedelta(minutes=4)),
            "deleted_at": None,
            "account_id": DEMO_ID,
            "legacy_credit_updated": True,
            "credit_packs": None,
            "credit_remain": 12840,
            "credit_used": 21570,
            "credit_frozen": 240,
            "point_remain": 48200,
            "point_frozen": 520,
            "point_used": 151280,
            "mj_remain": 412,
            "mj_frozen": 0,
            "mj_used": 1588,
            "kling_remain": 3960,
            "kling_frozen": 60,
            "kling_used": 6980,
            "suno_remain": 640,
            "suno_frozen": 0,
            "suno_used": 1360,
            "luma_remain": 150,
            "luma_frozen": 20,
            "luma_used": 330,
            "hailuo_remain": 900,
            "hailuo_frozen": 30,
            "hailuo_used": 570,
            "llm_remain": 18.4271,
            "llm_used": 31.5729,
            "auto_recharge_enabled": False,
            "auto_recharge_platform": "stripe",
            "auto_recharge_threshold_credit": 2000,
            "auto_recharge_target_credit": 10000,
            "last_auto_recharge_triggered_at": int((moment - timedelta(days=62)).timestamp()),
        },
        "account_tags": [],
        "account_mj_bot_group_relations": [],
        "account_mj_worker_node_group_relations": [],
        "notification_hook_url": "https://hooks.example.com/goapi/5f0d2c9e41b7468f-demo-secret",
        "auto_challenge_mj_verification": True,
        "mj_failover_enabled": True,
        "luma_failover_enabled": False,
        "skip_suno_flagged_account": False,
        "credit_pack_info": {
            "credit_packs_count": 4,
            "total_credits": 40000,
            "frozen_credits": 240,
            "used_credits": 21570,
            "expired_credits": 350,
            "inactive_credits": 5000,
            "available_credits": 12840,
            "credit_packs": _packs(moment),
        },
    }


def _packs(moment: datetime) -> list[dict[str, Any]]:
    packs = []
    for number, capacity, used, frozen, age, description in _PACKS:
        effective = moment - age
        expired = effective + _PACK_LIFETIME
        packs.append(
            {
                "id": number,
                "active": effective <= moment < expired,
                "capacity": capacity,
                "frozen": frozen,
                "used": used,
                "effective_at": stamp(effective),
                "expired_at": stamp(expired),
                "description": description,
            }
        )
    return packs
