"""Descriptions of the sensors of an account's tasks: what runs and waits, and what ran today."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from operator import attrgetter
from typing import Any

from homeassistant.components.sensor import SensorEntityDescription, SensorStateClass

from .accounting import AccountSummary, Period
from .api import ActiveTasks, Number
from .coordinator import GoAPICoordinator
from .entity import EndpointEntityDescription
from .names import product_name
from .usage import UsageRecord, UsageRow, top_model, usage_report

LIMIT = "max_concurrent_task_count"


@dataclass(frozen=True, kw_only=True)
class GoAPIEndpointSensorEntityDescription[DataT](
    EndpointEntityDescription[DataT], SensorEntityDescription
):
    """Describes a sensor of another endpoint of the account."""


def _task_count(
    key: str, value_fn: Callable[[AccountSummary, ActiveTasks], Number | None], **more: Any
) -> GoAPIEndpointSensorEntityDescription[ActiveTasks]:
    """Describe a number of tasks."""
    return GoAPIEndpointSensorEntityDescription(
        key=key,
        translation_key=more.pop("translation_key", key),
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
        **more,
    )


def _free_slots(account: AccountSummary, tasks: ActiveTasks) -> Number | None:
    """Return how many more tasks could run, None if that is unknown."""
    limit = account.fields.get(LIMIT)
    if tasks.running is None or not isinstance(limit, int):
        return None
    return max(limit - tasks.running, 0)


TASK_SENSORS = (
    _task_count("running_tasks", lambda _, tasks: tasks.running),
    _task_count("waiting_tasks", lambda _, tasks: tasks.waiting),
    _task_count("free_task_slots", _free_slots, exists_fn=lambda data: LIMIT in data.fields),
)


def _provider_tasks(
    provider: str, what: str, _account: AccountSummary, tasks: ActiveTasks
) -> int | None:
    """Return how many tasks of a provider run or wait; one that is not listed is unknown."""
    count: int | None = getattr(tasks.providers.get(provider), what, None)
    return count


@cache
def _provider_sensors(
    provider: str,
) -> tuple[GoAPIEndpointSensorEntityDescription[ActiveTasks], ...]:
    """Return the descriptions of the sensors of one provider."""
    return tuple(
        _task_count(
            f"{provider}_{what}_tasks",
            partial(_provider_tasks, provider, what),
            translation_key=f"provider_{what}_tasks",
            translation_placeholders={"provider": product_name(provider)},
            entity_registry_enabled_default=False,
        )
        for what in ("running", "waiting")
    )


def task_sensors(
    coordinator: GoAPICoordinator,
) -> Iterator[GoAPIEndpointSensorEntityDescription[ActiveTasks]]:
    """Yield the descriptions of all sensors of what runs and waits."""
    yield from TASK_SENSORS
    for provider in coordinator.task_providers:
        yield from _provider_sensors(provider)


def _today(account: AccountSummary, usage: UsageRecord) -> tuple[float, float] | None:
    """Return the time that is today, None if not all of it was read yet."""
    today = account.starts[Period.TODAY].timestamp()
    return (today, usage.end) if usage.is_complete(today, usage.end) else None


def _count_today(
    count: Callable[[UsageRow], int], account: AccountSummary, usage: UsageRecord
) -> int | None:
    """Return how many tasks were created today, or how many of them failed."""
    today = _today(account, usage)
    return sum(map(count, usage_report(usage, *today, "model"))) if today else None


def _top_model(account: AccountSummary, usage: UsageRecord) -> str | None:
    """Return the model that used most today."""
    today = _today(account, usage)
    model = top_model(usage, *today) if today else None
    return product_name(model) if model else None


USAGE_SENSORS: tuple[GoAPIEndpointSensorEntityDescription[UsageRecord], ...] = (
    *(
        GoAPIEndpointSensorEntityDescription(
            key=key,
            translation_key=key,
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=partial(_count_today, attrgetter(count)),
        )
        for key, count in (("tasks_today", "tasks"), ("failed_tasks_today", "failed"))
    ),
    GoAPIEndpointSensorEntityDescription(
        key="top_model_today", translation_key="top_model_today", value_fn=_top_model
    ),
)


def usage_sensors() -> Iterable[GoAPIEndpointSensorEntityDescription[UsageRecord]]:
    """Return the descriptions of all sensors of what was used."""
    return USAGE_SENSORS
