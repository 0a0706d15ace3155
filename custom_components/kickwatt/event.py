"""What happens to Kickwatt chargers."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import EVENT_SAFETY_STOP
from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .happenings import Happening, HappeningType

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class KickwattEventDescription(KickwattEntityDescription, EventEntityDescription):
    """Describes the events of a charger."""


CHARGE = KickwattEventDescription(
    key="charge",
    translation_key="charge",
    event_types=[happening.value for happening in HappeningType],
    known_when_silent=True,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.EVENT, (CHARGE,), KickwattEvent
    )


class KickwattEvent(KickwattEntity, EventEntity):
    """What happened to a charger last. The hub tells it, the charger may be silent."""

    entity_description: KickwattEventDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Listen, as long as the entity is there."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_listen(self.charger_id, self._async_tell)
        )

    @callback
    def _async_tell(self, happening: Happening) -> None:
        """Tell what has happened."""
        self._trigger_event(happening.type, happening.data)
        self.async_write_ha_state()
        if happening.type is HappeningType.TRIPPED:
            self.hass.bus.async_fire(
                EVENT_SAFETY_STOP,
                {
                    ATTR_DEVICE_ID: self.registry_entry
                    and self.registry_entry.device_id,
                    ATTR_ENTITY_ID: self.entity_id,
                    **happening.data,
                },
            )
