"""What the detector tells: a charge began, entered another phase, ended; each with its rule and what it compared."""

from dataclasses import dataclass
from typing import Literal

from .end import EndRule, Verdict
from .levels import falls_by_w_per_min, median
from .phase import Phase
from .rule import (
    FLAT_W_PER_MIN,
    NOTHING_W,
    REST_SLOTS,
    SLOT_MS,
    SLOT_S,
    DetectorSettings,
)
from .session import Session, Turn, readings_behind
from .shape import Shape, low_w
from .trace import EMPTY, Trace

type EndReason = Literal["full", "unplugged", "switched_off", "power_lost"]
type Rule = EndRule | Literal["armed", "phase", "relay_opened", "silence"]
type Numbers = dict[str, float]
"""What was compared, by name; the names carry their units."""
type Levels = tuple[tuple[int, float], ...]
"""(time_ms, power_w) of the half minutes behind a decision, oldest first."""


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A charge began at `start_ms`; it was recognised at `decided_ms`."""

    start_ms: int
    decided_ms: int
    why: str
    numbers: Numbers
    readings: Levels = ()


@dataclass(frozen=True, slots=True)
class PhaseEntered:
    """The charge entered another phase at `at_ms`; that was clear at `decided_ms`."""

    phase: Phase
    at_ms: int
    decided_ms: int
    why: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A charge is over.

    It drew its last power at `end_ms`, which became clear at `decided_ms`; `energy_wh` runs until then, because so long
    the owner paid. `why` is for people, `readings` are the half minutes behind it. `rest_w` is the power when it was
    decided, and `at_rest` says whether that is what the charger draws at idle. `broke_off`: it fell from high power to
    nothing at once, as when a battery is taken away.
    """

    start_ms: int
    end_ms: int
    decided_ms: int
    energy_wh: float
    peak_power_w: float
    reason: EndReason
    rule: Rule
    why: str
    numbers: Numbers
    readings: Levels = ()
    plateau_w: float = 0.0
    rest_w: float = 0.0
    at_rest: bool = False
    tail_tau_s: float | None = None
    trace: Trace = EMPTY
    broke_off: bool = False


type Event = SessionStarted | PhaseEntered | SessionEnded


def started(candidate: Session, decided_ms: int, arm_w: float) -> SessionStarted:
    """A candidate has drawn enough, for long enough."""
    armed_s = candidate.armed_ms / 1000.0
    return SessionStarted(
        candidate.start_ms,
        decided_ms,
        f"{candidate.energy_wh:.1f} Wh in {(decided_ms - candidate.start_ms) / 60_000:.1f} min, "
        f"above {arm_w:.0f} W for {armed_s:.0f} s",
        {
            "energy_wh": round(candidate.energy_wh, 3),
            "arm_w": round(arm_w, 1),
            "armed_s": armed_s,
        },
        readings_behind(candidate),
    )


def entered(turn: Turn) -> PhaseEntered:
    """The curve has turned."""
    share = 100.0 * turn.level_w / turn.plateau_w if turn.plateau_w else 0.0
    return PhaseEntered(
        turn.phase,
        turn.at_ms,
        turn.decided_ms,
        f"{turn.level_w:.1f} W, {share:.0f} % of the charge's peak, "
        f"{(turn.decided_ms - turn.at_ms) / 60_000:.1f} min after it began",
        {"level_w": round(turn.level_w, 2), "peak_w": round(turn.plateau_w, 2)},
    )


def ended_by_curve(
    session: Session, over: Verdict, energy_wh: float, settings: DetectorSettings
) -> SessionEnded:
    """The curve says that the charge is over: full, or, if it broke off from high power to nothing, unplugged."""
    shape, at_ms = session.shape, over.at_ms
    low_since_ms = at_ms if shape.low_since_ms is None else shape.low_since_ms
    low_slots = min((at_ms - low_since_ms) // SLOT_MS, len(shape.levels))
    low_levels = shape.levels[-low_slots:]
    rest_w = median(low_levels[-settings.hold_s // SLOT_S :])
    broke_off = _broke_off(shape, low_since_ms, rest_w)
    reason: EndReason = "unplugged" if broke_off else "full"
    mark_w = low_w(shape.plateau_w, settings)
    low_min = (at_ms - low_since_ms) / 60_000
    return SessionEnded(
        session.start_ms,
        max(low_since_ms, shape.flat_since_ms),
        at_ms,
        energy_wh,
        session.peak_power_w,
        reason,
        over.rule,
        f"below {mark_w:.1f} W for {low_min:.1f} min, "
        f"{rest_w:.1f} W at the end; the charge's peak was {shape.plateau_w:.0f} W"
        + (", from which it broke off" if reason == "unplugged" else ""),
        {
            "low_w": round(mark_w, 2),
            "low_min": round(low_min, 1),
            "rest_w": round(rest_w, 2),
            "peak_w": round(shape.plateau_w, 2),
            **_compared(over),
        },
        readings_behind(session),
        shape.plateau_w,
        rest_w,
        abs(falls_by_w_per_min(low_levels[-2 * REST_SLOTS :], REST_SLOTS // 4))
        < FLAT_W_PER_MIN,
        shape.tail_tau_s(),
        session.trace,
        broke_off,
    )


def _broke_off(shape: Shape, low_since_ms: int, rest_w: float) -> bool:
    """Did power fall from more than half to nothing within a minute?"""
    return low_since_ms - shape.above_half_ms <= 2 * SLOT_MS and rest_w < NOTHING_W


def _compared(over: Verdict) -> Numbers:
    """Return what a rule compared besides the mark; the plain threshold compares nothing else."""
    if over.rule == "threshold":
        return {}
    return {
        "above_rest_w": round(over.excess_w, 3),
        "above_rest_most_w": round(over.enough_w, 3),
        "tau_min": round(over.tau_s / 60.0, 1),
    }


def ended_by_relay(session: Session, at_ms: int, power_w: float) -> SessionEnded:
    """The relay opened while the charge ran."""
    return _broken(
        session,
        at_ms,
        at_ms,
        "switched_off",
        "relay_opened",
        f"the relay opened at {power_w:.1f} W",
        {"power_w": round(power_w, 2)},
    )


def ended_by_silence(
    session: Session, before_ms: int, now_ms: int, then: str
) -> SessionEnded:
    """Nothing was heard for too long; `then` is what was heard next."""
    silent_s = (now_ms - before_ms) / 1000.0
    length = (
        f"{silent_s / 60:.0f} min" if silent_s < 7200 else f"{silent_s / 3600:.1f} h"
    )
    return _broken(
        session,
        before_ms,
        now_ms,
        "power_lost",
        "silence",
        f"silent for {length}{then}",
        {"silent_s": silent_s},
    )


def _broken(
    session: Session,
    end_ms: int,
    decided_ms: int,
    reason: EndReason,
    rule: Rule,
    why: str,
    numbers: Numbers,
) -> SessionEnded:
    """A charge that something else ended than its own curve."""
    shape = session.shape
    low_since_ms = end_ms if shape.low_since_ms is None else shape.low_since_ms
    return SessionEnded(
        session.start_ms,
        end_ms,
        decided_ms,
        session.energy_wh,
        session.peak_power_w,
        reason,
        rule,
        why,
        numbers,
        readings_behind(session),
        shape.plateau_w,
        shape.levels[-1] if shape.levels else 0.0,
        False,
        shape.tail_tau_s(),
        session.trace,
        bool(shape.levels)
        and _broke_off(shape, low_since_ms, median(shape.levels[-4:])),
    )
