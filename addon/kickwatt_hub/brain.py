"""Between the hub and its brain: readings and a board's word go in, sessions come out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from .charging import detector
from .charging.decision import Decision, decided
from .charging.lesson import lesson
from .charging.profile import NOTHING_LEARNED, Charge, Profile, learn
from .charging.rule import THRESHOLD_ARMS_AT
from .charging.skim import Measured, skim
from .energy import CLOCK_SET_MS, Energy, count_all, known_power_w
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

    @property
    def phase(self) -> str:
        """Where in its course the charge is: inrush, constant_current, constant_voltage, balancing; idle without one."""
        state = self.state
        if state.session is not None:
            return state.session.shape.phase
        return "idle" if state.candidate is None else "inrush"


@dataclass(frozen=True, slots=True)
class Place:
    """Where brain and energy count stood when a session ended: whoever derives anything again begins there."""

    state: detector.DetectorState = detector.INITIAL
    energy: Energy = Energy()  # noqa: RUF009  frozen


@dataclass(frozen=True, slots=True)
class Thought:
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
    thinking = _Thinking(brain, charger, energy, readings, said, running)
    thinking.read()
    return thinking.thought()


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
        brain: Brain,
        charger: Charger,
        energy: Energy,
        readings: Sequence[Reading],
        said: Said | None,
        running: Session | None,
    ) -> None:
        self._state = brain.state
        self._profile = brain.profile
        self._settings = detector_settings(charger.settings, brain.profile)
        self._factor = charger.legacy.power_factor
        self._before = energy
        self._energy, self._readings = count_all(energy, readings, self._factor)
        self._said = said
        self._running = running
        self._records: list[SessionRecord] = []
        self._edges: list[tuple[Edge, int, int]] = []
        self._decisions: list[DecisionRecord] = []

    def thought(self) -> Thought:
        return Thought(
            Brain(self._state, self._profile),
            self._energy,
            self._readings,
            tuple(self._records),
            tuple(self._edges),
            tuple(self._decisions),
        )

    def read(self) -> None:
        """Go through all readings."""
        measured = Measured(
            [each.time_ms for each in self._readings],
            [known_power_w(each, self._factor) for each in self._readings],
            [each.relay_on for each in self._readings],
            [each.energy_wh for each in self._readings],
        )
        at = 0
        while at < len(self._readings):
            self._state, at = skim(self._state, measured, at, self._settings)
            if at < len(self._readings):
                self._take(measured.sample(at), at)
                at += 1

    def _take(self, sample: detector.Sample, at: int) -> None:
        """Take the reading at an index."""
        state = self._state
        if state.time_ms is not None and sample.time_ms < state.time_ms - CLOCK_SET_MS:
            self._start_over(state, at)
            state = detector.INITIAL
        self._state, events = detector.step(state, sample, self._settings)
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
        self._state = detector.INITIAL
        running = Brain(state).running(0)
        if running is not None:
            ended = msgspec.structs.replace(
                running, end_ms=state.time_ms, end_reason="power_lost"
            )
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
        self._records.append(SessionRecord(session=self._running))
        self._edges.append(("started", len(self._records) - 1, event.start_ms))

    def _ended(self, event: detector.SessionEnded, at: int) -> int:
        known = self._state.counter_wh is not None
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
            self._profile = learn(self._profile, learned)
            self._settings = replace(self._settings, learned=self._profile)
        return index

    def _close(self, ended: Session, at: int, learned: Charge | None) -> int:
        running, self._running = self._running, None
        known = self._readings[: at + 1]
        energy, _ = count_all(self._before, known, self._factor)
        record = SessionRecord(
            session=msgspec.structs.replace(ended, id=running.id if running else 0),
            ended_at=self._readings[at].position,
            place=msgspec.json.encode(Place(self._state, energy)),
            place_ms=self._state.time_ms,
            lesson=None if learned is None else msgspec.json.encode(learned),
        )
        if running is not None and running.id == 0:
            self._records[-1] = record  # began in this very batch
        else:
            self._records.append(record)
        assert ended.end_ms is not None
        index = len(self._records) - 1
        self._edges.append(("ended", index, ended.end_ms))
        return index

    def _decide(self, decision: Decision, index: int | None = None) -> None:
        """Keep a decision about the session at an index of the records, else about the one that runs."""
        session = self._running
        if index is None and session is not None and session.id == 0:
            index = len(self._records) - 1
        self._decisions.append(
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
