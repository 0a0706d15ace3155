"""`analogio`: Blinka's `AnalogIn` on the simulated converter. There is no `AnalogOut` on this chip."""

from typing import Any, NoReturn

from ..board import blinka
from ..board.board import Board
from ..board.converter import PINS, REFERENCE_V
from .time_ import board_float


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    real = blinka.load("analogio")

    class AnalogIn(real.AnalogIn):  # type: ignore[misc, name-defined]
        """One pin of the converter."""

        def __init__(self, pin: blinka.Pin) -> None:
            check(pin)
            board.work()
            pin.id.claimed = True
            super().__init__(pin)

        @property
        def value(self) -> int:
            """The level, 0 to 65535: 12 bits, stretched."""
            board.work()
            return int(real.AnalogIn.value.fget(self))

        @property
        def reference_voltage(self) -> float:
            """What 65535 means."""
            return board_float(REFERENCE_V)

        def deinit(self) -> None:
            self._pin.id.reset()
            super().deinit()

    class AnalogOut:
        """Only there to refuse."""

        def __init__(self, _pin: blinka.Pin) -> NoReturn:
            raise NotImplementedError("AnalogOut functionality not supported")

    return {"AnalogIn": AnalogIn, "AnalogOut": AnalogOut}


def check(pin: blinka.Pin) -> None:
    """Raise ValueError when the converter has no such pin, or it is in use."""
    if pin.id.name not in PINS:
        raise ValueError("Invalid pin")
    if pin.id.claimed:
        raise ValueError(f"{pin.id} in use")
