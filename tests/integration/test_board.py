"""What can be done about a board itself: clear its stop, restart it, see its firmware."""

import asyncio

from homeassistant.components.update import UpdateEntityFeature
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.entity_component import DATA_INSTANCES
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import state_of, states_of
from tests.integration.scripted_hub import CHARGER, Line, ScriptedHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

CLEAR = "button.garage_scooter_clear_safety_stop"
RESTART = "button.garage_scooter_restart"
FIRMWARE = "update.garage_scooter_firmware"
PROBLEM = "binary_sensor.garage_scooter_problem"
RELAY = "switch.garage_scooter_relay"
CONNECTIVITY = "binary_sensor.garage_scooter_connectivity"


async def press(hass: HomeAssistant, entity_id: str) -> None:
    """Press a button as a person does."""
    await hass.services.async_call(
        "button", "press", {"entity_id": entity_id}, blocking=True
    )


async def test_a_stop_is_cleared_and_then_there_is_nothing_to_clear(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.trips, board.state, board.remote_clear = ["flapping"], "tripped", True
    await board.report()
    await until(lambda: state_of(hass, PROBLEM) == "on")
    pressing = asyncio.create_task(press(hass, CLEAR))
    await until(lambda: loaded.runtime_data.data["scooter"].relay.pending)
    await board.report()
    await board.report()
    await pressing
    assert board.trips == []
    await until(lambda: state_of(hass, PROBLEM) == "off")
    with pytest.raises(ServiceValidationError, match="no safety stop to clear"):
        await press(hass, CLEAR)


async def test_where_nothing_is_to_be_cleared_no_charge_is_ended_for_it(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.relay, board.why = 1, "button"
    await board.report(90, state="charging")
    await until(lambda: state_of(hass, RELAY) == "on")
    with pytest.raises(ServiceValidationError, match="no safety stop to clear"):
        await press(hass, CLEAR)
    await board.report(90, state="charging")
    await board.report(90, state="charging")
    assert board.relay == 1


async def test_a_stop_comes_and_goes_and_the_button_for_it_stays_as_it_is(
    hass: HomeAssistant, line: Line
) -> None:
    before = hass.states.get(CLEAR)
    assert before is not None
    assert before.state == STATE_UNKNOWN
    for number, trips in ((11, ["over_current"]), (12, [])):
        await line.change(number, trips=trips)
        problem = "on" if trips else "off"
        await until(lambda problem=problem: state_of(hass, PROBLEM) == problem)
        assert hass.states.get(CLEAR) is before


async def test_a_board_whose_owner_does_not_allow_it_is_not_cleared(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.trips, board.state = ["flapping"], "tripped"
    await board.report()
    await until(lambda: state_of(hass, PROBLEM) == "on")
    pressing = asyncio.create_task(press(hass, CLEAR))
    await until(lambda: loaded.runtime_data.data["scooter"].relay.pending)
    await board.report()
    await board.report()
    with pytest.raises(HomeAssistantError, match="KICKWATT_REMOTE_CLEAR"):
        await pressing
    assert board.trips == ["flapping"]


async def test_a_board_restarts(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    pressing = asyncio.create_task(press(hass, RESTART))
    await until(lambda: loaded.runtime_data.data["scooter"].relay.pending)
    await board.report()
    await board.report()
    await pressing
    assert (board.boot, board.relay) == (2, 0)


async def test_the_gsm_tracker_of_old_has_neither_buttons_nor_firmware(
    hass: HomeAssistant, line: Line
) -> None:
    await line.change(11, id="old", name="Old", kind="legacy")
    await until(lambda: "sensor.old_current" in states_of(hass))
    assert not [
        e for e in states_of(hass) if e.startswith(("button.old", "update.old"))
    ]


@pytest.mark.parametrize(
    ("installed", "state"), [("0.1.0", "off"), ("0.0.9", "on"), ("0.2.0", "off")]
)
async def test_firmware_is_held_against_what_the_hub_knows(
    hass: HomeAssistant, line: Line, installed: str, state: str
) -> None:
    await line.change(11, firmware=installed, online=False)
    await until(lambda: state_of(hass, CONNECTIVITY) == "off")
    shown = hass.states.get(FIRMWARE)
    assert shown is not None
    assert shown.state == state
    assert shown.attributes["installed_version"] == installed
    assert shown.attributes["latest_version"] == "0.1.0"
    # It can be read about, not installed from afar.
    assert shown.attributes["supported_features"] == UpdateEntityFeature.RELEASE_NOTES


async def test_how_to_install_firmware_is_told(hass: HomeAssistant, line: Line) -> None:
    entity = hass.data[DATA_INSTANCES]["update"].get_entity(FIRMWARE)
    assert entity is not None
    notes = await entity.async_release_notes()
    assert notes is not None
    assert "CIRCUITPY" in notes


async def test_a_hub_that_knows_no_firmware_offers_none(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    del scripted.info["firmware"]
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    await (await scripted.accept()).welcome(CHARGER)
    await setup
    assert state_of(hass, FIRMWARE) == "off"
    await hass.config_entries.async_unload(scripted_entry.entry_id)
