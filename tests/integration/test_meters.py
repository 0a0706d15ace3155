"""Energy meters and sites in Home Assistant: with the real hub and a simulated meter, and what only a script can say."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.kickwatt.const import DOMAIN
from custom_components.kickwatt.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.kickwatt.meter_sensor import METER_SENSORS
from custom_components.kickwatt.meters import metering_from_json, things_from_json
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_sim.energy_meter import House, SimulatedMeter
from tests.integration.conftest import Load, ask, entry_for
from tests.integration.scripted_hub import CHARGER, HUB_ID, Line, ScriptedHub
from tests.support.hub_process import RunningHub
from tests.support.until import until

METER: dict[str, Any] = {
    "id": 3,
    "name": "House",
    "title": "Eastron SDM630",
    "online": True,
    "values": {
        "voltage": {"value": 230.0, "unit": "V", "cumulative": False},
        "voltage_l1": {"value": 230.1, "unit": "V", "cumulative": False},
        "reactive_power": {"value": 12.5, "unit": "VAr", "cumulative": False},
        "energy_import": {"value": 1234.567, "unit": "kWh", "cumulative": True},
        "energy_net": {"value": 1200.0, "unit": "kWh", "cumulative": True},
        "current_thd": {"value": None, "unit": "%", "cumulative": False},
    },
}
SITE: dict[str, Any] = {
    "id": 1,
    "name": "Main 1, Town",
    "power_w": 1840.2,
    "chargers_w": 91.2,
    "rest_w": 1749.0,
    "unknown": ["scooter"],
}
VOLTAGE = "sensor.house_voltage_l1"
REST = "sensor.main_1_town_unexplained_power"


@pytest.fixture
async def sdm630() -> AsyncGenerator[SimulatedMeter]:
    """Return a simulated SDM630."""
    async with SimulatedMeter(House()) as meter:
        yield meter


@pytest.fixture
async def line(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> AsyncGenerator[Line]:
    """Return the hub's end of the connection, once a meter and a site are shown."""
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.show(meters=[METER, {"id": None}], sites=[SITE, {}])
    await setup
    await hass.async_block_till_done()
    yield line
    await hass.config_entries.async_unload(scripted_entry.entry_id)


def _state(hass: HomeAssistant, entity_id: str) -> str | None:
    state = hass.states.get(entity_id)
    return None if state is None else state.state


def _device(
    hass: HomeAssistant, entry: MockConfigEntry, identifier: str
) -> dr.DeviceEntry:
    (device,) = [
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if (DOMAIN, identifier) in device.identifiers
    ]
    return device


type Becomes = Callable[[str, str | None], Awaitable[None]]


@pytest.fixture
def becomes(hass: HomeAssistant) -> Becomes:
    """Return how to wait for a state."""

    async def becomes(entity_id: str, wanted: str | None) -> None:
        async def look() -> bool:
            return _state(hass, entity_id) == wanted

        await until(look)

    return becomes


async def test_a_meter_of_the_real_hub_is_a_device_with_its_measurements(
    hass: HomeAssistant,
    hub: RunningHub,
    load: Load,
    sdm630: SimulatedMeter,
    becomes: Becomes,
) -> None:
    """Ready for the energy dashboard; when the meter falls silent, unavailable."""
    added = await ask(
        hub,
        "POST",
        "meters",
        {
            "host": sdm630.host,
            "port": sdm630.port,
            "model": "sdm630",
            "name": "House",
            "interval_s": 1,
            "site_meter": True,
        },
    )
    entry = await load(await entry_for(hub))
    await becomes("sensor.house_frequency", "50.0")
    device = _device(hass, entry, f"{hub.hub_id}-meter.{added['id']}")
    assert (device.name, device.model) == ("House", shipped()["sdm630"].title)
    assert device.via_device_id == _device(hass, entry, hub.hub_id).id
    energy = hass.states.get("sensor.house_energy_import")
    assert energy is not None
    assert float(energy.state) > 3000
    assert energy.attributes["device_class"] == "energy"
    assert energy.attributes["state_class"] == "total_increasing"
    assert energy.attributes["unit_of_measurement"] == "kWh"
    power = hass.states.get("sensor.house_power")
    assert power is not None
    assert float(power.state) > 100
    registry = er.async_get(hass)
    shown = er.async_entries_for_device(
        registry, device.id, include_disabled_entities=True
    )
    assert len(shown) == len(shipped()["sdm630"].registers)
    enabled = {each.entity_id for each in shown if not each.disabled_by}
    assert enabled == {
        "sensor.house_power",
        "sensor.house_power_factor",
        "sensor.house_frequency",
        "sensor.house_energy_import",
        "sensor.house_energy_export",
        *(
            f"sensor.house_{what}_l{phase}"
            for what in ("voltage", "current", "power")
            for phase in (1, 2, 3)
        ),
    }
    rest = next(
        state.entity_id
        for state in hass.states.async_all("sensor")
        if state.entity_id.endswith("_unexplained_power")
    )

    async def explained() -> bool:
        return _state(hass, rest) != "unknown"

    await until(explained)
    assert float(_state(hass, rest) or 0) > 100
    await sdm630.stop()
    await becomes("sensor.house_power", "unavailable")
    await ask(hub, "DELETE", f"meters/{added['id']}")
    await becomes("sensor.house_power", None)
    registry_ = dr.async_get(hass)
    assert len(dr.async_entries_for_config_entry(registry_, entry.entry_id)) == 1


