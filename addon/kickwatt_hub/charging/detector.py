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

from dataclasses import dataclass, replace
import math
from typing import TYPE_CHECKING, Literal, cast

from .profile import NOTHING_LEARNED, Profile
from .trace import EMPTY, Trace, add

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

type Phase = Literal["off", "idle", "charging", "full"]
type EndReason = Literal["full", "unplugged", "switched_off", "power_lost"]

SLOT_MS = 30_000
SLOT_S = 30

# Rest is judged over eight minutes: shorter, and 0.5 W of resolution hides a slow tail; longer, and a charge that
# ended by itself is not cut within ten minutes.
REST_SLOTS = 16
# A tail that falls slowly is watched for up to half an hour.
WATCHED_SLOTS = 64

# Chargers draw 0.2 W to 12 W when they have nothing to do. Until this one's own is known, assume the most.
UNKNOWN_IDLE_W = 12.0
IDLE_MARGIN_W = 2.0

# Below this share of its peak a charge may be over. It is where the tail begins to be short against the hold.
LOW_SHARE = 0.10
# No charger rests above a quarter of what it charges with; without this bound a weak charger would be "low" all along.
LOW_SHARE_MOST = 0.25
# A rise by this share of the peak within the hold is a charge that goes on (late re-rises were recorded at a multiple of the tail).
RERISE_SHARE = 0.10

LEFT_SHARE = 0.008
"""Of the charge's energy; the goal is one per cent, the rest is for what the estimate of the tail gets wrong."""

# The power of a lithium battery at constant voltage decays with a time constant of about half an hour when warm, and
# of more than an hour when cold or old (fitted to B. Saha and K. Goebel, 2007, "Battery Data Set", NASA Prognostics
# Data Repository). The tail is slower than what came before it, hence the factor.
TAIL_SLOWER = 1.5
TAU_LEAST_S = 20 * 60.0
TAU_MOST_S = 100 * 60.0

# Below this slope the level is called rest when something is learned from it.
FLAT_W_PER_MIN = 0.03
# The least that counts as a rise within the tail.
LEAST_RISE_W = 0.3
# The least that counts as the step with which a brick stops, two steps of a meter with 0.5 W resolution.
DROP_W = 0.9
# The coarse resolutions of plugs in use; a finer one drowns in the noise that it shows.
COARSEST_W = 1.0
COARSE_W = 0.5
# At rest above everything expected: flat for this long is over all the same, because nothing else would end it.
STUCK_S = 30 * 60
# A charger whose idle draw is known is at rest within this much of it.
AT_REST_W = 0.75
# What an outlet shows when the battery, or the charger, was taken away.
NOTHING_W = 3.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one charger measured at one instant.

    `power_w` is real power, None where it was not measured. `relay_on` is what the device reports, None where the source
    has no relay or does not say. `energy_wh` is the lifetime counter, None without one.
    """

    time_ms: int
    power_w: float | None
    relay_on: bool | None = None
    energy_wh: float | None = None


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """What the owner chose, and what the charger's earlier charges taught.

    `unchanged_s` is how long a reading stays true without another one: three intervals of a source that is polled, or
    the longest silence of one that reports only on change.
    """

    cutoff_w: float = 11.5
    hold_s: int = 300
    first_hold_s: int = 480
    """The hold until the charger's charges are known: pauses and re-rises of a strange charger are longer than dips."""
    arm_w: float = 20.0
    arm_s: int = 60
    arm_wh: float = 2.0
    unchanged_s: int = 120
    lost_s: int = 180
    """A relay that is found open after a longer silence was opened by the loss of mains power, not by anybody."""
    forget_s: int = 6 * 3600
    """After a longer silence the charge is over; what was measured next belongs to another one."""
    learned: Profile = NOTHING_LEARNED


