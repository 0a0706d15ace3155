"""A serial line between a board's UART pins and one part."""

from collections import deque
from collections.abc import Callable
import random
from typing import Final, Protocol

from ..world import SECOND, World

_BITS_PER_BYTE: Final = 10


def byte_ns(baud: int) -> int:
    """Return how long one byte with start and stop bit takes."""
    return _BITS_PER_BYTE * SECOND // baud


class Part(Protocol):
    """What hangs at the far end."""

    def receive(self, data: bytes, baud: int) -> None:
        """Take bytes that arrived with this baud rate."""


class Line:
    """Carries bytes both ways at the speed of the baud rate, and loses or garbles what a real one would.

    Bytes on their way to the board are not events: `take` works out which have arrived. Nothing is copied per byte.
    """

    def __init__(self, world: World) -> None:
        """Make a line with nothing at its far end."""
        self._world = world
        self._noise: random.Random = world.random("line")
        self.part: Part | None = None
        self.board_baud: int | None = None
        self.on_traffic: list[Callable[[str, bytes], None]] = []
        self._on_the_way: deque[tuple[int, int, bytes]] = deque()
        self._part_free_ns = 0
        self._board_free_ns = 0

    def open(self, baud: int) -> None:
        """Let the board's UART listen at this rate; what was on the way before is lost."""
        self._on_the_way.clear()
        self.board_baud = baud

    def close(self) -> None:
        """Let the board's UART be off."""
        self._on_the_way.clear()
        self.board_baud = None

    def transmit(self, data: bytes) -> int:
        """Send from the board; return when the last byte has left."""
        baud = self.board_baud or 9600
        self._board_free_ns = max(self._world.now_ns, self._board_free_ns) + len(data) * byte_ns(baud)
        self._world.at(self._board_free_ns, lambda: self._deliver(data, baud))
        return self._board_free_ns

    def _deliver(self, data: bytes, baud: int) -> None:
        for observe in self.on_traffic:
            observe("board", data)
        if self.part is not None:
            self.part.receive(data, baud)

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        """Send from the part, at `at_ns` or when the line is free; return when the last byte has arrived."""
        begins_ns = max(self._world.now_ns, at_ns, self._part_free_ns)
        each_ns = byte_ns(baud)
        self._part_free_ns = begins_ns + len(data) * each_ns
        for observe in self.on_traffic:
            observe("part", data)
        if self.board_baud is not None and data:
            if self.board_baud != baud:
                data = self._noise.randbytes(len(data))
            self._on_the_way.append((begins_ns + each_ns, each_ns, data))
        return self._part_free_ns

    def next_arrival_ns(self, count: int) -> int | None:
        """Return when the next `count` bytes of the nearest message (or all it has, if less) have arrived."""
        if not self._on_the_way:
            return None
        first_ns, each_ns, data = self._on_the_way[0]
        return first_ns + (min(count, len(data)) - 1) * each_ns

    def take(self) -> bytes:
        """Return what has arrived at the board's pin since the last call."""
        now_ns = self._world.now_ns
        arrived = b""
        while self._on_the_way and self._on_the_way[0][0] <= now_ns:
            first_ns, each_ns, data = self._on_the_way.popleft()
            whole = (now_ns - first_ns) // each_ns + 1
            arrived += data[:whole]
            if whole < len(data):
                self._on_the_way.appendleft((first_ns + whole * each_ns, each_ns, data[whole:]))
                break
        return arrived
