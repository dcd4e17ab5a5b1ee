"""Tasks as the service lists them: rows of its history, and what is running now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from .clock import stamp

PENDING = "pending"
PROCESSING = "processing"
FINISHED = "finished"
FAILED = "failed"
# The states of a task that has not ended.
OPEN = (PENDING, PROCESSING)

# These are listed also while they have nothing to do.
PROVIDERS = ("midjourney", "kling", "luma", "flux", "music-s", "music-u")
# A model that is not named like its provider.
PROVIDER_OF_MODEL = {"mj": "midjourney"}

# What the tasks were given and what they made; nobody who watches an account needs it.
PROMPT = "a lighthouse in a storm, oil on canvas"
OUTPUT_URL = "https://img.example.com/output"


def new_row(
    number: int,
    account_id: object,
    *,
    model: str,
    action: str,
    usage: float,
    usage_type: str,
    status: str,
    created_at: datetime,
    updated_at: datetime | None = None,
    api_key_id: int = 1,
) -> dict[str, Any]:
    """Return a row of the history; unless told otherwise, nothing happened since its creation."""
    task_id = str(uuid5(NAMESPACE_URL, f"{account_id}/{number}"))
    return {
        "id": number,
        "task_id": task_id,
        "account_id": account_id,
        "api_key_id": api_key_id,
        "task_model": model,
        "action": action,
        "usage_type": usage_type,
        "usage": usage,
        "service_mode": "public",
        "status": status,
        "fixed": False,
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at or created_at),
        "deleted_at": None,
        "detail": {
            "input": {"prompt": PROMPT},
            "output": {"url": f"{OUTPUT_URL}/{task_id}.png"},
        },
    }


def next_number(history: Iterable[dict[str, Any]]) -> int:
    """Return the id of the next row."""
    return max((row["id"] for row in history), default=0) + 1


def active(history: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the tasks that have not ended, by provider."""
    providers = {provider: _provider() for provider in PROVIDERS}
    for row in history:
        if row["status"] in OPEN:
            model = row["task_model"]
            provider = providers.setdefault(PROVIDER_OF_MODEL.get(model, model), _provider())
            provider[f"{row['status']}_count"] += 1
            provider["active_tasks"].append(row["task_id"])
    return providers


def _provider() -> dict[str, Any]:
    return {"staged_count": 0, "pending_count": 0, "processing_count": 0, "active_tasks": []}
