"""The analog front end: a small transformer and a Hall sensor, each making a voltage around the middle of the converter's range.

Voltage: 102 kOhm in front of a 2 mA : 2 mA transformer with 390 Ohm across it, 0.88 V at 230 V. Current: a Hall sensor of
26.4 mV/A at 3.3 V, as the ACS759-050B, behind 1 kOhm and 100 nF. Both are off by a little more than their makers say
is typical, so nothing works without a calibration. Shapes: mains with a few per cent of harmonics, and a charger without
power factor correction, which takes its current in one pulse around each crest; the lower its power factor, the narrower.
"""

from collections.abc import Sequence
from functools import cache
from math import cos, pi, sin, sqrt
from typing import Final

from ..world import SECOND, World
from .noise import Noise
from .outlet import Outlet

_POINTS: Final = 4096
# Order and share of the fundamental.
_HARMONICS: Final = ((1, 1.0), (3, 0.012), (5, -0.025), (7, 0.010))


def _mains_shape() -> list[float]:
    """Return one cycle of the mains, its RMS 1."""
    rms = sqrt(sum(share**2 for _, share in _HARMONICS) / 2)
    return [
        sum(
            share * sin(2 * pi * order * point / _POINTS) for order, share in _HARMONICS
        )
        / rms
        for point in range(_POINTS)
    ]


_MAINS: Final = _mains_shape()


def pulse_factor(half_width: float) -> float:
    """Return the power factor of current in cosine pulses of 2 x `half_width` (in radians, up to pi/2) at a sine voltage."""
    ratio = pi / 2 / half_width
    if ratio < 1.0001:
        return 1.0
    work = 2 * ratio * cos(half_width) / (ratio**2 - 1)
    return sqrt(2) / pi * work / sqrt(half_width / pi)


@cache
def _current_shape(percent: int) -> list[float]:
    """Return one cycle of a current with this power factor, in per cent, its RMS 1."""
    narrow, wide = 0.0, pi / 2
    for _ in range(40):
        half_width = (narrow + wide) / 2
        if pulse_factor(half_width) * 100 < percent:
            narrow = half_width
        else:
            wide = half_width
    shape = []
    for point in range(_POINTS):
        half, within = divmod(2 * point, _POINTS)
        angle = pi * (within / _POINTS - 0.5)
        level = cos(pi * angle / (2 * wide)) if abs(angle) < wide else 0.0
        shape.append(-level if half else level)
    rms = sqrt(sum(level**2 for level in shape) / _POINTS)
    return [level / rms for level in shape]


class FrontEnd:
    """Both sensors, upstream of the relay."""

    def __init__(self, world: World, outlet: Outlet) -> None:
        """Wire the sensors to an outlet."""
        self._outlet = outlet
        self._noise = Noise(world.random("front end"))
        self.volts_per_volt = 390 / 102_000 * 1.017
        self.volts_per_ampere = 0.0264 * 0.985
        self.voltage_bias_v = 1.63
        self.current_bias_v = 1.67
        # ACS758 family, 10 mV unfiltered at 5 V: 0.8 mV are left at 3.3 V below the filter's 1.6 kHz (estimate).
        self.current_noise_v = 0.0008
        # What the pin sees instead, for a broken wire or part.
        self.voltage_stuck_v: float | None = None
        self.current_stuck_v: float | None = None

    def voltage(self, first_ns: int, step_ns: int, count: int) -> Sequence[float]:
        """Return the volts at the voltage pin, `count` times."""
        if self.voltage_stuck_v is not None:
            return [self.voltage_stuck_v] * count
        volts = self._outlet.measure()[0]
        scale, bias = volts * self.volts_per_volt, self.voltage_bias_v
        return [
            bias + scale * level
            for level in self._row(_MAINS, first_ns, step_ns, count)
        ]

    def current(self, first_ns: int, step_ns: int, count: int) -> Sequence[float]:
        """Return the volts at the current pin, `count` times."""
        if self.current_stuck_v is not None:
            return [self.current_stuck_v] * count
        _, amperes, _, factor = self._outlet.measure()
        noise, bias = self.current_noise_v, self.current_bias_v
        lucks = self._noise.row(count)
        if not amperes:
            return [bias + noise * luck for luck in lucks]
        scale = amperes * self.volts_per_ampere
        shape = _current_shape(max(5, min(100, round(factor * 100))))
        row = self._row(shape, first_ns, step_ns, count)
        return [
            bias + scale * level + noise * luck
            for level, luck in zip(row, lucks, strict=True)
        ]

    def _row(
        self, shape: list[float], first_ns: int, step_ns: int, count: int
    ) -> list[float]:
        """Return what a shape has at these instants."""
        hertz = self._outlet.mains.frequency_hz
        begin = first_ns * hertz / SECOND % 1.0 * _POINTS
        step = step_ns * hertz / SECOND * _POINTS
        return [shape[int(begin + step * number) % _POINTS] for number in range(count)]
