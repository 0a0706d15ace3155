"""Charges that never happened, from the physics of a battery and its brick, each from one seed.

A charge is simulated as current and voltage of one cell, then scaled to a pack and seen through the brick by a meter on
the wall. What was really delivered is kept beside what the meter says, so that whoever decides when to cut can be judged
by the energy that the cut would have cost.

`outlet(seed)` is a charger with its battery as somebody might own it, `charge(seed)` one of its charges. Seeds from
`TUNING` on are for whoever tunes something; what is published comes from those from `EVALUATION` on.
"""

from .charge import Charge, charge
from .cycler import cycler_charge
from .faults import FAULTS
from .meter import Row
from .outlet import Outlet, outlet

TUNING = 0
EVALUATION = 5_000_000

__all__ = [
    "EVALUATION",
    "FAULTS",
    "TUNING",
    "Charge",
    "Outlet",
    "Row",
    "charge",
    "cycler_charge",
    "outlet",
]
