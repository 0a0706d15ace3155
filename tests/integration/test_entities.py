"""All entities of a charger, as Home Assistant registers and shows them."""

import asyncio
from collections.abc import Generator
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.kickwatt import PLATFORMS
from tests.integration.scripted_hub import ScriptedHub


@pytest.fixture
def everything_enabled() -> Generator[None]:
    """Enable also what is disabled by default."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True
    ):
        yield


@pytest.mark.usefixtures("everything_enabled")
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_the_charger_of_the_contracts_example(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.kickwatt.PLATFORMS", [platform])
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    await (await scripted.accept()).welcome()
    await setup
    await hass.async_block_till_done()
    await snapshot_platform(hass, er.async_get(hass), snapshot, scripted_entry.entry_id)
    await hass.config_entries.async_unload(scripted_entry.entry_id)


async def test_the_devices_of_the_contracts_example(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    await (await scripted.accept()).welcome()
    await setup
    devices = dr.async_entries_for_config_entry(
        dr.async_get(hass), scripted_entry.entry_id
    )
    assert [
        {
            "name": device.name,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "serial_number": device.serial_number,
            "sw_version": device.sw_version,
            "entry_type": device.entry_type,
        }
        for device in devices
    ] == snapshot
    await hass.config_entries.async_unload(scripted_entry.entry_id)
