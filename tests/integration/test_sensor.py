"""Sensors, from the message of a board to the state in Home Assistant."""

import asyncio
from datetime import datetime

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.kickwatt.models import ChargingState
from tests.integration.conftest import Load, ask, entry_for, state_of, states_of
from tests.integration.scripted_hub import CHARGER, ScriptedHub
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


def number_of(hass: HomeAssistant, entity_id: str) -> float:
    """Return a state as a number, below all numbers while there is none."""
    try:
        return float(states_of(hass)[entity_id])
    except KeyError, ValueError:
        return float("-inf")


async def test_what_a_board_measures_is_shown(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.csq = 20
    await board.report(91.2, voltage_v=231.4, current_a=0.712, energy_wh=1620)
    await until(lambda: state_of(hass, f"{SENSOR}_power") == "91.2")
    assert measured(hass) == {
        "charging_state": "off",
        "current": "0.712",
        "battery_health": STATE_UNKNOWN,
        "energy": "1.62",
        "estimated_full": STATE_UNKNOWN,
        "power": "91.2",
        "session_duration": STATE_UNKNOWN,
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
    tariff = {"kind": "fixed", "currency": "EUR", "zone": None, "per_kwh": 100}
    await ask(hub, "PUT", "tariff", tariff)
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
        await until(lambda: number_of(hass, f"{SENSOR}_session_energy") >= 20)
        during = number_of(hass, f"{SENSOR}_session_energy")
        assert during <= 30
        session = hass.states.get(f"{SENSOR}_session_energy")
        assert session is not None
        assert session.attributes["last_reset"].startswith("2026-11-18T")
        await until(lambda: number_of(hass, f"{SENSOR}_session_cost") >= 2)
        cost = hass.states.get(f"{SENSOR}_session_cost")
        assert cost is not None
        assert float(cost.state) <= 3
        assert cost.attributes["unit_of_measurement"] == "EUR"
        assert cost.attributes["unpriced_wh"] == 0
        assert cost.attributes["last_reset"] == session.attributes["last_reset"]
        await until(lambda: number_of(hass, f"{SENSOR}_session_duration") >= 18)
        assert number_of(hass, f"{SENSOR}_session_duration") <= 20
        await until(lambda: state_of(hass, f"{SENSOR}_estimated_full") != STATE_UNKNOWN)
        full = hass.states.get(f"{SENSOR}_estimated_full")
        assert full is not None
        expected = datetime.fromisoformat(full.state)
        assert full.attributes["earliest"] <= expected <= full.attributes["latest"]
        assert full.attributes["learned"] is False

        board.relay, board.why = 0, "cut_off"
        board.clock += 60
        await board.report(0, state="done", energy_wh=1530)
        await until(lambda: state_of(hass, STATE) == "full")
        assert state_of(hass, CHARGING) == "off"
        assert float(state_of(hass, f"{SENSOR}_session_energy")) >= during
        await until(lambda: state_of(hass, f"{SENSOR}_estimated_full") == STATE_UNKNOWN)
        assert float(state_of(hass, f"{SENSOR}_session_cost")) >= 2


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
        "battery_health": STATE_UNKNOWN,
        "current": STATE_UNAVAILABLE,
        "estimated_full": STATE_UNAVAILABLE,
        "session_duration": STATE_UNKNOWN,
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
    known = {
        entity_id: state
        for entity_id, state in states_of(hass).items()
        if state != STATE_UNAVAILABLE
    }
    assert known == {
        CONNECTIVITY: "off",
        "binary_sensor.garage_scooter_problem": "off",
        "event.garage_scooter_charge": STATE_UNKNOWN,
        "number.garage_scooter_charge_target": "0",
        "number.garage_scooter_cheapest_hours": "0",
        "number.garage_scooter_energy_target": "0",
        "select.garage_scooter_mode": "manual",
        f"{SENSOR}_battery_health": STATE_UNKNOWN,
        f"{SENSOR}_energy": "1.62",
        f"{SENSOR}_session_duration": STATE_UNKNOWN,
        f"{SENSOR}_session_energy": STATE_UNKNOWN,
        "time.garage_scooter_ready_by": STATE_UNKNOWN,
        "update.garage_scooter_firmware": "off",
    }

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


async def test_what_changes_all_the_time_is_disabled_at_first(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    entity = er.async_get(hass).async_get(f"{SENSOR}_last_seen")
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION


async def test_before_enough_whole_charges_health_says_how_many_it_needs(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    def needed() -> object:
        state = hass.states.get(f"{SENSOR}_battery_health")
        return None if state is None else state.attributes.get("needed")

    await until(lambda: needed() == 5)
    assert state_of(hass, f"{SENSOR}_battery_health") == STATE_UNKNOWN


async def test_health_is_asked_again_only_after_a_charge(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    entity_id = f"{SENSOR}_battery_health"
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome()
    await setup
    await until(lambda: state_of(hass, entity_id) == "96.4")
    state = hass.states.get(entity_id)
    assert state is not None
    assert state.attributes["whole_charges"] == 7
    assert state.attributes["trend_percent_per_year"] == -3.1

    await line.change(11, name="still charging")
    scripted.health_status = 500
    ended = CHARGER["session"] | {"end": "2026-11-21T09:00:00Z", "end_reason": "full"}
    await line.change(12, session=ended)
    await until(lambda: scripted.health_asked == 2)
    await hass.async_block_till_done()
    assert state_of(hass, entity_id) == "96.4"

    # What came to nothing is asked again with the next news.
    scripted.health_status = 200
    scripted.health = scripted.health | {"capacity_percent": 95.9}
    await line.change(13, session=ended, name="later")
    await until(lambda: state_of(hass, entity_id) == "95.9")
    await line.change(14, session=ended, name="later still")
    await hass.async_block_till_done()
    assert scripted.health_asked == 3
    await hass.config_entries.async_unload(scripted_entry.entry_id)


async def test_the_currency_stays_while_a_new_charge_has_no_price_yet(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome()
    await setup
    assert state_of(hass, f"{SENSOR}_session_cost") == "0.0361"
    unpriced = {"cost": None, "currency": None, "unpriced_wh": None}
    await line.change(11, session=CHARGER["session"] | unpriced)
    await until(lambda: state_of(hass, f"{SENSOR}_session_cost") == STATE_UNKNOWN)
    state = hass.states.get(f"{SENSOR}_session_cost")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "EUR"
    await hass.config_entries.async_unload(scripted_entry.entry_id)
