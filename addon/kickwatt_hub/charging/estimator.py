"""When a charge will be full, and how sure that is.

Nothing is known about the battery. What is known is how earlier charges of this charger went, from wherever they began
to their end. So every remaining time is tried: if the charge were over in r minutes, how well would the power of the last
hours fit the last hours of an earlier charge, r minutes before its end? What fits is likely; the middle of what is
likely is the estimate, and the range from its tenth to its ninetieth percentile is the interval.

A charger's first charge is compared with a family of charges as lithium batteries have them. They differ much, and so the
interval is wide, as it should be.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import exp

from .detector import Session
from .profile import Charge, Profile

LAGS_MIN = (0.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
"""How far back the two curves are compared, dense where the tail bends."""

# Two charges of one charger differ by this share of the plateau (temperature of the brick, mains voltage, the meter).
LEARNED_FIT = 0.03
# The family is no more than similar.
FAMILY_FIT = 0.05
# Owners plug in at much the same level every time, more or less.
DEPTH_SPREAD = 0.30
# What a fit cannot tell: the pack ages, the day is cold.
SPREAD = 0.06
STEPS = 90

LOWEST, HIGHEST = 0.10, 0.90


@dataclass(frozen=True, slots=True)
class Estimate:
    """When the charge will be full: the most likely time, and an interval that holds it in four of five cases."""

    at_ms: int
    full_ms: int
    low_ms: int
    high_ms: int
    learned: bool
    """Does it rest on earlier charges of this charger?"""


def estimate(session: Session, now_ms: int, profile: Profile) -> Estimate | None:
    """Return when the running charge will be full; None in its first minutes, when nothing can be said."""
    trace = session.trace
    if len(trace.levels_w) < 4:
        return None
    curves = [charge for charge in profile.charges if charge.curve_w]
    past_w = [_level(trace.levels_w, trace.width_s, lag * 60.0) for lag in LAGS_MIN]
    likely = (
        _likely_learned(session, past_w, curves)
        if curves
        else _likely_family(session, past_w)
    )
    if not likely:
        return None
    low_s, middle_s, high_s = _quantiles(likely)
    since_s = max(0.0, (now_ms - session.slot_ms) / 1000.0)
    low_s, middle_s, high_s = (
        max(0.0, each - since_s) for each in (low_s, middle_s, high_s)
    )
    return Estimate(
        now_ms,
        now_ms + round(middle_s * 1000),
        now_ms + round(low_s * 1000),
        now_ms + round(high_s * 1000),
        bool(curves),
    )


def _level(levels_w: tuple[float, ...], width_s: float, ago_s: float) -> float | None:
    """Return the power some time ago; None before the charge began."""
    index = len(levels_w) - 1 - int(ago_s / width_s)
    return levels_w[index] if index >= 0 else None


# --- this charger's own charges ----------------------------------------------------------------------------------------


def _likely_learned(
    session: Session, past_w: list[float | None], charges: list[Charge]
) -> list[tuple[float, float]]:
    """Return (remaining seconds, likelihood) by the charger's own earlier charges."""
    likely: list[tuple[float, float]] = []
    for charge in charges:
        curve_w, duration_s = charge.curve_w, charge.duration_s
        step_s = duration_s / len(curve_w)
        # Energy that an earlier charge still drew, from each of its points to its end.
        left_wh = list(accumulate(w * step_s / 3600.0 for w in reversed(curve_w)))
        fit_w = LEARNED_FIT * charge.plateau_w
        for step in range(STEPS):
            remaining_s = (step + 0.5) * duration_s / STEPS
            weight = _fit(past_w, curve_w, step_s, remaining_s, 1.0, fit_w)
            left = left_wh[min(len(left_wh) - 1, int(remaining_s / step_s))]
            depth = (session.energy_wh + left) / charge.energy_wh - 1.0
            weight += (depth / DEPTH_SPREAD) ** 2
            likely.append((remaining_s, exp(-0.5 * weight)))
    return likely


