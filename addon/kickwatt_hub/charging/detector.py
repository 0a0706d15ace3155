"""When a charge starts and when it is over, from power alone.

The published rules compare one reading, or a few minutes, with a fixed number of watts. They cut a charge short at the
first battery swap, or never, where the charger's own idle draw is above the number. This one looks at the shape: the
readings become a level for every half minute, and a charge is over when all of these hold:

1. it was *armed*: it once drew real power, for a minute and some watt-hours, so that plugging in is not a charge;
2. the level is *low* against the charger's own idle draw and the charge's own peak, for the whole hold time;
3. *little is left*: what the tail would still deliver is under one per cent, or the charger is at rest;
4. there was *no re-rise* within the hold time.

Half minutes are long against a spike and short against the hold; a single one above the mark is forgiven, so that a
charger which blinks at rest still ends. Rest is flatness: nothing that still charges a battery stays at one low power
for eight minutes, and a charger with nothing to do does, be it at 0.2 W or at 12 W.
"""

from collections.abc import Iterable
from copy import replace
from typing import Literal, cast

from msgspec import Struct

from .end import Verdict
from .events import (
    Event,
    PhaseEntered,
    SessionEnded,
    SessionStarted,
    ended_by_curve,
    ended_by_relay,
    ended_by_silence,
    entered,
    started,
)
from .rule import SLOT_MS, DetectorSettings
from .sample import Sample, in_order
from .session import (
    Held,
    Session,
    Turn,
    add_energy,
    begin,
    bridge,
    full_when_opened,
    hold,
    next_resolution_w,
)
from .shape import Shape, low_w
from .trace import add

__all__ = [
    "INITIAL",
    "SLOT_MS",
    "DetectorSettings",
    "DetectorState",
    "Event",
    "PhaseEntered",
    "Sample",
    "Session",
    "SessionEnded",
    "SessionStarted",
    "Shape",
    "Status",
    "advance",
    "rebuild",
    "step",
]

type Status = Literal["off", "idle", "charging", "full"]


class DetectorState(Struct, frozen=True):
    """All that the detector remembers of the past; below 4 kB."""

    status: Status = "idle"
    session: Session | None = None
    candidate: Session | None = None
    """Power that has not yet been enough to be called a charge."""
    time_ms: int | None = None
    power_w: float = 0.0
    relay_on: bool | None = None
    counter_wh: float | None = None
    last_plateau_w: float = 0.0
    """Of the charge that ended full: a top-up draws less and is not another charge."""


INITIAL = DetectorState()

type Outcome = tuple[DetectorState, tuple[Event, ...]]


def step(state: DetectorState, sample: Sample, settings: DetectorSettings) -> Outcome:
    """Return the state after one more reading, and what it made happen.

    Readings must come in the order of their time. One that is not newer than the last is ignored: whoever has late ones
    runs the detector over all of them again (`rebuild`).
    """
    before_ms = state.time_ms
    if before_ms is None:
        # There is no time before the very first reading that anything could have happened in.
        return _wait(state, sample, sample.relay_on, settings), ()
    if sample.time_ms <= before_ms:
        return state, ()
    relay_on = state.relay_on if sample.relay_on is None else sample.relay_on
    running = state.session or state.candidate
    if running is None:
        return _wait(state, sample, relay_on, settings), ()
    if sample.time_ms - before_ms > settings.forget_s * 1000:
        return _forget(state, sample, relay_on, settings)
    if relay_on is False:
        return _open(state, sample, settings)
    power_w = sample.power_w
    if power_w is None:
        return _unmeasured(state, relay_on)
    power_w = max(power_w, 0.0)
    return _charge(state, running, sample, power_w, relay_on, settings)


def rebuild(
    samples: Iterable[Sample],
    settings: DetectorSettings,
    state: DetectorState = INITIAL,
) -> Outcome:
    """Return what the readings give in the order of their time, in whichever order they are handed in."""
    events: list[Event] = []
    for sample in sorted(samples, key=in_order):
        state, happened = step(state, sample, settings)
        events.extend(happened)
    return state, tuple(events)


def advance(state: DetectorState, time_ms: int, settings: DetectorSettings) -> Outcome:
    """Return the state when nothing was reported until `time_ms`, for a source that reports only on change.

    Its silence says that the last reading is still true, for `unchanged_s`. How often this is called, or whether at all,
    makes no difference to the readings that follow: only half minutes that are complete are taken up.
    """
    session = state.session
    if session is None or state.time_ms is None or state.relay_on is False:
        return state, ()
    until_ms = min(time_ms, state.time_ms + settings.unchanged_s * 1000)
    until_ms -= until_ms % SLOT_MS
    held_from_ms = max(state.time_ms, session.slot_ms)
    if until_ms <= held_from_ms:
        return state, ()
    held, over, turns = hold(session, held_from_ms, until_ms, state.power_w, settings)
    turned = tuple(entered(turn) for turn in turns)
    if over is None:
        return replace(state, session=held), turned
    state, ended = _end(state, held, over, settings)
    return state, (*turned, ended)


