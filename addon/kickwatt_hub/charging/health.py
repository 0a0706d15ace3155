"""How a battery ages, seen from the wall.

What a battery takes from empty to full follows what it can give: the charge that ageing cells accepted tracks their
measured capacity with r = 0.98 at 43 °C and 0.96 at 4 °C (computed from B. Saha and K. Goebel, 2007, "Battery Data
Set", NASA Prognostics Data Repository). That holds for whole charges only. A charge that began half full says nothing, and one in
the cold takes long and ends early; both are left out. The wall does not know which they are, so they are told by what
the others look like.

Whole charges are rare: the latest five may span a quarter of a year, in which the battery has gone on ageing. So more of
them are taken, and each is first moved along the trend to the day for which the capacity is wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import median

from .profile import Charge
from .rule import TAIL_BELOW

DAY_MS = 86_400_000
YEAR_DAYS = 365.25

# A charge counts as a whole one if it took at least this share of what the fullest ones around it took.
WHOLE_SHARE = 0.88
NEIGHBOURS = 20
# Cold lengthens the tail far more than a year of age does.
COLD_TAIL = 1.4
LEAST_CHARGES = 5
# So many whole charges tell the capacity of one day: enough that where each began, or how cold it was, hardly matters.
LEVEL_CHARGES = 15
# A line through fewer charges than that follows what they differ by anyway; it counts the less, the fewer they are.
LINE_CHARGES = 8
# Two-sided 80 % of the normal distribution.
Z_80 = 1.2816


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a battery; per cent, and per cent per year.

    `index` is the capacity on the day of the latest charges against that of the first, 100 when nothing was lost.
    """

    index: float
    trend: float
    trend_low: float
    trend_high: float
    tail_share: float
    """Share of the time of the latest charges that is tail; it grows with age, independent of the energy."""
    charges: int
    """How many whole charges this rests on."""


def tail_share(charge: Charge) -> float | None:
    """Return the share of a charge's time that is tail; None without a curve."""
    if not charge.curve_w:
        return None
    peak_w = max(charge.curve_w)
    last = max(
        index for index, w in enumerate(charge.curve_w) if w >= TAIL_BELOW * peak_w
    )
    return 1.0 - (last + 1) / len(charge.curve_w)


def whole(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """Return the charges that went from nearly empty to full at an ordinary temperature, oldest first."""
    ordered = sorted(charges, key=lambda charge: charge.start_ms)
    idle_w = _idle_w(ordered)
    kept = []
    for index, charge in enumerate(ordered):
        first = max(0, min(index - NEIGHBOURS // 2, len(ordered) - NEIGHBOURS))
        near = ordered[first : first + NEIGHBOURS]
        energies = sorted(taken_wh(each, idle_w) for each in near)
        # The third fullest, so that a single charge that was counted twice does not make all others partial.
        least_wh = WHOLE_SHARE * energies[max(0, len(energies) - 3)]
        if 0.0 < least_wh <= taken_wh(charge, idle_w) and not _cold(charge, near):
            kept.append(charge)
    return tuple(kept)


def taken_wh(charge: Charge, idle_w: float) -> float:
    """Return what a charge took besides what the charger draws for itself, which is the more the longer the tail."""
    return charge.energy_wh - idle_w * charge.duration_s / 3600.0


def _idle_w(charges: Sequence[Charge]) -> float:
    """Return what the charger draws for itself: the least that it drew when a charge was over."""
    return min((charge.tail_w for charge in charges), default=0.0)


def _cold(charge: Charge, near: Sequence[Charge]) -> bool:
    """Was the tail of a charge far longer than usual at its time?"""
    share = tail_share(charge)
    usual = [known for each in near if (known := tail_share(each)) is not None]
    return share is not None and share > COLD_TAIL * median(usual) + 0.02


def health(charges: Sequence[Charge]) -> Health | None:
    """Return the health of a battery; None before there have been enough whole charges."""
    counted = whole(charges)
    if len(counted) < LEAST_CHARGES:
        return None
    idle_w = _idle_w(charges)
    energies_wh = [taken_wh(each, idle_w) for each in counted]
    reference_wh = median(energies_wh[:LEAST_CHARGES])
    percents = [100.0 * energy_wh / reference_wh for energy_wh in energies_wh]
    days = [each.start_ms / DAY_MS for each in counted]
    trend, low, high = _trend(days, percents)
    # The third charge and the third to last, whole or not: the middles of the first and of the latest five.
    every_day = sorted(each.start_ms / DAY_MS for each in charges)
    middle = LEAST_CHARGES // 2
    first, last = (
        _level(days, percents, trend, day)
        for day in (every_day[middle], every_day[-1 - middle])
    )
    if first <= 0.0:
        return None  # the charges contradict each other
    shares = [
        share
        for each in counted[-LEAST_CHARGES:]
        if (share := tail_share(each)) is not None
    ]
    return Health(
        index=max(0.0, 100.0 * last / first),
        trend=trend * YEAR_DAYS,
        trend_low=low * YEAR_DAYS,
        trend_high=high * YEAR_DAYS,
        tail_share=median(shares) if shares else 0.0,
        charges=len(counted),
    )


def _level(
    days: Sequence[float], percents: Sequence[float], trend: float, day: float
) -> float:
    """Return the capacity on a day, by the charges that are nearest to it; `trend` is the slope per day."""
    count = len(days)
    slope = trend * min(
        1.0, (count - LEAST_CHARGES + 1) / (LINE_CHARGES - LEAST_CHARGES + 1)
    )
    nearest = sorted(range(count), key=lambda index: abs(days[index] - day))
    return median(
        percents[index] + slope * (day - days[index])
        for index in nearest[:LEVEL_CHARGES]
    )


def _trend(
    days: Sequence[float], percents: Sequence[float]
) -> tuple[float, float, float]:
    """Return the slope per day and its 80 % interval.

    The median of the slopes between all pairs, and the ranks around it by Kendall's variance: a few odd charges move
    neither (P. K. Sen, 1968, "Estimates of the regression coefficient based on Kendall's tau").
    """
    slopes = sorted(
        (percents[later] - percents[earlier]) / (days[later] - days[earlier])
        for earlier, later in combinations(range(len(days)), 2)
        if days[later] > days[earlier]
    )
    if not slopes:
        return 0.0, 0.0, 0.0
    count = len(days)
    reach = Z_80 * sqrt(count * (count - 1) * (2 * count + 5) / 18.0)
    low = slopes[max(0, int((len(slopes) - reach) / 2))]
    high = slopes[min(len(slopes) - 1, int((len(slopes) + reach) / 2) + 1)]
    return median(slopes), low, high
