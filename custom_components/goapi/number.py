"""Numbers: the threshold of each balance, and what is to be spent in a day and in a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .accounting import BalanceSummary
from .api.models import USD
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .entity import (
    BalanceEntityDescription,
    GoAPIBalanceEntity,
    GoAPIEntity,
    async_add_entities_when_known,
    balance_entities,
    main_only,
    not_exhausted,
)
from .names import balance_unit

PARALLEL_UPDATES = 0

MAX_AMOUNT = 1_000_000_000
# Credits can be fractions, and worth a dollar each.
STEP = 0.01


@dataclass(frozen=True, kw_only=True)
class GoAPINumberEntityDescription(BalanceEntityDescription, NumberEntityDescription):
    """Describes an amount of a balance that the user sets; `amount` is its name in the state."""

    amount: str


NUMBERS: tuple[GoAPINumberEntityDescription, ...] = (
    GoAPINumberEntityDescription(
        key="low_threshold",
        enabled_fn=not_exhausted,
        value_fn=lambda balance: balance.threshold,
        amount="threshold",
    ),
    GoAPINumberEntityDescription(
        key="monthly_budget",
        enabled_fn=main_only,
        value_fn=lambda balance: balance.budget,
        amount="budget",
    ),
    GoAPINumberEntityDescription(
        key="daily_spend_limit",
        enabled_fn=main_only,
        value_fn=lambda balance: balance.daily_limit,
        amount="daily_limit",
    ),
)


def _entities(coordinator: GoAPICoordinator) -> Iterator[GoAPIEntity]:
    """Yield the numbers of all balances of an account."""
    yield from balance_entities(coordinator, NUMBERS, GoAPINumber)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers of an account."""
    async_add_entities_when_known(entry, async_add_entities, _entities)


class GoAPINumber(GoAPIBalanceEntity, NumberEntity):
    """An amount of a balance that the user sets."""

    entity_description: GoAPINumberEntityDescription
    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_min_value = 0
    _attr_native_max_value = MAX_AMOUNT
    _attr_native_step = STEP

    def __init__(
        self,
        coordinator: GoAPICoordinator,
        description: GoAPINumberEntityDescription,
        balance: BalanceSummary,
    ) -> None:
        """Create the number that a description describes."""
        super().__init__(coordinator, description, balance)
        self._attr_native_unit_of_measurement = balance_unit(coordinator.hass, balance.key)
        if balance.key == USD:
            self._attr_device_class = NumberDeviceClass.MONETARY

    @property
    @override
    def available(self) -> bool:
        """Return True: the number is the user's, whatever the service does."""
        return True

    @property
    @override
    def native_value(self) -> float:
        """Return the number, in the balance's unit."""
        value: float = self._value
        return value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the number; what depends on it follows at once."""
        name = self.entity_description.amount
        await self.coordinator.async_set_amount(self.balance, name, value)
