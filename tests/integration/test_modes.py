"""Modes: chosen in Home Assistant, kept and carried out by the hub."""

from typing import Any

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Load, ask, entry_for, state_of, states_of
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

MODE = "select.garage_scooter_mode"
READY_BY = "time.garage_scooter_ready_by"
CHARGE_ONCE = "button.garage_scooter_charge_once"
RELAY = "switch.garage_scooter_relay"


async def choose(hass: HomeAssistant, mode: str) -> None:
    """Choose a mode as a person does."""
    data = {"entity_id": MODE, "option": mode}
    await hass.services.async_call("select", "select_option", data, blocking=True)


async def set_number(hass: HomeAssistant, name: str, value: float) -> None:
    """Set a number as a person does."""
    data = {"entity_id": f"number.garage_scooter_{name}", "value": value}
    await hass.services.async_call("number", "set_value", data, blocking=True)


async def set_ready_by(hass: HomeAssistant, time: str) -> None:
    """Set a time as a person does."""
    data = {"entity_id": READY_BY, "time": time}
    await hass.services.async_call("time", "set_value", data, blocking=True)


async def press(hass: HomeAssistant) -> None:
    """Press the button as a person does."""
    data = {"entity_id": CHARGE_ONCE}
    await hass.services.async_call("button", "press", data, blocking=True)


async def mode_of(hub: RunningHub) -> dict[str, Any]:
    """Return the mode as the hub has it."""
    mode: dict[str, Any] = (await ask(hub, "GET", "chargers/scooter"))["mode"]
    return mode


async def test_a_mode_that_is_chosen_switches_on(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    assert state_of(hass, MODE) == "manual"
    await choose(hass, "until_full")
    await until(lambda: state_of(hass, MODE) == "until_full")
    await board.send()
    await board.send()
    await until(lambda: state_of(hass, RELAY) == "on")
    state = hass.states.get(MODE)
    assert state is not None
    assert state.attributes["step"] == "charging"
    assert state.attributes["reason"] == "until_full"


async def test_ready_by_is_a_time_where_home_assistant_is(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    await hass.config.async_set_time_zone("Europe/Warsaw")
    with pytest.raises(ServiceValidationError) as too_early:
        await choose(hass, "ready_by")
    assert too_early.value.translation_key == "needs_ready_by"
    assert state_of(hass, READY_BY) == STATE_UNKNOWN

    await set_ready_by(hass, "07:30:00")
    await until(lambda: state_of(hass, READY_BY) == "07:30:00")
    await choose(hass, "ready_by")
    await until(lambda: state_of(hass, MODE) == "ready_by")
    mode = await mode_of(hub)
    assert (mode["ready_by"], mode["zone"]) == ("07:30", "Europe/Warsaw")


async def test_a_target_comes_before_the_mode_that_needs_it(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as too_early:
        await choose(hass, "to_target")
    assert too_early.value.translation_key == "needs_energy_target"

    await set_number(hass, "energy_target", 300)
    await choose(hass, "to_target")
    await until(lambda: state_of(hass, MODE) == "to_target")
    assert (await mode_of(hub))["target_wh"] == 300
    with pytest.raises(ServiceValidationError) as unknown:
        await set_number(hass, "charge_target", 80)
    assert unknown.value.translation_key == "needs_charge_target"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("energy_target", "target_wh", 300),
        ("energy_target", "target_wh", 1),
        ("energy_target", "target_wh", 20_000),
        ("charge_target", "target_percent", 80),
        ("charge_target", "target_percent", 1),
        ("cheapest_hours", "hours", 0.25),
        ("cheapest_hours", "hours", 24),
    ],
)
async def test_zero_takes_back_what_was_set(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    name: str,
    field: str,
    value: float,
) -> None:
    entity_id = f"number.garage_scooter_{name}"
    await set_number(hass, name, value)
    await until(lambda: float(state_of(hass, entity_id)) == value)
    assert (await mode_of(hub))[field] == value
    await set_number(hass, name, 0)
    await until(lambda: float(state_of(hass, entity_id)) == 0)
    assert (await mode_of(hub))[field] is None


async def test_charge_once_switches_on_and_leaves_the_mode(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    await press(hass)
    await board.send()
    await board.send()
    await until(lambda: state_of(hass, RELAY) == "on")
    assert state_of(hass, MODE) == "manual"


async def test_a_charger_that_is_silent_by_now_is_said_so(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The hub knows by now, but its word has not reached us yet.
    fleet = hub.hub.context.fleet
    entry = fleet.find("scooter")
    assert entry is not None
    monkeypatch.setattr(type(entry.charger), "online", False)
    with pytest.raises(HomeAssistantError) as silent:
        await press(hass)
    assert silent.value.translation_key == "offline_on"


async def test_a_gsm_tracker_of_old_takes_no_orders(
    hass: HomeAssistant, hub: RunningHub, load: Load
) -> None:
    await hub.add_charger("old", name="Old tracker", kind="legacy")
    await load(await entry_for(hub))
    platforms = {entity_id.partition(".")[0] for entity_id in states_of(hass)}
    assert platforms.isdisjoint({"switch", "select", "time", "button"})
