"""`board`: the names of the board's pins."""

from typing import Any

from ..board import blinka
from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the module's content; pins with two names are one object."""
    pins = {name: blinka.Pin(gpio) for name, gpio in board.pins.by_chip.items()}
    return {
        "board_id": board.model.id,
        **{name: pins[chip] for name, chip in board.model.pins.items()},
    }
