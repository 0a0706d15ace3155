"""A connection to a meter, or to a gateway with several of them behind it, which take turns.

Many gateways allow only a few connections, some a single one, and their serial bus carries one question at a time. So all
units at one address share a line.
"""

import asyncio
import logging

from modbus_connection import ModbusError, ModbusTcpParams, ModbusUnit
from modbus_connection.tmodbus import ModbusConnection

_LOGGER = logging.getLogger(__name__)


class Line:
    """One connection. Whoever holds `turn` may use it."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        """Nothing is dialled yet; `timeout_s` is for one request."""
        self.turn = asyncio.Lock()
        self._connection = ModbusConnection(
            ModbusTcpParams(host=host, port=port), timeout=timeout_s
        )

    async def unit(self, number: int) -> ModbusUnit:
        """Return a unit to ask, once there is a connection. Raises ModbusError.

        The library gives up after ten seconds. It shields its own attempt, and asyncio logs what a shielded attempt raises
        after its waiter was cancelled. So it is a task that waits, and nobody cancels that.
        """
        if not self._connection.connected:
            dialling = asyncio.create_task(self._connection.connect())
            dialling.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )
            await asyncio.wait([dialling])
            await dialling
        return self._connection.for_unit(number)

    async def drop(self) -> None:
        """Hang up; the next unit dials again. What is left of a line may bring an old answer to a new question."""
        try:
            await self._connection.disconnect()
        except ModbusError, OSError:
            _LOGGER.debug("A line was gone before it could be dropped")

    async def close(self) -> None:
        """Hang up for good."""
        try:
            await self._connection.close()
        except ModbusError, OSError:
            _LOGGER.debug("A line was gone before it could be closed")


class Lines:
    """The lines that are in use, by address."""

    def __init__(self) -> None:
        """There are none."""
        self._lines: dict[tuple[str, int], tuple[Line, int]] = {}

    def take(self, host: str, port: int, timeout_s: float) -> Line:
        """Return the line to an address; whoever takes it has to give it back."""
        line, users = self._lines.get((host, port)) or (Line(host, port, timeout_s), 0)
        self._lines[host, port] = line, users + 1
        return line

    async def give_back(self, host: str, port: int) -> None:
        """Use it no more; the last one closes it."""
        line, users = self._lines[host, port]
        if users > 1:
            self._lines[host, port] = line, users - 1
            return
        del self._lines[host, port]
        await line.close()
