"""The conditions that automations can choose."""

from typing import ClassVar, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    Condition,
    EntityConditionBase,
    make_entity_numerical_condition,
    make_entity_state_condition,
)

from .targets import ENABLED, LOW, REMAINING, async_select_entities


class GoAPICondition(EntityConditionBase):
    """A condition of the entities of this integration that have one of some translation keys.

    Home Assistant's own pass for all if nothing is known of any; what lets money be spent must not.
    """

    _keys: ClassVar[frozenset[str]]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the entities that the condition is about."""
        return async_select_entities(self._hass, super().entity_filter(entities), self._keys)

    @override
    def _should_include(self, _state: State) -> bool:
        """Return True: what is unavailable or unknown does not pass."""
        return True

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        """Return whether there are any, and all of them pass."""
        return bool(states) and super()._check_all_match_state(states)


def of_entities(keys: frozenset[str], condition: type[EntityConditionBase]) -> type[Condition]:
    """Narrow a condition down to the entities of this integration with some translation keys."""
    return type("CustomCondition", (GoAPICondition, condition), {"_keys": keys})


CONDITIONS: dict[str, type[Condition]] = {
    "account_is_enabled": of_entities(
        ENABLED, make_entity_state_condition(BINARY_SENSOR, STATE_ON)
    ),
    "balance_is_above": of_entities(
        REMAINING, make_entity_numerical_condition({SENSOR: DomainSpec()})
    ),
    "balance_is_low": of_entities(LOW, make_entity_state_condition(BINARY_SENSOR, STATE_ON)),
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their key."""
    return CONDITIONS
