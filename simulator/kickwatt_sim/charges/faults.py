"""What goes wrong, or at least otherwise, in a charge."""

from dataclasses import dataclass
from random import Random

FAULTS = (
    "none",
    "dip",
    "sag",
    "swap",
    "taper",
    "rerise",
    "silence",
    "spikes",
    "balancing",
)
STEP_S = 5


class Course:
    """What limits the current besides the battery: a brick that is too hot, or one that raises it again at the end."""

    def __init__(self, fault: str, start_soc: float, random: Random) -> None:
        """Draw what will happen."""
        self._from_soc, self._until_soc, self._to = 2.0, 2.0, 1.0
        if fault == "taper":
            self._from_soc = random.uniform(start_soc + 0.05, 0.7)
            self._until_soc = self._from_soc + random.uniform(0.01, 0.1)
            self._to = random.uniform(0.3, 0.8)
        self._rises_at = random.uniform(0.04, 0.12) if fault == "rerise" else 0.0
        self._rises_for_s = random.uniform(60, 400)
        self._rises_to = random.uniform(2, 5)
        self._waited_s = self._rose_s = 0.0

    def limited(self, wanted: float, soc: float, before: float) -> float:
        """Return the share of the full current that flows where the battery would take `wanted`."""
        if self._from_soc < soc < self._until_soc and wanted >= self._to:
            return max(self._to, before - 0.002 * STEP_S)  # a soft way down
        if wanted < self._rises_at and self._rose_s < self._rises_for_s:
            self._waited_s += STEP_S
            if self._waited_s > 240:
                self._rose_s += STEP_S
                return min(1.0, wanted * self._rises_to)
            return max(wanted, 0.02)  # it does not stop before it rises
        return wanted


@dataclass(frozen=True, slots=True)
class Interruption:
    """From when until when, in seconds of the charge, only a share of the power flows."""

    since_s: float
    until_s: float
    share: float


def interruptions(
    fault: str, length_s: float, random: Random
) -> tuple[Interruption, ...]:
    """Return what interrupts a charge of this length."""
    if fault == "dip":
        starts = [random.uniform(600, length_s) for _ in range(random.randint(1, 4))]
        return tuple(
            Interruption(start_s, start_s + random.uniform(5, 60), 0.0)
            for start_s in starts
        )
    if fault == "sag":
        since_s = random.uniform(600, length_s)
        return (Interruption(since_s, since_s + random.uniform(60, 300), 0.5),)
    if fault == "swap":
        since_s = random.uniform(0.2, 0.8) * length_s
        return (Interruption(since_s, since_s + random.uniform(10, 30), 0.0),)
    return ()


def balancing_w(idle_w: float, full_w: float, random: Random) -> list[float]:
    """Return the power after the end, every `STEP_S`, of a pack that lets the brick top it up in pulses for half an hour."""
    pulse_w = random.uniform(0.03, 0.12) * full_w
    period_s, pulse_s = random.uniform(120, 400), random.uniform(10, 40)
    length_s = random.uniform(1500, 2700)
    return [
        idle_w + (pulse_w if (step * STEP_S) % period_s < pulse_s else 0.0)
        for step in range(int(length_s / STEP_S))
    ]
