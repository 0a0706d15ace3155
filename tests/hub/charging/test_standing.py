"""The plan of a charge: what it needs, when it runs, what it costs, against trying everything."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.cost import Feed, Fixed, Price
from kickwatt_hub.charging.mode import Mode, ModeSettings, Prefer
from kickwatt_hub.charging.planner import SLOT_MS
from kickwatt_hub.charging.profile import NOTHING_LEARNED, Charge, Profile
from kickwatt_hub.charging.standing import (
    MOST_STARTS,
    UNKNOWN_S,
    UNKNOWN_W,
    needs_wh,
    standing,
)

READY = ModeSettings(mode=Mode.ready_by, ready_by="07:00")
LATE = ModeSettings(mode=Mode.ready_by, ready_by="07:00", prefer=Prefer.late)
FLAT = Fixed(Decimal("0.3"))


def learned(hours: float = 3.0, power_w: float = 90.0) -> Profile:
    """A charger whose charges all looked alike: constant, then a tail."""
    curve = (power_w,) * 36 + (power_w / 4,) * 12
    energy_wh = sum(curve) / 48 * hours
    return Profile(
        tuple(
            Charge(start, hours * 3600, energy_wh, power_w, 9.0, 1.0, 900.0, curve)
            for start in (1, 2, 3)
        )
    )


def test_a_strange_charger_is_taken_for_the_usual_one() -> None:
    needs = needs_wh(READY, NOTHING_LEARNED, 0.0)
    assert sum(needs) == pytest.approx(UNKNOWN_W * UNKNOWN_S / 3600)


def test_what_was_learned_is_what_is_needed() -> None:
    profile = learned()
    needs = needs_wh(READY, profile, 0.0)
    assert len(needs) == 12
    assert sum(needs) == pytest.approx(profile.energy_wh)
    half = needs_wh(READY, profile, sum(needs[:5]) + 0.001)
    assert len(half) == 7
    assert needs_wh(READY, profile, 9999.0) == needs[-1:]


def test_a_target_needs_less() -> None:
    profile = learned()
    share = ModeSettings(mode=Mode.ready_by, ready_by="07:00", target_percent=50)
    assert sum(needs_wh(share, profile, 0.0)) == pytest.approx(
        (profile.energy_wh or 0) / 2
    )
    energy = ModeSettings(mode=Mode.ready_by, ready_by="07:00", target_wh=60.0)
    assert sum(needs_wh(energy, profile, 20.0)) == pytest.approx(40.0)


def test_hours_are_hours_whatever_was_learned() -> None:
    hours = ModeSettings(mode=Mode.cheapest_hours, ready_by="07:00", hours=5)
    assert len(needs_wh(hours, learned(), 0.0)) == 20
    assert len(needs_wh(hours, NOTHING_LEARNED, 0.0)) == 20


@limits(max_examples=60, deadline=None)
@given(
    cents=st.lists(st.integers(-10, 60), min_size=6, max_size=11),
    needs=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    late_ms=st.integers(0, SLOT_MS - 1),
)
def test_a_standing_plan_is_within_a_hundredth_of_the_best_and_in_time(
    cents: list[int], needs: list[int], late_ms: int
) -> None:
    """Of all plans on the quarters of an hour that are left, with as many starts."""
    tariff = Feed(
        tuple(
            Price(at * SLOT_MS, (at + 1) * SLOT_MS, Decimal(each) / 100)
            for at, each in enumerate(cents)
        )
    )
    ready_ms = len(cents) * SLOT_MS
    needs_wh = [float(each) for each in needs]
    found = standing(
        late_ms, ready_ms, READY, needs_wh, tariff, currency="EUR", learned=True
    )
    first = 1 if late_ms else 0
    best = min(
        sum(
            (
                Fraction(cents[slot], 100) * need / 1000
                for slot, need in zip(chosen, needs, strict=True)
            ),
            Fraction(0),
        )
        for chosen in combinations(range(first, len(cents)), len(needs))
        if 1 + sum(b - a > 1 for a, b in pairwise(chosen)) <= MOST_STARTS
    )
    assert found.in_time
    assert found.runs[-1][1] <= ready_ms
    assert found.cost is not None
    assert found.cost <= float(best) + 0.01 * abs(float(best)) + 1e-9


def test_just_in_time_leaves_room_for_a_cold_day() -> None:
    found = standing(
        0, 40 * SLOT_MS, LATE, [25.0] * 10, FLAT, currency="EUR", learned=True
    )
    assert found.runs == ((28 * SLOT_MS, 40 * SLOT_MS),)
    assert found.in_time
    late = standing(
        0, 5 * SLOT_MS, LATE, [25.0] * 10, FLAT, currency="EUR", learned=True
    )
    assert late.runs == ((0, 10 * SLOT_MS),)
    assert not late.in_time


def test_at_once_is_what_it_would_have_cost_without_a_plan() -> None:
    tariff = Feed(
        (
            Price(0, 8 * SLOT_MS, Decimal("0.4")),
            Price(8 * SLOT_MS, 20 * SLOT_MS, Decimal("0.1")),
        )
    )
    found = standing(
        0, 20 * SLOT_MS, READY, [25.0] * 4, tariff, currency="EUR", learned=True
    )
    assert (found.cost, found.cost_at_once) == (
        pytest.approx(0.01),
        pytest.approx(0.04),
    )
    assert found.runs == ((8 * SLOT_MS, 12 * SLOT_MS),)


def test_without_any_price_there_is_a_plan_and_no_cost() -> None:
    found = standing(
        0, 20 * SLOT_MS, READY, [25.0] * 4, Feed(()), currency="EUR", learned=False
    )
    assert found.runs == ((0, 4 * SLOT_MS),)
    assert (found.cost, found.cost_at_once, found.currency) == (None, None, None)
