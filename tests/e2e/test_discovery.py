"""The hub, run as the app runs it, announces itself to the Supervisor; Home Assistant finds it and asks its owner."""

import asyncio
from pathlib import Path
import shutil
import socket
import sys
from typing import Any

import aiohttp
from kickwatt_demo import homeassistant
from kickwatt_demo.homeassistant import HomeAssistant
from kickwatt_demo.process import Process, free_ports
import pytest

from .supervisor import TOKEN, pretend_supervisor

ROOT = Path(__file__).parents[2]
RUN = ROOT / "addon/rootfs/etc/s6-overlay/s6-rc.d/kickwatt/run"
LIMIT_S = 60


async def start_app(
    folder: Path, supervisor: str, port: int, device_port: int
) -> Process:
    """Start the app's own run script; what the image would give it is given here instead.

    In the image bashio runs it, /data is the app's, and the ports are free.
    """
    data = folder / "data"
    data.mkdir()
    (data / "options.json").write_text('{"log_level": "info"}')
    script = RUN.read_text().replace("/data", str(data))
    script = script.replace("--port 8421", f"--port {port}").replace(
        "--device-port 8422", f"--device-port {device_port}"
    )
    run = folder / "run"
    run.write_text(f'bashio::log.info() {{ echo INFO: "$*"; }}\n{script}')
    # The interpreter of the tests stands for the image's.
    python = folder / "bin/python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return await Process.start(
        "the app",
        shutil.which("bash") or "bash",
        run,
        log=folder / "app.log",
        environment={
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "SUPERVISOR": supervisor,
            "SUPERVISOR_TOKEN": TOKEN,
        },
    )


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
        app = await start_app(tmp_path, supervisor.address, port, device_port)
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
            code = await app.stop()
        assert code == 0, app.last_words()
        assert announcement["config"]["token"] not in app.log.read_text()
        assert TOKEN not in app.log.read_text()
