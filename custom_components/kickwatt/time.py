"""By when a Kickwatt charger is to be ready."""

from dataclasses import dataclass
from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class KickwattTimeDescription(KickwattEntityDescription, TimeEntityDescription):
    """Describes a time of day for a charger."""


READY_BY = KickwattTimeDescription(
    key="ready_by",
    translation_key="ready_by",
    known_when_silent=True,
    exists_fn=lambda charger: charger.has_modes,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the times of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.TIME, (READY_BY,), KickwattReadyBy
    )


class KickwattReadyBy(KickwattEntity, TimeEntity):
    """When a planned charge is to be ready, every day."""

    entity_description: KickwattTimeDescription
    shows = ("native_value",)

    @property
    @override
    def native_value(self) -> time | None:
        """Return the time of day, None when none was set."""
        return self.charger.mode.ready_by

    @override
    async def async_set_value(self, value: time) -> None:
        """Set another time. It is meant where Home Assistant is, wherever the hub is."""
        with translated_errors(self.charger):
            await self.coordinator.live.set_mode(
                self.charger_id,
                ready_by=value.strftime("%H:%M"),
                zone=self.hass.config.time_zone,
            )
