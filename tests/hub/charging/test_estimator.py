"""When a charge will be full, and how sure that is."""

from copy import replace
from math import exp

import pytest

from kickwatt_hub.charging.detector import Session, Shape
from kickwatt_hub.charging.estimator import Estimate, estimate
from kickwatt_hub.charging.profile import NOTHING_LEARNED, Charge, Profile
from kickwatt_hub.charging.trace import EMPTY, SLOT_S, add

HOURS, TAU_H = 3.0, 0.5
TAIL_H = 1.5


def power_w(hour: float) -> float:
    """Constant current for three hours, then a tail of half an hour's time constant until it stops at 5 %."""
    if hour < HOURS:
        return 88.0 + 8.0 * hour / HOURS
    return 96.0 * exp(-(hour - HOURS) / TAU_H)


def running(hour: float) -> Session:
    """Return the session after so many hours."""
    trace, energy_wh, plateau_w = EMPTY, 0.0, 0.0
    slots = int(hour * 3600 / SLOT_S)
    for slot in range(slots):
        level_w = power_w(slot * SLOT_S / 3600)
        trace = add(trace, level_w)
        energy_wh += level_w * SLOT_S / 3600
        plateau_w = max(plateau_w, level_w)
    return Session(
        start_ms=0,
        counted_wh=energy_wh,
        estimated_wh=0.0,
        peak_power_w=plateau_w,
        slot_ms=slots * SLOT_S * 1000,
        slot_wms=0.0,
        slot_known_ms=0,
        shape=Shape(plateau_w=plateau_w),
        trace=trace,
    )


def known(scale: float = 1.0) -> Charge:
    """Return an earlier charge, some per cent longer or shorter."""
    duration_h = (HOURS + TAIL_H) * scale
    curve_w = tuple(
        power_w((point + 0.5) / 48 * duration_h / scale) for point in range(48)
    )
    energy_wh = sum(curve_w) * duration_h / 48
    return Charge(
        1, duration_h * 3600, energy_wh, 96.0, 1.0, 1.0, TAU_H * 3600, curve_w
    )


TAUGHT = Profile(
    tuple(
        replace(known(scale), start_ms=at) for at, scale in enumerate((0.95, 1.0, 1.05))
    )
)


def at(hour: float, profile: Profile) -> Estimate:
    session = running(hour)
    found = estimate(session, session.slot_ms, profile)
    assert found is not None
    return found


def left_min(hour: float) -> float:
    return (HOURS + TAIL_H - hour) * 60


def minutes(found: Estimate) -> float:
    return (found.full_ms - found.at_ms) / 60_000


@pytest.mark.parametrize("hour", [0.5, 1.0, 2.0, 2.9])
def test_with_three_charges_learned_it_is_right_while_the_current_is_constant(
    hour: float,
) -> None:
    found = at(hour, TAUGHT)
    assert found.learned
    assert minutes(found) == pytest.approx(left_min(hour), rel=0.15)
    assert found.low_ms < found.at_ms + left_min(hour) * 60_000 < found.high_ms


@pytest.mark.parametrize("hour", [3.2, 3.5, 4.0, 4.3])
def test_in_the_tail_it_is_right_within_ten_minutes(hour: float) -> None:
    found = at(hour, TAUGHT)
    assert minutes(found) == pytest.approx(left_min(hour), abs=10)


@pytest.mark.parametrize("hour", [0.2, 1.0, 2.5, 3.3, 4.2])
def test_the_first_charge_is_honest(hour: float) -> None:
    found = at(hour, NOTHING_LEARNED)
    assert not found.learned
    assert found.low_ms <= found.at_ms + left_min(hour) * 60_000 <= found.high_ms
    taught = at(hour, TAUGHT)
    assert found.high_ms - found.low_ms > 1.5 * (taught.high_ms - taught.low_ms)


def test_in_the_first_minutes_nothing_is_said() -> None:
    session = running(0.02)
    assert estimate(session, session.slot_ms, TAUGHT) is None


def test_time_that_passes_without_a_reading_counts_down() -> None:
    session = running(2.0)
    now, later = (
        estimate(session, session.slot_ms + wait, TAUGHT) for wait in (0, 600_000)
    )
    assert now is not None and later is not None
    assert later.full_ms == pytest.approx(now.full_ms, abs=2)
    late = estimate(session, session.slot_ms + 10**8, TAUGHT)
    assert late is not None
    assert late.full_ms == late.at_ms


def test_a_charge_that_outlasts_all_that_is_known_still_has_an_estimate() -> None:
    session = running(2.0)
    endless = replace(session, trace=replace(session.trace, slots=64))
    found = estimate(endless, endless.slot_ms, NOTHING_LEARNED)
    assert found is None or found.full_ms >= found.at_ms
