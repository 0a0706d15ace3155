"""What is plugged together: mains, meter's view, relay contact, charger and battery.

The meter sits upstream of the relay, so it sees the voltage always and the current of whatever is behind the contact,
wanted or welded.
"""

from ..world import World
from .battery import Battery
from .charger import Charger
from .mains import Mains
from .relay import Relay


class Outlet:
    """The switched outlet with the charger in it."""

    def __init__(self, world: World) -> None:
        """Wire everything; the relay is open and no battery attached."""
        self._world = world
        self._noise = world.random("load")
        self.mains = Mains(world)
        self.charger = Charger(lambda: world.now_ns)
        self.battery = Battery()
        self.relay = Relay(world, lambda _closed: self.rewire())
        # Whether the charger is in the outlet.
        self.inserted = True

    def rewire(self) -> None:
        """Give the charger power, or take it, after mains, contact or plug have changed."""
        self.charger.power(self.relay.contact and self.mains.present and self.inserted)

    @property
    def plugged_in(self) -> bool:
        """Whether the battery hangs on the charger."""
        return self.charger.battery is not None

    def plug_in(self, charge: float | None = None) -> None:
        """Attach the battery, `charge` full; does nothing if it is attached already."""
        if self.plugged_in:
            return
        if charge is not None:
            self.battery.ride(charge)
        self.charger.plug_in(self.battery)

    def unplug(self) -> None:
        """Detach the battery; does nothing if it is not attached."""
        self.charger.unplug()

    def power_w(self) -> float:
        """Return the true real power behind the meter."""
        return self.charger.look().power_w

    def charge(self) -> float:
        """Return how full the battery is, 0 to 1."""
        charge = self.charger.look().charge
        return self.battery.charge if charge is None else charge

    def measure(self) -> tuple[float, float, float, float]:
        """Return voltage (V), current (A), real power (W) and power factor with the noise of a class 1 meter."""
        volts = self.mains.voltage(self._world.now_ns)
        watts = self.power_w()
        if not volts or not watts:
            return volts, 0.0, 0.0, 0.0
        watts *= 1 + self._noise.gauss(0.0, 0.0015)
        factor = self.charger.power_factor(watts)
        return volts, watts / (volts * factor), watts, factor
