"""The meter's Modbus TCP server, after "Modbus Messaging on TCP/IP Implementation Guide V1.0b".

It is written with plain sockets: most of the faults are frames that no library would send.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import random
import struct
import time
from typing import Final, Self

from . import registers
from .house import House

READ_INPUT: Final = 4
MOST_WORDS: Final = 80  # 40 parameters, Eastron's limit
SLOW_S: Final = 10.0

_ILLEGAL_FUNCTION: Final = 1
_ILLEGAL_ADDRESS: Final = 2
_ILLEGAL_VALUE: Final = 3
_FAILURE: Final = 4
_BUSY: Final = 6
_NO_SUCH_UNIT: Final = 11

_HEADER: Final = struct.Struct(">HHHB")


class SimulatedMeter:
    """An SDM630. `fault` may be changed while it runs; `requests` counts what it was asked."""

    def __init__(
        self,
        house: House,
        *,
        unit: int = 1,
        fault: str | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Nothing listens yet."""
        self.house = house
        self.unit = unit
        self.fault = fault
        self.requests = 0
        self.host = ""
        self.port = 0
        self._now_s = now_s
        self._frozen_s: float | None = None
        self._last: bytes | None = None
        self._dice = random.Random(house.seed)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen; port 0 lets the system choose one. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        return self

    async def stop(self) -> None:
        """Close everything, as a meter that loses its supply."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        """Listen on a port that the system chooses, unless it does already."""
        return self if self._server else await self.start()

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        await self.stop()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False when the connection is to be closed."""
        number, protocol, length, unit = _HEADER.unpack(
            await reader.readexactly(_HEADER.size)
        )
        if protocol != 0 or not 2 <= length <= 254:
            return False
        pdu = await reader.readexactly(length - 1)
        self.requests += 1
        answer = self._answer(unit, pdu)
        frame = _frame(number, unit, answer)
        match self.fault:
            case "silent":
                return True
            case "hangs_up":
                return False
            case "slow":
                await asyncio.sleep(SLOW_S)
            case "cut":
                writer.write(frame[: len(frame) // 2])
                await writer.drain()
                return False
            case "garbage":
                frame = self._dice.randbytes(len(frame))
            case "other_unit":
                frame = _frame(number, unit % 247 + 1, answer)
            case "late":
                self._last, frame = frame, self._last or b""
        writer.write(frame)
        await writer.drain()
        return True

    def _answer(self, unit: int, pdu: bytes) -> bytes:
        function = pdu[0]
        if unit != self.unit:
            return _exception(function, _NO_SUCH_UNIT)
        if self.fault in ("failing", "busy"):
            return _exception(function, _FAILURE if self.fault == "failing" else _BUSY)
        if function != READ_INPUT:
            return _exception(function, _ILLEGAL_FUNCTION)
        if len(pdu) != 5:
            return _exception(function, _ILLEGAL_VALUE)
        start, count = struct.unpack(">HH", pdu[1:])
        if not 1 <= count <= MOST_WORDS:
            return _exception(function, _ILLEGAL_VALUE)
        table = registers.values(self.house, self._instant_s())
        if start + count > registers.LAST or (
            self.fault == "gaps" and not _has_all(table, start, count)
        ):
            return _exception(function, _ILLEGAL_ADDRESS)
        if self.fault == "nan":
            table = dict.fromkeys(table, float("nan"))
        found = registers.words(table, start, count)
        if self.fault == "short":
            found = found[:-2]
        data = struct.pack(f">{len(found)}H", *found)
        return bytes([function, len(data)]) + data

    def _instant_s(self) -> float:
        if self.fault != "frozen":
            self._frozen_s = None
            return self._now_s()
        if self._frozen_s is None:
            self._frozen_s = self._now_s()
        return self._frozen_s


def _has_all(table: dict[int, float], start: int, count: int) -> bool:
    known = {address + word for address in table for word in (0, 1)}
    return known.issuperset(range(start, start + count))


def _exception(function: int, code: int) -> bytes:
    return bytes([function | 0x80, code])


def _frame(number: int, unit: int, pdu: bytes) -> bytes:
    return _HEADER.pack(number, 0, len(pdu) + 1, unit) + pdu
