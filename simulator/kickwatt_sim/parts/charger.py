"""The 84 W brick between outlet and battery: constant current, then constant voltage."""

from math import exp, log

from ..world import SECOND
from .battery import Battery

_HOUR_NS = 3600 * SECOND


class Charger:
    """A 42 V, 2 A brick; `draw_w` is what it takes from the mains.

    Everything is in closed form, so a night is as cheap to compute as a second. State moves when somebody asks
    (`settle`) or changes something; between two changes the course is fixed.

    Figures: 84 W at the battery are 95 W at the wall (efficiency 0.9 and 1.5 W for itself); 0.4 W with nothing
    attached. It counts as full below `end_a`, where the wall still sees about 2 W, and then charges no more until it
    is unplugged on either side. Chargers of this class have no power factor correction: public measurements show
    0.57 at 165 W, 0.48 at 9.8 W and 0.43 at 11 W.
    """

    def __init__(
        self,
        *,
        current_a: float = 2.0,
        efficiency: float = 0.898,
        own_w: float = 1.5,
        alone_w: float = 0.4,
        end_a: float = 0.012,
    ) -> None:
        """Make a brick that hangs in the outlet with nothing attached."""
        self.current_a = current_a
        self.efficiency = efficiency
        self.own_w = own_w
        self.alone_w = alone_w
        self.end_a = end_a
        self.battery: Battery | None = None
        self.powered = False
        self.full = False
        self.wall_wh = 0.0
        self._settled_ns = 0

    def plug_in(self, battery: Battery, now_ns: int) -> None:
        """Attach a battery."""
        self.settle(now_ns)
        self.battery, self.full = battery, False

    def unplug(self, now_ns: int) -> Battery | None:
        """Detach the battery, if there is one, and return it."""
        self.settle(now_ns)
        battery, self.battery, self.full = self.battery, None, False
        return battery

    def power(self, on: bool, now_ns: int) -> None:
        """Switch the brick's mains side."""
        self.settle(now_ns)
        if on and not self.powered:
            self.full = False
        self.powered = on

    def battery_a(self) -> float:
        """Return the current into the battery as of the last `settle`."""
        battery = self.battery
        if battery is None or self.full or not self.powered:
            return 0.0
        if battery.charge < battery.cv_from:
            return self.current_a
        return self.current_a * (1 - battery.charge) / (1 - battery.cv_from)

    def draw_w(self, now_ns: int) -> float:
        """Return the real power that the brick takes from the mains now."""
        self.settle(now_ns)
        if not self.powered:
            return 0.0
        if self.battery is None:
            return self.alone_w
        charging_w = self.battery_a() * self.battery.voltage(self.battery.charge)
        return self.own_w + charging_w / self.efficiency

    @staticmethod
    def power_factor(power_w: float) -> float:
        """Return the power factor at this real power: 0.55 at full load, less at less."""
        return min(0.6, 0.55 * (power_w / 95) ** 0.09) if power_w > 0 else 0.0

    def settle(self, now_ns: int) -> None:
        """Charge the battery for the time since the last call."""
        hours = (now_ns - self._settled_ns) / _HOUR_NS
        self._settled_ns = now_ns
        if not self.powered or hours <= 0:
            return
        battery = self.battery
        if battery is None:
            self.wall_wh += self.alone_w * hours
            return
        self.wall_wh += self.own_w * hours
        if not self.full:
            self._charge(battery, hours)

    def _charge(self, battery: Battery, hours: float) -> None:
        if battery.charge < battery.cv_from:
            hours -= self._constant_current(battery, hours)
        if hours > 0 and battery.charge >= battery.cv_from:
            self._constant_voltage(battery, hours)

    def _constant_current(self, battery: Battery, hours: float) -> float:
        to_cv_h = (
            (battery.cv_from - battery.charge) * battery.capacity_ah / self.current_a
        )
        spent_h = min(hours, to_cv_h)
        before_v = battery.voltage(battery.charge)
        if spent_h == to_cv_h:
            battery.charge = battery.cv_from
        else:
            battery.charge += self.current_a * spent_h / battery.capacity_ah
        mean_v = (before_v + battery.voltage(battery.charge)) / 2
        self.wall_wh += mean_v * self.current_a * spent_h / self.efficiency
        return spent_h

    def _constant_voltage(self, battery: Battery, hours: float) -> None:
        tau_h = battery.capacity_ah * (1 - battery.cv_from) / self.current_a
        current_a = self.battery_a()
        to_end_h = (
            tau_h * log(current_a / self.end_a) if current_a > self.end_a else 0.0
        )
        self.full = hours >= to_end_h
        missing = 1 - battery.charge
        left = missing * exp(-min(hours, to_end_h) / tau_h)
        battery.charge = 1 - left
        self.wall_wh += (
            battery.full_v * battery.capacity_ah * (missing - left) / self.efficiency
        )
