"""Sensors, from the message of a board to the state in Home Assistant."""

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.kickwatt.models import ChargingState
from tests.integration.conftest import Load, entry_for, state_of, states_of
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

SENSOR = "sensor.garage_scooter"
STATE = f"{SENSOR}_charging_state"
CHARGING = "binary_sensor.garage_scooter_charging"
CONNECTIVITY = "binary_sensor.garage_scooter_connectivity"


def measured(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of the board's sensors by their short names."""
    return {
        entity_id.removeprefix(f"{SENSOR}_"): state
        for entity_id, state in states_of(hass).items()
        if entity_id.startswith(SENSOR)
    }


async def test_what_a_board_measures_is_shown(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.csq = 20
    await board.report(91.2, voltage_v=231.4, current_a=0.712, energy_wh=1620)
    await until(lambda: state_of(hass, f"{SENSOR}_power") == "91.2")
    assert measured(hass) == {
        "charging_state": "off",
        "current": "0.712",
        "energy": "1.62",
        "power": "91.2",
        "session_energy": STATE_UNKNOWN,
        "signal_strength": "-73",
        "voltage": "231.4",
    }


async def test_a_charge_is_followed_from_its_start_to_its_end(
    hass: HomeAssistant,
    hub: RunningHub,
    load: Load,
) -> None:
    key = await hub.add_charger("scooter", name="Garage scooter", simulated=True)
    async with S1Device(hub.device_url, "scooter", key) as board:
        # A simulated board's clock counts, so an hour passes in no time.
        board.clock = 1_795_000_000
        await board.report(0.4, state="off", energy_wh=1500)
        await load(await entry_for(hub))
        assert state_of(hass, STATE) == "off"
        assert state_of(hass, CHARGING) == "off"

        board.relay, board.why = 1, "button"
        for minute in range(20):
            board.clock += 60
            await board.report(
                90, state="charging", energy_wh=1500 + round(minute * 1.5)
            )
        await until(lambda: state_of(hass, STATE) == "charging")
        assert state_of(hass, CHARGING) == "on"
        await until(lambda: state_of(hass, f"{SENSOR}_session_energy") != STATE_UNKNOWN)
        during = float(state_of(hass, f"{SENSOR}_session_energy"))
        assert 20 <= during <= 30
        session = hass.states.get(f"{SENSOR}_session_energy")
        assert session is not None
        assert session.attributes["last_reset"].startswith("2026-11-18T")

        board.relay, board.why = 0, "cut_off"
        board.clock += 60
        await board.report(0, state="done", energy_wh=1530)
        await until(lambda: state_of(hass, STATE) == "full")
        assert state_of(hass, CHARGING) == "off"
        assert float(state_of(hass, f"{SENSOR}_session_energy")) >= during


@pytest.mark.parametrize("trip", ["over_current", "welded"])
async def test_a_trip_is_shown(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry, trip: str
) -> None:
    board.trips = [trip]
    await board.report(0, state="tripped")
    await until(lambda: state_of(hass, STATE) == "tripped")


def test_states_are_those_of_the_contract() -> None:
    assert [state.value for state in ChargingState] == [
        "off",
        "idle",
        "charging",
        "full",
        "tripped",
    ]


async def test_a_charger_that_was_never_heard_says_nothing(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, load: Load
) -> None:
    await load(await entry_for(hub))
    assert measured(hass) == {
        "charging_state": STATE_UNAVAILABLE,
        "current": STATE_UNAVAILABLE,
        "session_energy": STATE_UNKNOWN,
        "voltage": STATE_UNAVAILABLE,
    }
    assert state_of(hass, CONNECTIVITY) == "off"


async def test_a_silent_charger_is_unavailable_but_for_what_stays_true(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await board.report(91.2, energy_wh=1620)
    await until(lambda: state_of(hass, f"{SENSOR}_power") == "91.2")
    # The hub's clock goes on by a day; the board says nothing meanwhile.
    fleet = hub.hub.context.fleet
    now_ms = fleet._now_ms
    monkeypatch.setattr(fleet, "_now_ms", lambda: now_ms() + 86_400_000)
    await until(lambda: state_of(hass, CONNECTIVITY) == "off")
    monkeypatch.undo()
    states = states_of(hass)
    assert states.pop(CONNECTIVITY) == "off"
    assert states.pop(f"{SENSOR}_energy") == "1.62"
    assert states.pop(f"{SENSOR}_session_energy") == STATE_UNKNOWN
    assert len(states) == 8
    assert set(states.values()) == {STATE_UNAVAILABLE}

    await board.report(50, energy_wh=1700)
    await until(lambda: state_of(hass, CONNECTIVITY) == "on")
    assert state_of(hass, f"{SENSOR}_power") == "50.0"
    assert state_of(hass, f"{SENSOR}_energy") == "1.7"


async def test_without_real_power_it_is_volt_amperes(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, load: Load
) -> None:
    await board.report(None, current_a=0.5, power_factor=None, energy_wh=None)
    await load(await entry_for(hub))
    sensors = measured(hass)
    assert sensors["apparent_power"] == "115.0"
    assert "power" not in sensors
    state = hass.states.get(f"{SENSOR}_apparent_power")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "VA"


async def test_energy_is_a_total_that_never_resets(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    state = hass.states.get(f"{SENSOR}_energy")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "kWh"
    assert state.attributes["device_class"] == "energy"
    assert state.attributes["state_class"] == SensorStateClass.TOTAL
    assert "last_reset" not in state.attributes


async def test_the_power_factor_is_there_for_who_wants_it(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry, load: Load
) -> None:
    registry = er.async_get(hass)
    entity_id = f"{SENSOR}_power_factor"
    entity = registry.async_get(entity_id)
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    registry.async_update_entity(entity_id, disabled_by=None)
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, entity_id) == "0.56"


async def test_what_a_charger_once_had_it_keeps(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
) -> None:
    # A reading without real power, such as while the meter restarts.
    await board.report(None, current_a=0.1, power_factor=None, energy_wh=1501)
    await until(lambda: state_of(hass, f"{SENSOR}_power") == STATE_UNKNOWN)
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, f"{SENSOR}_power") == STATE_UNKNOWN
