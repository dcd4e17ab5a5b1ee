"""What all entities of an account share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api import Account
from .api.values import Value
from .const import CONF_SERVICE, DOMAIN, SERVICES
from .coordinator import GoAPIConfigEntry, GoAPICoordinator


@dataclass(frozen=True, kw_only=True)
class GoAPIEntityDescription(EntityDescription):
    """Describes the entity of the field that its key names."""

    enabled_fn: Callable[[Account], bool] | None = None
    """Tells whether the entity starts enabled, where that depends on the account."""


class GoAPIEntity(CoordinatorEntity[GoAPICoordinator]):
    """An entity that shows one thing about an account."""

    entity_description: GoAPIEntityDescription
    _attr_has_entity_name = True

    def __init__(self, coordinator: GoAPICoordinator, description: GoAPIEntityDescription) -> None:
        """Tie the entity to the account, by the account's id and never by its key."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        account = coordinator.data
        service = SERVICES.get(entry.data[CONF_SERVICE])
        plan = account.fields.get("plan")
        self.entity_description = description
        self._attr_unique_id = f"{account.id}_{description.key}"
        self._written: tuple[bool, Value] | None = None
        if description.enabled_fn is not None:
            self._attr_entity_registry_enabled_default = description.enabled_fn(account)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, account.id)},
            name=entry.title,
            manufacturer="GoAPI",
            model=plan if isinstance(plan, str) else None,
            entry_type=DeviceEntryType.SERVICE,
            configuration_url=service.dashboard_url if service else None,
        )

    @property
    def field(self) -> Value:
        """Return what the API sent for the entity's field; None where that is nothing usable."""
        return self.coordinator.data.fields.get(self.entity_description.key)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state if this field or the availability changed: most fields seldom do."""
        current = (self.available, self.field)
        if current != self._written:
            self._written = current
            self.async_write_ha_state()


@callback
def add_entities_of_fields[DescriptionT: GoAPIEntityDescription](
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    describe: Callable[[str], DescriptionT | None],
    create: Callable[[GoAPICoordinator, DescriptionT], GoAPIEntity],
) -> None:
    """Add an entity for every field of the account, now and whenever a new field turns up.

    `describe` returns the description for a field's key, or None where the platform has none for
    it. A field that is not sent now but had an entity before keeps it.
    """
    coordinator = entry.runtime_data
    prefix = f"{coordinator.data.id}_"
    added: set[str] = set()

    @callback
    def add(keys: set[str]) -> None:
        """Add the entities of the keys that have none yet."""
        new = keys - added
        added.update(new)
        descriptions = (describe(key) for key in sorted(new))
        if entities := [create(coordinator, each) for each in descriptions if each is not None]:
            async_add_entities(entities)

    registered = er.async_entries_for_config_entry(er.async_get(coordinator.hass), entry.entry_id)
    add(
        {
            entity.unique_id.removeprefix(prefix)
            for entity in registered
            if entity.domain == platform
        }
        | set(coordinator.data.fields)
    )
    entry.async_on_unload(coordinator.async_add_listener(lambda: add(set(coordinator.data.fields))))