# --- no charge ---------------------------------------------------------------------------------------------------------


def _wait(
    state: DetectorState,
    sample: Sample,
    relay_on: bool | None,
    settings: DetectorSettings,
) -> DetectorState:
    """No charge so far: is there power now?"""
    power_w = sample.power_w
    counter_wh = state.counter_wh if sample.energy_wh is None else sample.energy_wh
    status: Status
    if relay_on is False:
        status = "off"
    elif state.status == "off":
        status = "idle"
    else:
        status = state.status
    candidate = None
    if (
        power_w is not None
        and power_w >= settings.arm_w
        and status != "off"
        and power_w >= _arm_w(state, settings)
    ):
        candidate = begin(sample.time_ms, power_w)
    return DetectorState(
        status,
        None,
        candidate,
        sample.time_ms,
        power_w if power_w is not None and power_w > 0.0 else 0.0,
        relay_on,
        counter_wh,
        state.last_plateau_w if status == "full" else 0.0,
    )


def _arm_w(state: DetectorState, settings: DetectorSettings) -> float:
    """The power from which on something is being charged."""
    arm_w = settings.arm_w
    learned = settings.learned
    if learned.trusted and learned.idle_w is not None and learned.plateau_w is not None:
        arm_w = max(arm_w, min(5.0 * learned.idle_w, 0.5 * learned.plateau_w))
    if state.status == "full":
        # Topping up a battery that is full is no new charge; a fifth of the peak is more than any top-up draws.
        arm_w = max(arm_w, 0.2 * state.last_plateau_w)
    return arm_w


# --- a charge, or what may become one ----------------------------------------------------------------------------------


