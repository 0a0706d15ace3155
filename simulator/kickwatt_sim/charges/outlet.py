"""A charger with its battery and the meter before it, as somebody might own them."""

from dataclasses import dataclass
from random import Random

from .chemistry import LEAD, LFP, NCA, NMC, Chemistry

_CHEMISTRIES = (NMC,) * 9 + (NCA,) * 4 + (LFP,) * 4 + (LEAD,) * 2


@dataclass(frozen=True, slots=True)
class Outlet:
    """What all charges of one charger have in common."""

    chemistry: Chemistry
    cells: int
    capacity_ah: float
    current_a: float
    resistance: float
    """Against that of a typical cell."""
    efficiency: float
    power_factor: float
    """At full power; it falls with the power."""
    overhead_w: float
    """What the brick needs for itself while it charges."""
    idle_w: float
    ends_at: float
    """Share of the full current at which the brick stops by itself; 0: it only goes on falling."""
    noise_w: float
    noise_share: float
    resolution_w: float
    interval_s: int
    on_change: bool

    @property
    def c_rate(self) -> float:
        """The full current against the capacity, per hour."""
        return self.current_a / self.capacity_ah


def outlet(
    seed: int, *, interval_s: int | None = None, on_change: bool | None = None
) -> Outlet:
    """Return the charger of a seed; what is given is not drawn."""
    random = Random(f"outlet {seed}")
    chemistry = random.choice(_CHEMISTRIES)
    lead = chemistry is LEAD
    current_a = random.choice((1.5, 1.7, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.5))
    c_rate = random.choice(
        (0.1, 0.13, 0.16) if lead else (0.15, 0.2, 0.25, 0.33, 0.5, 0.75)
    )
    idle_w = random.choice((0.2, 0.4, 0.8, 1.0, 1.5, 2.0, 3.0, 5.5, 8.0, 12.0))
    cells = random.choice(chemistry.cells)
    # No brick idles at more than a seventh of what it can give.
    idle_w = min(idle_w, cells * chemistry.full_v * current_a / 7.0)
    reports_on_change = random.random() < 0.2
    ends_at = random.choice((0.0, 0.0, 0.03, 0.05, 0.07, 0.10))
    return Outlet(
        chemistry=chemistry,
        cells=cells,
        capacity_ah=current_a / c_rate,
        current_a=current_a,
        resistance=random.uniform(0.7, 1.4),
        efficiency=random.uniform(0.82, 0.92),
        power_factor=random.uniform(0.5, 0.65),
        overhead_w=random.uniform(0.3, 3.0),
        idle_w=idle_w,
        ends_at=0.0 if lead else ends_at,
        noise_w=random.choice((0.0, 0.05, 0.1, 0.3)),
        noise_share=random.choice((0.0, 0.002, 0.005)),
        resolution_w=random.choice((0.01, 0.1, 0.1, 0.5, 1.0)),
        interval_s=interval_s or random.choice((5, 10, 15, 15, 30, 30, 60)),
        on_change=reports_on_change if on_change is None else on_change,
    )
