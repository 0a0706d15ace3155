"""Faults by name.

A fault is a function in one of this package's modules, entered with `@fault("name", "what happens")`. It takes the device and
its own keyword parameters, makes the trouble, and returns what ends it (None when it is over at once).
"""

from . import (
    analog,
    board,
    charger,
    hub,
    mains,
    meter,
    modem,
    network,
    relay,
    supply,
    wifi,
)
from .registry import FAULTS, Fault, FaultError, Injection, inject

__all__ = [
    "FAULTS",
    "Fault",
    "FaultError",
    "Injection",
    "analog",
    "board",
    "charger",
    "hub",
    "inject",
    "mains",
    "meter",
    "modem",
    "network",
    "relay",
    "supply",
    "wifi",
]
