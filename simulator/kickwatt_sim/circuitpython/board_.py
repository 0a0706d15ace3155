"""`board`: the pin names of a Pico 2."""

from typing import Any

from ..board import blinka, pico2
from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the module's content; pins with two names are one object."""
    pins = {gpio.number: blinka.Pin(gpio) for gpio in board.pins.by_name.values()}
    return {
        "board_id": pico2.BOARD_ID,
        **{name: pins[number] for name, number in pico2.PINS.items()},
    }