def _fit(
    past_w: list[float | None],
    curve_w: tuple[float, ...],
    step_s: float,
    remaining_s: float,
    scale: float,
    fit_w: float,
) -> float:
    """Return the mean square of the differences between two curves, in units of what is to be expected."""
    total, count = 0.0, 0
    last = len(curve_w) - 1
    for lag_min, power_w in zip(LAGS_MIN, past_w, strict=True):
        index = last - int((remaining_s + lag_min * 60.0) / step_s)
        if power_w is None or index < 0:
            continue
        total += ((power_w - scale * curve_w[index]) / fit_w) ** 2
        count += 1
    # The lags are not independent: two of them say little more than one.
    return 2.5 * total / count if count else 50.0


# --- a family of charges, for the first one ----------------------------------------------------------------------------


@cache
def _family() -> tuple[tuple[float, float, tuple[float, ...]], ...]:
    """Return (duration in s, prior, curve relative to its plateau) of charges as light vehicles have them.

    From empty they take 1.5 to 9 hours. Wall power rises by about a tenth while the current is constant, for six to nine
    tenths of the time that the same charge would take without a tail, then it decays with a time constant between a
    quarter of an hour and an hour (demands.md, sections 3 and 4).
    """
    points = 96
    curves = []
    for constant_h, prior in (
        (0.5, 0.5),
        (1.0, 1.0),
        (1.8, 1.5),
        (2.8, 2.0),
        (4.0, 2.0),
        (5.5, 1.5),
        (7.5, 0.8),
    ):
        for tau_h in (0.15, 0.25, 0.35, 0.5, 0.8):
            tail_h = 3.0 * tau_h
            duration_h = constant_h + tail_h
            at_h = [(point + 0.5) / points * duration_h for point in range(points)]
            curve = tuple(
                0.89 + 0.11 * hour / constant_h
                if hour < constant_h
                else exp(-(hour - constant_h) / tau_h)
                for hour in at_h
            )
            curves.append((duration_h * 3600.0, prior, curve))
    return tuple(curves)


def _likely_family(
    session: Session, past_w: list[float | None]
) -> list[tuple[float, float]]:
    """Return (remaining seconds, likelihood) by what charges are like in general."""
    plateau_w = session.shape.plateau_w
    elapsed_s = len(session.trace.levels_w) * session.trace.width_s
    falling = past_w[0] is not None and past_w[0] < 0.93 * plateau_w
    likely: list[tuple[float, float]] = []
    for duration_s, prior, curve in _family():
        step_s = duration_s / len(curve)
        highest = list(accumulate(curve, max))
        for step in range(STEPS):
            remaining_s = (step + 0.5) * duration_s / STEPS
            if remaining_s + elapsed_s > duration_s * 1.02:
                break
            index = len(curve) - 1 - int(remaining_s / step_s)
            # How high the charger goes is known once it falls; before, the present power is the top so far.
            scale = plateau_w if falling else plateau_w / highest[index]
            weight = _fit(
                past_w, curve, step_s, remaining_s, scale, FAMILY_FIT * plateau_w
            )
            likely.append((remaining_s, prior * exp(-0.5 * weight) * duration_s))
    return likely


# --- what is likely ----------------------------------------------------------------------------------------------------


def _quantiles(likely: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the lower bound, the median and the upper bound of the remaining time in s."""
    likely = sorted(likely)
    sums = list(accumulate(weight for _, weight in likely))
    if not sums or sums[-1] <= 0.0:
        return 0.0, 0.0, 0.0
    low_s, middle_s, high_s = (
        likely[min(len(likely) - 1, bisect_left(sums, share * sums[-1]))][0]
        for share in (LOWEST, 0.5, HIGHEST)
    )
    spread_s = SPREAD * middle_s + 60.0
    return max(0.0, low_s - spread_s), middle_s, high_s + spread_s
