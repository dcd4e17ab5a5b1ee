"""The kinds of entity: of the account, of a balance, and of another endpoint of the account."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .accounting import AccountSummary, BalanceSummary
from .api.fields import Kind, part_field, pool_field
from .api.models import USD
from .const import CONF_NOTICES, CONF_RUNNING_TASKS, CONF_USAGE, DEFAULT_RUNNING_TASKS
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .devices import device_info
from .endpoint import EndpointCoordinator
from .names import product_name

# On the account's own page these name the balance; elsewhere the device does.
NAMED_ON_ACCOUNT = {
    "remaining": "balance",
    "low": "balance_low",
    "low_threshold": "balance_low_threshold",
    "runs_out": "balance_runs_out",
}

# The entities that an option creates, by their translation key, and whether it is on by default.
OPTIONAL = {
    CONF_RUNNING_TASKS: (
        DEFAULT_RUNNING_TASKS,
        {
            "running_tasks",
            "waiting_tasks",
            "free_task_slots",
            "provider_running_tasks",
            "provider_waiting_tasks",
        },
    ),
    CONF_USAGE: (False, {"tasks_today", "failed_tasks_today", "top_model_today"}),
    CONF_NOTICES: (False, {"notices"}),
}


@dataclass(frozen=True, kw_only=True)
class AccountEntityDescription(EntityDescription):
    """Describes an entity of the account."""

    value_fn: Callable[[AccountSummary], Any]
    exists_fn: Callable[[AccountSummary], bool] = lambda _: True
    enabled_fn: Callable[[AccountSummary], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class BalanceEntityDescription(EntityDescription):
    """Describes an entity that each balance has; `key` is the kind of entity.

    `part` is the part of the balance that it shows, empty for what is worked out. `enabled_fn` is
    asked with the balance and whether it is the main one.
    """

    value_fn: Callable[[BalanceSummary], Any]
    part: str = ""
    enabled_fn: Callable[[BalanceSummary, bool], bool] = lambda _balance, _is_main: True


@dataclass(frozen=True, kw_only=True)
class EndpointEntityDescription[DataT](EntityDescription):
    """Describes an entity of another endpoint; the value is read from the account's data too."""

    value_fn: Callable[[AccountSummary, DataT], Any]
    exists_fn: Callable[[AccountSummary], bool] = lambda _: True


def main_only(_balance: BalanceSummary, is_main: bool) -> bool:
    """Enable the entity of the main balance."""
    return is_main


def not_exhausted(balance: BalanceSummary, is_main: bool) -> bool:
    """Enable the entity of the main balance, and of each that was not used up long ago."""
    return is_main or not balance.is_in_use or (balance.remaining or 0) > 0


class GoAPIEntity(CoordinatorEntity[GoAPICoordinator]):
    """An entity that shows one value of the coordinator's data."""

    _attr_has_entity_name = True
    _value: Any
    _written: tuple[bool, object]

    def __init__(self, coordinator: GoAPICoordinator, key: str, balance: str | None = None) -> None:
        """Tie the entity to the account, by the account's id and never by its key."""
        super().__init__(coordinator)
        data = coordinator.data
        self._attr_unique_id = f"{data.account.id}_{key}"
        self._attr_device_info = device_info(
            coordinator.hass, coordinator.config_entry, data, balance
        )

    @abstractmethod
    def _read(self) -> Any:
        """Return the value in the coordinator's data."""

    @override
    async def async_added_to_hass(self) -> None:
        """Note what the first state is made of."""
        await super().async_added_to_hass()
        self._value = self._read()
        self._written = (self.available, self._value)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state if the value or the availability changed: most seldom do."""
        self._value = self._read()
        current = (self.available, self._value)
        if current != self._written:
            self._written = current
            self.async_write_ha_state()


class GoAPIAccountEntity(GoAPIEntity):
    """An entity of the account."""

    entity_description: AccountEntityDescription

    def __init__(
        self, coordinator: GoAPICoordinator, description: AccountEntityDescription
    ) -> None:
        """Create the entity that a description describes."""
        self.entity_description = description
        super().__init__(coordinator, description.key)
        if not description.enabled_fn(coordinator.data):
            self._attr_entity_registry_enabled_default = False

    @override
    def _read(self) -> Any:
        """Return the value in the coordinator's data."""
        return self.entity_description.value_fn(self.coordinator.data)


class GoAPIBalanceEntity(GoAPIEntity):
    """An entity of a balance; the same for every balance."""

    entity_description: BalanceEntityDescription

    def __init__(
        self,
        coordinator: GoAPICoordinator,
        description: BalanceEntityDescription,
        balance: BalanceSummary,
    ) -> None:
        """Create the entity that a description describes."""
        self.balance = key = balance.key
        self.entity_description = description
        part = description.part
        unique_key = part_field(key, part) if part else f"{key}_{description.key}"
        super().__init__(coordinator, unique_key, key)
        if not description.enabled_fn(balance, key == coordinator.data.main):
            self._attr_entity_registry_enabled_default = False
        self._attr_translation_key = description.key
        if key == USD:
            self._attr_translation_key = NAMED_ON_ACCOUNT.get(description.key, description.key)

    @override
    def _read(self) -> Any:
        """Return the value in the coordinator's data."""
        return self.entity_description.value_fn(self.coordinator.data.balances[self.balance])


