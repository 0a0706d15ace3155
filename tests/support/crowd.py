"""Many devices that connect at the same moment, as after a power cut in their town."""

import asyncio
from collections import Counter
from pathlib import Path

from kickwatt_hub import onboarding
from tests.support.hub_process import running_hub
from tests.support.s1_device import S1Device


async def make_boards(data: Path, count: int) -> list[S1Device]:
    """Return so many boards, known to the hub that will run on `data`."""
    async with running_hub(data) as hub:
        context = hub.hub.context
        added = await onboarding.add_chargers(
            context.store,
            context.secret,
            [f"board-{n}" for n in range(count)],
            simulated=False,
        )
    return [S1Device("", each.id, each.key) for each in added]


async def connect_at_once(port: int, boards: list[S1Device]) -> Counter[int]:
    """Let all connect before any of them speaks, and then all speak; return how often each status came."""
    connections = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", port) for _ in boards)
    )
    requests = []
    for board in boards:
        board.measure(90.0)
        body = board.body()
        head = f"POST /s1/{board.charger_id} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        requests.append(head.encode() + body)
    for (_, writer), request in zip(connections, requests, strict=True):
        writer.write(request)
    lines = await asyncio.gather(*(reader.readline() for reader, _ in connections))
    for _, writer in connections:
        writer.close()
    return Counter(int(line.split()[1]) for line in lines)
