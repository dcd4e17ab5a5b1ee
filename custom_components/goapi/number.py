"""Numbers: the threshold of each balance, at which its alert turns on."""

from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .balances import (
    BALANCE_USD,
    LOW_THRESHOLD,
    alert_starts_enabled,
    balance_of,
    derived_key,
)
from .const import CURRENCY_USD
from .coordinator import GoAPIConfigEntry
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields
from .names import balance_texts

PARALLEL_UPDATES = 0

MAX_THRESHOLD = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class GoAPINumberEntityDescription(NumberEntityDescription, GoAPIEntityDescription):
    """Describes the threshold of a balance."""

    balance: str


def describe(key: str) -> GoAPINumberEntityDescription | None:
    """Return the description of the threshold for a balance, by the key of either."""
    balance = balance_of(key, LOW_THRESHOLD)
    if balance is None:
        return None
    money = balance == BALANCE_USD
    return GoAPINumberEntityDescription(
        key=derived_key(balance, LOW_THRESHOLD),
        **balance_texts(balance, LOW_THRESHOLD),
        device_class=NumberDeviceClass.MONETARY if money else None,
        native_unit_of_measurement=CURRENCY_USD if money else None,
        native_min_value=0,
        native_max_value=MAX_THRESHOLD,
        native_step=0.5 if money else 1,
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
        enabled_fn=partial(alert_starts_enabled, key=balance),
        balance=balance,
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the thresholds of an account."""
    add_entities_of_fields(entry, async_add_entities, Platform.NUMBER, describe, GoAPIThreshold)


class GoAPIThreshold(GoAPIEntity, NumberEntity):
    """Where the warning of a balance begins; the watch remembers it, not this entity."""

    entity_description: GoAPINumberEntityDescription

    @property
    @override
    def available(self) -> bool:
        """Return True: a threshold is the user's, whatever the service does."""
        return True

    @property
    @override
    def content(self) -> float:
        """Return the threshold."""
        return self.coordinator.watch.threshold(self.entity_description.balance)

    @property
    @override
    def native_value(self) -> float:
        """Return the threshold, in the balance's unit; a whole one without decimals."""
        return int(self.content) if self.content.is_integer() else self.content

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the threshold; the alert follows at once, without a poll."""
        coordinator = self.coordinator
        coordinator.watch.async_set_threshold(
            coordinator.data, self.entity_description.balance, value
        )
        coordinator.async_update_listeners()
