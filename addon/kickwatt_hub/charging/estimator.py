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
from math import exp, inf, log
from statistics import mean, median, stdev

from .profile import Charge, Profile
from .rule import TAIL_BELOW
from .session import Session

LAGS_MIN = (0.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
"""How far back the two curves are compared, dense where the tail bends."""

# Two charges of one charger differ by this share of the power (temperature of the brick, mains voltage), and by this
# share of the plateau (the meter). The family is no more than similar.
LEARNED_FIT = 0.015
FAMILY_FIT = 0.05
METER_FIT = 0.008
# How much slower, and how likely that, a charge may be than an earlier one. Cold and age stretch the tail; how long the
# current stays constant they hardly change.
STRETCHES = ((0.93, 0.5), (1.0, 1.0), (1.08, 0.5), (1.25, 0.08))
TAIL_STRETCHES = (
    (0.8, 0.4),
    (0.9, 0.7),
    (1.0, 1.0),
    (1.12, 0.7),
    (1.35, 0.35),
    (1.8, 0.12),
)
# Owners plug in at much the same level every time, more or less: this much at least, and that much until it is known.
LEAST_DEPTH_SPREAD = 0.12
UNKNOWN_DEPTH_SPREAD = 0.30
# What a fit cannot tell: the pack ages, the day is cold. One earlier charge says little of how much they differ.
SPREAD = 0.13
SPREAD_OF_ONE = 0.30
STEPS = 60
# A charge that fits none of the earlier ones better than that is of another battery.
STRANGE = -30.0
NOW_SLOTS = 5
# Nothing is known about less than this share of the plateau; it is rest, or a dip.
LEAST_SHARE = 0.003
LONGER = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)


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
    if len(trace.levels_w) < 4 or session.shape.plateau_w <= 0.0:
        return None
    curves = [charge for charge in profile.charges if charge.curve_w]
    past_w = _past_w(session)
    likely = _likely_learned(session, past_w, curves)
    spread = SPREAD_OF_ONE if len(curves) == 1 else SPREAD
    learned = max((weight for _, weight in likely), default=-inf) > STRANGE
    if not learned:
        likely, spread = _likely_family(session, past_w), SPREAD
    low_s, middle_s, high_s = _quantiles(likely, spread)
    since_s = max(0.0, (now_ms - session.slot_ms) / 1000.0)
    low_s, middle_s, high_s = (
        max(0.0, each - since_s) for each in (low_s, middle_s, high_s)
    )
    return Estimate(
        now_ms,
        now_ms + round(middle_s * 1000),
        now_ms + round(low_s * 1000),
        now_ms + round(high_s * 1000),
        learned,
    )


def _past_w(session: Session) -> list[float | None]:
    """Return the power at each of `LAGS_MIN` ago; None before the charge began.

    What counts as now is the middle of the last minutes: in a dip, the charge is not nearer to its end.
    """
    trace, plateau_w = session.trace, session.shape.plateau_w
    past_w = [_level(trace.levels_w, trace.width_s, lag * 60.0) for lag in LAGS_MIN]
    lately = session.shape.levels[-NOW_SLOTS:]
    if lately:
        past_w[0] = median(lately)
    return [
        None if power_w is None else max(power_w, LEAST_SHARE * plateau_w)
        for power_w in past_w
    ]


def _level(levels_w: tuple[float, ...], width_s: float, ago_s: float) -> float | None:
    """Return the power some time ago; None before the charge began."""
    index = len(levels_w) - 1 - int(ago_s / width_s)
    return levels_w[index] if index >= 0 else None


# --- this charger's own charges ----------------------------------------------------------------------------------------


def _likely_learned(
    session: Session, past_w: list[float | None], charges: list[Charge]
) -> list[tuple[float, float]]:
    """Return (remaining seconds, log-likelihood) by the charger's own earlier charges."""
    if not charges:
        return []
    now_w = past_w[0]
    falling = now_w is not None and now_w < TAIL_BELOW * session.shape.plateau_w
    spread = _depth_spread(charges)
    likely: list[tuple[float, float]] = []
    for charge in charges:
        curve_w, duration_s = charge.curve_w, charge.duration_s
        step_s = duration_s / len(curve_w)
        # Energy that an earlier charge still drew, from each of its points to its end.
        left_wh = list(accumulate(w * step_s / 3600.0 for w in reversed(curve_w)))
        meter_w = METER_FIT * charge.plateau_w
        for step in range(STEPS):
            # As many steps in the last tenth of the time as before it: there a minute matters.
            remaining_s = ((step + 0.5) / STEPS) ** 1.5 * duration_s
            left = left_wh[min(len(left_wh) - 1, int(remaining_s / step_s))]
            depth = (session.energy_wh + left) / charge.energy_wh - 1.0
            depth = (depth / spread) ** 2
            density = ((step + 0.5) / STEPS) ** 0.5
            for stretch, prior in TAIL_STRETCHES if falling else STRETCHES:
                weight = depth + _fit(
                    past_w,
                    curve_w,
                    step_s * stretch,
                    remaining_s * stretch,
                    1.0,
                    LEARNED_FIT,
                    meter_w,
                )
                likely.append(
                    (remaining_s * stretch, log(density * prior) - 0.5 * weight)
                )
    return likely


def _depth_spread(charges: list[Charge]) -> float:
    """Return by which share of it the energy of a charge differs from another's."""
    if len(charges) < 2:
        return UNKNOWN_DEPTH_SPREAD
    energies = [charge.energy_wh for charge in charges]
    return max(LEAST_DEPTH_SPREAD, stdev(energies) / mean(energies))


