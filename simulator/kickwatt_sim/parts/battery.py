"""A lithium-ion scooter pack and how full it is."""

from dataclasses import dataclass


@dataclass
class Battery:
    """A ten-cell pack: 10.2 Ah between 32.5 V and 42 V, about 390 Wh at the charger's side.

    In constant current its voltage rises in a straight line with its charge and meets the charger's 42 V at
    `cv_from`; typical scooter packs do that between 70 % and 85 %. An aged pack has less `capacity_ah` and,
    because its resistance is higher, meets 42 V earlier.
    """

    charge: float = 0.45
    capacity_ah: float = 10.2
    empty_v: float = 32.5
    full_v: float = 42.0
    cv_from: float = 0.85

    def voltage(self, charge: float) -> float:
        """Return the voltage at the pack's terminals while it is charged."""
        return min(
            self.full_v,
            self.empty_v + (self.full_v - self.empty_v) * charge / self.cv_from,
        )

    def ride(self, down_to: float) -> None:
        """Use the pack until it is `down_to` full."""
        self.charge = down_to
