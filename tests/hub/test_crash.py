"""The real program, killed in the middle of its work: what it acknowledged is there, once, and the charge goes on."""

import asyncio
from pathlib import Path

import aiohttp
from kickwatt_demo.process import free_ports
import pytest

from kickwatt_hub.api.wire import BODY_S
from tests.support.hub_process import HubProcess, running_hub
from tests.support.kills import kill_under_load


@pytest.mark.timeout(180)
async def test_sigkill_in_mid_ingest_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Several boards at once, several kills, one database. `python -m benchmarks hub.crash` kills it 200 times."""
    process = HubProcess(tmp_path / "data")
    courses = await kill_under_load(process, tmp_path / "data", 5, boards=3, seed=1)
    assert "all is well" in await process.acli("check")
    for course in courses:
        numbers = [number for number, *_ in course.stored]
        assert numbers == [(1, number + 1) for number in range(len(numbers))]
        assert set(numbers) == course.acknowledged
        assert len(numbers) == course.board.energy_wh > 20
        assert all(energy == float(meter or 0) for _, meter, energy in course.stored)
    async with running_hub(tmp_path / "data") as hub:
        for charger in hub.hub.context.fleet.snapshot():
            assert charger.state == "charging"
        energies = [
            each.reading and each.reading.energy_wh
            for each in hub.hub.context.fleet.snapshot()
        ]
        assert energies == [course.board.energy_wh for course in courses]
    assert "Traceback" not in process.log()


async def test_sigterm_stops_soon_and_says_goodbye(tmp_path: Path) -> None:
    """It waits neither for a client that listens nor for one that never finishes its request."""
    process = HubProcess(tmp_path / "data").start()
    token = await asyncio.to_thread(process.add_token, "read")
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{process.url}/api/v1/live")
        await socket.send_json({"type": "auth", "token": token})
        await socket.send_json({"type": "subscribe", "id": 1})
        for _ in range(3):
            await socket.receive_json(timeout=60)
        port = int(process.device_url.rpartition(":")[2])
        _, slow = await asyncio.open_connection("127.0.0.1", port)
        slow.write(
            b"POST /s1/scooter HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
        )
        await slow.drain()
        stopping = asyncio.create_task(asyncio.to_thread(process.stop))
        farewell = await socket.receive(timeout=60)
        assert (farewell.type, farewell.data) == (aiohttp.WSMsgType.CLOSE, 1001)
        code, seconds = await stopping
        slow.close()
    assert code == 0
    assert seconds < BODY_S / 2
    assert "Traceback" not in process.log()
    # Nothing is left to be recovered: the write-ahead log was taken in.
    assert not (tmp_path / "data" / "kickwatt.sqlite-wal").exists()


async def test_the_hub_starts_again_on_the_same_ports_at_once(tmp_path: Path) -> None:
    """The addresses of old connections are no obstacle."""
    port, device_port = free_ports(2)
    process = HubProcess(tmp_path / "data")
    process.start(port=port, device_port=device_port)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{process.url}/healthz") as answer,
    ):
        assert answer.status == 200
        process.kill()
        process.start(port=port, device_port=device_port)
    assert process.stop()[0] == 0
