"""Binary sensors: flags of the account, alerts of its balances, and a recharge that is overdue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .alerts import unit_of_balance
from .api.fields import ACCOUNT_SHAPES, Kind, field_by_shape
from .balances import LOW, alert_starts_enabled, balance_of, derived_key
from .coordinator import GoAPIConfigEntry
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields
from .names import balance_name, balance_texts, readable
from .rules import Judgement

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class GoAPIBinarySensorEntityDescription(BinarySensorEntityDescription, GoAPIEntityDescription):
    """Describes a binary sensor."""

    balance: str = ""
    """The key of the balance that an alert is about."""


def _diagnostic(key: str, *, enabled: bool = False) -> GoAPIBinarySensorEntityDescription:
    """Describe a flag that tells how the account is set up."""
    return GoAPIBinarySensorEntityDescription(
        key=key,
        translation_key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


BINARY_SENSORS: tuple[GoAPIBinarySensorEntityDescription, ...] = (
    GoAPIBinarySensorEntityDescription(key="is_enable", translation_key="is_enable"),
    GoAPIBinarySensorEntityDescription(key="is_verified", translation_key="is_verified"),
    _diagnostic("auto_recharge_enabled", enabled=True),
    _diagnostic("legacy_credit_updated"),
    _diagnostic("auto_challenge_mj_verification"),
    _diagnostic("skip_suno_flagged_account"),
)
_BINARY_SENSORS_BY_KEY = {description.key: description for description in BINARY_SENSORS}


def describe(key: str) -> GoAPIBinarySensorEntityDescription | None:
    """Return the description of the binary sensor for a field, known by name or by shape."""
    if description := _BINARY_SENSORS_BY_KEY.get(key):
        return description
    shaped = field_by_shape(ACCOUNT_SHAPES, key)
    if shaped is None or shaped.shape.kind is not Kind.FLAG:
        return None
    return replace(
        _diagnostic(key),
        translation_key=shaped.shape.name,
        translation_placeholders={"pool": readable(shaped.of)},
    )


def describe_low(key: str) -> GoAPIBinarySensorEntityDescription | None:
    """Return the description of the alert for a balance, by the key of either."""
    balance = balance_of(key, LOW)
    if balance is None:
        return None
    return GoAPIBinarySensorEntityDescription(
        key=derived_key(balance, LOW),
        **balance_texts(balance, LOW),
        device_class=BinarySensorDeviceClass.PROBLEM,
        enabled_fn=partial(alert_starts_enabled, key=balance),
        balance=balance,
    )


AUTO_RECHARGE_OVERDUE = GoAPIBinarySensorEntityDescription(
    key="auto_recharge_overdue",
    translation_key="auto_recharge_overdue",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


def describe_overdue(key: str) -> GoAPIBinarySensorEntityDescription | None:
    """Return the description of the overdue recharge, for accounts that know auto-recharge."""
    return (
        AUTO_RECHARGE_OVERDUE
        if key in ("auto_recharge_enabled", AUTO_RECHARGE_OVERDUE.key)
        else None
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of an account."""
    add = partial(add_entities_of_fields, entry, async_add_entities, Platform.BINARY_SENSOR)
    add(describe, GoAPIBinarySensor)
    add(describe_low, GoAPILowSensor)
    add(describe_overdue, GoAPIRechargeOverdueSensor)


class GoAPIBinarySensor(GoAPIEntity, BinarySensorEntity):
    """Shows a flag of the account."""

    entity_description: GoAPIBinarySensorEntityDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value of the field."""
        return self.field if isinstance(self.field, bool) else None


class GoAPILowSensor(GoAPIEntity, BinarySensorEntity):
    """Tells whether a balance is low."""

    entity_description: GoAPIBinarySensorEntityDescription
    # They change with the balance, whose own sensor is recorded.
    _unrecorded_attributes = frozenset({"quota", "remaining", "since", "threshold", "unit"})

    @property
    @override
    def content(self) -> Judgement | None:
        """Return how the balance was judged."""
        return self.coordinator.watch.judgements.get(self.entity_description.balance)

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the balance is low, None while it is unknown."""
        return self.content.low if self.content else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what a message about the balance needs."""
        judgement = self.content
        if judgement is None:
            return None
        key = self.entity_description.balance
        return {
            "quota": balance_name(key),
            "remaining": judgement.remaining,
            "threshold": judgement.threshold,
            "unit": unit_of_balance(self.hass, key),
            "since": judgement.since and dt_util.as_local(judgement.since).isoformat(),
        }


class GoAPIRechargeOverdueSensor(GoAPIEntity, BinarySensorEntity):
    """Tells whether an automatic recharge that is due did not come."""

    entity_description: GoAPIBinarySensorEntityDescription

    @property
    @override
    def content(self) -> bool | None:
        """Return what the watch found."""
        return self.coordinator.watch.recharge_overdue

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it is overdue, None where the API does not say enough."""
        return self.content
