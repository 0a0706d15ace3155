"""`pwmio`: an output whose duty cycle nothing on this board but the LED sees."""

from typing import Any

from ..board import blinka
from ..board.board import Board


class PWMOut:
    """A pin that is switched on and off quickly."""

    def __init__(
        self,
        pin: blinka.Pin,
        *,
        duty_cycle: int = 0,
        frequency: int = 500,
        variable_frequency: bool = False,
    ) -> None:
        """Take a free pin."""
        if pin.id.claimed:
            raise ValueError(f"{pin.id} in use")
        pin.id.claimed = True
        self._pin = pin
        self._variable = variable_frequency
        self._frequency = frequency
        self.duty_cycle = duty_cycle

    @property
    def duty_cycle(self) -> int:
        """How much of the time the pin is high, 0..65535."""
        return self._duty_cycle

    @duty_cycle.setter
    def duty_cycle(self, value: int) -> None:
        if not 0 <= value <= 0xFFFF:
            raise ValueError(
                "PWM duty_cycle must be between 0 and 65535 inclusive (16 bit resolution)"
            )
        self._duty_cycle = value
        self._pin.id.drive()
        self._pin.id.write(value >= 0x8000)

    @property
    def frequency(self) -> int:
        """Cycles per second."""
        return self._frequency

    @frequency.setter
    def frequency(self, value: int) -> None:
        if not self._variable:
            raise AttributeError(
                "PWM frequency not writable when variable_frequency is False on construction"
            )
        self._frequency = value

    def deinit(self) -> None:
        """Let the pin float."""
        self._pin.id.reset()


def make(_board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {"PWMOut": PWMOut}