class GoAPIEndpointEntity[DataT](GoAPIEntity):
    """An entity of another endpoint of the account; unavailable when either poll failed."""

    entity_description: EndpointEntityDescription[DataT]

    def __init__(
        self,
        coordinator: GoAPICoordinator,
        endpoint: EndpointCoordinator[DataT],
        description: EndpointEntityDescription[DataT],
    ) -> None:
        """Create the entity that a description describes."""
        self.entity_description = description
        self._endpoint = endpoint
        super().__init__(coordinator, description.key)

    @property
    @override
    def available(self) -> bool:
        """Return whether the account and the endpoint answered."""
        endpoint = self._endpoint
        return super().available and endpoint.last_update_success and endpoint.data is not None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the endpoint too."""
        await super().async_added_to_hass()
        self.async_on_remove(self._endpoint.async_add_listener(self._handle_coordinator_update))

    @override
    def _read(self) -> Any:
        """Return the value in the data of both."""
        data = self._endpoint.data
        if data is None:
            return None
        return self.entity_description.value_fn(self.coordinator.data, data)


def balance_entities[DescriptionT: BalanceEntityDescription](
    coordinator: GoAPICoordinator,
    descriptions: Iterable[DescriptionT],
    create: Callable[[GoAPICoordinator, DescriptionT, BalanceSummary], GoAPIEntity],
) -> list[GoAPIEntity]:
    """Return the entities of all balances: of each part that was sent, and what is worked out."""
    return [
        create(coordinator, description, balance)
        for balance in coordinator.data.balances.values()
        for description in descriptions
        if (description.part or "remaining") in balance.parts
    ]


def account_entities[DescriptionT: AccountEntityDescription](
    coordinator: GoAPICoordinator,
    descriptions: Iterable[DescriptionT],
    create: Callable[[GoAPICoordinator, DescriptionT], GoAPIEntity],
) -> list[GoAPIEntity]:
    """Return the entities of what the account itself has."""
    data = coordinator.data
    return [create(coordinator, each) for each in descriptions if each.exists_fn(data)]


def pool_descriptions[DescriptionT: AccountEntityDescription](
    data: AccountSummary, kind: Kind, describe: Callable[..., DescriptionT]
) -> list[DescriptionT]:
    """Return the descriptions of all fields of one kind that exist once for each pool."""
    pools = {key: pool for key in data.fields if (pool := pool_field(key)) and pool.kind is kind}
    return [
        describe(
            key,
            translation_key=pool.shape,
            translation_placeholders={"pool": product_name(pool.pool)},
        )
        for key, pool in pools.items()
    ]


@callback
def async_remove_unwanted_entities(coordinator: GoAPICoordinator) -> None:
    """Remove the entities of options that were turned off."""
    registry = er.async_get(coordinator.hass)
    entry = coordinator.config_entry
    unwanted: set[str] = set()
    for option, (default, keys) in OPTIONAL.items():
        if not entry.options.get(option, default):
            unwanted |= keys
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.translation_key in unwanted:
            registry.async_remove(entity.entity_id)


@callback
def async_add_endpoint_entities[DescriptionT: EndpointEntityDescription[Any]](
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    endpoint: EndpointCoordinator[Any],
    describe: Callable[[], Iterable[DescriptionT]],
    create: Callable[[GoAPICoordinator, EndpointCoordinator[Any], DescriptionT], GoAPIEntity],
) -> None:
    """Add the entities of an endpoint, once it has answered and whenever there are more."""
    coordinator = entry.runtime_data
    added: set[str] = set()

    @callback
    def add() -> None:
        """Add what is new."""
        if endpoint.data is None:
            return
        new = [
            each
            for each in describe()
            if each.key not in added and each.exists_fn(coordinator.data)
        ]
        added.update(each.key for each in new)
        async_add_entities(create(coordinator, endpoint, each) for each in new)

    add()
    entry.async_on_unload(endpoint.async_add_listener(add))


@callback
def async_add_entities_when_known(
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    create: Callable[[GoAPICoordinator], Iterable[GoAPIEntity]],
) -> None:
    """Add the entities of what the account has, now and whenever a new field turns up."""
    coordinator = entry.runtime_data
    added: set[str | None] = set()
    size = 0

    @callback
    def add() -> None:
        """Add what is new."""
        nonlocal size
        data = coordinator.data
        # Fields and parts that were sent once stay known, so something is new if there are more.
        parts = sum(len(balance.parts) for balance in data.balances.values())
        if size == (size := len(data.fields) + parts):
            return
        new = [entity for entity in create(coordinator) if entity.unique_id not in added]
        added.update(entity.unique_id for entity in new)
        async_add_entities(new)

    add()
    entry.async_on_unload(coordinator.async_add_listener(add))
