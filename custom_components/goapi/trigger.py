"""The triggers that automations can choose.

Those of what happened follow the events of the accounts, which are delivered once, also over
outages and restarts. States are not: a balance that becomes low in an outage changes from
unavailable to low.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, override

import voluptuous as vol

from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_FOR, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.trigger import (
    EntityNumericalStateCrossedThresholdTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .accounting import EventType
from .api.models import CREDIT_PACKS
from .const import DOMAIN, EVENT_GOAPI
from .names import balance_attributes
from .targets import REMAINING, async_is_targeted, async_select_entities
from .texts import find_text

CONF_DAYS = "days"

# How often the ends of credit packs are compared with the clock.
EXPIRY_INTERVAL = timedelta(minutes=1)


class TargetTrigger(Trigger):
    """A trigger with a target and options."""

    _fields: ClassVar[dict[vol.Marker, Any]] = {}

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take over what the user entered."""
        super().__init__(hass, config)
        self._target: Mapping[str, Any] = config.target or {}
        self._options: Mapping[str, Any] = config.options or {}
        self._key = config.key.removeprefix(f"{DOMAIN}.")

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Return the configuration, with its defaults; raise vol.Invalid if it is wrong."""
        schema = vol.Schema(
            {
                vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
                vol.Required(CONF_OPTIONS, default={}): cls._fields,
            }
        )
        valid: ConfigType = schema(config)
        return valid

    def _describe(self, data: Mapping[str, Any]) -> str:
        """Return what happened, in Home Assistant's language: its logbook shows it."""
        subject = " ".join(filter(None, (data.get("account"), data.get("balance_name"))))
        return f"{subject}: {find_text(self._hass, 'triggers', f'{self._key}.name')}"


class EventTrigger(TargetTrigger):
    """Triggers at events of some types.

    With `for`, it triggers later, unless an event of one of the types that end it comes before.
    """

    _types: ClassVar[frozenset[str]]
    _ended_by: ClassVar[frozenset[str]] = frozenset()

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Follow the events of the accounts."""
        duration: timedelta | None = self._options.get(CONF_FOR)
        waiting: dict[tuple[str, str | None], CALLBACK_TYPE] = {}

        @callback
        def handle(event: Event) -> None:
            """Trigger, or begin or end to wait for that."""
            data = event.data
            what = data.get("type")
            key = data.get(ATTR_CONFIG_ENTRY_ID, ""), data.get("balance")
            if what in self._ended_by and key in waiting:
                waiting.pop(key)()
            if what not in self._types:
                return

            @callback
            def run(_now: datetime | None = None) -> None:
                """Trigger."""
                waiting.pop(key, None)
                if async_is_targeted(self._hass, self._target, *key):
                    run_action({**data, "for": duration}, self._describe(data), event.context)

            if duration:
                waiting[key] = async_call_later(self._hass, duration, run)
            else:
                run()

        stop = self._hass.bus.async_listen(EVENT_GOAPI, handle)

        @callback
        def detach() -> None:
            """Stop to listen and to wait."""
            stop()
            for cancel in waiting.values():
                cancel()
            waiting.clear()

        return detach


def at_events(*types: EventType, ended_by: tuple[EventType, ...] = ()) -> type[EventTrigger]:
    """Create a trigger at events of some types, with `for` if it is said what ends them."""

    class CustomTrigger(EventTrigger):
        """Triggers at these events."""

        _types = frozenset(types)
        _ended_by = frozenset(ended_by)
        _fields = {vol.Optional(CONF_FOR): cv.positive_time_period} if ended_by else {}

    return CustomTrigger


class BalanceCrossedThresholdTrigger(EntityNumericalStateCrossedThresholdTriggerBase):
    """Triggers when what is left of a balance crosses a threshold."""

    _domain_specs: Mapping[str, DomainSpec] = {SENSOR: DomainSpec()}

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the sensors that show what is left of a balance."""
        return async_select_entities(self._hass, super().entity_filter(entities), REMAINING)


class CreditsExpireSoonTrigger(TargetTrigger):
    """Triggers once for each credit pack, some days before it expires or when it is seen later.

    A moment that passes while Home Assistant is down is not made up for, as with Home Assistant's
    own triggers of time.
    """

    _fields: ClassVar[dict[vol.Marker, Any]] = {
        vol.Required(CONF_DAYS): vol.All(vol.Coerce(int), vol.Range(min=1))
    }

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Follow the clock."""
        hass, lead = self._hass, timedelta(days=self._options[CONF_DAYS])
        attached = dt_util.utcnow()
        accounts: set[str] = set()
        seen: set[tuple[str, str]] = set()

        @callback
        def check(now: datetime) -> None:
            """Trigger for each pack whose moment has come."""
            for entry in hass.config_entries.async_loaded_entries(DOMAIN):
                for pack in entry.runtime_data.data.expiring:
                    key, moment = (entry.entry_id, pack.id), pack.ends_at - lead
                    if moment > now or key in seen:
                        continue
                    seen.add(key)
                    # What was due before is no news when an account is seen for the first time.
                    if moment <= attached and entry.entry_id not in accounts:
                        continue
                    if async_is_targeted(hass, self._target, entry.entry_id, CREDIT_PACKS):
                        data = {
                            "account": entry.title,
                            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
                            **balance_attributes(hass, CREDIT_PACKS),
                            "amount": pack.left,
                            "ends_at": dt_util.as_local(pack.ends_at).isoformat(),
                        }
                        run_action(data, self._describe(data))
                accounts.add(entry.entry_id)

        check(attached)
        return async_track_time_interval(hass, check, EXPIRY_INTERVAL, cancel_on_shutdown=True)


TRIGGERS: dict[str, type[Trigger]] = {
    "account_disabled": at_events(EventType.DISABLED),
    "balance_became_empty": at_events(EventType.EMPTY),
    "balance_became_low": at_events(EventType.LOW, ended_by=(EventType.RECOVERED,)),
    "balance_crossed_threshold": BalanceCrossedThresholdTrigger,
    "balance_no_longer_low": at_events(
        EventType.RECOVERED, ended_by=(EventType.LOW, EventType.EMPTY)
    ),
    "credits_expire_soon": CreditsExpireSoonTrigger,
    "daily_limit_reached": at_events(EventType.DAILY_LIMIT_REACHED),
    "topped_up": at_events(EventType.TOPPED_UP, EventType.RECHARGED),
    "unusual_spending": at_events(EventType.SPEND_SPIKE),
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their key."""
    return TRIGGERS
