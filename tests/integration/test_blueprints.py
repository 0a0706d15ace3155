"""Each blueprint does in Home Assistant what its description says."""

import asyncio
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import yaml as yaml_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from tests.integration.conftest import Automate, Load, ask, state_of
from tests.integration.scripted_hub import CHARGER, Line, ScriptedHub
from tests.integration.test_event import ENDED
from tests.support.hub_process import RunningHub
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "blueprints/automation/kickwatt"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
PHONE = "notify.my_phone"


@pytest.fixture
def automate(hass: HomeAssistant, tmp_path: Path, automate: Automate) -> Automate:
    """Return how a person makes an automation of a blueprint; it ends with the test."""
    shutil.copytree(FOLDER, tmp_path / "blueprints/automation/kickwatt")
    hass.config.config_dir = str(tmp_path)

    async def of_blueprint(name: str, **inputs: Any) -> None:
        use = {"path": f"kickwatt/{name}.yaml", "input": inputs}
        await automate({"alias": name, "use_blueprint": use})

    return of_blueprint


@pytest.fixture
async def line(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    load: Load,
) -> Line:
    """Return the hub's end of the connection to a charger that charges."""
    setup = hass.async_create_task(load(scripted_entry))
    line = await scripted.accept()
    await line.welcome()
    await setup
    return line


def texts(messages: list[ServiceCall]) -> list[str]:
    """Return what was said, and check to whom."""
    assert all(call.data["entity_id"] == [PHONE] for call in messages)
    return [call.data["message"] for call in messages]


class Alone:
    """A charger without a hub: its states are what a test says, so that hours can pass without a connection."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Register a device for the entities to come."""
        self.hass, self.freezer = hass, freezer
        self.entry = MockConfigEntry(domain="kickwatt")
        self.entry.add_to_hass(hass)
        self.device = dr.async_get(hass).async_get_or_create(
            config_entry_id=self.entry.entry_id,
            identifiers={("kickwatt", "scooter")},
            name="Garage scooter",
        )

    async def say(self, entity_id: str, state: str, **attributes: Any) -> None:
        """Let an entity have a state."""
        domain, object_id = entity_id.split(".")
        er.async_get(self.hass).async_get_or_create(
            domain,
            "kickwatt",
            object_id,
            suggested_object_id=object_id,
            device_id=self.device.id,
        )
        self.hass.states.async_set(entity_id, state, attributes)
        await self._settle()

    async def wait(self, **by: int) -> None:
        """Let time pass."""
        self.freezer.tick(timedelta(**by))
        async_fire_time_changed(self.hass)
        await self._settle()

    async def _settle(self) -> None:
        """Let everything run that can; Home Assistant's own way would wait for automations that wait."""
        for _ in range(200):
            await asyncio.sleep(0)


