"""The mains at the outlet."""

from math import pi, sin

from ..world import SECOND, World

_DAY_NS = 86_400 * SECOND


class Mains:
    """230 V, 50 Hz, with the slow swing of a day; `present` is false in a power cut."""

    def __init__(self, world: World) -> None:
        """Make mains that are there."""
        self._noise = world.random("mains")
        self.present = True
        self.nominal_v = 230.0
        self.frequency_hz = 50.0

    def voltage(self, now_ns: int) -> float:
        """Return the voltage as a meter would see it now, a few tenths of a volt of noise included."""
        if not self.present:
            return 0.0
        return max(0.0, self.steady_v(now_ns) + self._noise.gauss(0.0, 0.3))

    def steady_v(self, now_ns: int) -> float:
        """Return the voltage without the noise; looking changes nothing."""
        if not self.present:
            return 0.0
        return self.nominal_v + 2.0 * sin(2 * pi * now_ns / _DAY_NS)
