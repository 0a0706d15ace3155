"""Yes or no, from the message of a board to the state in Home Assistant."""

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Load, entry_for, state_of
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

PROBLEM = "binary_sensor.garage_scooter_problem"
PLUGGED_IN = "binary_sensor.garage_scooter_plugged_in"


def reasons(hass: HomeAssistant) -> list[str]:
    """Return why there is a problem."""
    state = hass.states.get(PROBLEM)
    assert state is not None
    told: list[str] = state.attributes["reasons"]
    return told


async def test_a_trip_is_a_problem_until_it_is_cleared(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    assert state_of(hass, PROBLEM) == "off"
    assert reasons(hass) == []
    board.trips = ["over_current"]
    await board.report(0, state="tripped")
    await until(lambda: state_of(hass, PROBLEM) == "on")
    assert reasons(hass) == ["over_current"]
    board.trips = []
    await board.report(0, state="off")
    await until(lambda: state_of(hass, PROBLEM) == "off")


async def test_a_guard_of_the_hub_is_a_problem(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.relay, board.why = 1, "button"
    for _ in range(3):
        await board.report(2000, current_a=9, state="charging")
    await until(lambda: state_of(hass, PROBLEM) == "on")
    assert reasons(hass) == ["guard_current"]


async def test_a_charger_that_was_never_heard_has_no_known_problem(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, load: Load
) -> None:
    await load(await entry_for(hub))
    assert state_of(hass, PROBLEM) == STATE_UNKNOWN


async def test_a_plug_shows_only_while_there_is_power(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    assert state_of(hass, PLUGGED_IN) == STATE_UNKNOWN
    board.relay, board.why = 1, "button"
    await board.report(0, state="idle")
    await until(lambda: state_of(hass, PLUGGED_IN) == "off")
    await board.report(90, state="charging")
    await until(lambda: state_of(hass, PLUGGED_IN) == "on")
    board.relay, board.why = 0, "button"
    await board.report(0, state="off")
    await until(lambda: state_of(hass, PLUGGED_IN) == STATE_UNKNOWN)
