"""The event entities: what happened to the account, and what the service gave notice of."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .accounting import EventType
from .api import NOTICE_TYPES, Notice
from .const import CONF_NOTICES, EVENT_GOAPI
from .coordinator import GoAPIConfigEntry
from .delivery import EVENT_ENTITY_KEY
from .entity import AccountEntityDescription, GoAPIAccountEntity
from .webhook import notice_signal

PARALLEL_UPDATES = 0

# What says where the event comes from, and not what happened.
_ORIGIN = {"type", "account", ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID}


@dataclass(frozen=True, kw_only=True)
class GoAPIEventEntityDescription(AccountEntityDescription, EventEntityDescription):
    """Describes an event entity of an account."""


ACCOUNT_ACTIVITY = GoAPIEventEntityDescription(
    key=EVENT_ENTITY_KEY,
    translation_key=EVENT_ENTITY_KEY,
    event_types=[each.value for each in EventType],
    # No answer of the service changes what is shown, but a delivered event does.
    value_fn=lambda _: None,
)
NOTICES = GoAPIEventEntityDescription(
    key="notices",
    translation_key="notices",
    event_types=list(NOTICE_TYPES),
    value_fn=lambda _: None,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entities of an account."""
    coordinator = entry.runtime_data
    async_add_entities([GoAPIActivityEvent(coordinator, ACCOUNT_ACTIVITY)])
    if entry.options.get(CONF_NOTICES):
        async_add_entities([GoAPINoticeEvent(coordinator, NOTICES)])


class GoAPIEvent(GoAPIAccountEntity, EventEntity):
    """Shows what happened last."""

    entity_description: GoAPIEventEntityDescription

    @property
    @override
    def available(self) -> bool:
        """Return True: what happened has happened, whether or not the service answers now.

        An event that returned after each outage would look like a new one to automations.
        """
        return True


class GoAPIActivityEvent(GoAPIEvent):
    """Shows what happened last; its attributes say how much of which balance."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the events that are delivered."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hass.bus.async_listen(EVENT_GOAPI, self._handle_event))

    @callback
    def _handle_event(self, event: Event) -> None:
        """Show an event of this account."""
        data = event.data
        if data.get(ATTR_CONFIG_ENTRY_ID) == self.coordinator.config_entry.entry_id:
            attributes = {name: value for name, value in data.items() if name not in _ORIGIN}
            self._trigger_event(data["type"], attributes)
            self.async_write_ha_state()


class GoAPINoticeEvent(GoAPIEvent):
    """Shows the last notice of the service; its attributes are the details that are known."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the notices that are received."""
        await super().async_added_to_hass()
        signal = notice_signal(self.coordinator.config_entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._handle_notice))

    @callback
    def _handle_notice(self, notice: Notice) -> None:
        """Show a notice."""
        self._trigger_event(notice.type, dict(notice.details))
        self.async_write_ha_state()
