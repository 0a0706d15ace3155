"""The plan of a charge that has a time to be ready by: what it will need, and when it is best taken."""

from collections.abc import Sequence
from fractions import Fraction
from statistics import mean

from .cost import Tariff
from .mode import Mode, ModeSettings, Planned, Prefer
from .modes import target_wh
from .planner import SLOT_MS, Plan, energies_wh, plan
from .profile import Profile

# Until a charger has been seen to charge: the usual 42 V / 2 A brick and a large scooter's battery, from empty.
UNKNOWN_W = 95.0
UNKNOWN_S = 6 * 3600.0
# Charging just in time must forgive a cold day: a tenth more time than usual, and a quarter of an hour.
LATE_SHARE = 1.1
LATE_MS = 900_000
# Every start wears the relay, and not every charger resumes well after many.
MOST_STARTS = 3


def needs_wh(
    settings: ModeSettings, profile: Profile, delivered_wh: float
) -> tuple[float, ...]:
    """Return the energy of each quarter of an hour that is still to be charged; at least one of them."""
    needs = _usual_wh(profile)
    if settings.mode is Mode.cheapest_hours and settings.hours is not None:
        slots = max(1, round(settings.hours * 3_600_000 / SLOT_MS))
        needs = (needs + needs[-1:] * slots)[:slots]
    target = target_wh(settings, profile.energy_wh)
    left = _without(needs, delivered_wh)
    if target is not None:
        left = _at_most(left, target - delivered_wh)
    return left or needs[-1:]


def standing(
    now_ms: int,
    ready_ms: int,
    settings: ModeSettings,
    needs: Sequence[float],
    tariff: Tariff,
    *,
    currency: str | None,
    learned: bool,
    starts: int = 0,
) -> Planned:
    """Return when to charge between now and ready-by; `starts` of the usual number are used already."""
    if settings.mode is Mode.ready_by and settings.prefer is Prefer.late:
        found = _late(now_ms, ready_ms, needs)
    else:
        most = max(1, MOST_STARTS - starts)
        begin_ms = _begin_ms(now_ms, ready_ms, len(needs))
        found = plan(begin_ms, ready_ms, needs, tariff, most_starts=most)
    priced = any(price.per_kwh is not None for price in tariff.prices(now_ms, ready_ms))
    return Planned(
        runs=found.runs,
        need_wh=sum(needs),
        cost=_cost(found.runs, needs, tariff) if priced else None,
        cost_at_once=_cost(((now_ms, now_ms + len(needs) * SLOT_MS),), needs, tariff)
        if priced
        else None,
        currency=currency if priced else None,
        in_time=found.in_time,
        learned=learned,
    )


def _usual_wh(profile: Profile) -> tuple[float, ...]:
    """Return what a full charge takes, quarter of an hour by quarter of an hour."""
    curves = [charge for charge in profile.charges if charge.curve_w]
    if not curves or not profile.duration_s or not profile.energy_wh:
        return energies_wh((UNKNOWN_W,), UNKNOWN_S)
    points = min(len(charge.curve_w) for charge in curves)
    shape = [mean(charge.curve_w[at] for charge in curves) for at in range(points)]
    needs = energies_wh(shape, profile.duration_s)
    scale = profile.energy_wh / sum(needs) if sum(needs) > 0 else 1.0
    return tuple(each * scale for each in needs)


def _without(needs: Sequence[float], delivered_wh: float) -> tuple[float, ...]:
    left = list(needs)
    while left and delivered_wh >= left[0]:
        delivered_wh -= left.pop(0)
    return tuple(left)


def _at_most(needs: Sequence[float], energy_wh: float) -> tuple[float, ...]:
    taken: list[float] = []
    for need in needs:
        if energy_wh <= 0:
            break
        taken.append(min(need, energy_wh))
        energy_wh -= need
    return tuple(taken)


def _late(now_ms: int, ready_ms: int, needs: Sequence[float]) -> Plan:
    """Charge in one go, so that it ends shortly before it must."""
    lasts_ms = len(needs) * SLOT_MS
    start_ms = max(now_ms, ready_ms - round(LATE_SHARE * lasts_ms) - LATE_MS)
    in_time = start_ms + lasts_ms <= ready_ms
    return Plan(((start_ms, max(ready_ms, start_ms + lasts_ms)),), Fraction(0), in_time)


def _begin_ms(now_ms: int, ready_ms: int, slots: int) -> int:
    """Return the next quarter of an hour on the clock, which is when prices change; now, where every minute counts."""
    next_ms = -(-now_ms // SLOT_MS) * SLOT_MS
    return next_ms if ready_ms - next_ms >= slots * SLOT_MS else now_ms


def _cost(
    runs: Sequence[tuple[int, int]], needs: Sequence[float], tariff: Tariff
) -> float:
    """Return what these energies cost at these times; where no price is known they cost nothing."""
    slots = [
        start_ms
        for since_ms, until_ms in runs
        for start_ms in range(since_ms, until_ms, SLOT_MS)
    ]
    total = Fraction(0)
    for start_ms, need in zip(slots, needs, strict=False):
        for price in tariff.prices(start_ms, start_ms + SLOT_MS):
            share = Fraction(price.end_ms - price.start_ms, SLOT_MS)
            total += share * Fraction(need) * Fraction(price.per_kwh or 0) / 1000
    return float(total)
