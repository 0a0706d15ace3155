"""From a message's arrival to its event on the live WebSocket, at 1,000 readings a second.

One client posts for 1,000 chargers over 32 connections and listens on one WebSocket, all on its own core. The time runs
from before the message is sent until its event is decoded, so the network's and the client's share is in it.
"""

import asyncio
from itertools import count
from statistics import quantiles
import time
from urllib.parse import urlsplit

import aiohttp
import msgspec

from tests.support.hub_process import HubProcess

from .. import hub_process, machine
from ..programs import scratch
from ..report import Report
from ..signed import Board, charging

CHARGERS = 1_000
CONNECTIONS = 32
RATE = 1_000


class _Reading(msgspec.Struct):
    energy_wh: float | None


class _Charger(msgspec.Struct):
    id: str
    reading: _Reading | None


class _Event(msgspec.Struct):
    type: str
    charger: _Charger | None = None


_EVENT = msgspec.json.Decoder(_Event)


def run(report: Report) -> None:
    """Warm up, then measure."""
    seconds = 3 if report.quick else 15
    with scratch() as folder:
        data = folder / "hub"
        report.doing("adding chargers")
        boards = charging(data, CHARGERS)
        token = HubProcess(data).add_token("read")
        with hub_process.running(data) as hub, machine.on_cpu(machine.LOAD_CPU):
            report.doing("warming up")
            asyncio.run(_measure(hub, token, boards, 3))
            report.doing(f"{seconds} s at {RATE:,} readings/s")
            delays_ms, sent = asyncio.run(_measure(hub, token, boards, seconds))
    cuts = quantiles(delays_ms, n=100, method="inclusive")
    report.figure("Message to event, p50", cuts[49], "ms")
    report.figure("Message to event, p99", cuts[98], "ms", at_most=10)
    report.figure("Sent", sent / seconds, "readings/s")
    report.note(f"{len(delays_ms):,} events for {sent:,} messages.")


async def _measure(
    hub: HubProcess, token: str, boards: list[Board], seconds: float
) -> tuple[list[float], int]:
    """Return the milliseconds that each event took, and how many messages were sent."""
    delays_ms: list[float] = []
    begun: dict[tuple[str, float | None], float] = {}
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{hub.url}/api/v1/live")
        await socket.send_json({"type": "auth", "token": token})
        await socket.send_json({"type": "subscribe", "id": 1})

        async def listen() -> None:
            async for message in socket:
                event = _EVENT.decode(message.data)
                if event.type == "event" and event.charger and event.charger.reading:
                    key = (event.charger.id, event.charger.reading.energy_wh)
                    if (sent := begun.pop(key, None)) is not None:
                        delays_ms.append((time.perf_counter() - sent) * 1000)

        listening = asyncio.create_task(listen())
        start = asyncio.get_running_loop().time() + 0.2
        async with asyncio.TaskGroup() as group:
            for first in range(CONNECTIONS):
                mine = boards[first::CONNECTIONS]
                group.create_task(_post(hub, mine, start, seconds, first, begun))
        sent = len(delays_ms) + len(begun)
        async with asyncio.timeout(5):
            while begun:
                await asyncio.sleep(0.01)
        await socket.close()
        await listening
    return delays_ms, sent


async def _post(
    hub: HubProcess,
    boards: list[Board],
    start: float,
    seconds: float,
    first: int,
    begun: dict[tuple[str, float | None], float],
) -> None:
    """Send this connection's share, each message at its time."""
    loop = asyncio.get_running_loop()
    address = urlsplit(hub.device_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for turn in count():
        due = start + (turn * CONNECTIONS + first) / RATE
        if due >= start + seconds:
            break
        board = boards[turn % len(boards)]
        request = board.request()
        await asyncio.sleep(due - loop.time())
        begun[board.charger_id, float(board.number)] = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
