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

# No account has nearly as many fields of one kind; a server that makes up new ones with each answer
# must not fill the registry.
MAX_ENTITIES = 250


@dataclass(frozen=True, kw_only=True)
class GoAPIEntityDescription(EntityDescription):
    """Describes an entity; where it shows a field of the API, its key is the field's."""

    enabled_fn: Callable[[Account], bool] | None = None
    """Tells whether the entity starts enabled, where that depends on the account."""
    wanted_fn: Callable[[GoAPICoordinator], bool] | None = None
    """Tells whether the account gets the entity yet, where not each one does at once."""


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
        self._written: tuple[bool, object] = (False, None)
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
    def content(self) -> object:
        """Return all that the state is made of: it is written when this changes."""
        return self.field

    @property
    def field(self) -> Value:
        """Return what the API sent for the entity's field; None where that is nothing usable."""
        return self.coordinator.data.fields.get(self.entity_description.key)

    @override
    async def async_added_to_hass(self) -> None:
        """Note what the first state is made of."""
        await super().async_added_to_hass()
        self._written = (self.available, self.content)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state if the content or the availability changed: most seldom do."""
        current = (self.available, self.content)
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
    """Add the entities that the account's fields give, now and whenever a new field turns up.

    `describe` returns the description for the key of a field or of an entity, or None where the
    platform has none for it. A field that is not sent now but had an entity before keeps it.
    """
    coordinator = entry.runtime_data
    prefix = f"{coordinator.data.id}_"
    registered = {
        entity.unique_id.removeprefix(prefix)
        for entity in er.async_entries_for_config_entry(
            er.async_get(coordinator.hass), entry.entry_id
        )
        if entity.domain == platform
    }
    seen: set[str] = set()
    added: set[str] = set()
    waiting: dict[str, DescriptionT] = {}

    @callback
    def look_at(keys: set[str]) -> None:
        """Describe what is described by keys that are new; most often there are none."""
        seen.update(keys)
        described = {each.key: each for each in map(describe, sorted(keys)) if each is not None}
        waiting.update({key: each for key, each in described.items() if key not in added})

    @callback
    def add() -> None:
        """Add the entities that have waited long enough."""
        keys = coordinator.data.fields.keys()
        # Most often none is new, which this tells sooner than a difference does.
        if not keys <= seen:
            look_at(keys - seen)
        if not waiting:
            return
        due = [
            description
            for key, description in waiting.items()
            if key in registered
            or description.wanted_fn is None
            or description.wanted_fn(coordinator)
        ]
        due = due[: max(0, MAX_ENTITIES - len(added))]
        for description in due:
            del waiting[description.key]
            added.add(description.key)
        if due:
            async_add_entities(create(coordinator, description) for description in due)

    look_at(registered | set(coordinator.data.fields))
    add()
    entry.async_on_unload(coordinator.async_add_listener(add))
