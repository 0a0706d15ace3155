"""What the brain is told about a charger: one measurement at a time."""

from msgspec import Struct


class Sample(Struct, frozen=True):
    """What one charger measured at one instant.

    `power_w` is real power, None where it was not measured. `relay_on` is what the device reports, None where the source
    has no relay or does not say. `energy_wh` is the lifetime counter, None without one.
    """

    time_ms: int
    power_w: float | None
    relay_on: bool | None = None
    energy_wh: float | None = None


def in_order(sample: Sample) -> tuple[int, bool, float, bool, float]:
    """Time, then whatever makes the order of two readings of one instant the same every time."""
    power_w, energy_wh = sample.power_w, sample.energy_wh
    return (
        sample.time_ms,
        power_w is None,
        power_w or 0.0,
        energy_wh is None,
        energy_wh or 0.0,
    )
