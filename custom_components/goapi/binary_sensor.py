"""Binary sensors: flags of the account, low balances, and a recharge that is overdue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.fields import Kind
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .entity import (
    AccountEntityDescription,
    BalanceEntityDescription,
    GoAPIAccountEntity,
    GoAPIBalanceEntity,
    GoAPIEntity,
    account_entities,
    async_add_entities_when_known,
    balance_entities,
    not_exhausted,
    pool_descriptions,
)
from .names import balance_name, balance_unit

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class GoAPIBalanceBinarySensorEntityDescription(
    BalanceEntityDescription, BinarySensorEntityDescription
):
    """Describes a binary sensor of a balance."""


@dataclass(frozen=True, kw_only=True)
class GoAPIAccountBinarySensorEntityDescription(
    AccountEntityDescription, BinarySensorEntityDescription
):
    """Describes a binary sensor of the account."""


BALANCE_BINARY_SENSORS: tuple[GoAPIBalanceBinarySensorEntityDescription, ...] = (
    GoAPIBalanceBinarySensorEntityDescription(
        key="low",
        device_class=BinarySensorDeviceClass.PROBLEM,
        enabled_fn=not_exhausted,
        value_fn=lambda balance: balance,
    ),
)


def _flag(
    key: str, category: EntityCategory | None = None, *, enabled: bool = False, **more: Any
) -> GoAPIAccountBinarySensorEntityDescription:
    """Describe a flag of the account."""
    return GoAPIAccountBinarySensorEntityDescription(
        key=key,
        translation_key=more.pop("translation_key", key),
        entity_category=category,
        exists_fn=lambda data: key in data.fields,
        value_fn=lambda data: data.fields.get(key),
        entity_registry_enabled_default=enabled,
        **more,
    )


ACCOUNT_BINARY_SENSORS: tuple[GoAPIAccountBinarySensorEntityDescription, ...] = (
    _flag("is_enable", enabled=True),
    _flag("is_verified", enabled=True),
    _flag("auto_recharge_enabled", EntityCategory.DIAGNOSTIC, enabled=True),
    _flag("legacy_credit_updated", EntityCategory.DIAGNOSTIC),
    _flag("auto_challenge_mj_verification", EntityCategory.DIAGNOSTIC),
    _flag("skip_suno_flagged_account", EntityCategory.DIAGNOSTIC),
    GoAPIAccountBinarySensorEntityDescription(
        key="auto_recharge_overdue",
        translation_key="auto_recharge_overdue",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda data: "auto_recharge_enabled" in data.fields,
        enabled_fn=lambda data: data.fields.get("auto_recharge_enabled") is True,
        value_fn=lambda data: data.recharge_is_overdue,
    ),
)


def _entities(coordinator: GoAPICoordinator) -> Iterator[GoAPIEntity]:
    """Yield the binary sensors of all that is known of an account."""
    describe = partial(_flag, category=EntityCategory.DIAGNOSTIC)
    descriptions = (
        *ACCOUNT_BINARY_SENSORS,
        *pool_descriptions(coordinator.data, Kind.FLAG, describe),
    )
    yield from balance_entities(coordinator, BALANCE_BINARY_SENSORS, GoAPILowSensor)
    yield from account_entities(coordinator, descriptions, GoAPIAccountBinarySensor)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of an account."""
    async_add_entities_when_known(entry, async_add_entities, _entities)


class GoAPIAccountBinarySensor(GoAPIAccountEntity, BinarySensorEntity):
    """Shows a flag of the account."""

    entity_description: GoAPIAccountBinarySensorEntityDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value."""
        value: bool | None = self._value
        return value


class GoAPILowSensor(GoAPIBalanceEntity, BinarySensorEntity):
    """Shows whether a balance is low."""

    entity_description: GoAPIBalanceBinarySensorEntityDescription
    # They change with the balance, whose own sensor is recorded.
    _unrecorded_attributes = frozenset({"balance_name", "remaining", "since", "threshold", "unit"})

    @override
    def _read(self) -> tuple[bool | None, dict[str, Any]]:
        """Return whether the balance is low, and the numbers for a notification about it."""
        balance = super()._read()
        since = balance.low_since
        return balance.is_low, {
            "remaining": balance.remaining,
            "threshold": balance.threshold,
            "since": since and dt_util.as_local(since).isoformat(),
        }

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the balance is low, None while it is unknown."""
        is_low: bool | None = self._value[0]
        return is_low

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what a notification about the balance needs."""
        key = self.balance
        return {
            "balance_name": balance_name(self.hass, key),
            "unit": balance_unit(self.hass, key),
            **self._value[1],
        }
