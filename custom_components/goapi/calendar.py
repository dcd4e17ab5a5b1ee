"""The calendar: when what is left in the credit packs is lost."""

from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.packs import CreditPack
from .coordinator import GoAPIConfigEntry
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class GoAPICalendarEntityDescription(CalendarEntityDescription, GoAPIEntityDescription):
    """Describes the calendar of an account."""


CREDIT_PACKS_EXPIRY = GoAPICalendarEntityDescription(
    key="credit_packs_expiry", translation_key="credit_packs_expiry"
)


def describe(key: str) -> GoAPICalendarEntityDescription | None:
    """Return the description of the calendar, for accounts that have credit packs."""
    return CREDIT_PACKS_EXPIRY if key in ("credit_packs", CREDIT_PACKS_EXPIRY.key) else None


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the calendar of an account."""
    add_entities_of_fields(
        entry, async_add_entities, Platform.CALENDAR, describe, GoAPIExpiryCalendar
    )


class GoAPIExpiryCalendar(GoAPIEntity, CalendarEntity):
    """Shows one event for each credit pack, on the day when what is left in it is lost."""

    entity_description: GoAPICalendarEntityDescription
    # It changes with what is spent, whose own sensors are recorded.
    _unrecorded_attributes = frozenset({"message"})

    @property
    @override
    def content(self) -> tuple[CreditPack, ...]:
        """Return the packs in which something can be lost, the first to end first."""
        now = dt_util.utcnow()
        # No calendar has a day after the last year, which says that a pack never ends.
        return tuple(
            pack
            for pack in self.coordinator.data.packs
            if pack.counts(now) and pack.ends_at.year < MAXYEAR
        )

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the end of the pack that ends next."""
        return next(map(_event, self.content), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the events of which any part lies between two moments.

        During an outage these are the last known ones: ends do not change meanwhile.
        """
        return [
            event
            for event in map(_event, self.content)
            if event.start_datetime_local < end_date and event.end_datetime_local > start_date
        ]


def _event(pack: CreditPack) -> CalendarEvent:
    """Return the end of a pack as an event of the whole local day.

    It leaves out what the service calls the pack, which the account's owner may have written.
    """
    day = dt_util.as_local(pack.ends_at).date()
    left = _amount(pack.left)
    one = left == "1"
    return CalendarEvent(
        start=day,
        end=day + timedelta(days=1),
        summary=f"{left} {'credit expires' if one else 'credits expire'}",
        description=(
            f"Credit pack {pack.id}: {left} of {_amount(pack.capacity)} credits "
            f"{'is' if one else 'are'} left."
        ),
        uid=pack.id,
    )


def _amount(number: float) -> str:
    """Return an amount as short as it can be, with two decimals unless they would make it zero."""
    amount = round(number, 2) or round(number, 4) or number
    return f"{amount:,.9f}".rstrip("0").removesuffix(".")
