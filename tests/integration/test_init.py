"""Setting up a hub, losing it and finding it again, and taking it away."""

import asyncio
from functools import partial
import logging
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.kickwatt.const import DOMAIN
from tests.integration.conftest import Load, ask, entry_for, state_of, states_of
from tests.integration.scripted_hub import CHARGER, TOKEN, Line, ScriptedHub
from tests.integration.tcp_proxy import Wire
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

POWER = "sensor.garage_scooter_power"
ENERGY = "sensor.garage_scooter_energy"
CONNECTIVITY = "binary_sensor.garage_scooter_connectivity"
SWITCH = "switch.garage_scooter_relay"


def devices_of(
    hass: HomeAssistant, entry: MockConfigEntry
) -> dict[str | None, dr.DeviceEntry]:
    """Return the entry's devices by their serial number; the hub has none."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {device.serial_number: device for device in devices}


async def test_a_hub_and_its_chargers_become_devices(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
) -> None:
    registry = dr.async_get(hass)
    parent = registry.async_get_device_by_identifier(
        (DOMAIN, hub.hub_id), loaded.entry_id
    )
    assert parent is not None
    assert parent.name == "Kickwatt"
    assert parent.manufacturer == "Kickwatt"
    assert parent.entry_type is dr.DeviceEntryType.SERVICE
    assert parent.sw_version == "0.1.0"

    child = registry.async_get_device_by_identifier(
        (DOMAIN, f"{hub.hub_id}-scooter"), loaded.entry_id
    )
    assert child is not None
    assert child.name == "Garage scooter"
    assert child.model == "Charger"
    assert child.serial_number == "scooter"
    assert child.sw_version == "0.1.0"
    assert child.via_device_id == parent.id


async def test_a_simulated_charger_says_so(
    hass: HomeAssistant, hub: RunningHub, load: Load
) -> None:
    await hub.add_charger("toy", simulated=True)
    entry = await load(await entry_for(hub))
    assert devices_of(hass, entry)["toy"].model == "Charger (simulated)"


async def test_unloading_leaves_nothing_behind(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    listeners = hub.hub.context.access.on_change
    connected = len(listeners)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert loaded.state is ConfigEntryState.NOT_LOADED
    assert set(states_of(hass).values()) == {STATE_UNAVAILABLE}
    await until(lambda: len(listeners) == connected - 1)


async def test_a_hub_that_is_not_there_yet_is_set_up_when_it_is(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    await scripted.stop()
    await hass.config_entries.async_setup(scripted_entry.entry_id)
    assert scripted_entry.state is ConfigEntryState.SETUP_RETRY
    assert scripted_entry.reason == f"Nothing answers at {scripted.url}"

    await scripted.start()
    reload = asyncio.create_task(
        hass.config_entries.async_reload(scripted_entry.entry_id)
    )
    await (await scripted.accept()).welcome()
    await reload
    assert scripted_entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    ("hello", "reason"),
    [
        ({"product": "toaster"}, "but it is not a Kickwatt hub"),
        ({"api": 0}, "Update the hub"),
        ({"api": 2}, "Update the Kickwatt integration"),
        ({"hub_id": "f" * 32}, "Another Kickwatt hub answers"),
    ],
)
async def test_a_hub_that_cannot_be_used_says_why_and_is_tried_again(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    hello: dict[str, Any],
    reason: str,
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.ws.send_json({"type": "hello"} | scripted.info | hello)
    await line.ws.receive()
    await setup
    assert scripted_entry.state is ConfigEntryState.SETUP_RETRY
    assert scripted_entry.reason is not None
    assert reason in scripted_entry.reason


# The hub's end of a line that the hub itself closes: aiohttp starts its timer for the next ping once more when the
# client says goodbye, too.
hub_hangs_up = pytest.mark.parametrize("expected_lingering_timers", [True])


@hub_hangs_up
@pytest.mark.parametrize("scope", ["read", None])
async def test_a_token_that_is_not_enough_is_asked_for_again(
    hass: HomeAssistant, hub: RunningHub, scope: str | None
) -> None:
    token = await hub.add_token(scope) if scope else TOKEN
    entry = MockConfigEntry(
        domain=DOMAIN, unique_id=hub.hub_id, data={"url": hub.url, "token": token}
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.reason is not None
    assert ("control" in entry.reason) is (scope == "read")
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH

    token = await hub.add_token("control")
    await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": token})
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(entry.entry_id)


@hub_hangs_up
async def test_a_token_that_is_revoked_is_asked_for_again(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry, hurried: None
) -> None:
    for token in await ask(hub, "GET", "tokens"):
        if token["user"] == "owner":
            await ask(hub, "DELETE", f"tokens/{token['id']}")
    await until(lambda: loaded.state is ConfigEntryState.SETUP_ERROR)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert set(states_of(hass).values()) == {STATE_UNAVAILABLE}


async def test_a_hub_that_restarts_is_away_and_back_and_said_so_once(
    hass: HomeAssistant,
    tmp_path: Path,
    load: Load,
    hurried: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = tmp_path / "restarting"
    async with running_hub(data) as hub:
        key = await hub.add_charger("scooter", name="Garage scooter")
        port, device_port = URL(hub.url).port, URL(hub.device_url).port
        board = S1Device(hub.device_url, "scooter", key)
        await board.report(91.2, state="charging", energy_wh=1500)
        entry = await load(await entry_for(hub))
        assert state_of(hass, POWER) == "91.2"
        caplog.clear()
        caplog.set_level(logging.INFO, "custom_components.kickwatt")
    await until(lambda: state_of(hass, POWER) == STATE_UNAVAILABLE)
    assert set(states_of(hass).values()) == {STATE_UNAVAILABLE}
    # Long enough for several attempts.
    await asyncio.sleep(0.3)

    async with running_hub(data, port=port, device_port=device_port) as hub:
        await until(lambda: state_of(hass, POWER) == "91.2")
        assert state_of(hass, ENERGY) == "1.5"
        await board.report(77.5)
        await until(lambda: state_of(hass, POWER) == "77.5")
        await board.close()
        lines = [
            (record.levelname, record.getMessage().split(":")[0])
            for record in caplog.records
            if record.name.startswith("custom_components.kickwatt")
        ]
        assert lines == [
            ("ERROR", "Error requesting Kickwatt data"),
            ("INFO", "The connection to Kickwatt is back"),
        ]
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_cut_line_is_resumed_without_loss_or_repetition(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    load: Load,
    hurried: None,
) -> None:
    await board.report(1, state="charging")
    async with Wire(URL(hub.url).port or 0) as wire:
        entry = await load(await entry_for(hub, f"http://127.0.0.1:{wire.port}"))
        number = entry.runtime_data.live.number
        seen: list[str] = []

        @callback
        def note(event: Event[EventStateChangedData]) -> None:
            new: State | None = event.data["new_state"]
            if event.data["entity_id"] == POWER and new is not None:
                seen.append(new.state)

        hass.bus.async_listen(EVENT_STATE_CHANGED, note)
        await board.report(2)
        await until(lambda: state_of(hass, POWER) == "2.0")
        await wire.cut()
        await until(lambda: state_of(hass, POWER) == STATE_UNAVAILABLE)
        for power in (3, 4, 5):
            await board.report(power)
        await wire.mend()
        await until(lambda: state_of(hass, POWER) == "5.0")
        await board.report(6)
        await until(lambda: state_of(hass, POWER) == "6.0")
        # No state of the past is shown as today's.
        assert seen == ["2.0", STATE_UNAVAILABLE, "5.0", "6.0"]
        assert entry.runtime_data.live.number >= number + 5
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_charger_that_appears_later_gets_its_entities(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    key = await hub.add_charger("bike", name="Bike")
    await until(lambda: "switch.bike_relay" in states_of(hass))
    assert state_of(hass, "switch.bike_relay") == STATE_UNAVAILABLE
    assert state_of(hass, "binary_sensor.bike_connectivity") == "off"
    # What it measures shows with its first reading.
    assert "sensor.bike_power" not in states_of(hass)
    async with S1Device(hub.device_url, "bike", key) as bike:
        await bike.report(55)
        await until(lambda: states_of(hass).get("sensor.bike_power") == "55.0")
    assert state_of(hass, "switch.bike_relay") == "off"


async def test_news_about_one_charger_are_not_written_for_another(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    def written(entity_id: str) -> float:
        state = hass.states.get(entity_id)
        assert state is not None
        return state.last_reported_timestamp

    key = await hub.add_charger("bike", name="Bike")
    async with S1Device(hub.device_url, "bike", key) as bike:
        await bike.report(1)
        await until(lambda: states_of(hass).get("sensor.bike_power") == "1.0")
        before = written(POWER)
        for power in (2, 3, 4):
            await bike.report(power)
        await until(lambda: state_of(hass, "sensor.bike_power") == "4.0")
        assert written(POWER) == before
        await board.report(5)
        await until(lambda: state_of(hass, POWER) == "5.0")


async def test_a_charger_that_the_hub_removes_vanishes_and_may_come_back(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    await hub.add_charger("bike", name="Bike")
    await until(lambda: "switch.bike_relay" in states_of(hass))
    await ask(hub, "DELETE", "chargers/bike")
    await until(lambda: "switch.bike_relay" not in states_of(hass))
    await hass.async_block_till_done()
    assert not [e for e in states_of(hass) if ".bike" in e]
    assert not [
        entity
        for entity in er.async_get(hass).entities.values()
        if "bike" in entity.unique_id
    ]
    assert set(devices_of(hass, loaded)) == {None, "scooter"}

    await hub.add_charger("bike", name="Bike")
    await until(lambda: "switch.bike_relay" in states_of(hass))


async def test_a_charger_that_was_removed_meanwhile_vanishes(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
) -> None:
    assert await hass.config_entries.async_unload(loaded.entry_id)
    await ask(hub, "DELETE", "chargers/scooter")
    assert await hass.config_entries.async_setup(loaded.entry_id)
    assert set(devices_of(hass, loaded)) == {None}
    assert states_of(hass) == {}


async def test_a_charger_is_renamed_by_the_hub(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    context = hub.hub.context
    charger = context.fleet.find("scooter")
    assert charger is not None
    await context.control.change(charger, "Cellar scooter", None)

    def named() -> bool:
        state = hass.states.get(POWER)
        return state is not None and state.name == "Cellar scooter Power"

    await until(named)


async def test_two_hubs_may_have_a_charger_of_the_same_id(
    hass: HomeAssistant,
    tmp_path: Path,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
    load: Load,
) -> None:
    async with running_hub(tmp_path / "second") as second:
        await second.add_charger("scooter", name="Second scooter")
        entry = await load(await entry_for(second))
        assert {SWITCH, "switch.second_scooter_relay"} <= set(states_of(hass))
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_charger_ids_and_keys_never_run_into_each_other(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    ids = ["a", "a-session", "a_session", "a-power"]
    chargers = [CHARGER | {"id": each, "name": each} for each in ids]
    await (await scripted.accept()).welcome(*chargers)
    await setup
    unique = [e.unique_id for e in er.async_get(hass).entities.values()]
    assert len(unique) == len(set(unique))
    assert len(unique) == len(ids) * len([e for e in unique if "-a_session-" in e])


async def test_asking_for_an_update_changes_nothing_while_connected(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
    hurried: None,
) -> None:
    await board.report(91.2)
    await until(lambda: state_of(hass, POWER) == "91.2")
    coordinator = loaded.runtime_data
    await coordinator.async_refresh()
    assert coordinator.last_update_success
    assert state_of(hass, POWER) == "91.2"

    await coordinator.live.close()
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    await until(lambda: coordinator.last_update_success)


async def test_the_token_is_in_no_log(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    load: Load,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = await load(await entry_for(hub))
    await hass.config_entries.async_unload(entry.entry_id)
    assert entry.data["token"] not in caplog.text


async def test_news_that_one_entity_cannot_show_are_shown_by_the_others(
    line: Line, scripted_entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    coordinator = scripted_entry.runtime_data
    heard: list[int] = []
    coordinator.async_add_listener(lambda: heard.append(1 // 0), "scooter")
    coordinator.async_add_listener(lambda: heard.append(1), "scooter")
    await line.change(11, name="Cellar scooter")
    await until(lambda: heard == [1])
    assert "Unexpected error at news about scooter" in caplog.text


async def test_only_the_entities_of_a_charger_hear_news_about_it_and_all_hear_of_the_connection(
    line: Line, scripted_entry: MockConfigEntry
) -> None:
    coordinator = scripted_entry.runtime_data
    heard: list[str | None] = []
    for context in ("scooter", "bike", None):
        coordinator.async_add_listener(partial(heard.append, context), context)
    await line.change(11, name="Cellar scooter")
    await until(lambda: len(heard) == 2)
    assert set(heard) == {"scooter", None}
    heard.clear()
    await line.hang_up()
    await until(lambda: len(heard) == 3)
    assert set(heard) == {"scooter", "bike", None}
