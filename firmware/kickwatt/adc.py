"""Bursts of samples from one pin of the converter.

Where the board has `analogbufio` (every RP2040 and RP2350) the hardware keeps the pace; elsewhere `analogio` and a loop.
"""

import array

import analogio
import microcontroller

from kickwatt import clock
from kickwatt.analog import RATE
from kickwatt.meter import MeterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.analog import Input

_STEP_US = 1_000_000 // RATE
_TRIAL = 20


def open_input(pin: microcontroller.Pin) -> Input:
    """Return the best way to read this pin."""
    try:
        import analogbufio  # noqa: F401
    except ImportError:
        return Polled(pin)
    return Buffered(pin)


class Buffered:
    """The hardware takes the samples."""

    def __init__(self, pin: microcontroller.Pin) -> None:
        self._pin = pin

    def fill(self, samples: array.array[int]) -> int:
        """Fill the array; return the rate in Hz."""
        import analogbufio

        # A new one each time: it selects the converter's input when it is made, and a second `readinto` of the
        # same one has given bad data (adafruit/circuitpython issue 7956).
        buffered = analogbufio.BufferedIn(self._pin, sample_rate=RATE)
        try:
            count = buffered.readinto(samples)
        finally:
            buffered.deinit()
        if count < len(samples):
            raise MeterError("converter: %d of %d samples" % (count, len(samples)))
        return RATE


class Polled:
    """A loop takes the samples, and pauses between them so that they come at about the same rate."""

    def __init__(self, pin: microcontroller.Pin) -> None:
        self._input = analogio.AnalogIn(pin)
        self._pause_us = 0
        self.fill(array.array("H", bytes(2 * _TRIAL)))  # how long a sample takes

    def fill(self, samples: array.array[int]) -> int:
        """Fill the array; return the rate in Hz."""
        count = len(samples)
        began_us = clock.now_us()
        for index in range(count):
            samples[index] = self._input.value
            microcontroller.delay_us(self._pause_us)
        took_us = clock.now_us() - began_us
        self._pause_us = max(0, self._pause_us + _STEP_US - took_us // count)
        return count * 1_000_000 // took_us
