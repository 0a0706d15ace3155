"""What the owner does to a device reaches the hub: its name, and its end."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from yarl import URL

from custom_components.kickwatt.const import DOMAIN
from tests.integration.conftest import Load, ask, entry_for
from tests.integration.scripted_hub import Line
from tests.integration.tcp_proxy import Wire
from tests.integration.test_options_flow import administering
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until


def device_of(
    hass: HomeAssistant, entry: MockConfigEntry, serial: str | None = "scooter"
) -> dr.DeviceEntry:
    """Return a charger's device; the hub's own without a serial number."""
    return next(
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if device.serial_number == serial
    )


def add_gone(hass: HomeAssistant, entry: MockConfigEntry) -> dr.DeviceEntry:
    """Add a device of which the hub knows nothing."""
    return dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, f"{entry.unique_id}-bike")},
        serial_number="bike",
    )


async def remove(
    hass: HomeAssistant, client: WebSocketGenerator, device: dr.DeviceEntry
) -> Any:
    """Delete a device, as its menu does."""
    assert await async_setup_component(hass, "config", {})
    return await (await client(hass)).remove_device(device.id)


async def test_a_charger_that_is_removed_here_is_removed_at_the_hub_and_its_past_stays(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    load: Load,
    hass_ws_client: WebSocketGenerator,
) -> None:
    await board.report(0.4, state="idle")
    entry = await load(await administering(hub))
    device = device_of(hass, entry)
    assert (await remove(hass, hass_ws_client, device))["success"]
    assert dr.async_get(hass).async_get(device.id) is None
    assert hub.hub.context.fleet.find("scooter") is None
    assert (await ask(hub, "GET", "chargers/scooter/readings"))["readings"]


async def test_a_token_that_may_not_remove_is_told_which_one_is_needed(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    answer = await remove(hass, hass_ws_client, device_of(hass, loaded))
    assert not answer["success"]
    assert 'scope "admin"' in answer["error"]["message"]
    assert hub.hub.context.fleet.find("scooter") is not None


async def test_the_hub_is_not_removed_as_a_device(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    answer = await remove(hass, hass_ws_client, device_of(hass, loaded, None))
    assert not answer["success"]
    assert "Only chargers" in answer["error"]["message"]


async def test_what_the_hub_does_not_have_is_removed(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    gone = add_gone(hass, loaded)
    assert (await remove(hass, hass_ws_client, gone))["success"]
    assert dr.async_get(hass).async_get(gone.id) is None


async def test_nothing_is_removed_while_the_hub_is_not_connected(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    device = device_of(hass, loaded)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    answer = await remove(hass, hass_ws_client, device)
    assert "not connected" in answer["error"]["message"]
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await hub.hub.stop()
    answer = await remove(hass, hass_ws_client, device)
    assert "Nothing answers" in answer["error"]["message"]


async def test_a_charger_that_the_hub_lost_a_moment_ago_is_removed(
    hass: HomeAssistant,
    line: Line,
    scripted_entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    # The scripted hub answers 404 where it is told to delete.
    device = device_of(hass, scripted_entry)
    assert (await remove(hass, hass_ws_client, device))["success"]


async def test_a_name_follows_both_ways(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    device = device_of(hass, loaded)
    context = hub.hub.context
    charger = context.fleet.find("scooter")
    assert charger is not None

    registry.async_update_device(device.id, name_by_user="Cellar scooter")
    await until(lambda: charger.charger.name == "Cellar scooter")
    await until(lambda: device_of(hass, loaded).name == "Cellar scooter")
    await until(lambda: device_of(hass, loaded).name_by_user is None)

    await context.control.change(charger, "Attic scooter", None)
    await until(lambda: device_of(hass, loaded).name == "Attic scooter")


async def test_names_given_while_the_entry_was_not_loaded_follow_when_it_is(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    context = hub.hub.context
    await hub.add_charger("bike")
    await until(lambda: "bike" in loaded.runtime_data.data)
    device = device_of(hass, loaded)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    dr.async_get(hass).async_update_device(device.id, name_by_user="Cellar scooter")
    bike = context.fleet.find("bike")
    assert bike is not None
    await context.control.change(bike, "Cargo bike", None)
    assert await hass.config_entries.async_setup(loaded.entry_id)
    charger = context.fleet.find("scooter")
    assert charger is not None
    await until(lambda: charger.charger.name == "Cellar scooter")
    assert device_of(hass, loaded, "bike").name == "Cargo bike"


async def test_names_given_on_either_side_of_a_cut_connection_follow_when_it_is_back(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, load: Load, hurried: None
) -> None:
    await board.report(0.4, state="idle")
    await hub.add_charger("bike")
    context = hub.hub.context
    scooter, bike = context.fleet.find("scooter"), context.fleet.find("bike")
    assert scooter is not None
    assert bike is not None
    async with Wire(URL(hub.url).port or 0) as wire:
        entry = await load(await entry_for(hub, f"http://127.0.0.1:{wire.port}"))
        await wire.cut()
        await until(lambda: not entry.runtime_data.last_update_success)
        dr.async_get(hass).async_update_device(
            device_of(hass, entry).id, name_by_user="Cellar scooter"
        )
        await context.control.change(bike, "Cargo bike", None)
        await hass.async_block_till_done()
        assert scooter.charger.name == "Garage scooter"
        await wire.mend()
        await until(lambda: scooter.charger.name == "Cellar scooter")
        await until(lambda: device_of(hass, entry).name_by_user is None)
        assert device_of(hass, entry).name == "Cellar scooter"
        assert device_of(hass, entry, "bike").name == "Cargo bike"
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_name_that_is_changed_again_before_the_hub_has_taken_it_stays(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    device = device_of(hass, scripted_entry)
    commands = []
    for name in ("Cellar scooter", "Attic scooter"):
        registry.async_update_device(device.id, name_by_user=name)
        commands.append(await line.hear("command"))
    await line.say("result", id=commands[0]["id"], ok=True)
    await line.change(11, name="Cellar scooter")
    await until(lambda: device_of(hass, scripted_entry).name == "Cellar scooter")
    assert device_of(hass, scripted_entry).name_by_user == "Attic scooter"
    await line.say("result", id=commands[1]["id"], ok=True)
    await until(lambda: device_of(hass, scripted_entry).name_by_user is None)


async def test_a_name_that_the_hub_does_not_take_stays_here_and_is_logged_once(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    hurried: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = dr.async_get(hass)
    device = device_of(hass, loaded)
    registry.async_update_device(device.id, name_by_user="x" * 101)
    await until(lambda: "did not take" in caplog.text)
    coordinator = loaded.runtime_data
    connected: list[bool] = []
    coordinator.async_add_listener(
        lambda: connected.append(coordinator.last_update_success)
    )
    await coordinator.live._ws.close()
    await until(lambda: connected[:1] == [False] and connected[-1])
    await hass.async_block_till_done()
    assert caplog.text.count("did not take") == 1
    assert device_of(hass, loaded).name_by_user == "x" * 101
    assert device_of(hass, loaded).name == "Garage scooter"

    registry.async_update_device(device.id, name_by_user=None)
    registry.async_update_device(device.id, name_by_user="Cellar scooter")
    await until(lambda: device_of(hass, loaded).name == "Cellar scooter")


async def test_the_system_information_tells_of_hubs_and_chargers(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert info["hubs"] == info["hubs_connected"] == 1
    assert info["chargers"] == info["chargers_online"] == 1
    assert info["hub_versions"] == loaded.runtime_data.live.version
    assert info["integration_version"]
