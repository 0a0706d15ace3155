"""The switch of a Kickwatt charger."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import (
    SwitchDeviceClass,
    SwitchEntity,
    SwitchEntityDescription,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors

# An order waits until the device has reported, which over GSM takes a while. Orders for
# other chargers must not wait for it, and "off" never for an "on" before it: the hub
# lets the newer order take the older one's place.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class KickwattSwitchDescription(KickwattEntityDescription, SwitchEntityDescription):
    """Describes a switch of a charger."""


RELAY = KickwattSwitchDescription(
    key="relay",
    translation_key="relay",
    device_class=SwitchDeviceClass.OUTLET,
    exists_fn=lambda charger: charger.takes_orders,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.SWITCH, (RELAY,), KickwattRelay
    )


class KickwattRelay(KickwattEntity, SwitchEntity):
    """The relay of a charger.

    It shows what the device reports, never what was merely asked for: between an order
    and its report the old state is still the truth.
    """

    entity_description: KickwattSwitchDescription
    shows = ("is_on",)

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether the relay is closed, None when the device has not said."""
        return self.charger.relay.reported

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Close the relay, and wait until the device says so."""
        with translated_errors(self.charger, "on"):
            await self.coordinator.live.set_relay(self.charger_id, on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Open the relay, and wait until the device says so."""
        with translated_errors(self.charger, "off"):
            await self.coordinator.live.set_relay(self.charger_id, on=False)
