"""Run the brain over a recording, as if it happened now."""

from collections.abc import Iterable, Sequence
from copy import replace
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TypedDict

from .csvfile import Row
from .decision import decided
from .detector import (
    INITIAL,
    DetectorSettings,
    DetectorState,
    Event,
    PhaseEntered,
    Sample,
    SessionEnded,
    SessionStarted,
    advance,
    step,
)
from .estimator import Estimate, estimate
from .lesson import lesson
from .onchange import ON_CHANGE_S, reports_on_change
from .profile import Profile, learn

ESTIMATE_EVERY_MS = 300_000
# A source that is asked more rarely shows no tail; what it did not say is not made up.
SLOWEST_S = 300.0


class EstimateObject(TypedDict):
    """What was expected at one time of a charge; seconds in the recording's time base."""

    at: float
    full_at: float
    low: float
    high: float


class DecisionObject(TypedDict):
    """What was decided at one time, about which time, by which rule, and what was compared."""

    at: float
    since: float
    what: str
    rule: str
    why: str
    numbers: dict[str, float]


class SessionObject(TypedDict):
    """One charge; what is not known, or has not happened, is None."""

    start: float
    end: float | None
    cut_at: float | None
    energy_wh: float
    peak_power_w: float
    end_reason: str | None
    why: str | None
    decisions: list[DecisionObject]
    estimates: list[EstimateObject]


class ReplayObject(TypedDict):
    """What `kickwatt-hub replay --json` prints.

    `apparent` says that the recording has no power but volts and amperes: watts are volt-amperes then.
    """

    sessions: list[SessionObject]
    idle_w: float | None
    apparent: bool


@dataclass
class _Running:
    """The session that is being replayed."""

    session: SessionObject
    next_ms: int


def replay(
    rows: Sequence[Row],
    settings: DetectorSettings | None = None,
    learned: Iterable[Sequence[Row]] = (),
) -> ReplayObject:
    """Return the sessions in a recording, with what the estimator said while they ran.

    `learned` are recordings of earlier charges of the same charger, oldest first. `cut_at` is when the hub would have
    switched off; the recording goes on after it, because nobody did. `idle_w` is the charger's idle draw as far as it is
    known, else None.
    """
    settings = settings or DetectorSettings()
    profile = settings.learned
    first_ms = 0
    for recording in learned:
        # Every recording may count its seconds from zero: what is learned keeps the order in which it was given.
        profile, first_ms = _learn(
            recording, replace(settings, learned=profile), first_ms
        )
    return _replay(rows, replace(settings, learned=profile))


def _settings_for(rows: Sequence[Row], settings: DetectorSettings) -> DetectorSettings:
    """Return the settings with how long this source's readings stay true."""
    if reports_on_change(rows):
        return replace(settings, unchanged_s=ON_CHANGE_S)
    gaps_s = [after.time_s - before.time_s for before, after in pairwise(rows)]
    usual_s = median(gaps_s) if gaps_s else 0.0
    return replace(
        settings,
        unchanged_s=max(settings.unchanged_s, round(3 * min(usual_s, SLOWEST_S))),
    )


def _events(
    rows: Sequence[Row], settings: DetectorSettings
) -> Iterable[tuple[DetectorState, tuple[Event, ...]]]:
    """Yield the detector's state after every row, and what happened."""
    settings = _settings_for(rows, settings)
    state = INITIAL
    for row in rows:
        state, events = step(
            state, Sample(round(row.time_s * 1000), row.power_w), settings
        )
        yield state, events
    if state.time_ms is not None and settings.unchanged_s >= ON_CHANGE_S:
        # A source that reports only on change says by its silence that the last reading stayed true.
        yield advance(state, state.time_ms + settings.unchanged_s * 1000, settings)


def _learn(
    rows: Sequence[Row], settings: DetectorSettings, first_ms: int
) -> tuple[Profile, int]:
    """Return what a recording adds to the profile, and from when the next one's charges count."""
    profile = settings.learned
    for _, events in _events(rows, settings):
        for event in events:
            charge = (
                lesson(event, event.reason) if isinstance(event, SessionEnded) else None
            )
            if charge is not None:
                profile = learn(profile, replace(charge, start_ms=first_ms))
                first_ms += 1
    return profile, first_ms


def _replay(rows: Sequence[Row], settings: DetectorSettings) -> ReplayObject:
    """Return what the brain makes of the rows."""
    sessions: list[SessionObject] = []
    running: _Running | None = None
    profile = settings.learned
    resting_w: list[float] = []
    for state, events in _events(rows, settings):
        if state.status == "full":
            resting_w.append(state.power_w)
        for event in events:
            if isinstance(event, SessionStarted):
                running = _Running(_started(event), event.decided_ms)
                sessions.append(running.session)
            elif isinstance(event, PhaseEntered) and running is not None:
                running.session["decisions"].append(_decision(event))
            elif isinstance(event, SessionEnded) and running is not None:
                _end(running.session, event)
                running = None
                charge = lesson(event, event.reason)
                profile = profile if charge is None else learn(profile, charge)
        if (
            running is not None
            and state.session is not None
            and state.time_ms is not None
        ):
            running.session["energy_wh"] = round(state.session.energy_wh, 3)
            running.session["peak_power_w"] = state.session.peak_power_w
            if state.time_ms >= running.next_ms:
                running.next_ms = state.time_ms + ESTIMATE_EVERY_MS
                expected = estimate(state.session, state.time_ms, settings.learned)
                if expected is not None:
                    running.session["estimates"].append(_estimate(expected))
    # A recording that goes on after the charge shows the idle draw, one that was cut then does not.
    shown_w = median(resting_w[len(resting_w) // 2 :]) if resting_w else None
    return {
        "sessions": sessions,
        "idle_w": profile.idle_w if shown_w is None else shown_w,
        "apparent": any(row.apparent for row in rows),
    }


def _started(event: SessionStarted) -> SessionObject:
    """Return a session that has just begun."""
    return {
        "start": event.start_ms / 1000,
        "end": None,
        "cut_at": None,
        "energy_wh": 0.0,
        "peak_power_w": 0.0,
        "end_reason": None,
        "why": None,
        "decisions": [_decision(event)],
        "estimates": [],
    }


def _end(session: SessionObject, event: SessionEnded) -> None:
    """Complete a session."""
    session["end"] = event.end_ms / 1000
    session["energy_wh"] = round(event.energy_wh, 3)
    session["peak_power_w"] = event.peak_power_w
    session["end_reason"] = event.reason
    session["why"] = event.why
    session["decisions"].append(_decision(event))
    if event.reason in {"full", "unplugged"}:
        session["cut_at"] = event.decided_ms / 1000


def _decision(event: Event) -> DecisionObject:
    """Return a decision in seconds."""
    each = decided(event)
    return {
        "at": each.at_ms / 1000,
        "since": each.since_ms / 1000,
        "what": each.what,
        "rule": each.rule,
        "why": each.why,
        "numbers": each.numbers,
    }


def _estimate(expected: Estimate) -> EstimateObject:
    """Return an estimate in seconds."""
    return {
        "at": expected.at_ms / 1000,
        "full_at": expected.full_ms / 1000,
        "low": expected.low_ms / 1000,
        "high": expected.high_ms / 1000,
    }
