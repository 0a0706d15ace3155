"""How a battery ages, from whole charges only."""

from dataclasses import replace
from random import Random

import pytest

from kickwatt_hub.charging.health import DAY_MS, Health, health, tail_share, whole
from kickwatt_hub.charging.profile import Charge


def a_charge(day: float, energy_wh: float, *, tail: float = 0.25) -> Charge:
    """Return a charge of which this share of the time is tail."""
    high = round(48 * (1 - tail))
    curve_w = (*([95.0] * high), *(60.0 * 0.9**index for index in range(48 - high)))
    return Charge(
        round(day * DAY_MS), 14_400.0, energy_wh, 95.0, 1.2, 1.0, 1800.0, curve_w
    )


def fading(
    seed: int, *, per_year: float, partial: float = 0.4, noise: float = 0.012
) -> list[Charge]:
    """Return two years of charges, two a week, some of them partial."""
    random = Random(seed)
    charges = []
    for day in range(0, 730, 3):
        energy_wh = 420.0 * (1 - per_year * day / 365.25) * random.gauss(1.0, noise)
        if random.random() < partial:
            energy_wh *= random.uniform(0.2, 0.8)
        charges.append(a_charge(day, energy_wh))
    return charges


def test_partial_charges_are_left_out() -> None:
    charges = [a_charge(day, 400.0 if day % 2 else 170.0) for day in range(40)]
    assert {each.energy_wh for each in whole(charges)} == {400.0}


def test_cold_charges_are_left_out() -> None:
    charges = [
        a_charge(day, 400.0, tail=0.7 if day % 5 == 0 else 0.25) for day in range(40)
    ]
    assert all(each.start_ms / DAY_MS % 5 for each in whole(charges))


def test_one_charge_that_was_counted_twice_makes_no_other_partial() -> None:
    charges = [a_charge(day, 800.0 if day == 7 else 400.0) for day in range(20)]
    assert len(whole(charges)) == 20


@pytest.mark.parametrize("count", [0, 1, 4])
def test_before_enough_whole_charges_nothing_is_said(count: int) -> None:
    assert health([a_charge(day, 400.0) for day in range(count)]) is None


@pytest.mark.parametrize("per_year", [0.0, 0.03, 0.08, 0.15])
def test_the_index_follows_the_capacity(per_year: float) -> None:
    found = health(fading(1, per_year=per_year))
    assert isinstance(found, Health)
    assert found.index == pytest.approx(100 * (1 - 2 * per_year), abs=2.5)
    assert found.trend == pytest.approx(-100 * per_year, abs=1.0)
    assert found.trend_low <= found.trend <= found.trend_high


def test_the_index_is_that_of_the_latest_days_where_whole_charges_are_rare() -> None:
    def left(day: int) -> float:
        return 1.0 - 0.2 * day / 365.25

    found = health(
        [
            a_charge(day, 420.0 * left(day) * (1.0 if day % 15 == 0 else 0.5))
            for day in range(0, 730, 3)
        ]
    )
    assert found is not None
    assert found.index == pytest.approx(100 * left(723) / left(6), abs=1.0)


def test_what_the_charger_draws_for_itself_is_no_capacity() -> None:
    idle_w = 12.0
    charges = [
        replace(
            a_charge(day, 420.0 + idle_w * (4.0 + day / 100)),
            duration_s=3600.0 * (4.0 + day / 100),
            tail_w=idle_w,
        )
        for day in range(60)
    ]
    found = health(charges)
    assert found is not None
    assert found.index == pytest.approx(100.0, abs=0.1)
    assert found.trend == pytest.approx(0.0, abs=0.1)


def test_of_charges_that_took_nothing_but_idle_draw_nothing_is_said() -> None:
    assert health([a_charge(day, 1.2 * 4.0) for day in range(9)]) is None


def test_of_charges_that_contradict_each_other_nothing_is_said() -> None:
    first = [a_charge(day, 400.0) for day in range(5)]
    at_once = [a_charge(4000.0 + day / 1e6, 400.0 + day) for day in range(20)]
    assert health([*first, *at_once]) is None


def test_the_interval_of_the_trend_holds_the_truth_four_times_in_five() -> None:
    hits = 0
    for seed in range(120):
        found = health(fading(seed, per_year=0.06, partial=0.0))
        assert found is not None
        hits += found.trend_low <= -6.0 <= found.trend_high
    assert 0.70 <= hits / 120 <= 0.90


def test_the_order_in_which_charges_arrive_does_not_matter() -> None:
    charges = fading(3, per_year=0.05)
    shuffled = charges[:]
    Random(0).shuffle(shuffled)
    assert health(shuffled) == health(charges)


def test_the_share_of_the_tail() -> None:
    assert tail_share(a_charge(0, 1.0, tail=0.25)) == pytest.approx(0.25)
    assert tail_share(Charge(0, 1.0, 1.0, 1.0, 1.0, None, None)) is None
    older = [a_charge(day, 400.0, tail=0.25 + day / 400) for day in range(40)]
    found = health(older)
    assert found is not None
    assert found.tail_share > 0.3


def test_charges_of_one_instant_have_no_trend() -> None:
    found = health([Charge(5, 1.0, 400.0, 95.0, 1.0, None, None)] * 6)
    assert found is not None
    assert (found.trend, found.trend_low, found.trend_high) == (0.0, 0.0, 0.0)
    assert found.tail_share == 0.0