def _fit(
    past_w: list[float | None],
    curve_w: tuple[float, ...],
    step_s: float,
    remaining_s: float,
    scale: float,
    fit_share: float,
    meter_w: float,
) -> float:
    """Return the mean square of the differences between two curves, in units of what is to be expected."""
    total, count = 0.0, 0
    last = len(curve_w) - 1
    for lag_min, power_w in zip(LAGS_MIN, past_w, strict=True):
        index = last - int((remaining_s + lag_min * 60.0) / step_s)
        if power_w is None or index < 0:
            continue
        expected_w = scale * curve_w[index]
        total += ((power_w - expected_w) / (fit_share * expected_w + meter_w)) ** 2
        count += 1
    # The lags are not independent: two of them say little more than one.
    return 2.5 * total / count if count else 50.0


# --- a family of charges, for the first one ----------------------------------------------------------------------------


# Time constants of the tail, how much slower its end is than its beginning, and at which share of the peak chargers stop:
# NASA's cells have 18 to 60 minutes and 1 to 2 times, bricks stop at 3 to 10 % (cheap ones never).
TAUS_MIN = (
    (6.0, 0.5),
    (9.0, 0.8),
    (13.0, 1.0),
    (18.0, 1.2),
    (24.0, 1.2),
    (32.0, 1.2),
    (42.0, 1.0),
    (55.0, 0.8),
    (75.0, 0.6),
    (110.0, 0.3),
)
SLOWER = ((0.8, 0.7), (1.0, 1.0), (1.3, 1.0), (1.7, 0.5))
STOPS_AT = ((0.015, 1.0), (0.03, 1.0), (0.05, 1.0), (0.07, 0.8), (0.10, 0.6))


@cache
def _family() -> tuple[tuple[float, float, tuple[float, ...]], ...]:
    """Return (duration in s, prior, curve relative to its plateau) of charges as light vehicles have them.

    From empty they take 1.5 to 9 hours. Wall power rises by about a tenth while the current is constant, for six to nine
    tenths of the time that the same charge would take without a tail, then it decays with a time constant between a
    quarter of an hour and an hour (NASA's cells at 4 to 43 °C; the usual 42 V bricks).
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
    """Return (remaining seconds, log-likelihood) by what charges are like in general."""
    plateau_w = session.shape.plateau_w
    now_w = past_w[0]
    if now_w is not None and now_w < TAIL_BELOW * plateau_w:
        return _likely_tail(now_w, past_w, plateau_w)
    elapsed_s = len(session.trace.levels_w) * session.trace.width_s
    likely: list[tuple[float, float]] = []
    for duration_s, prior, curve in _family():
        step_s = duration_s / len(curve)
        highest = list(accumulate(curve, max))
        for step in range(STEPS):
            remaining_s = (step + 0.5) * duration_s / STEPS
            if remaining_s + elapsed_s > duration_s * 1.02:
                break
            # How high the charger goes is not known yet: the present power is the top so far.
            scale = plateau_w / highest[len(curve) - 1 - int(remaining_s / step_s)]
            weight = _fit(
                past_w,
                curve,
                step_s,
                remaining_s,
                scale,
                FAMILY_FIT,
                4.0 * METER_FIT * plateau_w,
            )
            likely.append((remaining_s, log(prior * duration_s) - 0.5 * weight))
    # One that takes longer than any of the family may go on for a while, or for as long again.
    return likely or [(elapsed_s * share, 0.0) for share in LONGER]


def _likely_tail(
    now_w: float, past_w: list[float | None], plateau_w: float
) -> list[tuple[float, float]]:
    """Return (remaining seconds, log-likelihood) of a charge whose power falls: an exponential, until the charger stops."""
    likely: list[tuple[float, float]] = []
    for tau_min, prior in TAUS_MIN:
        misfit, count = 0.0, 0
        for lag_min, power_w in zip(LAGS_MIN[1:], past_w[1:], strict=True):
            if power_w is None:
                continue
            expected_w = min(plateau_w, now_w * exp(lag_min / tau_min))
            misfit += (
                (power_w - expected_w)
                / (2 * FAMILY_FIT * expected_w + METER_FIT * plateau_w)
            ) ** 2
            count += 1
            if power_w > TAIL_BELOW * plateau_w:
                break
        weight = log(prior) - 1.25 * misfit / max(1, count)
        for slower, slower_prior in SLOWER:
            for stops_at, stops_prior in STOPS_AT:
                left = max(0.0, log(now_w / (stops_at * plateau_w)))
                likely.append(
                    (
                        left * tau_min * slower * 60.0,
                        weight + log(slower_prior * stops_prior),
                    )
                )
    return likely


# --- what is likely ----------------------------------------------------------------------------------------------------


def _quantiles(
    likely: list[tuple[float, float]], spread: float
) -> tuple[float, float, float]:
    """Return the lower bound, the median and the upper bound of the remaining time in s."""
    likely = sorted(likely)
    best = max(weight for _, weight in likely)
    sums = list(accumulate(exp(weight - best) for _, weight in likely))
    low_s, middle_s, high_s = (
        likely[min(len(likely) - 1, bisect_left(sums, share * sums[-1]))][0]
        for share in (LOWEST, 0.5, HIGHEST)
    )
    spread_s = spread * middle_s + 60.0
    return max(0.0, low_s - spread_s), middle_s, high_s + spread_s
