"""`random`: seeded by the world."""

from typing import Any

from ..board.board import Board

_NAMES = ("choice", "getrandbits", "randint", "random", "randrange", "seed", "uniform")


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {name: getattr(board.randomness, name) for name in _NAMES}
