"""Binary sensors of Kickwatt chargers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .models import Charger, ChargingState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class KickwattBinarySensorDescription(
    KickwattEntityDescription, BinarySensorEntityDescription
):
    """Describes a binary sensor of a charger."""

    is_on_fn: Callable[[Charger], bool | None]


BINARY_SENSORS: tuple[KickwattBinarySensorDescription, ...] = (
    KickwattBinarySensorDescription(
        key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        is_on_fn=lambda charger: (
            None if charger.state is None else charger.state is ChargingState.CHARGING
        ),
    ),
    KickwattBinarySensorDescription(
        key="plugged_in",
        translation_key="plugged_in",
        device_class=BinarySensorDeviceClass.PLUG,
        is_on_fn=lambda charger: charger.plugged_in,
    ),
    # A latched safety stop stays latched, whether the charger is heard or not.
    KickwattBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        known_when_silent=True,
        is_on_fn=lambda charger: (
            None if charger.last_seen is None else bool(charger.problems)
        ),
        attributes_fn=lambda charger: {"reasons": list(charger.problems)},
    ),
    KickwattBinarySensorDescription(
        key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        known_when_silent=True,
        is_on_fn=lambda charger: charger.online,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of all chargers."""
    async_add_for_chargers(
        entry,
        async_add_entities,
        Platform.BINARY_SENSOR,
        BINARY_SENSORS,
        KickwattBinarySensor,
    )


class KickwattBinarySensor(KickwattEntity, BinarySensorEntity):
    """A yes or no about a charger."""

    entity_description: KickwattBinarySensorDescription
    shows = ("is_on",)

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the answer, None when the hub does not know."""
        return self.entity_description.is_on_fn(self.charger)
