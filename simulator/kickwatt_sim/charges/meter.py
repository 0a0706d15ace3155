"""What a meter on the wall reports: with noise, in steps, at its interval or only when something changed."""

from dataclasses import dataclass
from random import Random

from .faults import STEP_S
from .outlet import Outlet

MAINS_V = 230.0
SILENT_S = 1800
"""The longest that a source which reports only on change stays silent."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the meter said at one instant."""

    time_s: float
    power_w: float
    voltage_v: float
    current_a: float


def readings(
    outlet: Outlet, power_w: list[float], end_s: float, fault: str, random: Random
) -> tuple[Row, ...]:
    """Return the readings of a power that is given every `STEP_S`; the charge ends at `end_s`."""
    every = max(1, outlet.interval_s // STEP_S)
    full_w = max(power_w)
    # Nobody can tell in a silence that began before the end that the end came: it lies in the charge.
    silent_from_s = random.uniform(0.1, 0.8) * end_s if fault == "silence" else 1e12
    silent_until_s = silent_from_s + random.uniform(
        300, min(SILENT_S, max(301, 0.95 * end_s - silent_from_s))
    )
    rows: list[Row] = []
    for index in range(random.randrange(every), len(power_w), every):
        at_s = float(index * STEP_S)
        if silent_from_s < at_s < silent_until_s:
            continue
        shown_w = _shown_w(outlet, power_w[index], fault, random)
        if outlet.on_change and rows and not _changed(rows[-1], at_s, shown_w):
            continue
        voltage_v = round(MAINS_V + random.gauss(0.0, 0.4), 1)
        factor = outlet.power_factor * (0.6 + 0.4 * min(1.0, shown_w / full_w))
        rows.append(
            Row(at_s, shown_w, voltage_v, round(shown_w / factor / voltage_v, 3))
        )
    return tuple(rows)


def _shown_w(outlet: Outlet, power_w: float, fault: str, random: Random) -> float:
    if power_w > 0.0:
        power_w += random.gauss(0.0, outlet.noise_w + outlet.noise_share * power_w)
    if fault == "spikes" and random.random() < 0.003:
        power_w *= random.uniform(1.5, 3.0)
    steps = round(power_w / outlet.resolution_w)
    return max(0.0, round(steps * outlet.resolution_w, 3))


def _changed(before: Row, at_s: float, power_w: float) -> bool:
    """Does a source that reports only on change say that?"""
    least_w = max(0.4, 0.02 * before.power_w)
    return abs(power_w - before.power_w) > least_w or at_s - before.time_s >= SILENT_S
