"""Sensors of Kickwatt chargers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    Platform,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .models import Charger, ChargingState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class KickwattSensorDescription(KickwattEntityDescription, SensorEntityDescription):
    """Describes a sensor of a charger."""

    value_fn: Callable[[Charger], StateType]
    last_reset_fn: Callable[[Charger], datetime | None] = lambda _: None
    known_when_silent: bool = False
    """A meter's count stands as long as nobody reads a higher one."""


SENSORS: tuple[KickwattSensorDescription, ...] = (
    KickwattSensorDescription(
        key="charging_state",
        translation_key="charging_state",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in ChargingState],
        value_fn=lambda charger: charger.state,
    ),
    KickwattSensorDescription(
        key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=1,
        exists_fn=lambda charger: charger.reading.power_w is not None,
        value_fn=lambda charger: charger.reading.power_w,
    ),
    # Volts times amperes is no real power: a scooter's charger has a power factor near
    # 0.55. So it is shown only where nothing better is measured, and in VA.
    KickwattSensorDescription(
        key="apparent_power",
        device_class=SensorDeviceClass.APPARENT_POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfApparentPower.VOLT_AMPERE,
        suggested_display_precision=1,
        exists_fn=lambda charger: (
            charger.reading.power_w is None
            and charger.reading.apparent_power_va is not None
        ),
        value_fn=lambda charger: charger.reading.apparent_power_va,
    ),
    KickwattSensorDescription(
        key="current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=2,
        value_fn=lambda charger: charger.reading.current_a,
    ),
    KickwattSensorDescription(
        key="voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=1,
        value_fn=lambda charger: charger.reading.voltage_v,
    ),
    KickwattSensorDescription(
        key="power_factor",
        device_class=SensorDeviceClass.POWER_FACTOR,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        exists_fn=lambda charger: charger.reading.power_factor is not None,
        value_fn=lambda charger: charger.reading.power_factor,
    ),
    # The hub sees to it that this never falls, whatever happens to the meter. So it is a
    # total that never resets, which TOTAL_INCREASING would have to guess.
    KickwattSensorDescription(
        key="energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        known_when_silent=True,
        exists_fn=lambda charger: charger.reading.energy_wh is not None,
        value_fn=lambda charger: charger.reading.energy_wh,
    ),
    # Late readings may correct a session downwards; with the reset said openly, that is
    # a correction and not a new charge.
    KickwattSensorDescription(
        key="session_energy",
        translation_key="session_energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_display_precision=0,
        known_when_silent=True,
        value_fn=lambda charger: charger.session.energy_wh,
        last_reset_fn=lambda charger: charger.session.start,
    ),
    KickwattSensorDescription(
        key="signal_strength",
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda charger: charger.signal_dbm is not None,
        value_fn=lambda charger: charger.signal_dbm,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.SENSOR, SENSORS, KickwattSensor
    )


class KickwattSensor(KickwattEntity, SensorEntity):
    """A value of a charger."""

    entity_description: KickwattSensorDescription

    @property
    @override
    def native_value(self) -> StateType:
        """Return the value, None when the hub does not know it."""
        return self.entity_description.value_fn(self.charger)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when counting began, for what counts from a beginning."""
        return self.entity_description.last_reset_fn(self.charger)

    @property
    @override
    def available(self) -> bool:
        """Whether the hub is there and the value is still true.

        A silent charger's volts and amperes are anybody's guess. Its energy counts are
        not: they stay, so that statistics have no hole where the modem had no coverage,
        and what it counted meanwhile is added when it is heard again.
        """
        if self.entity_description.known_when_silent:
            return self.known
        return super().available
