"""Random trouble by the thousand, and an observer who knows what must never happen."""

from .build import METERS, MODEMS, Build, draw_build
from .hub import InsideHub
from .invariants import Invariants, Violation
from .schedule import draw
from .search import Case, Finding, hunt, look, shrink

__all__ = [
    "METERS",
    "MODEMS",
    "Build",
    "Case",
    "Finding",
    "InsideHub",
    "Invariants",
    "Violation",
    "draw",
    "draw_build",
    "hunt",
    "look",
    "shrink",
]
