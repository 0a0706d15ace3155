"""The chip's analog-to-digital converter: 12 bits over 3.3 V, stretched to 16, with what makes it less than 12.

Reference: CircuitPython, `ports/raspberrypi/common-hal/analogio/AnalogIn.c` (the stretching, and that the reference is
simply called 3.3 V); RP2350 Datasheet, "ADC" (about nine effective bits). The reference is the supply, so its error is a
gain error of every reading.
"""

from typing import Final

from ..parts.noise import Noise
from ..world import World
from .pins import Gpio

BITS: Final = 12
REFERENCE_V: Final = 3.3
PINS: Final = tuple(f"GPIO{number}" for number in range(26, 30))
_TOP: Final = (1 << BITS) - 1
_STRETCHED: Final = [step << 4 | step >> 8 for step in range(1 << BITS)]


class Converter:
    """One converter for all its pins; it samples one of them at a time."""

    def __init__(self, world: World) -> None:
        """Make a converter with a typical error."""
        self._noise = Noise(world.random("converter"))
        self.noise_steps = 1.2
        self.gain = 1.008
        self.offset_steps = 6.0

    @property
    def steps_per_volt(self) -> float:
        """What a volt really makes."""
        return (1 << BITS) / REFERENCE_V * self.gain

    def sample(self, gpio: Gpio, first_ns: int, step_ns: int, count: int) -> list[int]:
        """Return `count` samples of a pin, one each `step_ns`, as the board gives them."""
        scale, noise = self.steps_per_volt, self.noise_steps
        offset = self.offset_steps + 0.5
        volts = gpio.analog(first_ns, step_ns, count)
        steps = [
            int(level * scale + offset + noise * luck)
            for level, luck in zip(volts, self._noise.row(count), strict=True)
        ]
        if min(steps) < 0 or max(steps) > _TOP:
            steps = [max(0, min(step, _TOP)) for step in steps]
        return [_STRETCHED[step] for step in steps]
