"""A connection over long polling that was lost without a word: the server holds the charger for it until somebody ends it."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.sources.vecharge.address import address
from kickwatt_hub.sources.vecharge.client import Former, hang_up
from kickwatt_sim.vecharge import SimulatedServer
from tests.support.hub_process import HubProcess, running_hub

from .conftest import PATIENCE_S, add, server

NEVER_S = 3600.0


def _patient(revision: int) -> SimulatedServer:
    """Return a server that calls nobody gone by itself."""
    return server(
        revision=revision, fault="polling", interval_s=NEVER_S, timeout_s=NEVER_S
    )


async def _comes(http: aiohttp.ClientSession, hub: HubProcess) -> Any:
    """Wait until the hub holds the charger, and return it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with http.get(f"{hub.url}/api/v1/chargers/far") as answer:
                found = await answer.json()
            if found["source"] and found["source"]["state"] == "connected":
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("revision", [3, 4])
async def test_a_hub_that_was_killed_takes_its_charger_again_at_once(
    tmp_path: Path, revision: int
) -> None:
    """It ends what it had, and is told nothing of another device."""
    async with _patient(revision) as simulated:
        async with running_hub(tmp_path / "data") as hub:
            headers = {"Authorization": f"Bearer {await hub.add_token('read')}"}
            await add(hub, simulated.url)
        async with aiohttp.ClientSession(headers=headers) as http:
            with HubProcess(tmp_path / "data") as killed:
                await _comes(http, killed)
                killed.kill()
            assert simulated.held
            connections = simulated.connections
            with HubProcess(tmp_path / "data") as process:
                await _comes(http, process)
                assert simulated.connections == connections + 1
                assert "other device" not in process.log()


async def test_what_is_not_there_any_more_needs_no_end() -> None:
    """The server says that it knows no such connection; one that cannot be reached has to be asked again."""
    former = Former(3, "no such id")
    async with aiohttp.ClientSession() as http, server() as simulated:
        assert await hang_up(http, address(simulated.url, "test", "secret"), former)
        nowhere = address("http://127.0.0.1:1", "test", "secret")
        assert not await hang_up(http, nowhere, former)
