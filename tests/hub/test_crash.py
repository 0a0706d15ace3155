"""The real program, killed in the middle of its work: what it acknowledged is there, once, and the charge goes on."""

import asyncio
from contextlib import closing
from pathlib import Path
import sqlite3

import aiohttp
import pytest

from tests.support.hub_process import HubProcess
from tests.support.s1_device import S1Device
from tests.support.stored import stored_readings

KILLS = 4
BOARDS = 3


async def _report_until_the_hub_is_gone(
    board: S1Device, acknowledged: set[tuple[int, int]]
) -> None:
    """Measure and send as fast as it goes; note what the hub says is stored."""
    while True:
        board.energy_wh += 1
        board.measure(90.0)
        sent = [(board.boot, sample[0]) for sample in board.queue[:40]]
        try:
            reply = await board.post(board.body(), timeout_s=5)
        except aiohttp.ClientError, TimeoutError:
            return
        board.obey(reply)
        assert reply.status == 200, reply
        assert reply.json is not None
        acknowledged.update(each for each in sent if each[1] <= reply.json["ack"])


@pytest.mark.timeout(180)
async def test_sigkill_in_mid_ingest_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Several boards at once, several kills, one database."""
    process = HubProcess(tmp_path / "data").start()
    keys = {}
    for index in range(BOARDS):
        keys[index] = await asyncio.to_thread(process.add_charger, f"scooter-{index}")
    token = await asyncio.to_thread(process.add_token, "read")
    boards = [S1Device("", f"scooter-{index}", keys[index]) for index in range(BOARDS)]
    acknowledged: list[set[tuple[int, int]]] = [set() for _ in boards]
    for board in boards:
        board.relay, board.why, board.state = 1, "button", "charging"
    for _ in range(KILLS):
        for board in boards:
            board.url = process.device_url
        reporting = [
            asyncio.create_task(_report_until_the_hub_is_gone(board, known))
            for board, known in zip(boards, acknowledged, strict=True)
        ]
        await asyncio.sleep(0.7)
        process.kill()
        await asyncio.gather(*reporting)
        process.start()

    # Each board still holds what it got no answer for; it goes on as if nothing had been.
    for board, known in zip(boards, acknowledged, strict=True):
        board.url = process.device_url
        unsure = [(board.boot, sample[0]) for sample in board.queue]
        reply = await board.report(90.0, state="charging")
        assert reply.status == 200
        known.update(unsure, [(board.boot, board.last_number)])
        assert not board.queue
        await board.close()

    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(f"{process.url}/api/v1/chargers") as response,
    ):
        chargers = await response.json()
    process.stop()
    with (
        closing(sqlite3.connect(tmp_path / "data" / "kickwatt.sqlite")) as database,
        database,
    ):
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for index, known in enumerate(acknowledged):
        stored = await stored_readings(tmp_path / "data", f"scooter-{index}")
        stored.sort(key=lambda each: each.position)
        numbers = [(each.position.boot, each.position.number) for each in stored]
        assert len(numbers) > 50
        assert numbers == [(1, number + 1) for number in range(len(numbers))]
        assert known == set(numbers)
        assert [each.energy_wh for each in stored] == [
            float(each.meter_wh or 0) for each in stored
        ]
    for board, charger in zip(boards, chargers, strict=True):
        assert charger["reading"]["energy_wh"] == board.energy_wh
        assert charger["state"] == "charging"
    assert "Traceback" not in process.log()


async def test_sigterm_stops_within_five_seconds_and_says_goodbye(
    tmp_path: Path,
) -> None:
    """Also with a client that listens and one that never finishes its request."""
    process = HubProcess(tmp_path / "data").start()
    token = await asyncio.to_thread(process.add_token, "read")
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{process.url}/api/v1/live")
        await socket.send_json({"type": "auth", "token": token})
        await socket.send_json({"type": "subscribe", "id": 1})
        for _ in range(3):
            await socket.receive_json(timeout=5)
        port = int(process.device_url.rpartition(":")[2])
        _, slow = await asyncio.open_connection("127.0.0.1", port)
        slow.write(
            b"POST /s1/scooter HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
        )
        await slow.drain()
        stopping = asyncio.create_task(asyncio.to_thread(process.stop))
        farewell = await socket.receive(timeout=5)
        assert (farewell.type, farewell.data) == (aiohttp.WSMsgType.CLOSE, 1001)
        code, seconds = await stopping
        slow.close()
    assert code == 0
    assert seconds < 5
    assert "Traceback" not in process.log()
    # Nothing is left to be recovered: the write-ahead log was taken in.
    assert not (tmp_path / "data" / "kickwatt.sqlite-wal").exists()


async def test_the_hub_starts_again_on_the_same_ports_at_once(tmp_path: Path) -> None:
    """The addresses of old connections are no obstacle."""
    process = HubProcess(tmp_path / "data").start()
    ports = [int(url.rpartition(":")[2]) for url in (process.url, process.device_url)]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{process.url}/healthz") as answer,
    ):
        assert answer.status == 200
        process.kill()
        process.start(port=ports[0], device_port=ports[1])
    assert process.stop()[0] == 0
