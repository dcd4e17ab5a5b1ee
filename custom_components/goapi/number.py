"""Numbers: the threshold of each balance, at which its alert turns on, and the budget."""

from abc import abstractmethod
from collections.abc import Callable
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

from .api import Account
from .balances import (
    BALANCE_USD,
    LOW_THRESHOLD,
    MONTHLY_BUDGET,
    alert_starts_enabled,
    balance_of,
    derived_key,
)
from .const import CURRENCY_USD
from .coordinator import GoAPIConfigEntry
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields
from .names import BalanceTexts, balance_texts

PARALLEL_UPDATES = 0

MAX_AMOUNT = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class GoAPINumberEntityDescription(NumberEntityDescription, GoAPIEntityDescription):
    """Describes an amount of a balance."""

    balance: str


def _describe(
    balance: str,
    key: str,
    texts: BalanceTexts,
    enabled_fn: Callable[[Account], bool] | None = None,
) -> GoAPINumberEntityDescription:
    """Describe an amount of a balance that the user sets."""
    money = balance == BALANCE_USD
    return GoAPINumberEntityDescription(
        key=key,
        **texts,
        device_class=NumberDeviceClass.MONETARY if money else None,
        native_unit_of_measurement=CURRENCY_USD if money else None,
        native_min_value=0,
        native_max_value=MAX_AMOUNT,
        native_step=0.5 if money else 1,
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
        enabled_fn=enabled_fn,
        balance=balance,
    )


def describe(key: str) -> GoAPINumberEntityDescription | None:
    """Return the description of the threshold for a balance, by the key of either."""
    balance = balance_of(key, LOW_THRESHOLD)
    if balance is None:
        return None
    return _describe(
        balance,
        derived_key(balance, LOW_THRESHOLD),
        balance_texts(balance, LOW_THRESHOLD),
        partial(alert_starts_enabled, key=balance),
    )


def describe_budget(primary: str) -> GoAPINumberEntityDescription:
    """Return the description of the budget, in the unit of the primary balance."""
    return _describe(primary, MONTHLY_BUDGET, balance_texts(primary, MONTHLY_BUDGET))


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the thresholds of an account, and its budget."""
    add_entities_of_fields(entry, async_add_entities, Platform.NUMBER, describe, GoAPIThreshold)
    if (primary := entry.runtime_data.watch.primary) is not None:
        async_add_entities([GoAPIBudget(entry.runtime_data, describe_budget(primary))])


class _GoAPINumber(GoAPIEntity, NumberEntity):
    """A number that the user sets; the account's memory keeps it, not the entity."""

    entity_description: GoAPINumberEntityDescription

    @property
    @override
    def available(self) -> bool:
        """Return True: the number is the user's, whatever the service does."""
        return True

    @property
    @override
    @abstractmethod
    def content(self) -> float:
        """Return the number."""

    @property
    @override
    def native_value(self) -> float:
        """Return the number, in the balance's unit; a whole one without decimals."""
        return int(self.content) if self.content.is_integer() else self.content


class GoAPIThreshold(_GoAPINumber):
    """Where the warning of a balance begins."""

    @property
    @override
    def content(self) -> float:
        """Return the threshold."""
        return self.coordinator.watch.threshold(self.entity_description.balance)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the threshold; the alert follows at once, without a poll."""
        coordinator = self.coordinator
        coordinator.watch.async_set_threshold(
            coordinator.data, self.entity_description.balance, value
        )
        coordinator.async_update_listeners()


class GoAPIBudget(_GoAPINumber):
    """What the user wants to spend of the primary balance in a month; 0 is no budget."""

    @property
    @override
    def content(self) -> float:
        """Return the budget."""
        return self.coordinator.watch.memory.budget

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the budget; the sensors follow at once."""
        memory = self.coordinator.watch.memory
        memory.budgets[self.entity_description.balance] = value
        memory.async_schedule_save()
        self.coordinator.async_update_listeners()
