"""The adjustable values of Kickwatt chargers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors
from .live import KickwattLive
from .models import Charger, Mode

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class KickwattNumberDescription(KickwattEntityDescription, NumberEntityDescription):
    """Describes an adjustable value of a charger."""

    value_fn: Callable[[Charger], float | None]
    set_fn: Callable[[KickwattLive, str, float], Awaitable[None]]


def _or_zero(value_fn: Callable[[Mode], float | None]) -> Callable[[Charger], float]:
    """Show 0 for what was not set, because a number cannot be taken back otherwise."""
    return lambda charger: value_fn(charger.mode) or 0


NUMBERS: tuple[KickwattNumberDescription, ...] = (
    KickwattNumberDescription(
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
        value_fn=lambda charger: charger.settings.cutoff_w,
        set_fn=lambda live, charger_id, value: live.set_settings(
            charger_id, cutoff_w=value
        ),
    ),
    KickwattNumberDescription(
        key="max_hours",
        translation_key="max_hours",
        device_class=NumberDeviceClass.DURATION,
        entity_category=EntityCategory.CONFIG,
        native_unit_of_measurement=UnitOfTime.HOURS,
        native_min_value=0.1,
        native_max_value=48,
        native_step=0.1,
        mode=NumberMode.BOX,
        exists_fn=lambda charger: charger.settings.max_hours is not None,
        value_fn=lambda charger: charger.settings.max_hours,
        set_fn=lambda live, charger_id, value: live.set_settings(
            charger_id, max_hours=value
        ),
    ),
    KickwattNumberDescription(
        key="max_energy",
        translation_key="max_energy",
        device_class=NumberDeviceClass.ENERGY,
        entity_category=EntityCategory.CONFIG,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        native_min_value=10,
        native_max_value=20_000,
        native_step=1,
        mode=NumberMode.BOX,
        exists_fn=lambda charger: charger.settings.max_wh is not None,
        value_fn=lambda charger: charger.settings.max_wh,
        set_fn=lambda live, charger_id, value: live.set_settings(
            charger_id, max_wh=round(value)
        ),
    ),
    KickwattNumberDescription(
        key="balancing_time",
        translation_key="balancing_time",
        device_class=NumberDeviceClass.DURATION,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        native_min_value=0,
        native_max_value=240,
        native_step=1,
        mode=NumberMode.BOX,
        exists_fn=lambda charger: charger.settings.balance_min is not None,
        value_fn=lambda charger: charger.settings.balance_min,
        set_fn=lambda live, charger_id, value: live.set_settings(
            charger_id, balance_min=round(value)
        ),
    ),
    KickwattNumberDescription(
        key="energy_target",
        translation_key="energy_target",
        device_class=NumberDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        native_min_value=0,
        native_max_value=20_000,
        native_step=1,
        mode=NumberMode.BOX,
        known_when_silent=True,
        exists_fn=lambda charger: charger.has_modes,
        value_fn=_or_zero(lambda mode: mode.target_wh),
        set_fn=lambda live, charger_id, value: live.set_mode(
            charger_id, target_wh=value or None
        ),
    ),
    KickwattNumberDescription(
        key="charge_target",
        translation_key="charge_target",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        native_min_value=0,
        native_max_value=100,
        native_step=1,
        mode=NumberMode.BOX,
        known_when_silent=True,
        exists_fn=lambda charger: charger.has_modes,
        value_fn=_or_zero(lambda mode: mode.target_percent),
        set_fn=lambda live, charger_id, value: live.set_mode(
            charger_id, target_percent=value or None
        ),
    ),
    KickwattNumberDescription(
        key="cheapest_hours",
        translation_key="cheapest_hours",
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        native_min_value=0,
        native_max_value=24,
        native_step=0.25,
        mode=NumberMode.BOX,
        known_when_silent=True,
        exists_fn=lambda charger: charger.has_modes,
        value_fn=_or_zero(lambda mode: mode.hours),
        set_fn=lambda live, charger_id, value: live.set_mode(
            charger_id, hours=value or None
        ),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the adjustable values of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.NUMBER, NUMBERS, KickwattNumber
    )


class KickwattNumber(KickwattEntity, NumberEntity):
    """An adjustable value of a charger."""

    entity_description: KickwattNumberDescription
    shows = ("native_value",)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value, None when the hub does not know it."""
        return self.entity_description.value_fn(self.charger)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Hand a new value to the hub."""
        with translated_errors(self.charger):
            await self.entity_description.set_fn(
                self.coordinator.live, self.charger_id, value
            )
