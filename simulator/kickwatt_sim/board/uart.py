"""The board's UARTs: what Blinka's `busio.UART` finds as `machine.UART`.

Behaviour: CircuitPython, `ports/raspberrypi/common-hal/busio/UART.c`. The receive buffer fills from the interrupt; when it
is full, 32 more bytes wait in the hardware and the rest is lost. The timeout of a read starts anew with every byte,
and a read that got something tries once more before it returns.
"""

from typing import TYPE_CHECKING, Any, Final

from ..parts.line import Line, byte_ns
from ..world import NEVER

if TYPE_CHECKING:
    from .board import Board

_HARDWARE_FIFO: Final = 32


class Port:
    """One pair of UART pins of one board, and the line at them."""

    def __init__(self, board: Board, unit: int, line: Line) -> None:
        """Make a port that nobody has opened; `unit` is the number of the hardware UART behind it."""
        self.board = board
        self.unit = unit
        self.line = line
        self.uart: Uart | None = None


class Uart:
    """An open UART, with the signature that Blinka calls."""

    def __init__(
        self,
        port: Port,
        baudrate: int,
        *,
        bits: int = 8,
        parity: int | None = None,
        stop: int = 1,
        timeout: float = 1,
        read_buf_len: int = 64,
    ) -> None:
        """Open the port; raise ValueError when the hardware UART is in use."""
        if port.unit in port.board.uarts:
            raise ValueError("UART peripheral in use")
        if bits != 8 or parity is not None or stop != 1:
            raise ValueError("the simulated lines are 8N1")
        if read_buf_len < 1:
            raise ValueError("receiver_buffer_size must be >= 1")
        self._port = port
        self._board = port.board
        self._world = port.board.world
        self._line = port.line
        self._baudrate = baudrate
        self.timeout = timeout
        self._buffer = bytearray()
        self._capacity = read_buf_len + _HARDWARE_FIFO
        self.lost = 0
        port.board.uarts[port.unit] = self
        port.uart = self
        self._line.open(baudrate)

    def deinit(self) -> None:
        """Close the port."""
        self._line.close()
        self._port.uart = None
        self._board.uarts.pop(self._port.unit, None)

    @property
    def baudrate(self) -> int:
        """The baud rate."""
        return self._baudrate

    @baudrate.setter
    def baudrate(self, value: int) -> None:
        self._baudrate = value
        self._line.open(value)

    def settle(self, room: int | None = None) -> None:
        """Move what has arrived into the buffer; what finds no room (or is more than `room`) is lost."""
        arrived = self._line.take()
        if arrived:
            free = self._capacity - len(self._buffer)
            if room is not None:
                free = min(free, room)
            self._buffer += arrived[:free]
            self.lost += max(0, len(arrived) - free)

    @property
    def in_waiting(self) -> int:
        """The number of bytes that can be read at once."""
        self._board.work()
        if self._line.next_arrival_ns <= self._world.now_ns:
            self.settle()
        return len(self._buffer)

    def reset_input_buffer(self) -> None:
        """Forget what has arrived."""
        self._board.work()
        self.settle()
        self._buffer.clear()

    def write(self, data: Any) -> int:
        """Send bytes; returns when all but the last 32 have left."""
        data = bytes(data)
        sent_ns = self._line.transmit(data)
        self._board.sleep_until(
            sent_ns - min(len(data), _HARDWARE_FIFO) * byte_ns(self._baudrate)
        )
        return len(data)

    def read(self, nbytes: int | None = None) -> bytes | None:
        """Read up to `nbytes`, or until the line is silent for the timeout; None if nothing came."""
        return self._take(self._wait(nbytes))

    def readinto(self, buf: Any, nbytes: int | None = None) -> int | None:
        """Read into a buffer; None if nothing came."""
        wanted = len(buf) if nbytes is None else min(nbytes, len(buf))
        data = self._take(self._wait(wanted))
        if data is None:
            return None
        buf[: len(data)] = data
        return len(data)

    def readline(self) -> bytes | None:
        """Read to the end of a line, or until the line is silent for the timeout."""
        wanted = 1
        while True:
            got = self._wait(wanted)
            end = self._buffer.find(b"\n") + 1
            if end or got < wanted:
                return self._take(end or got)
            wanted = got + 1

    def _take(self, count: int) -> bytes | None:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data or None

    def _wait(self, wanted: int | None) -> int:
        self._board.work()
        self.settle()
        silence_ns = round(self.timeout * 1000) * 1_000_000
        heard_ns = self._world.now_ns
        while wanted is None or len(self._buffer) < wanted:
            missing = 1 << 30 if wanted is None else wanted - len(self._buffer)
            tries = 2 if self._buffer else 1
            until_ns = heard_ns + tries * silence_ns
            if self._line.next_arrival_ns > until_ns:
                if self._world.now_ns >= until_ns:
                    break
                self._board.sleep_until(
                    until_ns, lambda: self._line.next_arrival_ns < NEVER
                )
                continue
            heard_ns = self._line.arrived_ns(missing)
            self._board.sleep_until(heard_ns)
            self._buffer += self._line.take()
        return len(self._buffer) if wanted is None else min(wanted, len(self._buffer))
