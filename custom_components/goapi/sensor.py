"""Sensors: of each balance, of the account's numbers, texts and times, and of its tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .accounting import AccountStatus, AccountSummary, BalanceSummary, Period
from .api import Number
from .api.fields import Kind
from .api.models import USD
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .entity import (
    AccountEntityDescription,
    BalanceEntityDescription,
    GoAPIAccountEntity,
    GoAPIBalanceEntity,
    GoAPIEndpointEntity,
    GoAPIEntity,
    account_entities,
    async_add_endpoint_entities,
    async_add_entities_when_known,
    balance_entities,
    main_only,
    not_exhausted,
    pool_descriptions,
)
from .names import balance_unit
from .task_sensors import GoAPIEndpointSensorEntityDescription, task_sensors, usage_sensors

PARALLEL_UPDATES = 0

# The units of an amount and of a rate, made of that of the balance.
AMOUNT = "{}"
PER_DAY = "{}/d"
USD_DIGITS = 2


@dataclass(frozen=True, kw_only=True)
class GoAPIBalanceSensorEntityDescription(BalanceEntityDescription, SensorEntityDescription):
    """Describes a sensor of a balance.

    `unit` is the unit in terms of the balance's own, None where it has nothing to do with it.
    `period` is the part of the calendar after which the value starts again.
    """

    unit: str | None = AMOUNT
    period: Period | None = None


@dataclass(frozen=True, kw_only=True)
class GoAPIAccountSensorEntityDescription(AccountEntityDescription, SensorEntityDescription):
    """Describes a sensor of the account."""


def _part(
    part: str,
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT,
    category: EntityCategory | None = None,
    *,
    enabled: bool = True,
) -> GoAPIBalanceSensorEntityDescription:
    """Describe a part of a balance."""
    return GoAPIBalanceSensorEntityDescription(
        key=part,
        part=part,
        state_class=state_class,
        entity_category=category,
        entity_registry_enabled_default=enabled,
        value_fn=lambda balance: balance.parts.get(part),
    )


def _spent(period: Period, *, enabled: bool = True) -> GoAPIBalanceSensorEntityDescription:
    """Describe what is spent of a balance in a period."""
    return GoAPIBalanceSensorEntityDescription(
        key=f"spent_{period}",
        period=period,
        state_class=SensorStateClass.TOTAL,
        enabled_fn=main_only,
        entity_registry_enabled_default=enabled,
        value_fn=lambda balance: balance.spent[period],
    )


BALANCE_SENSORS: tuple[GoAPIBalanceSensorEntityDescription, ...] = (
    _part("remaining"),
    # A total and not an increasing one: the service corrects its counters.
    _part("used", SensorStateClass.TOTAL),
    _part("frozen", enabled=False),
    # Of the credit packs only. None of them is a counter: what is gone with an expired pack is
    # gone from the sums.
    _part("total", enabled=False),
    _part("expired", category=EntityCategory.DIAGNOSTIC, enabled=False),
    _part("inactive", category=EntityCategory.DIAGNOSTIC, enabled=False),
    _spent(Period.TODAY),
    _spent(Period.THIS_WEEK, enabled=False),
    _spent(Period.THIS_MONTH),
    GoAPIBalanceSensorEntityDescription(
        key="burn_rate",
        unit=PER_DAY,
        state_class=SensorStateClass.MEASUREMENT,
        enabled_fn=main_only,
        value_fn=lambda balance: balance.burn_rate,
    ),
    GoAPIBalanceSensorEntityDescription(
        key="runs_out",
        unit=None,
        device_class=SensorDeviceClass.TIMESTAMP,
        enabled_fn=not_exhausted,
        value_fn=lambda balance: balance.runs_out,
    ),
    GoAPIBalanceSensorEntityDescription(
        key="budget_used",
        unit=None,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        enabled_fn=main_only,
        value_fn=lambda balance: balance.budget_used,
    ),
    GoAPIBalanceSensorEntityDescription(
        key="projected_spend",
        enabled_fn=main_only,
        value_fn=lambda balance: balance.projected_spend,
    ),
)


def _field(
    key: str,
    *,
    enabled: bool = False,
    device_class: SensorDeviceClass | None = None,
    state_class: SensorStateClass | None = None,
    **more: Any,
) -> GoAPIAccountSensorEntityDescription:
    """Describe a field of the account."""
    return GoAPIAccountSensorEntityDescription(
        key=key,
        translation_key=more.pop("translation_key", key),
        device_class=device_class,
        state_class=state_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda data: key in data.fields,
        value_fn=lambda data: data.fields.get(key),
        entity_registry_enabled_default=enabled,
        **more,
    )


def _recharges(data: AccountSummary) -> bool:
    """Return whether auto-recharge is on."""
    return data.fields.get("auto_recharge_enabled") is True


def _expiring_next(data: AccountSummary) -> Number | None:
    """Return what is lost when the next credit pack ends, None if none ends."""
    first = [pack for pack in data.expiring if pack.ends_at == data.expiring[0].ends_at]
    return round(sum(pack.left for pack in first), 9) if first else None


ACCOUNT_SENSORS: tuple[GoAPIAccountSensorEntityDescription, ...] = (
    GoAPIAccountSensorEntityDescription(
        key="account_status",
        translation_key="account_status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in AccountStatus],
        value_fn=lambda data: data.status,
    ),
    GoAPIAccountSensorEntityDescription(
        key="next_credit_expiry",
        translation_key="next_credit_expiry",
        device_class=SensorDeviceClass.TIMESTAMP,
        exists_fn=lambda data: data.has_credit_packs,
        enabled_fn=lambda data: bool(data.expiring),
        value_fn=lambda data: data.expiring[0].ends_at if data.expiring else None,
    ),
    GoAPIAccountSensorEntityDescription(
        key="credits_expiring_next",
        translation_key="credits_expiring_next",
        state_class=SensorStateClass.MEASUREMENT,
        exists_fn=lambda data: data.has_credit_packs,
        enabled_fn=lambda data: bool(data.expiring),
        value_fn=_expiring_next,
    ),
    _field("plan", enabled=True),
    _field("max_concurrent_task_count", enabled=True),
    _field("credit_packs", state_class=SensorStateClass.MEASUREMENT),
    *(
        _field(key, enabled=True, enabled_fn=_recharges)
        for key in (
            "auto_recharge_threshold_credit",
            "auto_recharge_target_credit",
            "auto_recharge_platform",
        )
    ),
    _field(
        "last_auto_recharge_triggered_at",
        enabled=True,
        enabled_fn=_recharges,
        device_class=SensorDeviceClass.TIMESTAMP,
    ),
    *(
        _field(key)
        for key in (
            "type",
            "account_group",
            "platform",
            "private_pool_size",
            "id",
            "wallet_id",
            "account_id",
        )
    ),
    *(
        _field(f"{owner}{moment}_at", device_class=SensorDeviceClass.TIMESTAMP)
        for owner in ("", "wallet_")
        for moment in ("created", "updated", "deleted")
    ),
)


def _entities(coordinator: GoAPICoordinator) -> Iterator[GoAPIEntity]:
    """Yield the sensors of all that is known of an account."""
    pools = pool_descriptions(coordinator.data, Kind.NUMBER, _field)
    yield from balance_entities(coordinator, BALANCE_SENSORS, GoAPIBalanceSensor)
    yield from account_entities(coordinator, (*ACCOUNT_SENSORS, *pools), GoAPIAccountSensor)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of an account."""
    coordinator = entry.runtime_data
    async_add_entities_when_known(entry, async_add_entities, _entities)
    if coordinator.tasks is not None:
        describe = partial(task_sensors, coordinator)
        async_add_endpoint_entities(
            entry, async_add_entities, coordinator.tasks, describe, GoAPIEndpointSensor
        )
    if coordinator.usage is not None:
        async_add_endpoint_entities(
            entry, async_add_entities, coordinator.usage, usage_sensors, GoAPIEndpointSensor
        )


