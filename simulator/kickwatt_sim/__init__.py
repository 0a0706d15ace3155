"""Kickwatt's simulator: the real firmware on a simulated board.

The names here are the ones that tests and demonstrations use; `Device` shows how.
"""

from .board.reset import ResetReason
from .device import Device
from .faults import FAULTS
from .pace import RealPace
from .scenario import Scenario, play
from .world import World

__all__ = ["FAULTS", "Device", "RealPace", "ResetReason", "Scenario", "World", "play"]
