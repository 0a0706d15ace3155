"""Between the hub and its brain: readings and a board's word go in, sessions come out."""

import asyncio
from collections.abc import Sequence
from copy import replace
from typing import Literal

import msgspec
from msgspec import Struct

from .charging import detector
from .charging.decision import Decision, decided
from .charging.lesson import lesson
from .charging.profile import NOTHING_LEARNED, Charge, Profile, learn
from .charging.rule import THRESHOLD_ARMS_AT
from .charging.skim import Measured, skim
from .energy import CLOCK_SET_MS, Energy, count_all, known_powers_w
from .model import (
    Charger,
    ChargerSettings,
    DecisionRecord,
    Reading,
    Said,
    Session,
    SessionRecord,
)

type Edge = Literal["started", "ended"]

_USUAL = detector.DetectorSettings()

BESIDE = 200
"""Readings that take longer than the hub should be deaf, some milliseconds."""


class Brain(Struct, frozen=True):
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

    @property
    def phase(self) -> str:
        """Where in its course the charge is: inrush, constant_current, constant_voltage, balancing; idle without one."""
        state = self.state
        if state.session is not None:
            return state.session.shape.phase
        return "idle" if state.candidate is None else "inrush"


class Place(Struct, frozen=True):
    """Where brain and energy count stood when a session ended: whoever derives anything again begins there."""

    state: detector.DetectorState = detector.INITIAL
    energy: Energy = Energy()


class Thought(Struct, frozen=True):
    """What some readings meant."""

    brain: Brain
    energy: Energy
    readings: tuple[Reading, ...]
    """With the lifetime energy of each."""
    records: tuple[SessionRecord, ...] = ()
    """Sessions that began or ended, in their order; id 0 for new ones."""
    edges: tuple[tuple[Edge, int, int], ...] = ()
    """(what, index in `records`, time_ms) in the order in which it happened."""
    decisions: tuple[DecisionRecord, ...] = ()


def think(
    brain: Brain,
    charger: Charger,
    energy: Energy,
    readings: Sequence[Reading],
    said: Said | None,
    running: Session | None,
) -> Thought:
    """Return what the readings mean. `running` is the session that is stored as running, or None."""
    if not readings:
        return Thought(brain, energy, ())
    settings = detector_settings(charger.settings, brain.profile)
    factor = charger.legacy.power_factor
    after, counted = count_all(energy, readings, factor)
    measured = Measured(
        [each.time_ms for each in counted],
        known_powers_w(counted, factor),
        [each.relay_on for each in counted],
        [each.energy_wh for each in counted],
    )
    state, at = skim(brain.state, measured, 0, settings)
    if at == len(counted):
        return Thought(Brain(state, brain.profile), after, counted)
    thinking = _Thinking(
        state, brain.profile, settings, factor, energy, counted, said, running
    )
    thinking.read(measured, at)
    return Thought(
        Brain(thinking.state, thinking.profile),
        after,
        counted,
        tuple(thinking.records),
        tuple(thinking.edges),
        tuple(thinking.decisions),
    )


async def think_beside(
    brain: Brain,
    charger: Charger,
    energy: Energy,
    readings: Sequence[Reading],
    said: Said | None,
    running: Session | None,
) -> Thought:
    """Return what `think` does; much of it in a thread of its own, so that the hub is not deaf meanwhile."""
    if len(readings) <= BESIDE:
        return think(brain, charger, energy, readings, said, running)
    return await asyncio.to_thread(
        think, brain, charger, energy, readings, said, running
    )


def detector_settings(
    owners: ChargerSettings, profile: Profile
) -> detector.DetectorSettings:
    """Return the settings by which the charger's board decides as well."""
    usual = _USUAL
    by_threshold = owners.rule == "threshold"
    return detector.DetectorSettings(
        cutoff_w=owners.cutoff_w,
        hold_s=owners.hold_s,
        rule=owners.rule,
        balance_s=owners.balance_min * 60,
        arm_w=THRESHOLD_ARMS_AT * owners.cutoff_w if by_threshold else usual.arm_w,
        learned=profile,
    )


def board_decisions(before: Said | None, now: Said, at_ms: int) -> tuple[Decision, ...]:
    """Return what a board has decided by itself since its last message."""
    decisions = []
    if now.why == "cut_off" and (before is None or before.why != "cut_off"):
        why = "the board found the charge to be over and opened its relay"
        decisions.append(Decision(at_ms, at_ms, "cut_off", "board", why))
    known = before.trips if before else ()
    decisions += [
        Decision(at_ms, at_ms, "tripped", trip, "the board opened its relay for safety")
        for trip in now.trips
        if trip not in known
    ]
    refused = None if before is None else (before.refused, before.order)
    if now.refused is not None and refused != (now.refused, now.order):
        why = "the board did not close its relay as it was asked to"
        decisions.append(Decision(at_ms, at_ms, "refused", now.refused, why))
    return tuple(decisions)


