"""Between the hub and its brain: readings and a board's word go in, sessions come out."""

from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from .charging import detector
from .charging.lesson import lesson
from .charging.profile import NOTHING_LEARNED, Profile, learn
from .energy import CLOCK_SET_MS, known_power_w
from .model import Charger, Position, Reading, Said, Session, SessionRecord

type Edge = Literal["started", "ended"]


@dataclass(frozen=True, slots=True)
class Brain:
    """What is remembered about one charger between two messages."""

    state: detector.DetectorState = detector.INITIAL
    profile: Profile = NOTHING_LEARNED

    def running(self, session_id: int) -> Session | None:
        """Return the running charge as it stands now."""
        now = self.state.session
        if now is None:
            return None
        known = self.knows_energy
        return Session(
            id=session_id,
            start_ms=now.start_ms,
            end_ms=None,
            energy_wh=now.energy_wh if known else None,
            peak_power_w=now.peak_power_w if known else None,
            end_reason=None,
        )

    @property
    def knows_energy(self) -> bool:
        """Whether the detector saw real power; where it saw only apparent power, its watt-hours are none."""
        return self.state.counter_wh is not None


@dataclass(frozen=True, slots=True)
class Thought:
    """What some readings meant."""

    brain: Brain
    records: tuple[SessionRecord, ...] = ()
    """Sessions that began or ended, in their order; id 0 for new ones."""
    edges: tuple[tuple[Edge, int, int], ...] = ()
    """(what, index in `records`, time_ms) in the order in which it happened."""


def think(
    brain: Brain,
    charger: Charger,
    readings: tuple[Reading, ...],
    said: Said | None,
    running: Session | None,
) -> Thought:
    """Return what the readings mean. `running` is the session that is stored as running, or None."""
    settings = detector.DetectorSettings(
        cutoff_w=charger.settings.cutoff_w,
        hold_s=charger.settings.hold_s,
        learned=brain.profile,
    )
    thinking = _Thinking(brain, said, running)
    for reading in readings:
        sample = detector.Sample(
            reading.time_ms,
            known_power_w(reading, charger.legacy.power_factor),
            reading.relay_on,
            reading.energy_wh,
        )
        thinking.take(sample, reading.position, settings)
    return thinking.thought()


def encode_profile(profile: Profile) -> bytes:
    """Return a profile as it is stored."""
    return msgspec.json.encode(profile)


def decode_profile(stored: bytes | None) -> Profile:
    """Return a stored profile; one that this version cannot read is learned anew."""
    if stored is None:
        return NOTHING_LEARNED
    try:
        return msgspec.json.decode(stored, type=Profile)
    except msgspec.DecodeError:
        return NOTHING_LEARNED


def decode_state(stored: bytes | None) -> detector.DetectorState | None:
    """Return a stored state; None where this version cannot read it."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=detector.DetectorState)
    except msgspec.DecodeError:
        return None


class _Thinking:
    """Collects what happens while one batch is read."""

    def __init__(
        self, brain: Brain, said: Said | None, running: Session | None
    ) -> None:
        self._brain = brain
        self._said = said
        self._running = running
        self._records: list[SessionRecord] = []
        self._edges: list[tuple[Edge, int, int]] = []

    def thought(self) -> Thought:
        return Thought(self._brain, tuple(self._records), tuple(self._edges))

    def take(
        self,
        sample: detector.Sample,
        position: Position,
        settings: detector.DetectorSettings,
    ) -> None:
        state = self._brain.state
        if state.time_ms is not None and sample.time_ms < state.time_ms - CLOCK_SET_MS:
            self._start_over(state, position)
            state = detector.INITIAL
        state, events = detector.step(state, sample, settings)
        self._brain = replace(self._brain, state=state)
        for event in events:
            if isinstance(event, detector.SessionStarted):
                self._started(event)
            elif isinstance(event, detector.SessionEnded):
                self._ended(event, position)

    def _start_over(self, state: detector.DetectorState, position: Position) -> None:
        """A clock was set back: what ran cannot be continued in the new time."""
        self._brain = replace(self._brain, state=detector.INITIAL)
        running = Brain(state).running(0)
        if running is not None:
            ended = msgspec.structs.replace(
                running, end_ms=state.time_ms, end_reason="power_lost"
            )
            self._close(ended, position)

    def _started(self, event: detector.SessionStarted) -> None:
        if self._running is not None:
            return  # it is being rebuilt: this session is stored already
        self._running = Session(
            id=0,
            start_ms=event.start_ms,
            end_ms=None,
            energy_wh=None,
            peak_power_w=None,
            end_reason=None,
        )
        self._records.append(SessionRecord(session=self._running))
        self._edges.append(("started", len(self._records) - 1, event.start_ms))

    def _ended(self, event: detector.SessionEnded, position: Position) -> None:
        self._close(
            Session(
                id=0,
                start_ms=event.start_ms,
                end_ms=event.end_ms,
                energy_wh=event.energy_wh if self._brain.knows_energy else None,
                peak_power_w=event.peak_power_w if self._brain.knows_energy else None,
                end_reason=_end_reason(event.reason, self._said),
            ),
            position,
        )
        if (learned := lesson(event)) is not None:
            profile = learn(self._brain.profile, learned)
            self._brain = replace(self._brain, profile=profile)

    def _close(self, ended: Session, position: Position) -> None:
        running, self._running = self._running, None
        record = SessionRecord(
            session=msgspec.structs.replace(ended, id=running.id if running else 0),
            ended_at=position,
            detector=msgspec.json.encode(self._brain.state),
        )
        if running is not None and running.id == 0:
            self._records[-1] = record  # began in this very batch
        else:
            self._records.append(record)
        assert ended.end_ms is not None
        self._edges.append(("ended", len(self._records) - 1, ended.end_ms))


def _end_reason(found: str, said: Said | None) -> str:
    """Return why a charge ended: the board knows better where it ended the charge itself."""
    if said is None or said.relay:
        return found
    if said.why == "cut_off":
        return "cut_off"
    if said.why == "trip" or said.trips:
        return "trip"
    return found
