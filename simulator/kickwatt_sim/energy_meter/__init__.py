"""A simulated energy meter: an Eastron SDM630 with a house behind it, on Modbus TCP, with faults by name."""

from .faults import FAULTS
from .house import House
from .server import SimulatedMeter

__all__ = ["FAULTS", "House", "SimulatedMeter"]
