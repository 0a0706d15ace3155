"""What a house takes from the three phases of the mains, and what a meter makes of it.

Each phase has a steady load, one that comes and goes, and a little noise. Powers are those of a balanced moment; energy is
their integral.
"""

from dataclasses import dataclass, field
import math
import random
from typing import Final

NOMINAL_V: Final = 230.0
FREQUENCY_HZ: Final = 50.0
PHASES: Final = 3

_STEADY_W: Final = (120.0, 340.0, 60.0)
_SWINGING_W: Final = (400.0, 1500.0, 90.0)
_PERIOD_S: Final = (600.0, 1700.0, 310.0)
_POWER_FACTOR: Final = (0.92, 0.98, 0.60)


@dataclass(frozen=True)
class Phase:
    """One phase at one instant."""

    voltage_v: float
    power_w: float
    power_factor: float

    @property
    def apparent_va(self) -> float:
        """Return the apparent power."""
        return self.power_w / self.power_factor

    @property
    def reactive_var(self) -> float:
        """Return the reactive power, of an inductive load."""
        return math.sqrt(self.apparent_va**2 - self.power_w**2)

    @property
    def current_a(self) -> float:
        """Return the current."""
        return self.apparent_va / self.voltage_v

    @property
    def angle_deg(self) -> float:
        """Return the angle between voltage and current."""
        return math.degrees(math.acos(self.power_factor))


@dataclass
class House:
    """A house; `at` brings it to a later instant. The same seed gives the same house."""

    seed: int = 0
    energy_kwh: list[float] = field(default_factory=lambda: [1234.5, 2345.6, 345.7])
    reactive_kvarh: list[float] = field(default_factory=lambda: [210.0, 320.0, 98.0])
    _now_s: float | None = None

    def at(self, now_s: float) -> tuple[Phase, Phase, Phase]:
        """Return the three phases at this instant, and count what was taken since the one before."""
        one, two, three = (self._phase(number, now_s) for number in range(PHASES))
        hours = 0.0 if self._now_s is None else max(0.0, now_s - self._now_s) / 3600
        for number, phase in enumerate((one, two, three)):
            self.energy_kwh[number] += phase.power_w / 1000 * hours
            self.reactive_kvarh[number] += phase.reactive_var / 1000 * hours
        self._now_s = now_s
        return one, two, three

    def _phase(self, number: int, now_s: float) -> Phase:
        dice = random.Random(f"{self.seed} {number} {int(now_s)}")
        swing = (1 + math.sin(2 * math.pi * now_s / _PERIOD_S[number])) / 2
        power_w = _STEADY_W[number] + _SWINGING_W[number] * swing
        voltage_v = NOMINAL_V - power_w / 500 + dice.gauss(0, 0.3)
        return Phase(
            voltage_v, power_w * (1 + dice.gauss(0, 0.002)), _POWER_FACTOR[number]
        )
