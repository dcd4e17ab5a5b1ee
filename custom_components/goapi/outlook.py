"""Sensors that are computed: where the credits go, when they end, and how the budget stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple, cast, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, Platform
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api import Account
from .balances import (
    BALANCE_USD,
    BURN_RATE,
    PROJECTED_MONTH_END,
    RUNS_OUT,
    SPENT,
    balance_of,
    derived_key,
    is_in_use,
    primary_balance,
)
from .const import CURRENCY_USD
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields
from .ledger import Period
from .names import balance_texts

USD_PER_DAY = f"{CURRENCY_USD}/d"
USD_DIGITS = 2


class Computed(NamedTuple):
    """What a computed sensor shows."""

    value: float | datetime | None
    last_reset: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class GoAPIComputedSensorEntityDescription(SensorEntityDescription, GoAPIEntityDescription):
    """Describes a sensor whose value is worked out."""

    value_fn: Callable[[GoAPICoordinator], Computed]


def _has_something_to_tell(balance: str, coordinator: GoAPICoordinator) -> bool:
    """Tell whether a balance has a book, and is in use."""
    return coordinator.books.has_book(balance) and is_in_use(coordinator.data, balance)


def _spent(balance: str, period: Period, coordinator: GoAPICoordinator) -> Computed:
    """Return what was spent in a period, and when it began."""
    books = coordinator.books
    return Computed(books.spent(balance, period), books.period_start(period))


def describe_spent(period: Period, key: str) -> GoAPIComputedSensorEntityDescription | None:
    """Return the description of what is spent of a balance in a period, by the key of either."""
    suffix = f"{SPENT}_{period}"
    if (balance := balance_of(key, suffix)) is None:
        return None
    money = balance == BALANCE_USD
    return GoAPIComputedSensorEntityDescription(
        key=derived_key(balance, suffix),
        **balance_texts(balance, suffix),
        device_class=SensorDeviceClass.MONETARY if money else None,
        native_unit_of_measurement=CURRENCY_USD if money else None,
        suggested_display_precision=USD_DIGITS if money else None,
        state_class=SensorStateClass.TOTAL,
        enabled_fn=lambda account: period is Period.TODAY and balance == primary_balance(account),
        wanted_fn=partial(_has_something_to_tell, balance),
        value_fn=partial(_spent, balance, period),
    )


def describe_burn_rate(key: str) -> GoAPIComputedSensorEntityDescription | None:
    """Return the description of how fast a balance is being spent, by the key of either."""
    if (balance := balance_of(key, BURN_RATE)) is None:
        return None
    money = balance == BALANCE_USD
    return GoAPIComputedSensorEntityDescription(
        key=derived_key(balance, BURN_RATE),
        **balance_texts(balance, BURN_RATE),
        native_unit_of_measurement=USD_PER_DAY if money else None,
        suggested_display_precision=USD_DIGITS if money else None,
        state_class=SensorStateClass.MEASUREMENT,
        wanted_fn=partial(_has_something_to_tell, balance),
        value_fn=lambda coordinator: Computed(coordinator.books.burn_rate(balance)),
    )


def describe_runs_out(key: str) -> GoAPIComputedSensorEntityDescription | None:
    """Return the description of when a balance is used up, by the key of either."""
    if (balance := balance_of(key, RUNS_OUT)) is None:
        return None
    return GoAPIComputedSensorEntityDescription(
        key=derived_key(balance, RUNS_OUT),
        **balance_texts(balance, RUNS_OUT),
        device_class=SensorDeviceClass.TIMESTAMP,
        wanted_fn=partial(_has_something_to_tell, balance),
        value_fn=lambda coordinator: Computed(coordinator.books.runs_out(balance)),
    )


def _ending_next(account: Account) -> Iterator[tuple[datetime, float]]:
    """Yield when the packs that end next do, and what is left in each of them."""
    now = dt_util.utcnow()
    packs = [pack for pack in account.packs if pack.counts(now)]
    return ((pack.ends_at, pack.left) for pack in packs if pack.ends_at == packs[0].ends_at)


def _next_expiry(coordinator: GoAPICoordinator) -> Computed:
    """Return when the next pack ends."""
    return Computed(next((ends_at for ends_at, _ in _ending_next(coordinator.data)), None))


def _expiring_next(coordinator: GoAPICoordinator) -> Computed:
    """Return what is lost then; None where no pack ends."""
    left = [left for _, left in _ending_next(coordinator.data)]
    return Computed(round(sum(left), 9) if left else None)


EXPIRY_SENSORS = {
    each.key: each
    for each in (
        GoAPIComputedSensorEntityDescription(
            key="next_credit_expiry",
            translation_key="next_credit_expiry",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=_next_expiry,
        ),
        GoAPIComputedSensorEntityDescription(
            key="credits_expiring_next",
            translation_key="credits_expiring_next",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=_expiring_next,
        ),
    )
}


def describe_expiry(name: str, key: str) -> GoAPIComputedSensorEntityDescription | None:
    """Return the description of a sensor of the expiry, for accounts that have credit packs."""
    return EXPIRY_SENSORS[name] if key in ("credit_packs", name) else None


# No key may look like that of a quota's field, as `budget_used` would.
BUDGET_USED = GoAPIComputedSensorEntityDescription(
    key="monthly_budget_use",
    translation_key="monthly_budget_use",
    native_unit_of_measurement=PERCENTAGE,
    suggested_display_precision=0,
    state_class=SensorStateClass.MEASUREMENT,
    value_fn=lambda coordinator: Computed(coordinator.books.budget_used()),
)


def projected_month_end(primary: str) -> GoAPIComputedSensorEntityDescription:
    """Describe what will have been spent of the primary balance when the month ends."""
    money = primary == BALANCE_USD
    return GoAPIComputedSensorEntityDescription(
        key=PROJECTED_MONTH_END,
        **balance_texts(primary, PROJECTED_MONTH_END),
        device_class=SensorDeviceClass.MONETARY if money else None,
        native_unit_of_measurement=CURRENCY_USD if money else None,
        suggested_display_precision=USD_DIGITS if money else 0,
        value_fn=lambda coordinator: Computed(coordinator.books.projected_month_end()),
    )


def add_computed_sensors(
    entry: GoAPIConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the computed sensors of an account: of each balance as soon as it is in use."""
    coordinator = entry.runtime_data
    add = partial(
        add_entities_of_fields,
        entry,
        async_add_entities,
        Platform.SENSOR,
        create=GoAPIComputedSensor,
    )
    for period in Period:
        add(describe=partial(describe_spent, period))
    add(describe=describe_burn_rate)
    add(describe=describe_runs_out)
    for name in EXPIRY_SENSORS:
        add(describe=partial(describe_expiry, name))
    if (primary := coordinator.watch.primary) is not None:
        async_add_entities(
            GoAPIComputedSensor(coordinator, description)
            for description in (BUDGET_USED, projected_month_end(primary))
        )


class GoAPIComputedSensor(GoAPIEntity, SensorEntity):
    """Shows what was worked out."""

    entity_description: GoAPIComputedSensorEntityDescription

    @property
    @override
    def content(self) -> Computed:
        """Return the value, and since when it counts."""
        return self.entity_description.value_fn(self.coordinator)

    @property
    def _shown(self) -> Computed:
        """Return what was worked out at the last update: writing a state asks for it repeatedly."""
        return cast(Computed, self._written[1])

    @property
    @override
    def native_value(self) -> float | datetime | None:
        """Return the value."""
        return self._shown.value

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return since when the value counts, for what begins anew."""
        return self._shown.last_reset
