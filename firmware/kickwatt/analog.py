"""The analog pair: a transformer for the voltage, a Hall sensor for the current, each on a pin of the converter.

It is the front end of the GSM tracker that Kickwatt grew from. Volts and amperes are taken one after the other, so what
comes out is apparent power, in VA: real power, energy and power factor stay None, and the guard counts VA hours, which
are never less than the energy. The charge's threshold is compared with VA too.
"""

import array

from kickwatt.meter import MeterError, Reading, implausible
from kickwatt.wave import ONE, STEPS, Extremes, cycle_length, mean_square

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Protocol

    from kickwatt.calibration import Calibration

    class Input(Protocol):
        """One pin of the converter (`adc`)."""

        def fill(self, samples: array.array[int]) -> int:
            """Fill the array with samples; return their rate in Hz. Raises MeterError."""


RATE = 9_000  # Hz, as the seed's
# 44.4 ms, two cycles at 45 Hz: enough to see one whole cycle between crossings, wherever the burst begins,
# and within the 50 ms that no task may exceed.
SAMPLES = 400
_CURRENT_BURSTS = 3  # the noise of their mean is less by 1.7
_LOWEST_CHZ, _HIGHEST_CHZ = 4_400, 6_600


class Analog:
    """A meter of two inputs."""

    def __init__(
        self, voltage: Input, current: Input, calibration: Calibration
    ) -> None:
        self._voltage = voltage
        self._current = current
        self._calibration = calibration
        self._samples = array.array("H", bytes(2 * SAMPLES))

    def read(self) -> Generator[int, None, Reading]:
        """Measure voltage, then current, step by step."""
        square, chz = yield from self.voltage()
        voltage_dv = self._calibration.voltage_dv(square)
        square = yield from self.current(chz)
        if self._calibration.is_dead(square):
            raise MeterError("current input: dead still")
        reading = Reading(voltage_dv, self._calibration.current_ma(square))
        reason = implausible(reading)
        if reason:
            raise MeterError("implausible: " + reason)
        return reading

    def voltage(self) -> Generator[int, None, tuple[int, int]]:
        """Return the mean square of the voltage (see `wave`), and its frequency in 0.01 Hz."""
        rate = self._voltage.fill(self._samples)
        yield 0
        extremes = Extremes(self._samples)
        if extremes.quiet:
            raise MeterError("voltage input: no mains, it rests at %d" % extremes.low)
        if extremes.clipped:
            raise MeterError(
                "voltage input: clipped, %d to %d" % (extremes.low, extremes.high)
            )
        cycle = cycle_length(self._samples)
        chz = rate * ONE * 100 // cycle if cycle else 0
        if cycle is None or not _LOWEST_CHZ <= chz <= _HIGHEST_CHZ:
            raise MeterError("voltage input: no wave of 50 or 60 Hz")
        yield 0
        measured = mean_square(self._samples, cycle)
        if measured is None:
            raise MeterError("voltage input: no whole cycle")
        return measured[1], chz

    def current(self, chz: int) -> Generator[int, None, int]:
        """Return the mean square of the current (see `wave`), over whole cycles of this frequency in 0.01 Hz."""
        squares = 0
        for _ in range(_CURRENT_BURSTS):
            yield 0
            rate = self._current.fill(self._samples)
            yield 0
            measured = mean_square(self._samples, rate * ONE * 100 // chz)
            if measured is None:
                raise MeterError("current input: no whole cycle")
            mean, square = measured
            # A wire that is off, or a sensor without its supply. An overload clips at both ends and is no error:
            # its mean stays near the middle, and what is left of it is far above any limit.
            if not STEPS // 4 <= mean <= STEPS * 3 // 4:
                raise MeterError("current input: rests at %d of %d" % (mean, STEPS))
            squares += square
        return squares // _CURRENT_BURSTS
