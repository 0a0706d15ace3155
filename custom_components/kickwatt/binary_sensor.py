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


CHARGING = KickwattBinarySensorDescription(
    key="charging",
    device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
    is_on_fn=lambda charger: (
        None if charger.state is None else charger.state is ChargingState.CHARGING
    ),
)

CONNECTIVITY = KickwattBinarySensorDescription(
    key="connectivity",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
    is_on_fn=lambda charger: charger.online,
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
        (CHARGING,),
        KickwattBinarySensor,
    )
    async_add_for_chargers(
        entry,
        async_add_entities,
        Platform.BINARY_SENSOR,
        (CONNECTIVITY,),
        KickwattConnectivitySensor,
    )


class KickwattBinarySensor(KickwattEntity, BinarySensorEntity):
    """A yes or no about a charger."""

    entity_description: KickwattBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the answer, None when the hub does not know."""
        return self.entity_description.is_on_fn(self.charger)


class KickwattConnectivitySensor(KickwattBinarySensor):
    """Whether the hub hears from a charger, so also there when it does not."""

    @property
    @override
    def available(self) -> bool:
        """Whether the hub is there to tell."""
        return self.known
