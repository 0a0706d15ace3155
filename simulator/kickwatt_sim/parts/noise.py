"""Noise of an analog signal, quick enough for thousands of samples a second."""

from collections.abc import Sequence
import random
from typing import Final

_POOL: Final = 4096


class Noise:
    """Numbers of a normal distribution of deviation 1, cut at random places from one long row of them."""

    def __init__(self, luck: random.Random) -> None:
        """Keep the dice; nothing is drawn before the first row."""
        self._luck = luck
        self._pool: list[float] = []

    def row(self, count: int) -> Sequence[float]:
        """Return `count` numbers."""
        while len(self._pool) < _POOL + count:
            self._pool += [self._luck.gauss(0.0, 1.0) for _ in range(_POOL)]
        start = self._luck.randrange(_POOL)
        return self._pool[start : start + count]
