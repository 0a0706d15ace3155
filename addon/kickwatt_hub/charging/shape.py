"""The curve of a running charge, as far as its end depends on it."""

import math

from msgspec import Struct

from .phase import NO_PHASE, Phase, Phases, next_phases
from .rule import (
    IDLE_MARGIN_W,
    LOW_SHARE,
    LOW_SHARE_MOST,
    PLATEAU_SLOTS,
    RERISE_SHARE,
    SLOT_MS,
    UNKNOWN_IDLE_W,
    WATCHED_SLOTS,
    DetectorSettings,
)


class Shape(Struct, frozen=True):
    """What is remembered of a charge's half minutes."""

    levels: tuple[float, ...] = ()
    """Mean power of the last half minutes, the newest last."""
    plateau_w: float = 0.0
    """The highest power that was held for two minutes: the peak without inrush and spikes."""
    above_half_ms: int = 0
    """Until when the level was above a half, and above a quarter, of the plateau: the tail's time constant."""
    above_quarter_ms: int = 0
    low_since_ms: int | None = None
    flat_since_ms: int = 0
    flat_w: float = 0.0
    phases: Phases = NO_PHASE

    @property
    def phase(self) -> Phase:
        """Where in its course the charge is."""
        return self.phases.phase

    def tail_tau_s(self) -> float | None:
        """Return the time constant with which the power fell from a half to a quarter of its peak; None if it dropped."""
        fell_ms = self.above_quarter_ms - self.above_half_ms
        return fell_ms / 1000.0 / math.log(2.0) if fell_ms > 2 * SLOT_MS else None


def next_shape(
    shape: Shape,
    end_ms: int,
    level_w: float,
    resolution_w: float,
    settings: DetectorSettings,
) -> Shape:
    """Add one half minute, which ended at `end_ms`, to the curve."""
    levels = shape.levels
    previous_w = levels[-1] if levels else 0.0
    held_w = min(previous_w, level_w)
    plateau_w = shape.plateau_w
    if held_w > plateau_w and len(levels) >= PLATEAU_SLOTS - 1:
        plateau_w = max(plateau_w, min(held_w, *levels[1 - PLATEAU_SLOTS :]))
    flat_since_ms, flat_w = shape.flat_since_ms, shape.flat_w
    if abs(level_w - flat_w) > max(1.0, resolution_w, 0.05 * flat_w):
        flat_since_ms, flat_w = end_ms - SLOT_MS, level_w
    low_since_ms = _low_since(shape, end_ms, level_w, previous_w, plateau_w, settings)
    return Shape(
        (*levels[1 - WATCHED_SLOTS :], level_w),
        plateau_w,
        end_ms if held_w >= 0.5 * plateau_w else shape.above_half_ms,
        end_ms if held_w >= 0.25 * plateau_w else shape.above_quarter_ms,
        low_since_ms,
        flat_since_ms,
        flat_w,
        next_phases(shape.phases, end_ms, level_w, plateau_w, low_since_ms is not None),
    )


def _low_since(
    shape: Shape,
    end_ms: int,
    level_w: float,
    previous_w: float,
    plateau_w: float,
    settings: DetectorSettings,
) -> int | None:
    """Return since when the level has been low; the robust rule forgives a single half minute above the mark."""
    mark_w = low_w(plateau_w, settings)
    if level_w < mark_w:
        return end_ms - SLOT_MS if shape.low_since_ms is None else shape.low_since_ms
    if settings.rule == "threshold" or level_w >= _most_low_w(plateau_w, settings):
        return None
    blinked = previous_w < mark_w and level_w < previous_w + RERISE_SHARE * plateau_w
    return shape.low_since_ms if blinked else None


def low_w(plateau_w: float, settings: DetectorSettings) -> float:
    """Return the power below which a charge with this peak may be over."""
    if settings.rule == "threshold":
        return settings.cutoff_w
    idle_w = settings.learned.idle_w if settings.learned.trusted else None
    rest_w = max(UNKNOWN_IDLE_W, idle_w or 0.0) + IDLE_MARGIN_W
    return min(
        max(settings.cutoff_w, rest_w, LOW_SHARE * plateau_w),
        _most_low_w(plateau_w, settings),
    )


def _most_low_w(plateau_w: float, settings: DetectorSettings) -> float:
    """Return the most that a charge with this peak may rest at.

    A charge that breaks off in its first minutes has no peak yet; but once armed it has drawn the power that arms.
    """
    return LOW_SHARE_MOST * max(plateau_w, settings.arm_w)