def _charge(
    state: DetectorState,
    running: Session,
    sample: Sample,
    power_w: float,
    relay_on: bool | None,
    settings: DetectorSettings,
) -> Outcome:
    """One more reading of a charge, or of a candidate for one."""
    before_ms, now_ms = cast("int", state.time_ms), sample.time_ms
    (held, over, turns), known_until_ms = _pass_time(
        state, running, before_ms, now_ms, power_w, settings
    )
    turned = tuple(entered(turn) for turn in turns) if turns else ()
    if over is not None and state.session is not None:
        after, ended = _end(state, held, over, settings)
        return _wait(after, sample, relay_on, settings), (*turned, ended)
    slot_ms, slot_wms, slot_known_ms = held.slot_ms, held.slot_wms, held.slot_known_ms
    trace = held.trace
    if now_ms - slot_ms >= SLOT_MS:
        # The rest of a silence is unknown: for the detector that time has not passed.
        for _ in range((now_ms - slot_ms) // SLOT_MS):
            trace = add(trace, (state.power_w + power_w) / 2.0)
        slot_ms, slot_wms, slot_known_ms = now_ms - now_ms % SLOT_MS, 0.0, 0
    counted_wh, estimated_wh, counter_wh = add_energy(
        running, before_ms, state.power_w, state.counter_wh, sample, power_w, settings
    )
    updated = Session(
        running.start_ms,
        counted_wh,
        estimated_wh,
        max(running.peak_power_w, power_w),
        slot_ms,
        slot_wms,
        slot_known_ms,
        held.shape,
        trace,
        next_resolution_w(running.resolution_w, power_w)
        if running.resolution_w
        else 0.0,
        running.armed_ms,
        held.full,
    )
    if state.session is None:
        armed_ms = known_until_ms - before_ms
        return _arm(
            state, updated, sample, power_w, relay_on, counter_wh, armed_ms, settings
        )
    return DetectorState(
        state.status, updated, None, now_ms, power_w, relay_on, counter_wh
    ), turned


def _pass_time(
    state: DetectorState,
    running: Session,
    before_ms: int,
    now_ms: int,
    power_w: float,
    settings: DetectorSettings,
) -> tuple[Held, int]:
    """Let the time since the last reading pass; also return until when it is known what happened in it."""
    known_until_ms = min(now_ms, before_ms + settings.unchanged_s * 1000)
    held = hold(
        running,
        max(before_ms, running.slot_ms),
        known_until_ms,
        state.power_w,
        settings,
    )
    if known_until_ms == now_ms or held[1] is not None:
        return held, known_until_ms
    # Was the power low when the silence began and when it ended? Then it was low in between.
    if max(state.power_w, power_w) >= low_w(running.shape.plateau_w, settings):
        return held, known_until_ms
    session, over, turns = bridge(
        held[0], known_until_ms, now_ms, state.power_w, power_w, settings
    )
    return (session, over, held[2] + turns), now_ms


def _arm(
    state: DetectorState,
    candidate: Session,
    sample: Sample,
    power_w: float,
    relay_on: bool | None,
    counter_wh: float | None,
    known_ms: int,
    settings: DetectorSettings,
) -> Outcome:
    """Has the candidate drawn enough, for long enough, to be a charge?"""
    arm_w = _arm_w(state, settings)
    levels = candidate.shape.levels
    if power_w < arm_w and levels and levels[-1] < arm_w:
        return _wait(state, sample, relay_on, settings), ()
    if power_w >= arm_w and state.power_w >= arm_w:
        candidate = replace(candidate, armed_ms=candidate.armed_ms + known_ms)
    if (
        candidate.armed_ms < settings.arm_s * 1000
        or candidate.energy_wh < settings.arm_wh
    ):
        return (
            DetectorState(
                state.status,
                None,
                candidate,
                sample.time_ms,
                power_w,
                relay_on,
                counter_wh,
                state.last_plateau_w,
            ),
            (),
        )
    events: tuple[Event, ...] = (started(candidate, sample.time_ms, arm_w),)
    phases = candidate.shape.phases
    if phases.phase != "inrush":
        levels = candidate.shape.levels
        plateau_w = candidate.shape.plateau_w
        turn = Turn(
            phases.phase, phases.since_ms, sample.time_ms, levels[-1], plateau_w
        )
        events = (*events, entered(turn))
    return DetectorState(
        "charging", candidate, None, sample.time_ms, power_w, relay_on, counter_wh
    ), events


def _unmeasured(state: DetectorState, relay_on: bool | None) -> Outcome:
    """A message without power says nothing about the charge, and the time until the next one that does is bridged."""
    if relay_on == state.relay_on:
        return state, ()
    return replace(state, relay_on=relay_on), ()


# --- the end -----------------------------------------------------------------------------------------------------------


def _end(
    state: DetectorState, session: Session, over: Verdict, settings: DetectorSettings
) -> tuple[DetectorState, SessionEnded]:
    """The curve says that the charge is over."""
    before_ms = cast("int", state.time_ms)
    # Of this charge nothing later than the decision may count: a tick at that very instant must give the same.
    energy_wh = (
        session.energy_wh + state.power_w * max(0, over.at_ms - before_ms) / 3_600_000.0
    )
    ended = ended_by_curve(session, over, energy_wh, settings)
    full = ended.reason == "full"
    return (
        replace(
            state,
            status="full" if full else "idle",
            session=None,
            time_ms=max(over.at_ms, before_ms),
            last_plateau_w=ended.plateau_w if full else 0.0,
        ),
        ended,
    )


def _open(state: DetectorState, sample: Sample, settings: DetectorSettings) -> Outcome:
    """The relay opened. A charge that was running ended then, or, after a silence, when it was last heard of."""
    waiting = _wait(state, sample, False, settings)
    session = state.session
    if session is None:
        return waiting, ()
    before_ms = cast("int", state.time_ms)
    if sample.time_ms - before_ms > max(settings.lost_s, settings.unchanged_s) * 1000:
        ended = ended_by_silence(session, before_ms, sample.time_ms, ", then open")
        return waiting, (ended,)
    # It drew power until the relay opened: the last reading holds until then.
    counted_wh, estimated_wh, _ = add_energy(
        session,
        before_ms,
        state.power_w,
        state.counter_wh,
        sample,
        state.power_w,
        settings,
    )
    session = replace(session, counted_wh=counted_wh, estimated_wh=estimated_wh)
    over = full_when_opened(session, sample.time_ms, settings)
    if over is None:
        return waiting, (ended_by_relay(session, sample.time_ms, state.power_w),)
    ended = ended_by_curve(session, over, session.energy_wh, settings)
    return waiting, (ended,)


def _forget(
    state: DetectorState,
    sample: Sample,
    relay_on: bool | None,
    settings: DetectorSettings,
) -> Outcome:
    """Nothing was heard for so long that the charge is over, whatever became of it."""
    before_ms = cast("int", state.time_ms)
    waiting = _wait(replace(state, status="idle"), sample, relay_on, settings)
    if state.session is None:
        return waiting, ()
    return waiting, (ended_by_silence(state.session, before_ms, sample.time_ms, ""),)