class GoAPIAccountSensor(GoAPIAccountEntity, SensorEntity):
    """Shows a number, text or time of the account."""

    entity_description: GoAPIAccountSensorEntityDescription

    @property
    @override
    def native_value(self) -> Any:
        """Return the value."""
        return self._value


class GoAPIEndpointSensor[DataT](GoAPIEndpointEntity[DataT], SensorEntity):
    """Shows a number or text of another endpoint."""

    entity_description: GoAPIEndpointSensorEntityDescription[DataT]

    @property
    @override
    def native_value(self) -> Any:
        """Return the value."""
        return self._value


class GoAPIBalanceSensor(GoAPIBalanceEntity, SensorEntity):
    """Shows a number or time of a balance."""

    entity_description: GoAPIBalanceSensorEntityDescription

    def __init__(
        self,
        coordinator: GoAPICoordinator,
        description: GoAPIBalanceSensorEntityDescription,
        balance: BalanceSummary,
    ) -> None:
        """Create the sensor that a description describes."""
        super().__init__(coordinator, description, balance)
        if description.unit is None:
            return
        unit = balance_unit(coordinator.hass, balance.key)
        self._attr_native_unit_of_measurement = description.unit.format(unit)
        if balance.key == USD:
            self._attr_suggested_display_precision = USD_DIGITS
            if description.unit == AMOUNT:
                self._attr_device_class = SensorDeviceClass.MONETARY
                # Money cannot be a measurement.
                self._attr_state_class = description.state_class and SensorStateClass.TOTAL

    @override
    def _read(self) -> tuple[Any, datetime | None]:
        """Return the value, and when its period began."""
        period = self.entity_description.period
        starts = self.coordinator.data.starts
        return super()._read(), starts[period] if period else None

    @property
    @override
    def native_value(self) -> Any:
        """Return the value."""
        return self._value[0]

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the period of the value began, None if it has none."""
        since: datetime | None = self._value[1]
        return since
