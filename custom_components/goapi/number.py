"""Numbers: the threshold of each balance, and what is to be spent in a day and in a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10
from typing import Any, override

from homeassistant.components.number import (
    ATTR_MAX,
    ATTR_STEP,
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
# A slider reaches at least this far.
MIN_RANGE = 10
# Credits can be fractions, and worth a dollar each. Where the range is large, sliders move in ones.
FINE_STEP, COARSE_STEP = 0.01, 1
FINE_BELOW = 1000


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
    def capability_attributes(self) -> dict[str, Any]:
        """Return a range for sliders that fits the balance, not all that can be set.

        It only changes when the state is written for another reason.
        """
        top = slider_range(self.coordinator.data.balances[self.balance])
        step = FINE_STEP if top < FINE_BELOW else COARSE_STEP
        return {**super().capability_attributes, ATTR_MAX: top, ATTR_STEP: step}

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
        # A slider sends 0.5700000000000001.
        await self.coordinator.async_set_amount(self.balance, name, round(value, 9))


def slider_range(balance: BalanceSummary) -> int:
    """Return a round number, at least twice the largest amount that is known of a balance."""
    largest = max(
        balance.remaining or 0,
        balance.parts.get("total") or 0,
        balance.threshold,
        balance.budget,
        balance.daily_limit,
        *balance.spent.values(),
    )
    least = min(max(2 * largest, MIN_RANGE), MAX_AMOUNT)
    power: int = 10 ** floor(log10(least))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least)