def overlap(one: Session, other: Session) -> bool:
    """Do two sessions have any time in common?"""
    one_ms = 2**62 if one.end_ms is None else one.end_ms
    other_ms = 2**62 if other.end_ms is None else other.end_ms
    return one.start_ms <= other_ms and other.start_ms <= one_ms


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


def decode_lesson(stored: bytes) -> Charge | None:
    """Return what a session taught; None where this version cannot read it."""
    try:
        return msgspec.json.decode(stored, type=Charge)
    except msgspec.DecodeError:
        return None


def decode_place(stored: bytes | None) -> Place | None:
    """Return a stored place; None where this version cannot read it."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=Place)
    except msgspec.DecodeError:
        return None


class _Thinking:
    """Collects what happens while one batch is read."""

    def __init__(
        self,
        state: detector.DetectorState,
        profile: Profile,
        settings: detector.DetectorSettings,
        power_factor: float | None,
        before: Energy,
        readings: tuple[Reading, ...],
        said: Said | None,
        running: Session | None,
    ) -> None:
        """`before` is the count before the first of the readings, which are counted."""
        self.state = state
        self.profile = profile
        self.records: list[SessionRecord] = []
        self.edges: list[tuple[Edge, int, int]] = []
        self.decisions: list[DecisionRecord] = []
        self._settings = settings
        self._factor = power_factor
        self._before = before
        self._readings = readings
        self._said = said
        self._running = running

    def read(self, measured: Measured, at: int) -> None:
        """Go through the readings from an index on."""
        while at < len(self._readings):
            self._take(measured.sample(at), at)
            self.state, at = skim(self.state, measured, at + 1, self._settings)

    def _take(self, sample: detector.Sample, at: int) -> None:
        """Take the reading at an index."""
        state = self.state
        if state.time_ms is not None and sample.time_ms < state.time_ms - CLOCK_SET_MS:
            self._start_over(state, at)
            state = detector.INITIAL
        self.state, events = detector.step(state, sample, self._settings)
        for event in events:
            if isinstance(event, detector.SessionStarted):
                self._started(event)
                self._decide(decided(event))
            elif isinstance(event, detector.SessionEnded):
                index = self._ended(event, at)
                self._decide(decided(event), index)
            else:
                self._decide(decided(event))

    def _start_over(self, state: detector.DetectorState, at: int) -> None:
        """A clock was set back: what ran cannot be continued in the new time."""
        self.state = detector.INITIAL
        running = Brain(state).running(0)
        if running is not None:
            ended = replace(running, end_ms=state.time_ms, end_reason="power_lost")
            self._close(ended, at, None)

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
        self.records.append(SessionRecord(session=self._running))
        self.edges.append(("started", len(self.records) - 1, event.start_ms))

    def _ended(self, event: detector.SessionEnded, at: int) -> int:
        known = self.state.counter_wh is not None
        reason = _end_reason(event.reason, self._said)
        ended = Session(
            id=0,
            start_ms=event.start_ms,
            end_ms=event.end_ms,
            energy_wh=event.energy_wh if known else None,
            peak_power_w=event.peak_power_w if known else None,
            end_reason=reason,
        )
        learned = lesson(event, reason)
        index = self._close(ended, at, learned)
        if learned is not None:
            self.profile = learn(self.profile, learned)
            self._settings = replace(self._settings, learned=self.profile)
        return index

    def _close(self, ended: Session, at: int, learned: Charge | None) -> int:
        running, self._running = self._running, None
        known = self._readings[: at + 1]
        energy, _ = count_all(self._before, known, self._factor)
        record = SessionRecord(
            session=replace(ended, id=running.id if running else 0),
            ended_at=self._readings[at].position,
            place=msgspec.json.encode(Place(self.state, energy)),
            place_ms=self.state.time_ms,
            lesson=None if learned is None else msgspec.json.encode(learned),
        )
        if running is not None and running.id == 0:
            self.records[-1] = record  # began in this very batch
        else:
            self.records.append(record)
        assert ended.end_ms is not None
        index = len(self.records) - 1
        self.edges.append(("ended", index, ended.end_ms))
        return index

    def _decide(self, decision: Decision, index: int | None = None) -> None:
        """Keep a decision about the session at an index of the records, else about the one that runs."""
        session = self._running
        if index is None and session is not None and session.id == 0:
            index = len(self.records) - 1
        self.decisions.append(
            DecisionRecord(
                decision=decision,
                record=index,
                session=session.id if index is None and session is not None else None,
            )
        )


def _end_reason(found: str, said: Said | None) -> str:
    """Return why a charge ended: the board knows better where it ended the charge itself."""
    if said is None or said.relay:
        return found
    if said.why == "cut_off":
        return "cut_off"
    if said.why == "trip" or said.trips:
        return "trip"
    return found
