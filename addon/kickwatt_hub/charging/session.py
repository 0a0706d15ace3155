"""A running charge, and how time and energy are added to it."""

from copy import replace

from msgspec import Struct

from .end import Verdict, verdict
from .phase import Phase
from .rule import COARSE_STEPS_W, REST_SLOTS, SLOT_MS, SLOT_S, DetectorSettings
from .sample import Sample
from .shape import Shape, next_shape
from .trace import EMPTY, Trace, add


class Session(Struct, frozen=True):
    """A running charge, or power that has not yet been enough to be called one."""

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
    resolution_w: float = COARSE_STEPS_W[0]
    """The step in which the meter reports, if that is coarse, else 0."""
    armed_ms: int = 0
    """How long there was real power, until there had been enough of it to call it a charge."""
    full: Verdict | None = None
    """That it is over, while it stays on to balance its cells."""

    @property
    def energy_wh(self) -> float:
        """Energy since the start."""
        return self.counted_wh + self.estimated_wh


class Turn(Struct, frozen=True):
    """The charge entered another phase at `at_ms`, which was clear at `decided_ms`."""

    phase: Phase
    at_ms: int
    decided_ms: int
    level_w: float
    plateau_w: float


type Held = tuple[Session, Verdict | None, tuple[Turn, ...]]
"""A session after some time has passed, whether that ended it, and the phases that it entered."""


def begin(time_ms: int, power_w: float) -> Session:
    """Return what may become a charge."""
    slot_ms = time_ms - time_ms % SLOT_MS
    return Session(
        time_ms, 0.0, 0.0, power_w, slot_ms, 0.0, 0, Shape(flat_since_ms=time_ms)
    )


def hold(
    session: Session,
    from_ms: int,
    until_ms: int,
    power_w: float,
    settings: DetectorSettings,
) -> Held:
    """Hold a reading until `until_ms`, or until that ends the charge."""
    slot_ms, slot_wms, slot_known_ms = (
        session.slot_ms,
        session.slot_wms,
        session.slot_known_ms,
    )
    shape, trace = session.shape, session.trace
    full = session.full
    over: Verdict | None = None
    turns: tuple[Turn, ...] = ()
    while until_ms >= (slot_end_ms := slot_ms + SLOT_MS):
        held_ms = slot_end_ms - from_ms
        slot_wms += power_w * held_ms
        slot_known_ms += held_ms
        from_ms = slot_ms = slot_end_ms
        level_w = slot_wms / slot_known_ms
        phase = shape.phases.phase
        shape = next_shape(shape, slot_end_ms, level_w, session.resolution_w, settings)
        trace = add(trace, level_w)
        slot_wms, slot_known_ms = 0.0, 0
        now = shape.phases
        if now.phase != phase:
            turn = Turn(now.phase, now.since_ms, slot_end_ms, level_w, shape.plateau_w)
            turns = (*turns, turn)
        if shape.low_since_ms is None:
            full = None
            continue
        full = full or verdict(
            shape, session.energy_wh, session.resolution_w, slot_end_ms, settings
        )
        if full and slot_end_ms - full.at_ms >= settings.balance_s * 1000:
            over = full._replace(at_ms=slot_end_ms)
            break
    else:
        held_ms = until_ms - from_ms
        if held_ms > 0:
            slot_wms += power_w * held_ms
            slot_known_ms += held_ms
    held = Session(
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
        full,
    )
    return held, over, turns


def bridge(
    session: Session,
    from_ms: int,
    until_ms: int,
    from_w: float,
    until_w: float,
    settings: DetectorSettings,
) -> Held:
    """Fill a silence between two low readings with the straight line between them; else as `hold`.

    Holding the first of the two would look like rest where the charge still tapers off.
    """
    watts_per_ms = (until_w - from_w) / (until_ms - from_ms)
    at_ms = from_ms
    over: Verdict | None = None
    turns: tuple[Turn, ...] = ()
    while at_ms < until_ms and over is None:
        next_ms = min(max(session.slot_ms, at_ms - at_ms % SLOT_MS) + SLOT_MS, until_ms)
        level_w = from_w + watts_per_ms * ((at_ms + next_ms) / 2 - from_ms)
        session, over, turned = hold(session, at_ms, next_ms, level_w, settings)
        turns += turned
        at_ms = next_ms
    return session, over, turns


def add_energy(
    session: Session,
    before_ms: int,
    before_w: float,
    before_wh: float | None,
    sample: Sample,
    power_w: float,
    settings: DetectorSettings,
) -> tuple[float, float, float | None]:
    """Return the counted and the estimated energy of the session, and the counter.

    The lifetime counter is the truth. Between two readings of it, energy is the area under the readings; nobody knows
    what flowed during a silence that is longer than readings stay true, so that adds what the lower of its two ends says.
    """
    span_ms = sample.time_ms - before_ms
    if span_ms <= settings.unchanged_s * 1000:
        flowed_wh = (before_w + power_w) * span_ms / 7_200_000.0
    else:
        flowed_wh = min(before_w, power_w) * span_ms / 3_600_000.0
    estimated_wh = session.estimated_wh + flowed_wh
    if sample.energy_wh is None:
        return session.counted_wh, estimated_wh, before_wh
    if before_wh is None:
        return session.counted_wh + estimated_wh, 0.0, sample.energy_wh
    counted_wh = sample.energy_wh - before_wh
    most_wh = (
        session.peak_power_w * (sample.time_ms - session.start_ms) / 1_800_000.0 + 10.0
    )
    if counted_wh < 0.0 or counted_wh > most_wh:
        # The meter was replaced or started again: its step says nothing, the area under the readings does.
        counted_wh = estimated_wh
    return session.counted_wh + counted_wh, 0.0, sample.energy_wh


def next_resolution_w(resolution_w: float, power_w: float) -> float:
    """Return the coarse step that all readings so far are multiples of, or 0."""
    if power_w % resolution_w == 0.0:
        return resolution_w
    finer = (step_w for step_w in COARSE_STEPS_W if step_w < resolution_w)
    return next((step_w for step_w in finer if power_w % step_w == 0.0), 0.0)


def full_when_opened(
    session: Session, at_ms: int, settings: DetectorSettings
) -> Verdict | None:
    """Return why a charge was over when the relay opened, or None if it was not.

    A board decides by the same rule, and its half minutes begin elsewhere: what it cuts was full, though a minute may be
    missing here.
    """
    shape = session.shape
    if shape.low_since_ms is None:
        return None
    if session.full is not None:
        return session.full._replace(at_ms=at_ms)
    boards = replace(
        settings,
        hold_s=max(SLOT_S, settings.hold_s - 2 * SLOT_S),
        first_hold_s=settings.first_hold_s - 2 * SLOT_S,
    )
    return verdict(shape, session.energy_wh, session.resolution_w, at_ms, boards)


def readings_behind(session: Session) -> tuple[tuple[int, float], ...]:
    """Return the half minutes that a decision rests on, with the time at which each began."""
    levels = session.shape.levels[-REST_SLOTS:]
    first_ms = session.slot_ms - len(levels) * SLOT_MS
    return tuple(
        (first_ms + index * SLOT_MS, round(level_w, 2))
        for index, level_w in enumerate(levels)
    )
