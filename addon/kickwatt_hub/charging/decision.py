"""What was decided about a charger, by which rule, and what was compared: for people who ask why, and for tests."""

from dataclasses import dataclass, field
from typing import Literal

from .events import Event, Levels, Numbers, PhaseEntered, SessionStarted

type What = Literal["started", "phase", "ended", "cut_off", "tripped", "refused"]
"""The last three are a board's own."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    It was made at `at_ms` about what happened at `since_ms`. `rule` names why in one word, `why` in a sentence.
    """

    at_ms: int
    since_ms: int
    what: What
    rule: str
    why: str
    numbers: Numbers = field(default_factory=dict)
    readings: Levels = ()


def decided(event: Event) -> Decision:
    """Return the decision behind an event."""
    if isinstance(event, SessionStarted):
        return Decision(
            event.decided_ms,
            event.start_ms,
            "started",
            "armed",
            event.why,
            event.numbers,
            event.readings,
        )
    if isinstance(event, PhaseEntered):
        return Decision(
            event.decided_ms,
            event.at_ms,
            "phase",
            event.phase,
            event.why,
            event.numbers,
        )
    return Decision(
        event.decided_ms,
        event.end_ms,
        "ended",
        event.rule,
        event.why,
        event.numbers,
        event.readings,
    )
