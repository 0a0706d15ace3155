"""Sensors of Kickwatt chargers."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
import logging
from typing import Any, ClassVar, override

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
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .client import KickwattError
from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .estimate import steady, to_the_minute
from .meter_sensor import async_add_for_meters
from .models import Charger, ChargingState, Health

_LOGGER = logging.getLogger(__name__)

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class KickwattSensorDescription(KickwattEntityDescription, SensorEntityDescription):
    """Describes a sensor of a charger."""

    value_fn: Callable[[Charger], StateType | datetime]
    last_reset_fn: Callable[[Charger], datetime | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class KickwattHealthDescription(KickwattEntityDescription, SensorEntityDescription):
    """Describes the health of a battery, which the hub does not push."""


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
        key="session_duration",
        translation_key="session_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        known_when_silent=True,
        value_fn=lambda charger: (
            None
            if charger.session_duration is None
            else charger.session_duration.total_seconds()
        ),
        last_reset_fn=lambda charger: charger.session.start,
    ),
    # Changes with every message, which is no use to most and much to write down.
    KickwattSensorDescription(
        key="last_seen",
        translation_key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        known_when_silent=True,
        value_fn=lambda charger: charger.last_seen,
    ),
    KickwattSensorDescription(
        key="supply_voltage",
        translation_key="supply_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=2,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=lambda charger: charger.supply_v is not None,
        value_fn=lambda charger: charger.supply_v,
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

SESSION_COST = KickwattSensorDescription(
    key="session_cost",
    translation_key="session_cost",
    device_class=SensorDeviceClass.MONETARY,
    state_class=SensorStateClass.TOTAL,
    suggested_display_precision=2,
    known_when_silent=True,
    exists_fn=lambda charger: charger.session.currency is not None,
    value_fn=lambda charger: charger.session.cost,
    last_reset_fn=lambda charger: charger.session.start,
    attributes_fn=lambda charger: {"unpriced_wh": charger.session.unpriced_wh},
)

ESTIMATED_FULL = KickwattSensorDescription(
    key="estimated_full",
    translation_key="estimated_full",
    device_class=SensorDeviceClass.TIMESTAMP,
    exists_fn=lambda charger: charger.phase is not None,
    value_fn=lambda charger: charger.full.expected,
    attributes_fn=lambda charger: {
        "earliest": to_the_minute(charger.full.earliest),
        "latest": to_the_minute(charger.full.latest),
        "learned": charger.full.learned,
    },
)

BATTERY_HEALTH = KickwattHealthDescription(
    key="battery_health",
    translation_key="battery_health",
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
    suggested_display_precision=1,
    entity_category=EntityCategory.DIAGNOSTIC,
    known_when_silent=True,
    exists_fn=lambda charger: charger.phase is not None,
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
    async_add_for_chargers(
        entry, async_add_entities, Platform.SENSOR, (SESSION_COST,), KickwattCost
    )
    async_add_for_chargers(
        entry, async_add_entities, Platform.SENSOR, (ESTIMATED_FULL,), KickwattEstimate
    )
    async_add_for_chargers(
        entry,
        async_add_entities,
        Platform.SENSOR,
        (BATTERY_HEALTH,),
        KickwattBatteryHealth,
    )
    async_add_for_meters(entry, async_add_entities)


class KickwattSensor(KickwattEntity, SensorEntity):
    """A value of a charger."""

    entity_description: KickwattSensorDescription
    shows: ClassVar[tuple[str, ...]] = ("native_value", "last_reset", "measured_at")

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value, None when the hub does not know it."""
        return self.entity_description.value_fn(self.charger)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when counting began, for what counts from a beginning."""
        return self.entity_description.last_reset_fn(self.charger)

    @property
    def measured_at(self) -> datetime | None:
        """Return when it was measured, for what is measured or counted.

        The same value again is news as well: Home Assistant's integrals, derivatives and
        statistics go by when a state was reported last.
        """
        measured = self.entity_description.state_class is not None
        return self.charger.reading.time if measured else None


class KickwattCost(KickwattSensor):
    """What the running charge costs, else the last one, in the tariff's currency."""

    shows = (*KickwattSensor.shows, "native_unit_of_measurement")

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the currency.

        A charge has none before its first price is known. A unit that comes and goes
        would spoil the statistics, so the last one stays.
        """
        currency = self.charger.session.currency
        if currency is None and self.registry_entry is not None:
            return self.registry_entry.unit_of_measurement
        return currency


class KickwattEstimate(KickwattSensor):
    """When the running charge will be full."""

    _estimate: datetime | None = None

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the estimate that was settled on, None without a charge."""
        return self._estimate

    @override
    async def async_added_to_hass(self) -> None:
        """Settle on a first estimate."""
        await super().async_added_to_hass()
        self._settle()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Settle on an estimate before it is shown."""
        self._settle()
        super()._handle_coordinator_update()

    @callback
    def _settle(self) -> None:
        if self.known:
            self._estimate = steady(self._estimate, self.charger.full)


class KickwattBatteryHealth(KickwattEntity, SensorEntity):
    """The battery's capacity against its first: not pushed, but asked after a charge."""

    entity_description: KickwattHealthDescription

    _health: Health | None = None
    _asked_after: datetime | None = None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the capacity in percent, None before enough whole charges."""
        return None if self._health is None else self._health.capacity_percent

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return what the capacity rests on."""
        if self._health is None:
            return None
        return {
            key: value
            for key, value in asdict(self._health).items()
            if key != "capacity_percent"
        }

    @override
    async def async_added_to_hass(self) -> None:
        """Ask for the first time."""
        await super().async_added_to_hass()
        self._ask()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Ask again when a charge has ended since."""
        super()._handle_coordinator_update()
        if self.known and self.charger.session.end not in (None, self._asked_after):
            self._ask()

    @callback
    def _ask(self) -> None:
        self._asked_after = self.charger.session.end
        self.async_schedule_update_ha_state(force_refresh=True)

    @override
    async def async_update(self) -> None:
        """Ask the hub."""
        try:
            self._health = await self.coordinator.health(self.charger_id)
        except KickwattError as err:
            self._asked_after = None
            _LOGGER.debug("No battery health of %s: %s", self.charger_id, err)
