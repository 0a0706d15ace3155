"""Every automation that the documentation prints does in Home Assistant what its text says."""

from pathlib import Path
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.util import yaml as yaml_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Automate, Load, entry_for
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ("README.md", "docs/home-assistant.md")
PHONE: Final = ["notify.my_phone"]


def printed(page: str) -> list[Any]:
    """Return the YAML of a page's blocks."""
    text = (ROOT / page).read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [yaml_util.parse_yaml(block) for block in blocks]


def automations(page: str) -> list[dict[str, Any]]:
    """Return the whole automations of a page."""
    return [each for each in printed(page) if "triggers" in each and "actions" in each]


def actions(page: str) -> list[dict[str, Any]]:
    """Return the single actions that a page prints."""
    lists = [each for each in printed(page) if isinstance(each, list)]
    return [action for each in lists for action in each]


def triggers(page: str) -> list[dict[str, Any]]:
    """Return the triggers that a page prints without an action."""
    lists = [
        each["triggers"]
        for each in printed(page)
        if "triggers" in each and "actions" not in each
    ]
    return [trigger for each in lists for trigger in each]


@pytest.fixture
def noted(hass: HomeAssistant) -> list[str]:
    """Return what has triggered."""
    found: list[str] = []
    hass.services.async_register(
        "test", "note", lambda call: found.append(call.data["what"])
    )
    return found


async def charge(board: S1Device) -> None:
    """Report a charge in its first part."""
    board.relay, board.why = 1, "button"
    await board.report(90, state="charging", energy_wh=1500)


async def test_the_readmes_message_tells_what_the_full_battery_took(
    automate: Automate, hub: RunningHub, load: Load, messages: list[ServiceCall]
) -> None:
    (full,) = automations("README.md")
    key = await hub.add_charger("scooter", name="Garage scooter", simulated=True)
    async with S1Device(hub.device_url, "scooter", key) as board:
        board.clock = 1_795_000_000
        await board.report(0.4, state="off", energy_wh=1500)
        await load(await entry_for(hub))
        await automate(full)
        board.relay, board.why = 1, "button"
        for minute in range(20):
            board.clock += 60
            energy_wh = 1500 + round(minute * 1.5)
            await board.report(90, state="charging", energy_wh=energy_wh)
        board.relay, board.why = 0, "cut_off"
        board.clock += 60
        await board.report(0, state="done", energy_wh=1530)
        await until(lambda: len(messages) == 1)
    assert messages[0].data["entity_id"] == PHONE
    told = re.fullmatch(r"Full: (\d+\.?\d*) Wh", messages[0].data["message"])
    assert told is not None
    assert 20 <= float(told[1]) <= 31


async def test_the_message_of_a_safety_stop_tells_the_reason(
    automate: Automate,
    board: S1Device,
    loaded: MockConfigEntry,
    messages: list[ServiceCall],
) -> None:
    (tripped,) = automations("docs/home-assistant.md")
    await automate(tripped)
    await charge(board)
    board.relay, board.trips = 0, ["over_current"]
    await board.report(0, state="tripped")
    await until(lambda: len(messages) == 1)
    assert messages[0].data["entity_id"] == PHONE
    assert messages[0].data["message"] == "Safety stop: over_current"


async def test_the_plan_that_is_asked_for_is_in_its_variable(
    automate: Automate,
    hass: HomeAssistant,
    board: S1Device,
    loaded: MockConfigEntry,
    noted: list[str],
) -> None:
    (ask,) = actions("docs/home-assistant.md")
    tell = {"action": "test.note", "data": {"what": "{{ plan.runs | length }}"}}
    event = {"trigger": "event", "event_type": "test_ask"}
    await automate({"triggers": event, "actions": [ask, tell]})
    hass.bus.async_fire("test_ask")
    await until(lambda: bool(noted))
    assert int(noted[0]) > 0


def noting(trigger: dict[str, Any]) -> dict[str, Any]:
    """Make an automation that notes its trigger's name."""
    what = {"what": trigger["trigger"]}
    return {"triggers": trigger, "actions": {"action": "test.note", "data": what}}


def at(trigger: dict[str, Any], **target: str) -> dict[str, Any]:
    """Aim a trigger at something else."""
    return trigger | {"target": target}


@pytest.mark.parametrize("by", ["entity", "device"])
async def test_each_trigger_for_a_purpose_comes_when_its_time_has_come(
    by: str,
    hass: HomeAssistant,
    automate: Automate,
    board: S1Device,
    loaded: MockConfigEntry,
    noted: list[str],
) -> None:
    found = triggers("docs/home-assistant.md")
    entries = [
        er.async_get(hass).async_get(each["target"]["entity_id"]) for each in found
    ]
    devices = [entry.device_id for entry in entries if entry and entry.device_id]
    if by == "device":
        found = [
            at(each, device_id=device)
            for each, device in zip(found, devices, strict=True)
        ]
    await automate(*map(noting, found))

    await charge(board)
    await until(lambda: noted == ["battery.started_charging"])
    await board.report(40, state="charging", energy_wh=1510)
    await until(lambda: noted[1:] == ["power.crossed_threshold"])
    board.relay, board.why = 0, "cut_off"
    await board.report(0, state="done", energy_wh=1530)
    ended = ["battery.stopped_charging", "switch.turned_off"]
    await until(lambda: sorted(noted[2:]) == ended)
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.garage_scooter_mode", "option": "until_full"},
        blocking=True,
    )
    await until(lambda: noted[4:] == ["select.selection_changed"])
