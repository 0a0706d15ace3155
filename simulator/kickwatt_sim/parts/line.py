"""A serial line between a board's UART pins and one part."""

from collections import deque
from collections.abc import Callable
import random
from typing import Final, Protocol

from ..world import NEVER, SECOND, World

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

    def __init__(
        self, world: World, on_message: Callable[[], None] = lambda: None
    ) -> None:
        """Make a line with nothing at its far end; `on_message` hears that something is under way to the board."""
        self._on_message = on_message
        self._world = world
        self._noise: random.Random = world.random("line")
        self.part: Part | None = None
        self.board_baud: int | None = None
        self.on_traffic: list[Callable[[str, bytes], None]] = []
        # When the next byte for the board arrives; NEVER while none is on the way.
        self.next_arrival_ns = NEVER
        self._on_the_way: deque[tuple[int, int, bytes]] = deque()
        self._part_free_ns = 0
        self._board_free_ns = 0

    def open(self, baud: int) -> None:
        """Let the board's UART listen at this rate; what was on the way before is lost."""
        self._clear()
        self.board_baud = baud

    def close(self) -> None:
        """Let the board's UART be off."""
        self._clear()
        self.board_baud = None

    @property
    def complete_ns(self) -> int:
        """When everything that is under way to the board has arrived."""
        return self._part_free_ns

    def transmit(self, data: bytes) -> int:
        """Send from the board; return when the last byte has left."""
        baud = self.board_baud or 9600
        self._board_free_ns = max(self._world.now_ns, self._board_free_ns) + len(
            data
        ) * byte_ns(baud)
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
            self.next_arrival_ns = self._on_the_way[0][0]
            self._on_message()
        return self._part_free_ns

    def arrived_ns(self, count: int) -> int:
        """Return when the next `count` bytes have arrived, or all of the message under way, if that has less."""
        first_ns, each_ns, data = self._on_the_way[0]
        return first_ns + (min(count, len(data)) - 1) * each_ns

    def take(self) -> bytes:
        """Return what has arrived at the board's pin since the last call."""
        now_ns = self._world.now_ns
        arrived = b""
        while self.next_arrival_ns <= now_ns:
            first_ns, each_ns, data = self._on_the_way.popleft()
            whole = (now_ns - first_ns) // each_ns + 1
            arrived += data[:whole]
            if whole < len(data):
                self._on_the_way.appendleft(
                    (first_ns + whole * each_ns, each_ns, data[whole:])
                )
            self.next_arrival_ns = self._on_the_way[0][0] if self._on_the_way else NEVER
        return arrived

    def _clear(self) -> None:
        self._on_the_way.clear()
        self.next_arrival_ns = NEVER
