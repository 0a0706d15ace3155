"""The hub, run as the app runs it, announces itself to the Supervisor; Home Assistant finds it and asks its owner."""

import asyncio
from pathlib import Path
import socket
import sys
from typing import Any

import aiohttp
from kickwatt_demo import homeassistant
from kickwatt_demo.homeassistant import HomeAssistant
from kickwatt_demo.process import free_ports
from kickwatt_demo.supervisor import TOKEN, pretend_supervisor
import pytest

from .app import App

ROOT = Path(__file__).parents[2]
LIMIT_S = 60


async def discovered(hass: HomeAssistant) -> dict[str, Any]:
    """Wait for the flow that waits for its owner."""
    while True:
        for flow in await hass.flows("kickwatt"):
            return flow
        await asyncio.sleep(0.2)


@pytest.mark.timeout(180)
async def test_an_app_is_discovered_and_its_owner_needs_only_to_agree(
    tmp_path: Path,
) -> None:
    supervisor_port, hass_port, port, device_port = free_ports(4)
    config = tmp_path / "home-assistant"
    homeassistant.seed(config, hass_port, ROOT / "custom_components")
    async with (
        pretend_supervisor(supervisor_port) as supervisor,
        aiohttp.ClientSession() as session,
    ):
        app = App(tmp_path, supervisor.address, port, device_port, Path(sys.executable))
        hub = await app.start()
        async with asyncio.timeout(LIMIT_S):
            await supervisor.told()  # Home Assistant asks once, at its start
        core = await homeassistant.start(
            config,
            tmp_path / "home-assistant.log",
            {"SUPERVISOR": supervisor.address, "SUPERVISOR_TOKEN": TOKEN},
        )
        hass = HomeAssistant(session, f"http://127.0.0.1:{hass_port}")
        try:
            async with asyncio.timeout(LIMIT_S):
                await hass.answers()
                await hass.onboard()
                await hass.connect()
                flow = await discovered(hass)
            (announcement,) = supervisor.received
            assert announcement["service"] == "kickwatt"
            assert announcement["config"]["host"] == socket.gethostname()
            assert announcement["config"]["port"] == port
            assert flow["context"]["source"] == "hassio"
            assert flow["context"]["title_placeholders"] == {"name": "Kickwatt"}

            entry = await hass.continue_flow(flow["flow_id"], {})
            assert (entry["type"], entry["title"]) == ("create_entry", "Kickwatt")
            assert entry["result"]["source"] == "hassio"
            assert entry["result"]["state"] == "loaded"
            assert await hass.flows("kickwatt") == []
        finally:
            await hass.close()
            await core.stop()
            code = await hub.stop()
        assert code == 0, hub.last_words()
        assert announcement["config"]["token"] not in hub.log.read_text()
        assert TOKEN not in hub.log.read_text()
