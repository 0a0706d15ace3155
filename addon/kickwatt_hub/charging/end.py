"""Is a charge over, given that its power has been low for some time?

Low alone is not the end: a swapped battery, a hot charger and a cold one look like it. One of these must hold as well:
the charger is back at the idle draw that it is known for; its power is so flat that hardly anything can be left; it
dropped at once, as a brick does that stops; or it has been flat for so long that nothing else would ever end it.
"""

import math
from typing import Literal, NamedTuple, cast

from .levels import falls_by_w_per_min, median, noise_w, since_rerise
from .rule import (
    AT_REST_W,
    DROP_STEPS,
    DROP_W,
    LEFT_SHARE,
    REST_SLOTS,
    SLOT_MS,
    SLOT_S,
    STUCK_MOST_S,
    STUCK_S,
    TAIL_SLOWER,
    TAU_LEAST_S,
    TAU_MOST_S,
    DetectorSettings,
)
from .shape import Shape, low_w

type EndRule = Literal["learned_rest", "little_left", "stopped", "stuck", "threshold"]


class Verdict(NamedTuple):
    """The charge was over at `at_ms`, by which rule and what it compared."""

    at_ms: int
    rule: EndRule
    excess_w: float
    """Power above rest, as far as it can be told."""
    enough_w: float
    """What it may be: the tail would then still deliver `LEFT_SHARE` of the energy."""
    tau_s: float


def verdict(
    shape: Shape,
    energy_wh: float,
    resolution_w: float,
    now_ms: int,
    settings: DetectorSettings,
) -> Verdict | None:
    """Return why the charge is over, or None while it is not. `shape.low_since_ms` must be known."""
    low_ms = now_ms - cast("int", shape.low_since_ms)
    levels = shape.levels
    # One half minute more than the hold: a dip as long as the hold fills the hold, but not that.
    if low_ms < settings.hold_s * 1000 + SLOT_MS or levels[-1] >= low_w(
        shape.plateau_w, settings
    ):
        return None
    if settings.rule == "threshold":
        return Verdict(now_ms, "threshold", levels[-1], settings.cutoff_w, 0.0)
    learned = settings.learned
    tau_s = _tau_s(shape, settings)
    # What an exponential tail P = rest + e·exp(-t / tau) still delivers is e·tau.
    enough_w = LEFT_SHARE * energy_wh * 3600.0 / tau_s
    idle_w = learned.idle_w if learned.trusted else None
    if idle_w is not None:
        # Each of the two may be off by half a step.
        above_w = median(levels[-settings.hold_s // SLOT_S :]) - idle_w + resolution_w
        if above_w < max(AT_REST_W, enough_w):
            return Verdict(now_ms, "learned_rest", above_w, enough_w, tau_s)
    low_slots = low_ms // SLOT_MS
    if low_slots * SLOT_S < settings.first_hold_s + SLOT_S:
        return None
    flat_s = (now_ms - shape.flat_since_ms) / 1000.0
    if flat_s >= STUCK_S:
        stepped_w = within_a_step_w(flat_s, tau_s, resolution_w)
        if stepped_w < enough_w or flat_s >= STUCK_MOST_S:
            return Verdict(now_ms, "stuck", stepped_w, enough_w, tau_s)
    settled = since_rerise(levels, resolution_w)
    if len(settled) < REST_SLOTS:
        return None
    lately_w = excess_w(settled[-REST_SLOTS:], tau_s, resolution_w)
    if lately_w < enough_w:
        return Verdict(now_ms, "little_left", lately_w, enough_w, tau_s)
    if dropped_to_rest(settled, tau_s, enough_w, resolution_w):
        return Verdict(now_ms, "stopped", lately_w, enough_w, tau_s)
    long_w = excess_w(settled, tau_s, resolution_w)
    if long_w < enough_w:
        return Verdict(now_ms, "little_left", long_w, enough_w, tau_s)
    return None


def dropped_to_rest(
    levels: tuple[float, ...], tau_s: float, enough_w: float, resolution_w: float
) -> bool:
    """Did the level drop at once, and is it flat since?  So a brick stops.

    A step alone proves nothing, the end of a re-rise is one too; but after a step, eight flat minutes are enough.
    """
    possible = range(REST_SLOTS, min(2 * REST_SLOTS, len(levels) - REST_SLOTS // 2))
    if not possible:
        return False
    drop_w, slots = max((levels[-at - 2] - levels[-at + 1], at) for at in possible)
    least_w = max(DROP_W, DROP_STEPS * resolution_w)
    if drop_w < least_w:
        return False
    before, after = levels[:-slots], levels[-slots:]
    dropped_w = median(before[-REST_SLOTS // 2 :]) - median(after)
    fell_w_per_min = falls_by_w_per_min(before, REST_SLOTS // 4)
    falls_w_per_min = falls_by_w_per_min(after, REST_SLOTS // 4)
    # So far apart the middles of the two are; a tail without a step falls by that much of its slope.
    apart_min = (slots + REST_SLOTS // 2) * SLOT_S / 120.0
    steepest_w = apart_min * max(fell_w_per_min, falls_w_per_min)
    return dropped_w > max(
        least_w, 2.0 * noise_w(after), 1.8 * steepest_w
    ) and falls_w_per_min * tau_s / 60.0 < max(enough_w, AT_REST_W)


def excess_w(levels: tuple[float, ...], tau_s: float, resolution_w: float) -> float:
    """Return how far the level is above the one that it falls to, at most, from how fast it falls.

    The slope of an exponential tail is e / tau, so this needs no knowledge of the charger's idle draw. The longer the
    tail has been watched, the smaller is what noise and resolution could hide.
    """
    block = len(levels) // 8
    span_min = (len(levels) // block) * block * SLOT_S / 60.0
    tau_min = tau_s / 60.0
    hidden_w_per_min = (
        4.0 * noise_w(levels) / math.sqrt(len(levels)) + resolution_w
    ) / span_min
    falls_w_per_min = max(0.0, falls_by_w_per_min(levels, block))
    # The slope is that of the middle of the span.
    falls_w_per_min *= flattens(span_min / tau_min)
    # Nothing can be further above its end than it is above nothing, where the meter may have left out half a step.
    most_w = median(levels) + resolution_w / 2.0
    return min((falls_w_per_min + hidden_w_per_min) * tau_min, most_w)


def within_a_step_w(flat_s: float, tau_s: float, resolution_w: float) -> float:
    """Return how far the level may be above the one that it falls to when it has not left a meter's step for so long."""
    return resolution_w * tau_s / flat_s * flattens(flat_s / tau_s)


def flattens(taus: float) -> float:
    """Return the slope at the end of a stretch of a tail against its mean slope; the stretch is in time constants."""
    return taus / (math.exp(taus) - 1.0)


def _tau_s(shape: Shape, settings: DetectorSettings) -> float:
    """Return the time constant of the rest of the tail, on the safe side."""
    measured_s = shape.tail_tau_s()
    if measured_s is None:
        measured_s = settings.learned.tail_tau_s or 0.0
    return min(max(TAIL_SLOWER * measured_s, TAU_LEAST_S), TAU_MOST_S)
