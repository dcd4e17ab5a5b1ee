"""The event entity: what happened to the account, once each."""

from dataclasses import dataclass
from functools import partial
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .activity import Activity, ActivityType
from .alerts import account_name, unit_of_balance
from .const import DOMAIN
from .coordinator import GoAPIConfigEntry
from .delivery import async_when_heard
from .entity import GoAPIEntity, GoAPIEntityDescription
from .names import balance_name

PARALLEL_UPDATES = 0

EVENT_ACTIVITY = f"{DOMAIN}_activity"


@dataclass(frozen=True, kw_only=True)
class GoAPIEventEntityDescription(EventEntityDescription, GoAPIEntityDescription):
    """Describes the event entity of an account."""


ACCOUNT_ACTIVITY = GoAPIEventEntityDescription(
    key="account_activity",
    translation_key="account_activity",
    event_types=[each.value for each in ActivityType],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity of an account."""
    async_add_entities([GoAPIActivityEvent(entry.runtime_data, ACCOUNT_ACTIVITY)])


class GoAPIActivityEvent(GoAPIEntity, EventEntity):
    """Shows what happened last; its attributes say how much of which balance."""

    entity_description: GoAPIEventEntityDescription

    @property
    @override
    def available(self) -> bool:
        """Return True: what happened has happened, whether or not the service answers now.

        An event that returned after each outage would look like a new one to automations.
        """
        return True

    @property
    @override
    def content(self) -> None:
        """Return None: no answer of the service changes what is shown, but what happened does."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what happens, and to what did before there was this entity."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.books.async_listen(self._deliver))

    @callback
    def _deliver(self, activity: Activity) -> None:
        """Tell of what happened as soon as automations can hear it."""
        tell = partial(self._tell, activity)
        async_when_heard(self.hass, self.coordinator.config_entry, tell)

    @callback
    def _tell(self, activity: Activity) -> None:
        """Show what happened, and fire the event that the logbook makes a sentence of.

        Its data: type, entity_id, device_id, account, and the attributes of the entity.
        """
        self.coordinator.books.async_heard()
        attributes = self._attributes(activity)
        self._trigger_event(activity.type, attributes)
        self.async_write_ha_state()
        device_id = self.registry_entry.device_id if self.registry_entry else None
        self.hass.bus.async_fire(
            EVENT_ACTIVITY,
            {
                "type": activity.type.value,
                "entity_id": self.entity_id,
                "device_id": device_id,
                "account": account_name(self.hass, self.coordinator.config_entry, device_id),
                **attributes,
            },
        )

    def _attributes(self, activity: Activity) -> dict[str, Any]:
        """Return how much of which balance it was, where that makes sense."""
        key = activity.balance
        if key is None:
            return {}
        attributes = {
            "quota": balance_name(key),
            "amount": activity.amount,
            "balance_after": activity.remaining,
            "unit": unit_of_balance(self.hass, key),
        }
        if activity.usual is not None:
            attributes["usual"] = activity.usual
        return attributes
