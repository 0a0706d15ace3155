"""What a mode is: what the owner chose, where a charger stands in it, and what is known at one moment."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Who decides when there is power."""

    manual = "manual"
    until_full = "until_full"
    to_target = "to_target"
    cheapest_hours = "cheapest_hours"
    ready_by = "ready_by"


SCHEDULED = (Mode.cheapest_hours, Mode.ready_by)


class Prefer(StrEnum):
    """Which of the times before ready-by a charge takes."""

    cheap = "cheap"
    late = "late"


class Step(StrEnum):
    """Where a charger is in its mode."""

    resting = "resting"
    waiting = "waiting"
    charging = "charging"
    done = "done"
    probing = "probing"
    held = "held"
    locked = "locked"


@dataclass(frozen=True, slots=True)
class ModeSettings:
    """What the owner chose. A target is energy at the wall since the charge began, given in one of two ways."""

    mode: Mode = Mode.manual
    target_wh: float | None = None
    target_percent: float | None = None
    """Of the energy that a full charge of this charger usually takes."""
    hours: float | None = None
    """How long to charge in the mode cheapest_hours; None: as long as earlier charges say it takes."""
    ready_by: str | None = None
    """HH:MM on the wall clock."""
    zone: str | None = None
    """IANA name of that clock's zone; None: the hub's."""
    prefer: Prefer = Prefer.cheap
    probe: bool = False
    """May the hub look, once, 15 min after the end, whether the battery takes more?"""
    learned_caps: bool = False
    """Are 1.3 times the energy and 1.5 times the time of earlier charges a cap, too?"""


MANUAL = ModeSettings()


@dataclass(frozen=True, slots=True)
class Planned:
    """The standing plan of a charge."""

    runs: tuple[tuple[int, int], ...]
    """(start_ms, end_ms) of each time with power."""
    need_wh: float
    cost: float | None
    """Estimated; None where no price is known."""
    cost_at_once: float | None
    currency: str | None
    in_time: bool
    learned: bool
    """Does it rest on earlier charges of this charger?"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a charger stands. It is stored, and everything survives a restart."""

    step: Step = Step.resting
    why: str = "manual"
    since_ms: int = 0
    asked: bool = False
    """The order for "on" that this charge needs has been given."""
    once: bool = False
    """Somebody wants power now: neither plan nor target count."""
    from_wh: float | None = None
    """Lifetime energy when the charge began."""
    after_session: int = 0
    """The newest session that had ended when the charge began: a later one that ends, ends it."""
    ready_ms: int | None = None
    """The ready-by time that the charger works towards."""
    plan: Planned | None = None
    starts: int = 0
    probed: bool = False
    peak_w: float | None = None
    """Of the charge that a probe follows."""
    order: int = 0
    """The newest order that was taken notice of."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that has ended."""

    id: int
    end_ms: int
    reason: str
    peak_w: float | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a charger at one moment."""

    now_ms: int
    energy_wh: float | None = None
    """Lifetime energy."""
    power_w: float | None = None
    measured_ms: int | None = None
    session_wh: float | None = None
    """Energy of the running session."""
    ended: Ended | None = None
    """The newest session that has ended."""
    relay_on: bool | None = None
    why: str | None = None
    """Why the relay is as it is, in the words of S1."""
    allowed: bool = False
    """Does the hub allow power?"""
    order: int = 0
    order_on: bool = False
    by_mode: bool = False
    """Was the newest order the mode's own?"""
    refused: str | None = None
    """Why the newest order came to nothing: refused by the board, or timeout."""
    guard: str | None = None
    """Why a guard gave the newest order."""
    full_wh: float | None = None
    """What a full charge usually takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the hub would like of the relay; `on` is None where it has no wish."""

    on: bool | None
    why: str
