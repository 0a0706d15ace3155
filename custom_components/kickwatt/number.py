"""The adjustable values of Kickwatt chargers."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory, Platform, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class KickwattNumberDescription(KickwattEntityDescription, NumberEntityDescription):
    """Describes an adjustable value of a charger."""


CUTOFF = KickwattNumberDescription(
    key="cutoff",
    translation_key="cutoff",
    device_class=NumberDeviceClass.POWER,
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfPower.WATT,
    native_min_value=0.5,
    native_max_value=1000,
    native_step=0.1,
    mode=NumberMode.BOX,
    exists_fn=lambda charger: charger.settings.cutoff_w is not None,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the adjustable values of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.NUMBER, (CUTOFF,), KickwattCutoff
    )


class KickwattCutoff(KickwattEntity, NumberEntity):
    """The power below which a charge counts as finished, and is ended."""

    entity_description: KickwattNumberDescription

    @property
    @override
    def native_value(self) -> float | None:
        """Return the power in watts, None when the hub does not know it."""
        return self.charger.settings.cutoff_w

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Hand a new power to the hub, which passes it on to the device."""
        with translated_errors(self.charger):
            await self.coordinator.live.set_cutoff(self.charger_id, value)
