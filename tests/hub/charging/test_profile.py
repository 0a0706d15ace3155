"""What earlier charges taught."""

from dataclasses import replace
from random import Random

import pytest

from kickwatt_hub.charging.detector import SessionEnded
from kickwatt_hub.charging.lesson import CURVE_POINTS, lesson
from kickwatt_hub.charging.profile import (
    NOTHING_LEARNED,
    REMEMBERED_CHARGES,
    Charge,
    learn,
)
from kickwatt_hub.charging.trace import Trace

ONE = Charge(1, 14_400.0, 330.0, 96.0, 1.2, 1.0, 1800.0)


def test_nothing_is_known_at_first() -> None:
    known = NOTHING_LEARNED
    assert not known.trusted
    assert (known.idle_w, known.tail_tau_s, known.plateau_w) == (None, None, None)
    assert (known.tail_w, known.energy_wh, known.duration_s) == (None, None, None)


def test_two_charges_are_trusted_and_the_lowest_rest_is_the_idle_draw() -> None:
    known = learn(
        learn(NOTHING_LEARNED, ONE),
        replace(ONE, start_ms=2, idle_w=3.0, energy_wh=340.0),
    )
    assert known.trusted
    assert known.idle_w == 1.0
    assert known.energy_wh == 335.0
    assert (known.plateau_w, known.tail_w, known.duration_s) == (96.0, 1.2, 14_400.0)
    assert known.tail_tau_s == 1800.0


def test_the_order_of_arrival_does_not_matter_and_old_charges_are_forgotten() -> None:
    charges = [
        replace(ONE, start_ms=index, energy_wh=float(index)) for index in range(12)
    ]
    shuffled = charges[:]
    Random(1).shuffle(shuffled)
    in_order, other = NOTHING_LEARNED, NOTHING_LEARNED
    for each, another in zip(charges, shuffled, strict=True):
        in_order, other = learn(in_order, each), learn(other, another)
    assert in_order.charges == tuple(charges[-REMEMBERED_CHARGES:])
    assert learn(in_order, charges[-1]) == in_order
    assert other == in_order


ENDED = SessionEnded(
    start_ms=0,
    end_ms=600_000,
    decided_ms=900_000,
    energy_wh=15.0,
    peak_power_w=97.0,
    reason="full",
    rule="stopped",
    why="",
    numbers={},
    plateau_w=95.0,
    rest_w=1.0,
    at_rest=True,
    tail_tau_s=None,
    trace=Trace(1, (95.0,) * 20 + (1.0,) * 10),
)


def test_a_full_charge_is_a_lesson() -> None:
    learned = lesson(ENDED, ENDED.reason)
    assert learned is not None
    assert learned.duration_s == 600
    assert learned.idle_w == 1.0
    assert learned.curve_w == (95.0,) * CURVE_POINTS
    still_falling = lesson(replace(ENDED, at_rest=False), "full")
    assert still_falling is not None
    assert still_falling.idle_w is None


@pytest.mark.parametrize("reason", ["unplugged", "switched_off", "power_lost"])
def test_a_charge_that_was_broken_off_teaches_nothing(reason: str) -> None:
    assert lesson(ENDED, reason) is None


def test_a_charge_that_its_board_cut_is_a_lesson_unless_it_broke_off() -> None:
    cut = replace(ENDED, reason="switched_off", at_rest=False)
    assert lesson(cut, "cut_off") is not None
    assert lesson(replace(cut, broke_off=True), "cut_off") is None
