"""The 84 W brick between outlet and battery: constant current, then constant voltage."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

from ..world import SECOND
from .battery import Battery

_HOUR_NS = 3600 * SECOND


@dataclass(frozen=True)
class Look:
    """What there is to see at one instant.

    `charge` of the battery is 0..1, None without one; `full` says that the brick charges no more; `power_w` comes from the
    mains now, and `wall_wh` has come from there since the beginning.
    """

    charge: float | None
    full: bool
    power_w: float
    wall_wh: float


class Charger:
    """A 42 V, 2 A brick.

    Everything is in closed form: between two changes (plug, unplug, power) the course is fixed, so looking costs the same
    after a second as after a night, and how often one looks changes nothing.

    Figures: 84 W at the battery are 95 W at the wall (efficiency 0.9 and 1.5 W for itself); 0.4 W with nothing
    attached. It counts as full below `end_a`, where the wall still sees about 2 W, and then charges no more until it
    is unplugged on either side. Chargers of this class have no power factor correction: public measurements show
    0.57 at 165 W, 0.48 at 9.8 W and 0.43 at 11 W.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        *,
        current_a: float = 2.0,
        efficiency: float = 0.898,
        own_w: float = 1.5,
        alone_w: float = 0.4,
        end_a: float = 0.012,
    ) -> None:
        """Make a brick without power and with nothing attached; `clock` gives the world's nanoseconds."""
        self._clock = clock
        self.current_a = current_a
        self.efficiency = efficiency
        self.own_w = own_w
        self.alone_w = alone_w
        self.end_a = end_a
        self.battery: Battery | None = None
        self.powered = False
        # As of the last change.
        self._full = False
        self._wall_wh = 0.0
        self._changed_ns = 0
        # What was to see when somebody last looked; a meter looks twice, for power and for energy.
        self._looked: tuple[int, Look] | None = None

    def plug_in(self, battery: Battery) -> None:
        """Attach a battery."""
        self.settle()
        self.battery, self._full = battery, False

    def unplug(self) -> Battery | None:
        """Detach the battery, if there is one, and return it."""
        self.settle()
        battery, self.battery, self._full = self.battery, None, False
        return battery

    def power(self, on: bool) -> None:
        """Switch the brick's mains side."""
        self.settle()
        if on and not self.powered:
            self._full = False
        self.powered = on

    def look(self) -> Look:
        """Return what there is to see now."""
        now_ns = self._clock()
        if self._looked is None or self._looked[0] != now_ns:
            self._looked = now_ns, self._look(now_ns)
        return self._looked[1]

    def _look(self, now_ns: int) -> Look:
        battery = self.battery
        hours = (now_ns - self._changed_ns) / _HOUR_NS
        if not self.powered:
            charge = None if battery is None else battery.charge
            return Look(charge, self._full, 0.0, self._wall_wh)
        if battery is None:
            return Look(None, False, self.alone_w, self._wall_wh + self.alone_w * hours)
        charge, full, stored_wh = battery.charge, self._full, 0.0
        if not full and charge < battery.cv_from:
            charge, spent_h, stored_wh = self._constant_current(battery, hours)
        else:
            spent_h = 0.0
        if not full and charge >= battery.cv_from:
            charge, full, more_wh = self._constant_voltage(
                battery, charge, hours - spent_h
            )
            stored_wh += more_wh
        current_a = 0.0 if full else self._current_a(battery, charge)
        power_w = self.own_w + current_a * battery.voltage(charge) / self.efficiency
        wall_wh = self._wall_wh + self.own_w * hours + stored_wh / self.efficiency
        return Look(charge, full, power_w, wall_wh)

    @property
    def wall_wh(self) -> float:
        """The energy that has come from the mains since the beginning."""
        return self.look().wall_wh

    @staticmethod
    def power_factor(power_w: float) -> float:
        """Return the power factor at this real power: 0.55 at full load, less at less."""
        return min(0.6, 0.55 * (power_w / 95) ** 0.09) if power_w > 0 else 0.0

    def settle(self) -> None:
        """Fix the course so far; whoever changes the brick or its battery does this first."""
        self._changed_ns, look = self._clock(), self.look()
        self._full, self._wall_wh = look.full, look.wall_wh
        if self.battery is not None and look.charge is not None:
            self.battery.charge = look.charge
        self._looked = None

    def _current_a(self, battery: Battery, charge: float) -> float:
        if charge < battery.cv_from:
            return self.current_a
        return self.current_a * (1 - charge) / (1 - battery.cv_from)

    def _constant_current(
        self, battery: Battery, hours: float
    ) -> tuple[float, float, float]:
        """Return charge, hours spent and energy stored after at most `hours` of constant current."""
        charge_per_h = self.current_a / battery.capacity_ah
        to_cv_h = (battery.cv_from - battery.charge) / charge_per_h
        if hours < to_cv_h:
            spent_h, charge = hours, battery.charge + hours * charge_per_h
        else:
            spent_h, charge = to_cv_h, battery.cv_from
        mean_v = (battery.voltage(battery.charge) + battery.voltage(charge)) / 2
        return charge, spent_h, mean_v * self.current_a * spent_h

    def _constant_voltage(
        self, battery: Battery, charge: float, hours: float
    ) -> tuple[float, bool, float]:
        """Return charge, whether it is full, and energy stored after `hours` from `charge` on."""
        tau_h = battery.capacity_ah * (1 - battery.cv_from) / self.current_a
        current_a = self._current_a(battery, charge)
        to_end_h = (
            tau_h * log(current_a / self.end_a) if current_a > self.end_a else 0.0
        )
        left = (1 - charge) * exp(-min(hours, to_end_h) / tau_h)
        stored_wh = battery.full_v * battery.capacity_ah * (1 - charge - left)
        return 1 - left, hours >= to_end_h, stored_wh
