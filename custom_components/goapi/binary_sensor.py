"""Binary sensors: one for each field of the account that is true or false."""

from dataclasses import dataclass, replace
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.fields import ACCOUNT_SHAPES, Kind, field_by_shape
from .coordinator import GoAPIConfigEntry
from .entity import GoAPIEntity, GoAPIEntityDescription, add_entities_of_fields
from .names import readable

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class GoAPIBinarySensorEntityDescription(BinarySensorEntityDescription, GoAPIEntityDescription):
    """Describes the binary sensor of one field."""


def _diagnostic(key: str, *, enabled: bool = False) -> GoAPIBinarySensorEntityDescription:
    """Describe a flag that tells how the account is set up."""
    return GoAPIBinarySensorEntityDescription(
        key=key,
        translation_key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


BINARY_SENSORS: tuple[GoAPIBinarySensorEntityDescription, ...] = (
    GoAPIBinarySensorEntityDescription(key="is_enable", translation_key="is_enable"),
    GoAPIBinarySensorEntityDescription(key="is_verified", translation_key="is_verified"),
    _diagnostic("auto_recharge_enabled", enabled=True),
    _diagnostic("legacy_credit_updated"),
    _diagnostic("auto_challenge_mj_verification"),
    _diagnostic("skip_suno_flagged_account"),
)
_BINARY_SENSORS_BY_KEY = {description.key: description for description in BINARY_SENSORS}


def describe(key: str) -> GoAPIBinarySensorEntityDescription | None:
    """Return the description of the binary sensor for a field, known by name or by shape."""
    if description := _BINARY_SENSORS_BY_KEY.get(key):
        return description
    shaped = field_by_shape(ACCOUNT_SHAPES, key)
    if shaped is None or shaped.shape.kind is not Kind.FLAG:
        return None
    return replace(
        _diagnostic(key),
        translation_key=shaped.shape.name,
        translation_placeholders={"pool": readable(shaped.of)},
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: GoAPIConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of an account."""
    add_entities_of_fields(
        entry, async_add_entities, Platform.BINARY_SENSOR, describe, GoAPIBinarySensor
    )


class GoAPIBinarySensor(GoAPIEntity, BinarySensorEntity):
    """Shows a flag of the account."""

    entity_description: GoAPIBinarySensorEntityDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value of the field."""
        return self.field if isinstance(self.field, bool) else None
