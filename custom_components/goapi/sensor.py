"""Sensors: a number, text or time for each field of the account and its wallet, and its status."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Account
from .api.fields import (
    ACCOUNT_SHAPES,
    QUOTA_PARTS,
    QUOTAS,
    WALLET_SHAPES,
    Kind,
    field_by_shape,
)
from .api.values import Value
from .balances import number
from .const import CURRENCY_USD
from .coordinator import GoAPIConfigEntry
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields
from .names import readable
from .outlook import add_computed_sensors
from .rules import AccountStatus

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class GoAPISensorEntityDescription(SensorEntityDescription, GoAPIEntityDescription):
    """Describes the sensor of one field."""


def _any_above_zero(*keys: str) -> Callable[[Account], bool]:
    """Return a rule: enabled where any of these fields has something in it."""

    def rule(account: Account) -> bool:
        """Tell whether the account has something there."""
        return any((number(account, key) or 0) > 0 for key in keys)

    return rule


def _is_on(key: str) -> Callable[[Account], bool]:
    """Return a rule: enabled where this flag is on."""
    return lambda account: account.fields.get(key) is True


STATE_CLASSES = {
    "remain": SensorStateClass.MEASUREMENT,
    "used": SensorStateClass.TOTAL_INCREASING,
    "frozen": SensorStateClass.MEASUREMENT,
}


def _quota(quota: str, part: str) -> GoAPISensorEntityDescription:
    """Describe one part of a quota; one without a name of its own gets one made from the field."""
    named = quota in QUOTAS
    return GoAPISensorEntityDescription(
        key=f"{quota}_{part}",
        translation_key=f"{quota}_{part}" if named else f"quota_{part}",
        translation_placeholders=None if named else {"quota": readable(quota)},
        state_class=STATE_CLASSES[part],
        enabled_fn=_any_above_zero(*(f"{quota}_{each}" for each in QUOTA_PARTS)),
    )


def _credit_packs(key: str, category: EntityCategory | None = None) -> GoAPISensorEntityDescription:
    """Describe one of the sums over all credit packs.

    None of them is a counter: what is gone with an expired pack is gone from the sums.
    """
    return GoAPISensorEntityDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=category,
        enabled_fn=_any_above_zero(key),
    )


def _diagnostic(
    key: str,
    *,
    enabled: bool = False,
    enabled_fn: Callable[[Account], bool] | None = None,
    device_class: SensorDeviceClass | None = None,
    state_class: SensorStateClass | None = None,
) -> GoAPISensorEntityDescription:
    """Describe a field that tells how the account is set up."""
    return GoAPISensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=device_class,
        state_class=state_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        enabled_fn=enabled_fn,
    )


SENSORS: tuple[GoAPISensorEntityDescription, ...] = (
    GoAPISensorEntityDescription(
        key="equivalent_in_usd",
        translation_key="equivalent_in_usd",
        device_class=SensorDeviceClass.MONETARY,
        native_unit_of_measurement=CURRENCY_USD,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
    ),
    *(_quota(quota, part) for quota in QUOTAS for part in QUOTA_PARTS),
    GoAPISensorEntityDescription(
        key="available_credits",
        translation_key="available_credits",
        state_class=SensorStateClass.MEASUREMENT,
    ),
    _credit_packs("total_credits"),
    _credit_packs("used_credits"),
    _credit_packs("frozen_credits"),
    _credit_packs("expired_credits", EntityCategory.DIAGNOSTIC),
    _credit_packs("inactive_credits", EntityCategory.DIAGNOSTIC),
    _diagnostic("credit_packs", enabled=True, state_class=SensorStateClass.MEASUREMENT),
    _diagnostic("auto_recharge_threshold_credit", enabled_fn=_is_on("auto_recharge_enabled")),
    _diagnostic("auto_recharge_target_credit", enabled_fn=_is_on("auto_recharge_enabled")),
    _diagnostic("auto_recharge_platform", enabled_fn=_is_on("auto_recharge_enabled")),
    _diagnostic(
        "last_auto_recharge_triggered_at",
        enabled_fn=_is_on("auto_recharge_enabled"),
        device_class=SensorDeviceClass.TIMESTAMP,
    ),
    _diagnostic("max_concurrent_task_count", enabled=True),
    _diagnostic("private_pool_size"),
    _diagnostic("plan", enabled=True),
    _diagnostic("type", enabled=True),
    _diagnostic("account_group"),
    _diagnostic("platform"),
    *(
        _diagnostic(f"{owner}{moment}_at", device_class=SensorDeviceClass.TIMESTAMP)
        for owner in ("", "wallet_")
        for moment in ("created", "updated", "deleted")
    ),
    _diagnostic("id"),
    _diagnostic("wallet_id"),
    _diagnostic("account_id"),
)
_SENSORS_BY_KEY = {description.key: description for description in SENSORS}


ACCOUNT_STATUS = GoAPISensorEntityDescription(
    key="account_status",
    translation_key="account_status",
    device_class=SensorDeviceClass.ENUM,
    options=[status.value for status in AccountStatus],
)


def describe(key: str) -> GoAPISensorEntityDescription | None:
    """Return the description of the sensor for a field, known by name or by shape."""
    if description := _SENSORS_BY_KEY.get(key):
        return description
    shaped = field_by_shape(WALLET_SHAPES + ACCOUNT_SHAPES, key)
    if shaped is None or shaped.shape.kind is not Kind.NUMBER:
        return None
    if shaped.shape in WALLET_SHAPES:
        return _quota(shaped.of, shaped.part)
    return replace(
        _diagnostic(key),
        translation_key=shaped.shape.name,
        translation_placeholders={"pool": readable(shaped.of)},
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of an account."""
    add_entities_of_fields(entry, async_add_entities, Platform.SENSOR, describe, GoAPISensor)
    add_computed_sensors(entry, async_add_entities)
    async_add_entities([GoAPIStatusSensor(entry.runtime_data, ACCOUNT_STATUS)])


class GoAPISensor(GoAPIEntity, SensorEntity):
    """Shows a number, text or time of the account."""

    entity_description: GoAPISensorEntityDescription

    @property
    @override
    def native_value(self) -> Value:
        """Return the value of the field."""
        return self.field


class GoAPIStatusSensor(GoAPIEntity, SensorEntity):
    """Shows how the account is, in one word."""

    entity_description: GoAPISensorEntityDescription

    @property
    @override
    def content(self) -> AccountStatus | None:
        """Return what the watch found."""
        return self.coordinator.watch.status

    @property
    @override
    def native_value(self) -> str | None:
        """Return the most severe of what is wrong, None where nothing is known."""
        return self.content
