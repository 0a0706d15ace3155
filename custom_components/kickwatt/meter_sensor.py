"""Sensors of energy meters and of sites."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import re
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfPower, UnitOfReactiveEnergy, UnitOfReactivePower
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .meters import Key, Meter, Site, Thing

_PHASE = re.compile(r"(\w+)_l([123])")

_UNITS = {
    "VAr": UnitOfReactivePower.VOLT_AMPERE_REACTIVE,
    "kVArh": UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR,
}
"""What Home Assistant spells otherwise than a meter's manual does."""

_MEASURED = SensorStateClass.MEASUREMENT
_COUNTED = SensorStateClass.TOTAL_INCREASING


@dataclass(frozen=True, kw_only=True)
class MeterDescription(SensorEntityDescription):
    """Describes a measurement of a meter, or of one of its phases."""


@dataclass(frozen=True, kw_only=True)
class SiteDescription(SensorEntityDescription):
    """Describes what a site comes to."""

    value_fn: Callable[[Site], float | None]
    attributes_fn: Callable[[Site], dict[str, Any]] | None = None


def _pair(
    key: str,
    device_class: SensorDeviceClass,
    *,
    phases_enabled: bool = True,
    **fields: Any,
) -> Iterator[MeterDescription]:
    """Describe a measurement of the whole meter, and that of a phase."""
    counts = device_class is SensorDeviceClass.ENERGY
    given: dict[str, Any] = {
        "device_class": device_class,
        "state_class": _COUNTED if counts else _MEASURED,
        **fields,
    }
    # Without a text a sensor is named after its class, which says nothing of a counter's direction.
    yield MeterDescription(key=key, translation_key=key if counts else None, **given)
    phase = f"phase_{key}"
    given["entity_registry_enabled_default"] = phases_enabled
    yield MeterDescription(key=phase, translation_key=phase, **given)


METER_SENSORS: tuple[MeterDescription, ...] = (
    *_pair("voltage", SensorDeviceClass.VOLTAGE, suggested_display_precision=1),
    *_pair("current", SensorDeviceClass.CURRENT, suggested_display_precision=2),
    *_pair("active_power", SensorDeviceClass.POWER, suggested_display_precision=1),
    *_pair(
        "apparent_power",
        SensorDeviceClass.APPARENT_POWER,
        phases_enabled=False,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
    ),
    *_pair(
        "reactive_power",
        SensorDeviceClass.REACTIVE_POWER,
        phases_enabled=False,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
    ),
    *_pair(
        "power_factor",
        SensorDeviceClass.POWER_FACTOR,
        phases_enabled=False,
        suggested_display_precision=2,
    ),
    *_pair(
        "energy_import",
        SensorDeviceClass.ENERGY,
        phases_enabled=False,
        suggested_display_precision=2,
    ),
    *_pair(
        "energy_export",
        SensorDeviceClass.ENERGY,
        phases_enabled=False,
        suggested_display_precision=2,
    ),
    MeterDescription(
        key="frequency",
        device_class=SensorDeviceClass.FREQUENCY,
        state_class=_MEASURED,
        suggested_display_precision=2,
    ),
    MeterDescription(
        key="current_neutral",
        translation_key="current_neutral",
        device_class=SensorDeviceClass.CURRENT,
        state_class=_MEASURED,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
    ),
)

# Demands, distortions, resettable counters and whatever else a model has: named as the model names it.
OTHER = MeterDescription(
    key="measurement",
    translation_key="measurement",
    entity_registry_enabled_default=False,
)

_BY_KEY = {each.key: each for each in METER_SENSORS}

SITE_SENSORS: tuple[SiteDescription, ...] = (
    SiteDescription(
        key="site_power",
        translation_key="site_power",
        device_class=SensorDeviceClass.POWER,
        state_class=_MEASURED,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=lambda site: site.power_w,
    ),
    SiteDescription(
        key="chargers_power",
        translation_key="chargers_power",
        device_class=SensorDeviceClass.POWER,
        state_class=_MEASURED,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=lambda site: site.chargers_w,
    ),
    SiteDescription(
        key="rest_power",
        translation_key="rest_power",
        device_class=SensorDeviceClass.POWER,
        state_class=_MEASURED,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=lambda site: site.rest_w,
        attributes_fn=lambda site: {"unknown": list(site.unknown)},
    ),
)


