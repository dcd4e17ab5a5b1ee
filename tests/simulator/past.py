"""The tasks that the demo account has had: a month of them, in working hours."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from . import tasks
from .habits import FAILURE_RATE, HABITS, choose

DAYS = 30
# The hours (UTC) in which tasks run, on working days and at weekends.
BUSY = (range(8, 22), range(11, 16))
MAX_TASKS_AN_HOUR = 2
# A task starts and ends in the same hour.
LATEST_START_SECONDS = 3300
DURATION_SECONDS = (20, 240)


def demo_history(data: dict[str, Any], moment: datetime) -> list[dict[str, Any]]:
    """Return the rows of the month before a moment, which used less than the account has used."""
    rng = Random(5)  # noqa: S311 - no secret depends on it
    left = {quota: data["wallet"][f"{quota}_used"] for quota in HABITS}
    history: list[dict[str, Any]] = []
    for started in _starts(rng, moment):
        quota = choose(rng, HABITS)
        cost = HABITS[quota].cost(rng)
        model, action = rng.choice(HABITS[quota].tasks)
        if cost >= left[quota]:
            continue
        failed = rng.random() < FAILURE_RATE
        left[quota] -= 0 if failed else cost
        history.append(
            tasks.new_row(
                tasks.next_number(history),
                data["id"],
                model=model,
                action=action,
                usage=cost,
                usage_type=quota,
                status=tasks.FAILED if failed else tasks.FINISHED,
                created_at=started,
                updated_at=started + timedelta(seconds=rng.uniform(*DURATION_SECONDS)),
            )
        )
    return history


def _starts(rng: Random, moment: datetime) -> list[datetime]:
    """Return when tasks were started, in order."""
    end = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [end - timedelta(hours=hour) for hour in range(DAYS * 24, 0, -1)]
    return sorted(
        hour + timedelta(seconds=rng.uniform(0, LATEST_START_SECONDS))
        for hour in hours
        if hour.hour in BUSY[hour.weekday() >= 5]
        for _ in range(rng.randint(0, MAX_TASKS_AN_HOUR))
    )
