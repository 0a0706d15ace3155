"""Charges with the constant-voltage phase of cells that a laboratory cycled.

Their current is laid through the times at which that of the cells in B. Saha and K. Goebel, 2007, "Battery Data Set" (NASA
Prognostics Data Repository) falls to given shares: they take an hour instead of five, and their tail is as long as that,
which is the hardest case for whoever asks whether little is left.
"""

from math import exp
from random import Random

from .battery import NOTHING_SHARE, STEP_S, Step
from .charge import Charge, measured
from .chemistry import NMC
from .outlet import Outlet

# Minutes of constant current, and the time constants in minutes above 30 %, above 10 % and below: at 24, 43 and 4 °C.
_CELLS = ((52, (18, 25, 35)), (54, (14.5, 17, 20)), (29, (36, 50, 50)))
LONGEST_S = 4 * 3600
EFFICIENCY = 0.86


def cycler_charge(seed: int, *, peak_w: float = 95.0) -> Charge:
    """Return the charge of a seed, scaled to a brick of `peak_w`."""
    random = Random(f"cycler {seed}")
    constant_min, taus_min = random.choice(_CELLS)
    count = constant_min * 60 // STEP_S
    steps = [Step(1.0, 3.6 + 0.6 * at / count) for at in range(count)]
    share = 1.0
    while share > NOTHING_SHARE and len(steps) * STEP_S < LONGEST_S:
        tau_min = (
            taus_min[0] if share > 0.3 else taus_min[1] if share > 0.1 else taus_min[2]
        )
        share *= exp(-STEP_S / 60.0 / tau_min)
        steps.append(Step(share, 4.2))
    made = Outlet(
        chemistry=NMC,
        cells=10,
        capacity_ah=2.0,
        current_a=peak_w * EFFICIENCY / 42.0,
        resistance=1.0,
        efficiency=EFFICIENCY,
        power_factor=0.55,
        overhead_w=1.0,
        idle_w=random.choice((0.2, 1.0, 2.0, 5.0, 8.0, 12.0)),
        ends_at=NOTHING_SHARE,
        noise_w=random.choice((0.0, 0.1, 0.3)),
        noise_share=0.002,
        resolution_w=random.choice((0.1, 0.5)),
        interval_s=random.choice((5, 15, 30, 60)),
        on_change=False,
    )
    fault = random.choice(("none", "dip", "sag", "swap", "spikes"))
    return measured(seed, made, fault, steps, made.capacity_ah, random)
