"""Setting up, losing and finding again, and taking away a hub."""

import asyncio
from pathlib import Path

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import until
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device


async def test_smoke(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, entry: MockConfigEntry
) -> None:
    await board.report(91.2, state="charging")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for s in hass.states.async_all():
        print(s.entity_id, s.state)
    await board.report(80)
    await until(lambda: hass.states.get("sensor.garage_scooter_power").state == "80.0")
    assert await hass.config_entries.async_unload(entry.entry_id)