@dataclass(frozen=True, slots=True)
class Shape:
    """The curve of the running charge, as far as its end depends on it."""

    levels: tuple[float, ...] = ()
    """Mean power of the last half minutes, the newest last."""
    plateau_w: float = 0.0
    """The highest power that was held for a minute: the peak without the inrush."""
    above_half_ms: int = 0
    """Until when the level was above a half, and above a quarter, of the plateau: the tail's time constant."""
    above_quarter_ms: int = 0
    low_since_ms: int | None = None
    flat_since_ms: int = 0
    flat_w: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    """A running charge."""

    start_ms: int
    counted_wh: float
    estimated_wh: float
    """Energy since the lifetime counter was last read; zero while it is read every time."""
    peak_power_w: float
    slot_ms: int
    """Start of the half minute that is not complete yet, the energy in it (W·ms) and how much of it is known (ms)."""
    slot_wms: float
    slot_known_ms: int
    shape: Shape
    trace: Trace = EMPTY
    resolution_w: float = COARSEST_W
    """The step in which the meter reports, if that is coarse, else 0."""
    armed_ms: int = 0
    """How long there was real power, until there had been enough of it to call it a charge."""

    @property
    def energy_wh(self) -> float:
        """Energy since the start."""
        return self.counted_wh + self.estimated_wh


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A charge began at `start_ms`; it was recognised at `decided_ms`."""

    start_ms: int
    decided_ms: int
    why: str
    readings: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A charge is over.

    It drew its last power at `end_ms`, which became clear at `decided_ms`; `energy_wh` runs until then, because so long
    the owner paid. `why` is for people, `readings` are the (time_ms, power_w) of the half minutes behind it.
    `rest_w` is the power when it was decided, and `at_rest` says whether that is what the charger draws at idle.
    """

    start_ms: int
    end_ms: int
    decided_ms: int
    energy_wh: float
    peak_power_w: float
    reason: EndReason
    why: str
    readings: tuple[tuple[int, float], ...] = ()
    plateau_w: float = 0.0
    rest_w: float = 0.0
    at_rest: bool = False
    tail_tau_s: float | None = None
    trace: Trace = EMPTY


type Event = SessionStarted | SessionEnded


@dataclass(frozen=True, slots=True)
class DetectorState:
    """All that the detector remembers of the past; below 4 kB."""

    phase: Phase = "idle"
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
        return _begin(state, sample, settings)
    if sample.time_ms <= before_ms:
        return state, ()
    relay_on = state.relay_on if sample.relay_on is None else sample.relay_on
    running = state.session or state.candidate
    if running is None:
        return _wait(state, sample, relay_on, settings)
    if sample.time_ms - before_ms > settings.forget_s * 1000:
        return _forget(state, sample, settings)
    if relay_on is False:
        return _open(state, sample, settings)
    power_w = sample.power_w
    if power_w is None:
        return _unmeasured(state, sample, relay_on)
    power_w = max(power_w, 0.0)
    return _charge(state, running, sample, power_w, relay_on, settings)


def rebuild(
    samples: Iterable[Sample],
    settings: DetectorSettings,
    state: DetectorState = INITIAL,
) -> Outcome:
    """Return what the readings give in the order of their time, in whichever order they are handed in."""
    events: list[Event] = []
    for sample in sorted(samples, key=_in_order):
        state, happened = step(state, sample, settings)
        events.extend(happened)
    return state, tuple(events)


def _in_order(sample: Sample) -> tuple[int, bool, float, bool, float]:
    """Time, then whatever makes the order of two readings of one instant the same every time."""
    power_w, energy_wh = sample.power_w, sample.energy_wh
    return (
        sample.time_ms,
        power_w is None,
        power_w or 0.0,
        energy_wh is None,
        energy_wh or 0.0,
    )


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
    held, ended_ms = _hold(session, held_from_ms, until_ms, state.power_w, settings)
    if ended_ms is None:
        return replace(state, session=held), ()
    return _end_full(state, held, ended_ms, settings)