def test_what_every_common_model_measures_is_described() -> None:
    """Voltage, current, power, energy, frequency and power factor, per phase where there are any."""
    keys = {each.key for each in METER_SENSORS}
    common = {"voltage", "current", "active_power", "power_factor"}
    assert {*common, "energy_import", "energy_export", "frequency"} <= keys
    assert {f"phase_{name}" for name in common} <= keys


async def test_news_of_a_meter_change_it_and_nothing_else(
    hass: HomeAssistant, line: Line, becomes: Becomes
) -> None:
    """Values, what it measures newly, its name; that it is gone, and that it is back."""
    assert _state(hass, VOLTAGE) == "230.1"
    registry = er.async_get(hass)
    reactive = registry.async_get("sensor.house_reactive_power")
    assert reactive is not None
    assert reactive.unit_of_measurement == "var"
    assert reactive.disabled_by is not None
    mean = registry.async_get("sensor.house_voltage")
    assert mean is not None
    assert mean.disabled_by is not None
    net = registry.async_get("sensor.house_energy_net")
    assert net is not None
    assert net.original_name == "Energy net"
    values = METER["values"]
    changed = values | {"voltage_l1": values["voltage_l1"] | {"value": 231.5}}
    new = {"frequency": {"value": 50.01, "unit": "Hz", "cumulative": False}}
    await line.happened(11, "meter", meter=METER | {"values": changed | new})
    await becomes(VOLTAGE, "231.5")
    await becomes("sensor.house_frequency", "50.01")
    await line.happened(12, "meter", meter=METER | {"values": changed})
    await becomes("sensor.house_frequency", "unavailable")
    await line.happened(13, "meter", meter=METER | {"online": False})
    await becomes(VOLTAGE, "unavailable")
    await line.happened(14, "meter_removed", meter_id=3)
    await becomes(VOLTAGE, None)
    await line.happened(15, "meter", meter=METER)
    await becomes(VOLTAGE, "230.1")
    await line.change(16, state="idle")
    await becomes("sensor.garage_scooter_charging_state", "idle")
    assert _state(hass, VOLTAGE) == "230.1"


async def test_a_site_shows_what_nobody_explains(
    hass: HomeAssistant, line: Line, becomes: Becomes
) -> None:
    """With the chargers whose power is in it; unknown while the meter is silent."""
    state = hass.states.get(REST)
    assert state is not None
    assert (state.state, state.attributes["unknown"]) == ("1749.0", ["scooter"])
    assert _state(hass, "sensor.main_1_town_site_power") == "1840.2"
    assert _state(hass, "sensor.main_1_town_chargers_power") == "91.2"
    silent = {"power_w": None, "rest_w": None}
    await line.happened(11, "site", site=SITE | silent)
    await becomes(REST, "unknown")
    await line.happened(12, "site_removed", site_id=1)
    await becomes(REST, None)


@pytest.mark.usefixtures("hurried")
async def test_after_a_lost_connection_meters_are_as_they_are_now(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    line: Line,
    becomes: Becomes,
) -> None:
    """Resumed: what was missed is made up for. Started afresh: what is gone is gone."""
    await line.hang_up()
    await becomes(VOLTAGE, "unavailable")
    second = await scripted.accept()
    await second.greet()
    await second.say("resumed", id=2, run="a", number=10, to=12)
    await second.happened(11, "meter", meter=METER | {"name": "Home"})
    await second.happened(12, "site_removed", site_id=1)
    await becomes(VOLTAGE, "230.1")
    await becomes(REST, None)
    assert _device(hass, scripted_entry, f"{HUB_ID}-meter.3").name == "Home"
    await second.hang_up()
    third = await scripted.accept()
    await third.show(sites=[SITE])
    await becomes(VOLTAGE, None)
    await becomes(REST, "1749.0")


async def test_diagnostics_hold_meters_without_their_names(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    """Names may be people's."""
    found = await async_get_config_entry_diagnostics(hass, scripted_entry)
    meter, site = found["meters_and_sites"]
    assert (meter["name"], site["name"]) == ("**REDACTED**", "**REDACTED**")
    assert meter["values"]["voltage"]["value"] == 230


async def test_diagnostics_of_a_meter_hold_nothing_of_other_devices(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    """A report is about what its owner has chosen."""
    device = _device(hass, scripted_entry, f"{HUB_ID}-meter.3")
    found = await async_get_device_diagnostics(hass, scripted_entry, device)
    assert found["chargers"] == []
    assert [each["key"] for each in found["meters_and_sites"]] == ["meter.3"]
    assert found["entities"]["sensor.voltage_l1"] == "230.1"


def test_what_is_not_as_promised_is_nothing() -> None:
    """A hub of before has no meters, and another one may say anything."""
    assert things_from_json({"chargers": [CHARGER]}) == {}
    assert things_from_json({"meters": [{"id": "3"}, 7], "sites": {}}) == {}
    for event in (
        {"event": "meter", "meter": {}},
        {"event": "meter", "meter": 3},
        {"event": "site", "site": {"id": None}},
        {"event": "meter_removed"},
        {"event": "else"},
    ):
        assert metering_from_json(event) is None
    (meter,) = things_from_json({"meters": [{"id": 3, "values": {"a": 1}}]}).values()
    assert meter.name == "meter.3"