@callback
def async_add_for_meters(
    entry: KickwattConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of all meters and sites, also of those that appear later."""
    coordinator = entry.runtime_data
    added: set[tuple[Key, str]] = set()

    @callback
    def add_new(key: Key) -> None:
        """Add what is new, and forget what is gone: it may come back."""
        thing = coordinator.metering.things.get(key)
        if thing is None:
            added.difference_update([each for each in added if each[0] == key])
            return
        new = [
            entity
            for entity in _entities(coordinator, thing)
            if (thing.key, entity.part) not in added
        ]
        added.update((thing.key, entity.part) for entity in new)
        if new:
            async_add_entities(new)

    for key in coordinator.metering.things:
        add_new(key)
    entry.async_on_unload(coordinator.metering.listen_to_all(add_new))


def _entities(
    coordinator: KickwattCoordinator, thing: Thing
) -> Iterator[MeterSensor | SiteSensor]:
    if isinstance(thing, Site):
        for description in SITE_SENSORS:
            yield SiteSensor(coordinator, thing, description)
    else:
        for name in thing.values:
            yield MeterSensor(coordinator, thing, name)


class MeteringEntity(CoordinatorEntity[KickwattCoordinator], SensorEntity):
    """One thing about one meter or site."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: KickwattCoordinator, key: Key, part: str) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, context=key)
        self.key = key
        self.part = part
        self._attr_unique_id = f"{coordinator.hub_id}-{key}-{part}"
        # The coordinator keeps the rest of the device up to date.
        self._attr_device_info = DeviceInfo(
            identifiers={coordinator.device_identifier(key)}
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what is new about the meter or site."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.metering.listen(self.key, self.async_write_ha_state)
        )


class MeterSensor(MeteringEntity):
    """A measurement of a meter."""

    entity_description: MeterDescription

    def __init__(
        self, coordinator: KickwattCoordinator, meter: Meter, name: str
    ) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, meter.key, name)
        on_phase = _PHASE.fullmatch(name)
        key = name if on_phase is None else f"phase_{on_phase[1]}"
        self.entity_description = _BY_KEY.get(key, OTHER)
        if self.entity_description is OTHER:
            counts = meter.values[name].cumulative
            self._attr_state_class = _COUNTED if counts else _MEASURED
            spoken = name.replace("_", " ").capitalize()
            self._attr_translation_placeholders = {"name": spoken}
        elif on_phase is not None:
            self._attr_translation_placeholders = {"phase": f"L{on_phase[2]}"}
        elif name in ("voltage", "current") and f"{name}_l1" in meter.values:
            # The mean of three phases, each of which is there as well.
            self._attr_entity_registry_enabled_default = False
        unit = meter.values[name].unit
        self._attr_native_unit_of_measurement = _UNITS.get(unit or "", unit)

    @property
    def meter(self) -> Meter | None:
        """The meter as the hub last told of it, None when it is gone."""
        meter = self.coordinator.metering.things.get(self.key)
        return meter if isinstance(meter, Meter) else None

    @property
    @override
    def available(self) -> bool:
        """Whether the hub is there, and the meter answers it and has this."""
        return (
            super().available
            and self.meter is not None
            and self.meter.online
            and self.part in self.meter.values
        )

    @property
    @override
    def native_value(self) -> float | None:
        """Return what it measured last."""
        value = None if self.meter is None else self.meter.values.get(self.part)
        return None if value is None else value.value


class SiteSensor(MeteringEntity):
    """What a site comes to."""

    entity_description: SiteDescription

    def __init__(
        self,
        coordinator: KickwattCoordinator,
        site: Site,
        description: SiteDescription,
    ) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, site.key, description.key)
        self.entity_description = description

    @property
    def site(self) -> Site | None:
        """The site as the hub last told of it, None when it is gone."""
        site = self.coordinator.metering.things.get(self.key)
        return site if isinstance(site, Site) else None

    @property
    @override
    def available(self) -> bool:
        """Whether the hub is there and has the site."""
        return super().available and self.site is not None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the power, None when it is not known."""
        return (
            None if self.site is None else self.entity_description.value_fn(self.site)
        )

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return what else there is to say."""
        describe = self.entity_description.attributes_fn
        return None if describe is None or self.site is None else describe(self.site)
