"""The whole curve in a few numbers."""

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.charging.trace import EMPTY, MOST_LEVELS, Trace, add, resampled


def traced(levels: list[float]) -> Trace:
    trace = EMPTY
    for level_w in levels:
        trace = add(trace, level_w)
    return trace


@given(st.lists(st.floats(0, 1000), max_size=700))
def test_it_stays_small_and_keeps_the_mean(levels: list[float]) -> None:
    trace = traced(levels)
    assert len(trace.levels_w) < MOST_LEVELS
    assert len(trace.levels_w) * trace.slots + trace.open_slots == len(levels)
    total = sum(trace.levels_w) * trace.slots + trace.open_sum_w
    assert total == pytest.approx(sum(levels), abs=1e-6)


def test_a_short_charge_keeps_its_half_minutes_and_a_long_one_its_shape() -> None:
    assert traced([1.0, 2.0, 3.0]).levels_w == (1.0, 2.0, 3.0)
    long = traced([float(index) for index in range(1440)])
    assert long.width_s == 480
    assert list(long.levels_w) == sorted(long.levels_w)


def test_a_curve_is_as_long_as_the_charge_and_not_as_the_wait_after_it() -> None:
    trace = traced([90.0] * 40 + [1.0] * 40)
    assert resampled(trace, 40 * 30.0, 8) == (90.0,) * 8
    assert resampled(trace, 80 * 30.0, 8) == (90.0,) * 4 + (1.0,) * 4
    assert resampled(trace, 0.0, 8) == resampled(EMPTY, 600.0, 8) == ()
