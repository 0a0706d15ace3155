"""From a reading to `newLog` at 200 Socket.IO clients on one hub, half by long polling, half by WebSocket.

Each client holds a charger of its own, whose board reports every two seconds. The time runs from before the board's message is
sent until the client has its `newLog`. The clients are python-socketio's, all in one process on the load's core: their share is in the
time, and with polling a new request of theirs for each event.
"""

import asyncio
from itertools import count
import json
from statistics import quantiles
import time
from typing import Any
from urllib.parse import urlsplit

import socketio

from tests.support.hub_process import HubProcess

from .. import hub_process, machine
from ..programs import scratch
from ..report import Report
from ..signed import Board, charging

CLIENTS = 200
EVERY_S = 2.0
CONNECTIONS = 8
OPEN_S = 120
TRANSPORTS = ("polling", "websocket")


class _Client:
    """One client, and how long each `newLog` took to reach it."""

    def __init__(self, board: Board, transport: str) -> None:
        self.board = board
        self.transport = transport
        self.delays_ms: list[float] = []
        self.begun: float | None = None
        self._welcome = asyncio.Event()
        self._io = socketio.AsyncClient(reconnection=False)
        self._io.on("chargerConnected", self._connected)
        self._io.on("newLog", self._log)

    async def connect(self, hub: HubProcess, token: str) -> None:
        query = f"token=Bearer%20{token}&chargerId={self.board.charger_id}"
        await self._io.connect(f"{hub.url}?{query}", transports=[self.transport], wait_timeout=OPEN_S)  # fmt: skip
        await self._welcome.wait()

    async def close(self) -> None:
        await self._io.disconnect()

    async def _connected(self, _data: str) -> None:
        self._welcome.set()

    async def _log(self, data: str) -> None:
        said: dict[str, Any] = json.loads(data)
        power_w = f"{(900 + self.board.number % 20) / 10:.2f}"
        if self.begun is not None and said["power"] == power_w:
            self.delays_ms.append((time.perf_counter() - self.begun) * 1000)
            self.begun = None


def run(report: Report) -> None:
    """Connect, warm up, measure."""
    clients = CLIENTS // 10 if report.quick else CLIENTS
    seconds = 6 if report.quick else 30
    with scratch() as folder:
        data = folder / "hub"
        report.doing("adding chargers")
        boards = charging(data, clients)
        token = HubProcess(data).add_token("control")
        with hub_process.running(data) as hub, machine.on_cpu(machine.LOAD_CPU):
            report.doing(f"{clients} clients")
            found, sent, cpu = asyncio.run(_measure(hub, token, boards, seconds))
            memory_mib = hub.memory_mib()
    for transport in TRANSPORTS:
        delays = [ms for each in found if each.transport == transport for ms in each.delays_ms]  # fmt: skip
        cuts = quantiles(delays, n=100, method="inclusive")
        report.figure(f"Reading to newLog, {transport}, p50", cuts[49], "ms")
        report.figure(f"Reading to newLog, {transport}, p95", cuts[94], "ms")
    told = sum(len(each.delays_ms) for each in found)
    report.figure("newLog that arrived", 100 * told / sent, "%", at_least=100)
    report.figure("The hub's processor", 100 * cpu / seconds, "% of a core")
    report.figure("The hub's memory", memory_mib, "MiB")
    report.note(f"{told:,} events for {sent:,} messages of {clients} boards.")


async def _measure(
    hub: HubProcess, token: str, boards: list[Board], seconds: float
) -> tuple[list[_Client], int, float]:
    """Return the clients with their delays, how many messages were sent, and the hub's processor time in seconds."""
    clients = [_Client(board, TRANSPORTS[at % 2]) for at, board in enumerate(boards)]
    for client in clients:
        await client.connect(hub, token)
    await _report(hub, clients, EVERY_S)
    for client in clients:
        client.delays_ms.clear()
    begun_s = machine.cpu_s(hub.pid)
    sent = await _report(hub, clients, seconds)
    cpu_s = machine.cpu_s(hub.pid) - begun_s
    await asyncio.gather(*(client.close() for client in clients))
    return clients, sent, cpu_s


async def _report(hub: HubProcess, clients: list[_Client], seconds: float) -> int:
    """Let each board report in its turn, and wait until all clients have heard; return how many messages that were."""
    start = asyncio.get_running_loop().time() + 0.1
    apart_s = EVERY_S / len(clients)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                _post(hub, clients[at::CONNECTIONS], start + at * apart_s, seconds)
            )
            for at in range(CONNECTIONS)
        ]
    async with asyncio.timeout(10):
        while any(client.begun for client in clients):
            await asyncio.sleep(0.01)
    return sum(task.result() for task in tasks)


async def _post(
    hub: HubProcess, clients: list[_Client], start: float, seconds: float
) -> int:
    loop = asyncio.get_running_loop()
    address = urlsplit(hub.device_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    pause_s = EVERY_S / len(clients)
    for turn in count():
        due = start + turn * pause_s
        if due >= start + seconds:
            break
        client = clients[turn % len(clients)]
        await asyncio.sleep(due - loop.time())
        request = client.board.request()
        client.begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
    return turn
