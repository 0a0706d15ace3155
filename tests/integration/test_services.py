"""Actions answer with what was charged, and when it would be."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.selector import validate_selector
from homeassistant.util import yaml as yaml_util
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.kickwatt.const import DOMAIN
from tests.integration.conftest import Load, ask, entry_for
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device


async def act(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, **data: Any
) -> Any:
    """Run an action on the charger, as a script does."""
    device = next(
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if device.serial_number == "scooter"
    )
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device.id, **data},
        blocking=True,
        return_response=True,
    )


async def test_the_charges_of_a_time_are_returned(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.relay = 1
    for age_s in range(3600, 0, -60):
        board.measure(90, age_s=age_s, energy_wh=1500 + (3600 - age_s) // 40)
    await board.send()
    await board.report(90, state="charging", energy_wh=1590)
    told = await ask(hub, "GET", "chargers/scooter/sessions")
    answer = await act(hass, loaded, "get_sessions")
    assert [each["id"] for each in answer["sessions"]] == [
        each["id"] for each in told["sessions"]
    ]
    early = await act(
        hass, loaded, "get_sessions", start="2020-01-01 00:00", end="2020-02-01 00:00"
    )
    assert early == {"sessions": []}


async def test_a_plan_is_only_a_plan(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    plan = await act(
        hass, loaded, "plan_charge", ready_by="07:00", hours=2, prefer="late"
    )
    assert plan["runs"]
    assert plan["ready"]
    # This charger's mode has no time to be ready by either.
    with pytest.raises(ServiceValidationError, match="needs a time for a plan"):
        await act(hass, loaded, "plan_charge", target_wh=100)
    assert loaded.runtime_data.data["scooter"].mode.name == "manual"


async def test_a_charge_is_started_and_stopped(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    answer = await act(hass, loaded, "start_charge")
    assert answer["charger"] == "scooter"
    await board.report()
    await board.report()
    assert board.relay == 1
    stopping = asyncio.create_task(act(hass, loaded, "stop_charge"))
    async with asyncio.timeout(60):
        while not stopping.done():
            await board.report()
            await asyncio.sleep(0.02)
    assert (await stopping)["charger"] == "scooter"
    assert board.relay == 0


# --- what an action is aimed at


SERVICES = Path(__file__).parents[2] / "custom_components/kickwatt/services.yaml"
RELAY = "switch.garage_scooter_relay"


async def aim(hass: HomeAssistant, action: str = "get_sessions", **target: Any) -> Any:
    """Run an action as the editor writes it: what it is about is its target."""
    return await hass.services.async_call(
        DOMAIN, action, target=target, blocking=True, return_response=True
    )


@pytest.fixture
async def two(hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry) -> str:
    """Return the area of the scooter's and another charger's devices, and of the hub's."""
    await hub.add_charger("moped", name="Moped")
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    area = ar.async_get(hass).async_create("Garage")
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, loaded.entry_id):
        devices.async_update_device(device.id, area_id=area.id)
    return area.id


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the device of an entity."""
    entry = er.async_get(hass).async_get(entity_id)
    assert entry is not None
    assert entry.device_id is not None
    return entry.device_id


@pytest.mark.parametrize("name", ["get_sessions", "plan_charge", "start_charge", "stop_charge"])  # fmt: skip
def test_the_editor_offers_chargers_as_a_target(name: str) -> None:
    described = yaml_util.load_yaml_dict(SERVICES)[name]
    validate_selector({"target": described["target"]})
    # An action's target takes no filter of devices.
    assert set(described["target"]) == {"entity"}
    for field in described.get("fields", {}).values():
        validate_selector(field["selector"])


async def test_a_charger_is_named_by_any_entity_or_its_device(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    for entity_id in (RELAY, "sensor.garage_scooter_power"):
        assert set(await aim(hass, entity_id=entity_id)) == {"sessions"}
    device_id = device_of(hass, RELAY)
    assert set(await aim(hass, device_id=device_id)) == {"sessions"}
    assert set(await aim(hass, device_id=device_id, entity_id=RELAY)) == {"sessions"}


async def test_all_chargers_of_an_area_a_floor_or_a_label_answer_by_their_ids(
    hass: HomeAssistant, two: str
) -> None:
    floor = fr.async_get(hass).async_create("Ground").floor_id
    label = lr.async_get(hass).async_create("Vehicles").label_id
    ar.async_get(hass).async_update(two, floor_id=floor, labels={label})
    for target in ({"area_id": two}, {"floor_id": floor}, {"label_id": label}):
        answer = await aim(hass, **target)
        assert set(answer) == {"chargers"}
        assert set(answer["chargers"]) == {"scooter", "moped"}
        assert all(set(each) == {"sessions"} for each in answer["chargers"].values())


async def test_the_label_of_one_entity_means_its_charger(
    hass: HomeAssistant, two: str
) -> None:
    label = lr.async_get(hass).async_create("Mine").label_id
    er.async_get(hass).async_update_entity(RELAY, labels={label})
    assert set(await aim(hass, label_id=label)) == {"sessions"}


async def test_one_that_fails_keeps_no_other_from_being_switched(
    hass: HomeAssistant, two: str, board: S1Device
) -> None:
    # Nobody has ever heard of the moped's board.
    with pytest.raises(HomeAssistantError) as error:
        await aim(hass, "start_charge", area_id=two)
    assert error.value.translation_key == "offline_on"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["charger"] == "Moped"
    await board.report()
    await board.report()
    assert board.relay == 1


async def test_what_is_not_a_charger_is_said_so(
    hass: HomeAssistant, two: str, loaded: MockConfigEntry
) -> None:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    hub = next(each for each in devices if each.serial_number is None)
    for target in (
        {"device_id": "moon"},
        {"device_id": hub.id},
        {"entity_id": "sun.sun"},
        {"entity_id": [RELAY, "sun.sun"]},
    ):
        with pytest.raises(ServiceValidationError) as error:
            await aim(hass, "start_charge", **target)
        assert error.value.translation_key == "not_a_charger"


async def test_where_no_charger_is_nothing_happens_and_is_said_so(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    attic = ar.async_get(hass).async_create("Attic").id
    with pytest.raises(ServiceValidationError) as error:
        await aim(hass, "start_charge", area_id=attic)
    assert error.value.translation_key == "no_charger"
    with pytest.raises(probatio.Invalid):
        await aim(hass, "start_charge")


async def test_a_charger_that_only_reports_cannot_be_started(
    hass: HomeAssistant, hub: RunningHub, load: Load
) -> None:
    await hub.add_charger("tracker", name="Tracker", kind="legacy")
    await load(await entry_for(hub))
    device_id = device_of(hass, "sensor.tracker_current")
    with pytest.raises(ServiceValidationError) as error:
        await aim(hass, "start_charge", device_id=device_id)
    assert error.value.translation_key == "takes_no_orders"


async def test_a_question_to_a_hub_that_is_away_leaves_no_doubt_behind(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    await hub.hub.stop()
    with pytest.raises(HomeAssistantError) as error:
        await aim(hass, entity_id=RELAY)
    assert error.value.translation_key == "hub_not_connected"


async def test_what_the_hub_refuses_is_told(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    with pytest.raises(HomeAssistantError):
        await act(hass, loaded, "plan_charge", target_percent=80, ready_by="07:00")
    with pytest.raises(probatio.Invalid):
        await act(hass, loaded, "plan_charge", hours=99)
