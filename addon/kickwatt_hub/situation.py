"""What the hub knows of a charger, in the words of its mode."""

from . import guards
from .charging.mode import Ended, Situation
from .entry import Entry
from .model import Charger, Order, OrderState, Reading, Session

BY_MODE = "mode"
"""The reason that an order carries which a mode has given."""


def situation(entry: Entry, now_ms: int) -> Situation:
    """Return what is known of a charger; `now_ms` is the wall clock."""
    charger = entry.charger
    reading, said, order = charger.reading, charger.said, charger.order
    session = charger.session
    running = session if session and session.end_ms is None else None
    return Situation(
        now_ms=charger_ms(charger, now_ms),
        energy_wh=reading.energy_wh if reading else None,
        power_w=_load(reading),
        measured_ms=reading.time_ms if reading else None,
        session_wh=running.energy_wh if running else None,
        ended=_ended(session),
        relay_on=charger.relay_on,
        why=said.why if said else None,
        allowed=bool(charger.desired_on),
        order=order.id if order else 0,
        order_on=bool(order and order.relay_on),
        by_mode=order is not None and order.reason == BY_MODE,
        refused=_refused(order),
        guard=guards.reason_of(order),
        full_wh=entry.brain.profile.energy_wh,
    )


def charger_ms(charger: Charger, now_ms: int) -> int:
    """Return the time in which a charger lives: a simulated one may be faster than ours."""
    if charger.simulated and charger.said and charger.said.clock is not None:
        return charger.said.clock * 1000
    return now_ms


def _load(reading: Reading | None) -> float | None:
    if reading is None:
        return None
    return reading.apparent_power_va if reading.power_w is None else reading.power_w


def _ended(session: Session | None) -> Ended | None:
    if session is None or session.end_ms is None:
        return None
    return Ended(
        session.id, session.end_ms, session.end_reason or "", session.peak_power_w
    )


def _refused(order: Order | None) -> str | None:
    if order is None or order.state not in (OrderState.refused, OrderState.expired):
        return None
    return order.reason
