"""Random trouble by the thousand, and an observer who knows what must never happen."""

from .hub import InsideHub
from .invariants import Invariants, Violation
from .schedule import draw
from .search import Case, Finding, hunt, look, shrink

__all__ = [
    "Case",
    "Finding",
    "InsideHub",
    "Invariants",
    "Violation",
    "draw",
    "hunt",
    "look",
    "shrink",
]
