"""A simulated server of the old veCharge kind: Engine.IO 3 or 4, with a scooter on its charger."""

from .faults import FAULTS
from .outlet import Clock, Outlet
from .server import SimulatedServer

__all__ = ["FAULTS", "Clock", "Outlet", "SimulatedServer"]
