"""The cheapest times until somebody wants to ride, against trying everything."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.cost import Feed, Fixed, Price
from kickwatt_hub.charging.planner import SLOT_MS, energies_wh, plan


def feed(cents: list[int | None]) -> Feed:
    return Feed(
        tuple(
            Price(
                slot * SLOT_MS,
                (slot + 1) * SLOT_MS,
                None if each is None else Decimal(each) / 100,
            )
            for slot, each in enumerate(cents)
        )
    )


def by_brute_force(
    cents: list[int], needs_wh: list[float], most_starts: int
) -> Fraction:
    """Return the least cost of all ways to choose slots."""
    costs = []
    for chosen in combinations(range(len(cents)), len(needs_wh)):
        starts = 1 + sum(later - earlier > 1 for earlier, later in pairwise(chosen))
        if starts <= most_starts:
            costs.append(
                sum(
                    (
                        Fraction(cents[slot], 100) * Fraction(need) / 1000
                        for slot, need in zip(chosen, needs_wh, strict=True)
                    ),
                    Fraction(0),
                )
            )
    return min(costs)


@limits(max_examples=120, deadline=None)
@given(
    cents=st.lists(st.integers(-10, 60), min_size=5, max_size=11),
    needs=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    most_starts=st.integers(1, 3),
)
def test_no_plan_is_cheaper(
    cents: list[int], needs: list[int], most_starts: int
) -> None:
    needs_wh = [float(each) for each in needs]
    found = plan(
        0, len(cents) * SLOT_MS, needs_wh, feed([*cents]), most_starts=most_starts
    )
    assert found.cost == by_brute_force(cents, needs_wh, most_starts)
    assert found.in_time
    assert len(found.runs) <= most_starts
    assert sum(end - start for start, end in found.runs) == len(needs) * SLOT_MS
    assert found.runs[-1][1] <= len(cents) * SLOT_MS


def test_too_little_time_means_at_once_and_says_so() -> None:
    found = plan(0, 2 * SLOT_MS, [25.0] * 4, Fixed(Decimal("0.3")))
    assert found.runs == ((0, 4 * SLOT_MS),)
    assert not found.in_time
    assert plan(0, 4 * SLOT_MS, [25.0] * 4, Fixed(Decimal("0.3"))).in_time


def test_at_one_price_it_charges_in_one_go() -> None:
    found = plan(0, 40 * SLOT_MS, [25.0] * 4, Fixed(Decimal("0.3")))
    assert found.runs == ((0, 4 * SLOT_MS),)


def test_of_two_plans_at_one_price_the_earlier_is_taken() -> None:
    cents: list[int | None] = [40, 10, 10, 10, 40, 10, 10, 10]
    found = plan(0, 8 * SLOT_MS, [25.0, 25.0], feed(cents))
    assert found.runs == ((SLOT_MS, 3 * SLOT_MS),)


def test_a_slot_without_a_price_is_taken_last() -> None:
    found = plan(0, 6 * SLOT_MS, [25.0, 25.0], feed([None, 50, None, 10, 10, None]))
    assert found.runs == ((3 * SLOT_MS, 5 * SLOT_MS),)
    assert plan(0, 6 * SLOT_MS, [25.0], feed([None] * 6)).cost == 0


@pytest.mark.parametrize(("needs", "starts"), [([], 1), ([1.0], 0)])
def test_nothing_to_plan_is_refused(needs: list[float], starts: int) -> None:
    with pytest.raises(ValueError, match="at least one start"):
        plan(0, SLOT_MS, needs, Fixed(Decimal(1)), most_starts=starts)


def test_the_tail_needs_hardly_anything() -> None:
    needs = energies_wh([100.0] * 12 + [10.0] * 4, 4 * 3600.0)
    assert len(needs) == 16
    assert needs[0] == pytest.approx(25.0)
    assert needs[-1] == pytest.approx(2.5)
    assert sum(energies_wh([90.0, 30.0], 5000.0)) == pytest.approx(60 * 5000 / 3600)
    with pytest.raises(ValueError, match="takes time"):
        energies_wh([], 60.0)
