"""From steps of the converter to volts and amperes, and from known volts and amperes to the settings that say how.

Mean squares are those of `wave`: in (1/256 step)², the bias taken out. The Hall sensor's noise adds to the mean square of a
current, not to its root: so it is measured once with no current, and its square subtracted.
"""

from kickwatt.wave import ONE, root

# Currents below this share of the noise cannot be told from it, and count as none: 1/4 of its square, half of its root.
_FLOOR = 4
_V_UNITS = 10_000  # 10 uV in 0.1 V
_A_UNITS = 1_000  # uA in 1 mA
_ZERO_UNITS = 100


class Calibration:
    """The three settings: KICKWATT_V_SLOPE in 10 uV per step, KICKWATT_A_SLOPE in uA per step, KICKWATT_A_ZERO in 0.01 steps."""

    def __init__(self, v_slope: int, a_slope: int, a_zero: int) -> None:
        self.v_slope = v_slope
        self.a_slope = a_slope
        self.a_zero = a_zero
        self._noise = (a_zero * ONE) ** 2 // _ZERO_UNITS**2

    def voltage_dv(self, square: int) -> int:
        """Return the voltage in 0.1 V."""
        return _rounded(root(square) * self.v_slope, ONE * _V_UNITS)

    def current_ma(self, square: int) -> int:
        """Return the current in mA, 0 when it is lost in the noise."""
        square -= self._noise
        if square < self._noise // _FLOOR:
            return 0
        return _rounded(root(square) * self.a_slope, ONE * _A_UNITS)

    def is_dead(self, square: int) -> bool:
        """Whether a current input rests on one step although its sensor made noise of one and more."""
        return not square and self.a_zero >= _ZERO_UNITS

    @property
    def floor_ma(self) -> int:
        """The least current that is told from noise, in mA."""
        return _rounded(root(self._noise // _FLOOR) * self.a_slope, ONE * _A_UNITS)

    @property
    def lines(self) -> list[str]:
        """The settings as they stand in settings.toml."""
        return [
            'KICKWATT_SENSOR = "analog"',
            'KICKWATT_V_SLOPE = "%d.%05d"' % divmod(self.v_slope, 100_000),
            'KICKWATT_A_SLOPE = "%d.%06d"' % divmod(self.a_slope, 1_000_000),
            'KICKWATT_A_ZERO = "%d.%02d"' % divmod(self.a_zero, _ZERO_UNITS),
        ]


def v_slope(known_dv: int, square: int) -> int:
    """Return KICKWATT_V_SLOPE from a voltage and what it makes. `square` is not 0."""
    return _rounded(known_dv * ONE * _V_UNITS, root(square))


def a_zero(square: int) -> int:
    """Return KICKWATT_A_ZERO from what no current makes; rounded up, so that the same noise reads as no current."""
    steps = root(square)
    if steps * steps < square:
        steps += 1
    return -(-steps * _ZERO_UNITS // ONE)


def a_slope(known_ma: int, square: int, nothing: int) -> int:
    """Return KICKWATT_A_SLOPE from a current, what it makes, and what no current makes, which is less."""
    return _rounded(known_ma * ONE * _A_UNITS, root(square - nothing))


def _rounded(over: int, under: int) -> int:
    return (over + under // 2) // under
