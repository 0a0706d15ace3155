"""`digitalio`: Blinka's, with the strictness of the board.

A pin can be used once; `deinit` lets it float; going to output with value True does not pulse low on the way, as
Blinka's does.
"""

from typing import Any

from ..board import blinka
from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    real = blinka.load("digitalio")

    class DigitalInOut(real.DigitalInOut):  # type: ignore[misc, name-defined]
        """One pin as a digital input or output."""

        def __init__(self, pin: blinka.Pin) -> None:
            if pin.id.claimed:
                raise ValueError(f"{pin.id} in use")
            board.work()
            pin.id.claimed = True
            super().__init__(pin)

        def deinit(self) -> None:
            if self._pin is not None:
                self._pin.id.reset()
            super().deinit()

        def switch_to_output(
            self, value: bool = False, drive_mode: object = real.DriveMode.PUSH_PULL
        ) -> None:
            board.work()
            with self._pin.id.settling():
                super().switch_to_output(value, drive_mode)

        def switch_to_input(self, pull: object = None) -> None:
            board.work()
            super().switch_to_input(pull)

        @property
        def value(self) -> bool:
            board.work()
            return bool(real.DigitalInOut.value.fget(self))

        @value.setter
        def value(self, level: bool) -> None:
            board.work()
            real.DigitalInOut.value.fset(self, level)

    return {
        "DigitalInOut": DigitalInOut,
        "Direction": real.Direction,
        "DriveMode": real.DriveMode,
        "Pull": real.Pull,
    }
