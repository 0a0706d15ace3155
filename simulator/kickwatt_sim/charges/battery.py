"""One cell of a pack while it is charged: constant current, then constant voltage, every `STEP_S`."""

from dataclasses import dataclass
from math import exp

from .faults import Course
from .outlet import Outlet

STEP_S = 5
LONGEST_S = 24 * 3600
# Below this share of the full current a brick that never stops delivers nothing that anybody would notice
# (20 mA of 1.5 A, where the NASA battery data set's charges end).
NOTHING_SHARE = 0.0133
# The resistance of a lithium cell doubles from 25 °C to about 5 °C (an activation energy of some 0.3 eV).
ACTIVATION_K = 3000.0
ROOM_K = 298.15


@dataclass(frozen=True, slots=True)
class Step:
    """What flows during one step: the share of the full current, at which voltage of a cell."""

    share: float
    cell_v: float


def currents(
    outlet: Outlet,
    course: Course,
    *,
    start_soc: float,
    health: float,
    temperature_c: float,
) -> list[Step]:
    """Return the steps of a charge until the brick stops, or until nothing flows that matters.

    `health` is the capacity against that of a new pack; resistance rises as it falls.
    """
    chemistry = outlet.chemistry
    capacity_as = outlet.capacity_ah * health * 3600.0
    cold = exp(ACTIVATION_K * (1.0 / (273.15 + temperature_c) - 1.0 / ROOM_K))
    drop_v = (
        chemistry.drop_v
        * (0.12 + outlet.c_rate)
        * outlet.resistance
        * cold
        * (1.0 + 1.5 * (1.0 - health))
    )
    stops_at = outlet.ends_at or NOTHING_SHARE / 3.0
    soc = start_soc
    steps: list[Step] = []
    while len(steps) * STEP_S < LONGEST_S:
        open_v = chemistry.voltage(soc)
        resisting_v = drop_v * (1.0 + chemistry.slows * max(0.0, soc - 0.9) / 0.1)
        wanted = min(1.0, max(0.0, (chemistry.full_v - open_v) / resisting_v))
        share = course.limited(wanted, soc, steps[-1].share if steps else wanted)
        if share < stops_at:
            break
        steps.append(Step(share, open_v + share * resisting_v))
        soc = min(1.0, soc + share * outlet.current_a * STEP_S / capacity_as)
    return steps