@pytest.fixture
def alone(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Alone:
    """Return a charger that has only states."""
    return Alone(hass, freezer)


@pytest.mark.parametrize("name", NAMES)
def test_its_file_is_one_that_home_assistant_can_import(name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    blueprint = Blueprint(
        yaml_util.parse_yaml(path.read_text()),
        expected_domain="automation",
        path=path.name,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    source = blueprint.metadata["source_url"]
    assert source.endswith(f"/blob/main/{path.relative_to(ROOT)}")


async def test_a_full_battery_is_told_with_its_energy(
    hass: HomeAssistant, line: Line, automate: Automate, messages: list[ServiceCall]
) -> None:
    await automate(
        "notify_when_full", charge="event.garage_scooter_charge", notify=[PHONE]
    )
    await line.happen(11, "session_started", session=CHARGER["session"])
    await line.happen(12, "session_ended", session=ENDED | {"end_reason": "unplugged"})
    await line.happen(13, "session_started", session=CHARGER["session"] | {"id": 4})
    await line.happen(14, "session_ended", session=ENDED | {"id": 4})
    await until(lambda: messages)
    assert texts(messages) == ["Garage scooter is done: 120 Wh in 90 minutes."]


async def test_every_end_is_told_to_whom_wants_it(
    hass: HomeAssistant, line: Line, automate: Automate, messages: list[ServiceCall]
) -> None:
    await automate(
        "notify_when_full",
        charge="event.garage_scooter_charge",
        notify=[PHONE],
        every_end=True,
        message="{{ name }}: {{ reason }}",
    )
    await line.happen(11, "session_ended", session=ENDED | {"end_reason": "unplugged"})
    await until(lambda: messages)
    assert texts(messages) == ["Garage scooter: unplugged"]


async def test_a_full_battery_is_told_of_until_it_is_taken_away(
    alone: Alone, automate: Automate, messages: list[ServiceCall]
) -> None:
    state = "sensor.garage_scooter_charging_state"
    await alone.say(state, "charging")
    await automate("remind_to_unplug", state=state, notify=[PHONE], times=5)
    await alone.say(state, "full")
    await alone.wait(minutes=59)
    assert texts(messages) == []
    await alone.wait(minutes=2)
    assert texts(messages) == ["Garage scooter is full and still on its charger."]
    await alone.wait(minutes=121)
    assert len(messages) == 2
    await alone.say(state, "idle")
    await alone.wait(hours=10)
    assert len(messages) == 2


async def test_reminders_come_to_an_end(
    alone: Alone, automate: Automate, messages: list[ServiceCall]
) -> None:
    state = "sensor.garage_scooter_charging_state"
    await alone.say(state, "charging")
    await automate("remind_to_unplug", state=state, notify=[PHONE], times=2, again=5)
    await alone.say(state, "full")
    for _ in range(10):
        await alone.wait(hours=1, minutes=1)
    assert len(messages) == 2


async def test_a_safety_stop_alarms_until_it_is_cleared(
    hass: HomeAssistant,
    alone: Alone,
    automate: Automate,
    messages: list[ServiceCall],
) -> None:
    problem = "binary_sensor.garage_scooter_problem"
    siren = async_mock_service(hass, "siren", "turn_on")
    also = [{"action": "siren.turn_on", "target": {"entity_id": "siren.garage"}}]
    await alone.say(problem, STATE_OFF, reasons=[])
    await automate("alarm_on_trip", problem=problem, notify=[PHONE], also=also)
    await alone.say(problem, STATE_ON, reasons=["over_current"])
    assert len(siren) == 1
    assert texts(messages) == [
        "Safety stop at Garage scooter: over current. Its power is off. Look at it before you switch it on again."
    ]
    await alone.wait(minutes=31)
    assert len(messages) == 2
    await alone.say(problem, STATE_OFF, reasons=[])
    await alone.wait(hours=3)
    assert len(messages) == 2
    assert len(siren) == 1


async def test_a_charge_is_stopped_once_at_its_target(
    hass: HomeAssistant, alone: Alone, automate: Automate
) -> None:
    relay, energy = (
        "switch.garage_scooter_relay",
        "sensor.garage_scooter_session_energy",
    )
    switched = async_mock_service(hass, "switch", "turn_off")
    await alone.say(relay, STATE_ON)
    await automate("stop_at_target", relay=relay, sensor=energy, target=125)
    await alone.say(energy, "124.0")
    assert switched == []
    await alone.say(energy, "125.5")
    assert [call.data["entity_id"] for call in switched] == [[relay]]
    await alone.say(relay, STATE_OFF)
    await alone.say(energy, "130.0")
    assert len(switched) == 1


async def test_a_charge_that_begins_at_its_target_is_stopped_too(
    hass: HomeAssistant, alone: Alone, automate: Automate
) -> None:
    relay, battery = "switch.garage_scooter_relay", "sensor.scooter_battery"
    switched = async_mock_service(hass, "switch", "turn_off")
    await alone.say(relay, STATE_OFF)
    await alone.say(battery, "83")
    await automate("stop_at_target", relay=relay, sensor=battery, target=80)
    await alone.say(battery, "unavailable")
    await alone.say(battery, "83")
    assert switched == []
    await alone.say(relay, STATE_ON)
    assert len(switched) == 1


CHEAPEST = {
    "mode": "select.garage_scooter_mode",
    "ready_by": "time.garage_scooter_ready_by",
}


async def test_the_evening_plans_the_cheapest_hours_at_the_hub(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    automate: Automate,
) -> None:
    await automate("cheapest_hours", **CHEAPEST, ready_at="06:30:00")
    assert (await ask(hub, "GET", "chargers/scooter"))["mode"]["name"] == "manual"
    evening = {"entity_id": "automation.cheapest_hours", "skip_condition": False}
    await hass.services.async_call("automation", "trigger", evening, blocking=True)
    await until(lambda: state_of(hass, CHEAPEST["mode"]) == "ready_by")
    mode = (await ask(hub, "GET", "chargers/scooter"))["mode"]
    assert (mode["name"], mode["ready_by"]) == ("ready_by", "06:30")


async def test_only_the_chosen_evenings_are_planned_and_no_charge_disturbed(
    hass: HomeAssistant,
    alone: Alone,
    automate: Automate,
    freezer: FrozenDateTimeFactory,
) -> None:
    chosen = async_mock_service(hass, "select", "select_option")
    async_mock_service(hass, "time", "set_value")
    await hass.config.async_set_time_zone("Europe/Warsaw")
    freezer.move_to("2026-11-25 12:00:00+00:00")  # a Wednesday
    await alone.say(CHEAPEST["mode"], "manual", step="resting")
    await automate("cheapest_hours", **CHEAPEST, days=["thu", "fri"])
    await alone.wait(hours=6)
    assert chosen == []
    await alone.wait(hours=24)
    assert [call.data["option"] for call in chosen] == ["ready_by"]
    await alone.say(CHEAPEST["mode"], "ready_by", step="charging")
    await alone.wait(hours=24)
    assert len(chosen) == 1
