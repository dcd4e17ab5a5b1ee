"""The calendar: when what is left in the credit packs is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .amounts import format_amount
from .api import CreditPack
from .coordinator import GoAPIConfigEntry, GoAPICoordinator
from .entity import (
    AccountEntityDescription,
    GoAPIAccountEntity,
    GoAPIEntity,
    account_entities,
    async_add_entities_when_known,
)
from .texts import translate

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class GoAPICalendarEntityDescription(AccountEntityDescription, CalendarEntityDescription):
    """Describes the calendar of an account."""


CREDIT_PACKS_EXPIRY = GoAPICalendarEntityDescription(
    key="credit_packs_expiry",
    translation_key="credit_packs_expiry",
    exists_fn=lambda data: data.has_credit_packs,
    value_fn=lambda data: data.expiring,
)


def _entities(coordinator: GoAPICoordinator) -> Iterator[GoAPIEntity]:
    """Yield the calendar of an account that has credit packs."""
    yield from account_entities(coordinator, [CREDIT_PACKS_EXPIRY], GoAPIExpiryCalendar)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the calendar of an account."""
    async_add_entities_when_known(entry, async_add_entities, _entities)


class GoAPIExpiryCalendar(GoAPIAccountEntity, CalendarEntity):
    """Shows one event for each credit pack, on the day when what is left in it is lost."""

    entity_description: GoAPICalendarEntityDescription
    # It changes with what is spent, whose own sensors are recorded.
    _unrecorded_attributes = frozenset({"message"})

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the end of the pack that ends next."""
        return next(map(self._event, self._value), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the events of which any part lies between two moments.

        During an outage these are the last known ones: ends do not change meanwhile.
        """
        return [
            event
            for event in map(self._event, self._value)
            if event.start_datetime_local < end_date and event.end_datetime_local > start_date
        ]

    def _event(self, pack: CreditPack) -> CalendarEvent:
        """Return the end of a pack as an event of the whole local day.

        It leaves out what the service calls the pack, which the account's owner may have written.
        """
        day = dt_util.as_local(pack.ends_at).date()
        left = format_amount(self.hass, pack.left)
        one = "_one" if left == "1" else ""
        return CalendarEvent(
            start=day,
            end=day + timedelta(days=1),
            summary=translate(self.hass, "calendar", f"expires{one}", left=left),
            description=translate(
                self.hass,
                "calendar",
                f"pack{one}",
                pack=pack.id,
                left=left,
                capacity=format_amount(self.hass, pack.capacity),
            ),
            uid=pack.id,
        )
