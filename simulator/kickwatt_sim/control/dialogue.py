"""The newest lines between board and modem, for whoever looks on."""

from collections import deque
from itertools import islice

from msgspec import Struct

from ..recorder.transcript import Lines
from ..world import World

KEPT = 2_000


class Line(Struct, frozen=True):
    """One line: `at_s` is the second of the world, `by` is `board` or `modem`."""

    number: int
    at_s: float
    by: str
    text: str


class Dialogue:
    """Keeps the last lines, numbered from 1."""

    def __init__(self, world: World) -> None:
        """Begin with nothing; `hear` belongs among the listeners of a modem."""
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._newest = 0
        self.hear = Lines(world, self._take).hear

    def after(self, number: int, most: int) -> list[Line]:
        """Return the newest lines with higher numbers, at most so many."""
        wanted = min(most, max(0, self._newest - number))
        first = max(0, len(self._lines) - wanted)
        return list(islice(self._lines, first, None))

    def _take(self, at_s: float, who: str, text: str) -> None:
        self._newest += 1
        by = "board" if who == "host" else who
        self._lines.append(Line(self._newest, round(at_s, 3), by, text))