# --- no charge ---------------------------------------------------------------------------------------------------------


def _begin(state: DetectorState, sample: Sample, settings: DetectorSettings) -> Outcome:
    """The very first reading: there is no time before it that anything could have happened in."""
    return _wait(state, sample, sample.relay_on, settings)


def _wait(
    state: DetectorState,
    sample: Sample,
    relay_on: bool | None,
    settings: DetectorSettings,
) -> Outcome:
    """No charge so far: is there power now?"""
    power_w = sample.power_w
    counter_wh = state.counter_wh if sample.energy_wh is None else sample.energy_wh
    phase: Phase
    if relay_on is False:
        phase = "off"
    elif state.phase == "off":
        phase = "idle"
    else:
        phase = state.phase
    candidate = None
    if (
        power_w is not None
        and power_w >= settings.arm_w
        and phase != "off"
        and power_w >= _arm_w(state, settings)
    ):
        time_ms = sample.time_ms
        slot_ms = time_ms - time_ms % SLOT_MS
        candidate = Session(
            time_ms, 0.0, 0.0, power_w, slot_ms, 0.0, 0, Shape(flat_since_ms=time_ms)
        )
    return (
        DetectorState(
            phase,
            None,
            candidate,
            sample.time_ms,
            power_w if power_w is not None and power_w > 0.0 else 0.0,
            relay_on,
            counter_wh,
            state.last_plateau_w if phase == "full" else 0.0,
        ),
        (),
    )


