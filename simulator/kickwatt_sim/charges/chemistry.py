"""The cells of light vehicles: voltage over state of charge, and how slowly they fill up at the end."""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Chemistry:
    """One kind of cell.

    `open_v` is (state of charge, open-circuit voltage): typical curves. `full_v` is what a charger holds at the end.
    `drop_v` is the voltage drop at 1 C of a new cell at 25 °C, `slows` how much larger it is at the very end of a charge,
    where the current is limited by diffusion. `cells` are the usual packs.
    """

    name: str
    open_v: tuple[tuple[float, float], ...]
    full_v: float
    drop_v: float
    slows: float
    cells: tuple[int, ...]

    def voltage(self, soc: float) -> float:
        """Return the open-circuit voltage of one cell."""
        for (left, left_v), (right, right_v) in pairwise(self.open_v):
            if soc <= right:
                return left_v + (right_v - left_v) * (soc - left) / (right - left)
        return self.open_v[-1][1]


NMC = Chemistry(
    "NMC",
    (
        (0.0, 3.00),
        (0.05, 3.35),
        (0.2, 3.55),
        (0.5, 3.70),
        (0.7, 3.88),
        (0.85, 4.03),
        (0.95, 4.13),
        (1.0, 4.20),
    ),
    full_v=4.20,
    drop_v=0.33,
    slows=0.6,
    cells=(7, 10, 10, 10, 13, 14),
)
NCA = Chemistry(
    "NCA",
    (
        (0.0, 2.90),
        (0.06, 3.30),
        (0.2, 3.50),
        (0.45, 3.65),
        (0.65, 3.86),
        (0.8, 4.00),
        (0.9, 4.08),
        (0.96, 4.13),
        (1.0, 4.20),
    ),
    full_v=4.20,
    drop_v=0.29,
    slows=0.9,
    cells=(10, 10, 13),
)
LFP = Chemistry(
    "LFP",
    (
        (0.0, 2.80),
        (0.05, 3.15),
        (0.2, 3.27),
        (0.5, 3.30),
        (0.8, 3.33),
        (0.95, 3.36),
        (0.985, 3.42),
        (1.0, 3.60),
    ),
    full_v=3.60,
    drop_v=0.16,
    slows=0.4,
    cells=(8, 12, 16),
)
# Per cell of 2 V; the absorption at 2.40 V takes as long as the bulk, and its tail does not end by itself.
LEAD = Chemistry(
    "lead",
    ((0.0, 1.93), (0.2, 1.98), (0.5, 2.05), (0.8, 2.12), (0.95, 2.22), (1.0, 2.40)),
    full_v=2.40,
    drop_v=0.40,
    slows=0.8,
    cells=(12, 18, 24),
)
