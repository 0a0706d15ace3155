"""Boards that report one after another, evenly, and note when the hub accepted each reading."""

import asyncio
from itertools import count
import time

from ..signed import Board

CONNECTIONS = 16

type Accepted = dict[tuple[str, int], float]
"""When a reading was accepted, by charger and energy in Wh: the clock that all processes share, in seconds."""


async def report_in_turn(
    port: int, boards: list[Board], each_s: float, seconds: float
) -> Accepted:
    """Let each board report every `each_s` seconds, for `seconds`; return when each was accepted."""
    accepted: Accepted = {}
    rate = len(boards) / each_s
    start = asyncio.get_running_loop().time() + 0.2
    async with asyncio.TaskGroup() as group:
        for first in range(CONNECTIONS):
            group.create_task(
                _report(port, boards, first, rate, start, seconds, accepted)
            )
    return accepted


async def _report(
    port: int,
    boards: list[Board],
    first: int,
    rate: float,
    start: float,
    seconds: float,
    accepted: Accepted,
) -> None:
    """Send one connection's share, each message at its time."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    mine = boards[first::CONNECTIONS]
    for turn in count():
        due = start + (turn * CONNECTIONS + first) / rate
        if due >= start + seconds:
            break
        board = mine[turn % len(mine)]
        request = board.request()
        await asyncio.sleep(due - loop.time())
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        accepted[board.charger_id, board.number] = time.perf_counter()
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