def _arm_w(state: DetectorState, settings: DetectorSettings) -> float:
    """The power from which on something is being charged."""
    arm_w = settings.arm_w
    learned = settings.learned
    if learned.trusted and learned.idle_w is not None and learned.plateau_w is not None:
        arm_w = max(arm_w, min(5.0 * learned.idle_w, 0.5 * learned.plateau_w))
    if state.phase == "full":
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
    known_until_ms = min(now_ms, before_ms + settings.unchanged_s * 1000)
    held, ended_ms = _hold(
        running,
        max(before_ms, running.slot_ms),
        known_until_ms,
        state.power_w,
        settings,
    )
    if (
        known_until_ms < now_ms
        and ended_ms is None
        and _both_low(running, state.power_w, power_w, settings)
    ):
        held, ended_ms = _bridge(
            held, known_until_ms, now_ms, state.power_w, power_w, settings
        )
        known_until_ms = now_ms
    if ended_ms is not None and state.session is not None:
        ended, events = _end_full(state, held, ended_ms, settings)
        waiting, _ = _wait(ended, sample, relay_on, settings)
        return waiting, events
    slot_ms, slot_wms, slot_known_ms = held.slot_ms, held.slot_wms, held.slot_known_ms
    trace = held.trace
    if now_ms - slot_ms >= SLOT_MS:
        # The rest of a silence is unknown: for the detector that time has not passed.
        for _ in range((now_ms - slot_ms) // SLOT_MS):
            trace = add(trace, (state.power_w + power_w) / 2.0)
        slot_ms, slot_wms, slot_known_ms = now_ms - now_ms % SLOT_MS, 0.0, 0
    counted_wh, estimated_wh, counter_wh = _add_energy(
        state, running, sample, power_w, settings
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
        _resolution_w(running.resolution_w, power_w) if running.resolution_w else 0.0,
        running.armed_ms,
    )
    if state.session is None:
        return _arm(
            state,
            updated,
            sample,
            power_w,
            relay_on,
            counter_wh,
            known_until_ms,
            settings,
        )
    return DetectorState(
        state.phase, updated, None, now_ms, power_w, relay_on, counter_wh
    ), ()


def _arm(
    state: DetectorState,
    candidate: Session,
    sample: Sample,
    power_w: float,
    relay_on: bool | None,
    counter_wh: float | None,
    known_until_ms: int,
    settings: DetectorSettings,
) -> Outcome:
    """Has the candidate drawn enough, for long enough, to be a charge?"""
    arm_w = _arm_w(state, settings)
    levels = candidate.shape.levels
    if power_w < arm_w and levels and levels[-1] < arm_w:
        return _wait(state, sample, relay_on, settings)
    if power_w >= arm_w and state.power_w >= arm_w:
        armed_ms = candidate.armed_ms + known_until_ms - cast("int", state.time_ms)
        candidate = replace(candidate, armed_ms=armed_ms)
    if (
        candidate.armed_ms < settings.arm_s * 1000
        or candidate.energy_wh < settings.arm_wh
    ):
        return (
            DetectorState(
                state.phase,
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
    started = SessionStarted(
        candidate.start_ms,
        sample.time_ms,
        f"{candidate.energy_wh:.1f} Wh in {(sample.time_ms - candidate.start_ms) / 60_000:.1f} min, "
        f"above {arm_w:.0f} W for {candidate.armed_ms / 1000:.0f} s",
        _readings(candidate),
    )
    return DetectorState(
        "charging", candidate, None, sample.time_ms, power_w, relay_on, counter_wh
    ), (started,)


def _unmeasured(state: DetectorState, sample: Sample, relay_on: bool | None) -> Outcome:
    """A message without power says nothing about the charge, and the time until the next one that does is bridged."""
    if relay_on == state.relay_on:
        return state, ()
    return replace(state, relay_on=relay_on), ()


def _add_energy(
    state: DetectorState,
    session: Session,
    sample: Sample,
    power_w: float,
    settings: DetectorSettings,
) -> tuple[float, float, float | None]:
    """Return the counted and the estimated energy of the session, and the counter.

    The lifetime counter is the truth. Between two readings of it, energy is the area under the readings; nobody knows
    what flowed during a silence that is longer than readings stay true, so that adds what the lower of its two ends says.
    """
    span_ms = sample.time_ms - cast("int", state.time_ms)
    if span_ms <= settings.unchanged_s * 1000:
        flowed_wh = (state.power_w + power_w) * span_ms / 7_200_000.0
    else:
        flowed_wh = min(state.power_w, power_w) * span_ms / 3_600_000.0
    estimated_wh = session.estimated_wh + flowed_wh
    if sample.energy_wh is None:
        return session.counted_wh, estimated_wh, state.counter_wh
    if state.counter_wh is None:
        return session.counted_wh + estimated_wh, 0.0, sample.energy_wh
    counted_wh = sample.energy_wh - state.counter_wh
    most_wh = (
        session.peak_power_w * (sample.time_ms - session.start_ms) / 1_800_000.0 + 10.0
    )
    if counted_wh < 0.0 or counted_wh > most_wh:
        # The meter was replaced or started again: its step says nothing, the area under the readings does.
        counted_wh = estimated_wh
    return session.counted_wh + counted_wh, 0.0, sample.energy_wh


# --- the curve, half minute by half minute -----------------------------------------------------------------------------


def _resolution_w(resolution_w: float, power_w: float) -> float:
    """Return the coarse step that all readings so far are multiples of, or 0."""
    if power_w % resolution_w == 0.0:
        return resolution_w
    return COARSE_W if power_w % COARSE_W == 0.0 else 0.0


def _hold(
    session: Session,
    from_ms: int,
    until_ms: int,
    power_w: float,
    settings: DetectorSettings,
) -> tuple[Session, int | None]:
    """Hold a reading until `until_ms`; also return when that ended the charge, if it did."""
    slot_ms, slot_wms, slot_known_ms = (
        session.slot_ms,
        session.slot_wms,
        session.slot_known_ms,
    )
    shape, trace = session.shape, session.trace
    ended_ms = None
    while until_ms >= (slot_end_ms := slot_ms + SLOT_MS):
        held_ms = slot_end_ms - from_ms
        slot_wms += power_w * held_ms
        slot_known_ms += held_ms
        from_ms = slot_ms = slot_end_ms
        shape = _next_shape(shape, slot_end_ms, slot_wms / slot_known_ms, settings)
        trace = add(trace, shape.levels[-1])
        slot_wms, slot_known_ms = 0.0, 0
        if shape.low_since_ms is not None and _is_over(
            session, shape, slot_end_ms, settings
        ):
            ended_ms = slot_end_ms
            break
    else:
        held_ms = until_ms - from_ms
        if held_ms > 0:
            slot_wms += power_w * held_ms
            slot_known_ms += held_ms
    return (
        Session(
            session.start_ms,
            session.counted_wh,
            session.estimated_wh,
            session.peak_power_w,
            slot_ms,
            slot_wms,
            slot_known_ms,
            shape,
            trace,
            session.resolution_w,
            session.armed_ms,
        ),
        ended_ms,
    )


def _bridge(
    session: Session,
    from_ms: int,
    until_ms: int,
    from_w: float,
    until_w: float,
    settings: DetectorSettings,
) -> tuple[Session, int | None]:
    """Fill a silence between two low readings with the straight line between them; else as `_hold`.

    Holding the first of the two would look like rest where the charge still tapers off.
    """
    watts_per_ms = (until_w - from_w) / (until_ms - from_ms)
    at_ms, ended_ms = from_ms, None
    while at_ms < until_ms and ended_ms is None:
        next_ms = min(max(session.slot_ms, at_ms - at_ms % SLOT_MS) + SLOT_MS, until_ms)
        level_w = from_w + watts_per_ms * ((at_ms + next_ms) / 2 - from_ms)
        session, ended_ms = _hold(session, at_ms, next_ms, level_w, settings)
        at_ms = next_ms
    return session, ended_ms


def _next_shape(
    shape: Shape, end_ms: int, level_w: float, settings: DetectorSettings
) -> Shape:
    """Add one half minute, which ended at `end_ms`, to the curve."""
    levels = shape.levels
    previous_w = levels[-1] if levels else 0.0
    held_w = min(previous_w, level_w)
    plateau_w = max(shape.plateau_w, held_w)
    flat_since_ms, flat_w = shape.flat_since_ms, shape.flat_w
    if abs(level_w - flat_w) > max(1.0, 0.05 * flat_w):
        flat_since_ms, flat_w = end_ms - SLOT_MS, level_w
    return Shape(
        (*levels[1 - WATCHED_SLOTS :], level_w),
        plateau_w,
        end_ms if held_w >= 0.5 * plateau_w else shape.above_half_ms,
        end_ms if held_w >= 0.25 * plateau_w else shape.above_quarter_ms,
        _low_since(shape, end_ms, level_w, previous_w, plateau_w, settings),
        flat_since_ms,
        flat_w,
    )


def _low_since(
    shape: Shape,
    end_ms: int,
    level_w: float,
    previous_w: float,
    plateau_w: float,
    settings: DetectorSettings,
) -> int | None:
    """Return since when the level has been low, a single half minute above the mark forgiven."""
    if level_w >= LOW_SHARE_MOST * plateau_w:
        return None
    low_w = _low_w(plateau_w, settings)
    if level_w < low_w:
        return end_ms - SLOT_MS if shape.low_since_ms is None else shape.low_since_ms
    blinked = previous_w < low_w and level_w < previous_w + RERISE_SHARE * plateau_w
    return shape.low_since_ms if blinked else None


def _low_w(plateau_w: float, settings: DetectorSettings) -> float:
    """Return the power below which a charge with this peak may be over."""
    idle_w = settings.learned.idle_w if settings.learned.trusted else None
    rest_w = (UNKNOWN_IDLE_W if idle_w is None else idle_w) + IDLE_MARGIN_W
    return min(
        max(settings.cutoff_w, rest_w, LOW_SHARE * plateau_w),
        LOW_SHARE_MOST * plateau_w,
    )


def _both_low(
    session: Session, before_w: float, now_w: float, settings: DetectorSettings
) -> bool:
    """Was the power low when a silence began and when it ended? Then it was low in between."""
    return max(before_w, now_w) < _low_w(session.shape.plateau_w, settings)


# --- the end -----------------------------------------------------------------------------------------------------------


def _is_over(
    session: Session, shape: Shape, now_ms: int, settings: DetectorSettings
) -> bool:
    """Is the charge over, given that the level has been low for some time?"""
    low_ms = now_ms - cast("int", shape.low_since_ms)
    # One half minute more than the hold: a dip as long as the hold fills the hold, but not that.
    if low_ms < settings.hold_s * 1000 + SLOT_MS or shape.levels[-1] >= _low_w(
        shape.plateau_w, settings
    ):
        return False
    learned = settings.learned
    levels = shape.levels
    tau_s = _tau_s(shape, settings)
    # What an exponential tail P = rest + e·exp(-t / tau) still delivers is e·tau.
    enough_w = LEFT_SHARE * session.energy_wh * 3600.0 / tau_s
    idle_w = learned.idle_w if learned.trusted else None
    if idle_w is not None:
        excess_w = _median(levels[-settings.hold_s // SLOT_S :]) - idle_w
        if excess_w < max(AT_REST_W, enough_w):
            return True
    low_slots = low_ms // SLOT_MS
    if low_slots * SLOT_S < settings.first_hold_s + SLOT_S:
        return False
    if now_ms - shape.flat_since_ms >= STUCK_S * 1000:
        return True
    settled = _since_rerise(levels, session.resolution_w)
    if len(settled) < REST_SLOTS:
        return False
    return (
        _excess_w(settled[-REST_SLOTS:], tau_s, session.resolution_w) < enough_w
        or _dropped_to_rest(settled, tau_s, enough_w)
        or _excess_w(settled, tau_s, session.resolution_w) < enough_w
    )


def _since_rerise(levels: tuple[float, ...], resolution_w: float) -> tuple[float, ...]:
    """Return the levels since they last rose: what was lower before was a dip, not the tail."""
    block = REST_SLOTS // 4
    first = len(levels) % block
    middles = [
        _median(levels[at : at + block]) for at in range(first, len(levels), block)
    ]
    lowest = min(middles)
    if middles[-1] - lowest < max(3.0 * _noise_w(levels), resolution_w, LEAST_RISE_W):
        return levels
    return levels[first + (middles.index(lowest) + 2) * block :]


def _dropped_to_rest(levels: tuple[float, ...], tau_s: float, enough_w: float) -> bool:
    """Did the level drop at once, and is it flat since?  So a brick stops.

    A step alone proves nothing, the end of a re-rise is one too; but after a step, eight flat minutes are enough.
    """
    possible = range(REST_SLOTS, min(2 * REST_SLOTS, len(levels) - REST_SLOTS // 2))
    if not possible:
        return False
    drop_w, slots = max((levels[-at - 2] - levels[-at + 1], at) for at in possible)
    if drop_w < DROP_W:
        return False
    before, after = levels[:-slots], levels[-slots:]
    noise_w = _noise_w(after)
    dropped_w = _median(before[-REST_SLOTS // 2 :]) - _median(after)
    fell_w_per_min = _falls_by_w_per_min(before, REST_SLOTS // 4)
    falls_w_per_min = _falls_by_w_per_min(after, REST_SLOTS // 4)
    # So far apart the middles of the two are; a tail without a step falls by that much of its slope.
    apart_min = (slots + REST_SLOTS // 2) * SLOT_S / 120.0
    steepest_w = apart_min * max(fell_w_per_min, falls_w_per_min)
    return dropped_w > max(
        DROP_W, 2.0 * noise_w, 1.8 * steepest_w
    ) and falls_w_per_min * tau_s / 60.0 < max(enough_w, AT_REST_W)


def _excess_w(levels: tuple[float, ...], tau_s: float, resolution_w: float) -> float:
    """Return how far the level is above the one that it falls to, at most, from how fast it falls.

    The slope of an exponential tail is e / tau, so this needs no knowledge of the charger's idle draw. The longer the
    tail has been watched, the smaller is what noise and resolution could hide.
    """
    block = len(levels) // 8
    span_min = (len(levels) // block) * block * SLOT_S / 60.0
    tau_min = tau_s / 60.0
    noise_w = _noise_w(levels)
    hidden_w_per_min = (
        4.0 * noise_w / math.sqrt(len(levels)) + resolution_w
    ) / span_min
    # The slope is that of the middle of the span; this is how much smaller it is at its end.
    flattens = (span_min / tau_min) / (math.exp(span_min / tau_min) - 1.0)
    falls_w_per_min = max(0.0, _falls_by_w_per_min(levels, block)) * flattens
    # Nothing can be further above its end than it is above nothing.
    return min((falls_w_per_min + hidden_w_per_min) * tau_min, _median(levels))


def _noise_w(levels: tuple[float, ...]) -> float:
    """Return by how much levels that are a minute apart differ, other than by the slope.

    A minute, because a source that is polled once a minute has each level twice.
    """
    rises_w = [
        later - earlier for earlier, later in zip(levels, levels[2:], strict=False)
    ]
    usual_w = _median(rises_w)
    return _median([abs(rise_w - usual_w) for rise_w in rises_w])


def _falls_by_w_per_min(levels: tuple[float, ...], block: int) -> float:
    """Return how fast the level falls: the median slope between the medians of blocks.

    No short dip or spike can move it (H. Theil, 1950; P. K. Sen, 1968).
    """
    first = len(levels) % block
    middles = [
        _median(levels[at : at + block]) for at in range(first, len(levels), block)
    ]
    slopes = [
        (middles[one] - middles[other]) / (other - one)
        for one in range(len(middles) - 1)
        for other in range(one + 1, len(middles))
    ]
    return _median(slopes) * 60.0 / (block * SLOT_S) if slopes else 0.0


def _median(values: Sequence[float]) -> float:
    """Return the middle value; `statistics.median` is half of all the time that the detector takes."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2.0


def _tau_s(shape: Shape, settings: DetectorSettings) -> float:
    """Return the time constant of the rest of the tail, on the safe side."""
    measured_s = tail_tau_s(shape)
    if measured_s is None:
        measured_s = settings.learned.tail_tau_s or 0.0
    return min(max(TAIL_SLOWER * measured_s, TAU_LEAST_S), TAU_MOST_S)


def tail_tau_s(shape: Shape) -> float | None:
    """Return the time constant with which the power fell from a half to a quarter of its peak; None if it dropped."""
    fell_ms = shape.above_quarter_ms - shape.above_half_ms
    return fell_ms / 1000.0 / math.log(2.0) if fell_ms > 2 * SLOT_MS else None


def _end_full(
    state: DetectorState, session: Session, ended_ms: int, settings: DetectorSettings
) -> Outcome:
    """The curve says that the charge is over: full, or, if it broke off from high power to nothing, unplugged."""
    shape = session.shape
    low_since_ms = cast("int", shape.low_since_ms)
    low_slots = min((ended_ms - low_since_ms) // SLOT_MS, len(shape.levels))
    low_levels = shape.levels[-low_slots:]
    rest_w = _median(low_levels[-settings.hold_s // SLOT_S :])
    broke_off = low_since_ms - shape.above_half_ms <= 2 * SLOT_MS
    reason: EndReason = "unplugged" if broke_off and rest_w < NOTHING_W else "full"
    phase: Phase = "full" if reason == "full" else "idle"
    # Of this charge nothing later than the decision may count: a tick at that very instant must give the same.
    energy_wh = (
        session.energy_wh
        + state.power_w * max(0, ended_ms - cast("int", state.time_ms)) / 3_600_000.0
    )
    ended = SessionEnded(
        session.start_ms,
        max(low_since_ms, shape.flat_since_ms),
        ended_ms,
        energy_wh,
        session.peak_power_w,
        reason,
        f"below {_low_w(shape.plateau_w, settings):.1f} W for {(ended_ms - low_since_ms) / 60_000:.1f} min, "
        f"{rest_w:.1f} W at the end; the charge's peak was {shape.plateau_w:.0f} W"
        + (", from which it broke off" if reason == "unplugged" else ""),
        _readings(session),
        shape.plateau_w,
        rest_w,
        abs(_falls_by_w_per_min(low_levels[-2 * REST_SLOTS :], REST_SLOTS // 4))
        < FLAT_W_PER_MIN,
        tail_tau_s(shape),
        session.trace,
    )
    plateau_w = shape.plateau_w if phase == "full" else 0.0
    time_ms = max(ended_ms, cast("int", state.time_ms))
    return replace(
        state, phase=phase, session=None, time_ms=time_ms, last_plateau_w=plateau_w
    ), (ended,)


def _open(state: DetectorState, sample: Sample, settings: DetectorSettings) -> Outcome:
    """The relay opened. A charge that was running ended then, or, after a silence, when it was last heard of."""
    waiting, _ = _wait(state, sample, False, settings)
    session = state.session
    if session is None:
        return waiting, ()
    before_ms = cast("int", state.time_ms)
    silence_s = (sample.time_ms - before_ms) / 1000.0
    if silence_s > max(settings.lost_s, settings.unchanged_s):
        ended = _broken(
            session,
            before_ms,
            sample.time_ms,
            "power_lost",
            f"silent for {silence_s / 60:.0f} min, then open",
        )
        return waiting, (ended,)
    # It drew power until the relay opened: the last reading holds until then.
    counted_wh, estimated_wh, _ = _add_energy(
        state, session, sample, state.power_w, settings
    )
    session = replace(session, counted_wh=counted_wh, estimated_wh=estimated_wh)
    ended = _broken(
        session,
        sample.time_ms,
        sample.time_ms,
        "switched_off",
        f"the relay opened at {state.power_w:.1f} W",
    )
    return waiting, (ended,)


def _forget(
    state: DetectorState, sample: Sample, settings: DetectorSettings
) -> Outcome:
    """Nothing was heard for so long that the charge is over, whatever became of it."""
    relay_on = state.relay_on if sample.relay_on is None else sample.relay_on
    before_ms = cast("int", state.time_ms)
    waiting, _ = _wait(replace(state, phase="idle"), sample, relay_on, settings)
    if state.session is None:
        return waiting, ()
    why = f"silent for {(sample.time_ms - before_ms) / 3_600_000:.1f} h"
    return waiting, (
        _broken(state.session, before_ms, sample.time_ms, "power_lost", why),
    )


def _broken(
    session: Session, end_ms: int, decided_ms: int, reason: EndReason, why: str
) -> SessionEnded:
    """A charge that something else ended than its own curve."""
    shape = session.shape
    return SessionEnded(
        session.start_ms,
        end_ms,
        decided_ms,
        session.energy_wh,
        session.peak_power_w,
        reason,
        why,
        _readings(session),
        shape.plateau_w,
        shape.levels[-1] if shape.levels else 0.0,
        False,
        tail_tau_s(shape),
        session.trace,
    )


def _readings(session: Session) -> tuple[tuple[int, float], ...]:
    """The half minutes that a decision rests on, with the time at which each began."""
    levels = session.shape.levels[-REST_SLOTS:]
    first_ms = session.slot_ms - len(levels) * SLOT_MS
    return tuple(
        (first_ms + index * SLOT_MS, round(level_w, 2))
        for index, level_w in enumerate(levels)
    )
