"""The scenarios and faults that there are, in words and in numbers."""

from typing import Any

from .. import scenario as scenarios
from ..faults import FAULTS, Fault
from ..faults.registry import Between, OneOf, Whole


def catalog() -> dict[str, Any]:
    """Return them by name, with what may be chosen about each fault."""
    return {
        "scenarios": [
            {"name": name, "about": scenarios.load(name).about}
            for name in scenarios.names()
        ],
        "faults": [_fault(fault) for _, fault in sorted(FAULTS.items())],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    usual = fault.usual
    return {
        "name": fault.name,
        "about": fault.about,
        "parameters": [
            {
                "name": name,
                "allowed": str(allowed),
                "usual": usual[name],
                **_bounds(allowed),
            }
            for name, allowed in fault.parameters.items()
        ],
    }


def _bounds(allowed: Between | OneOf) -> dict[str, Any]:
    match allowed:
        case OneOf(words):
            return {"choices": words}
        case Between(least, most):
            return {"least": least, "most": most, "whole": isinstance(allowed, Whole)}
