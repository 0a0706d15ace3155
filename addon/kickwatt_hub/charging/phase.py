"""Where in its course a charge is: lithium batteries are charged with constant current, then with constant voltage.

At the wall, constant current shows as power that rises by about a tenth, constant voltage as power that decays. Below the
mark under which a charge may be over, what still flows balances the cells, or nothing flows at all: until the end is
decided, the two look the same, and both are called balancing.
"""

from typing import Literal

from msgspec import Struct

from .rule import PHASE_SLOTS, SLOT_MS, TAIL_BELOW

type Phase = Literal["inrush", "constant_current", "constant_voltage", "balancing"]


class Phases(Struct, frozen=True):
    """The phase of a charge, and which one seems to follow it."""

    phase: Phase = "inrush"
    since_ms: int = 0
    next: Phase = "inrush"
    next_slots: int = 0


NO_PHASE = Phases()


def next_phases(
    phases: Phases, end_ms: int, level_w: float, plateau_w: float, low: bool
) -> Phases:
    """Add one half minute, which ended at `end_ms`.

    Another phase is believed after six minutes of it, and counts from when it began: dips and sags are shorter. The
    inrush is over as soon as a level was held.
    """
    seen: Phase = (
        "balancing"
        if low
        else "constant_voltage"
        if level_w < TAIL_BELOW * plateau_w
        else "constant_current"
    )
    if seen == phases.phase:
        return (
            phases
            if not phases.next_slots
            else Phases(phases.phase, phases.since_ms, seen, 0)
        )
    slots = phases.next_slots + 1 if seen == phases.next else 1
    needed = 2 if phases.phase == "inrush" else PHASE_SLOTS
    if slots < needed:
        return Phases(phases.phase, phases.since_ms, seen, slots)
    return Phases(seen, end_ms - slots * SLOT_MS, seen, 0)
