"""Lifetime energy: counters fall, it never does."""

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.energy import Energy, best_power_w, count, count_all, known_powers_w
from kickwatt_hub.model import Position, Reading


def _reading(
    time_s: float,
    meter_wh: int | None = None,
    power_w: float | None = None,
    voltage_v: float | None = 230.0,
    current_a: float | None = 1.0,
) -> Reading:
    return Reading(
        position=Position(1, 1),
        time_ms=int(time_s * 1000),
        relay_on=True,
        voltage_v=voltage_v,
        current_a=current_a,
        power_w=power_w,
        power_factor=None,
        meter_wh=meter_wh,
    )


def _totals(
    *readings: Reading, power_factor: float | None = None
) -> list[float | None]:
    _, counted = count_all(Energy(), readings, power_factor)
    return [reading.energy_wh for reading in counted]


@pytest.mark.parametrize(
    ("counters", "totals"),
    [
        ([12_345, 12_346, 12_346, 12_400], [12_345, 12_346, 12_346, 12_400]),
        ([12_345, 3, 10], [12_345, 12_348, 12_355]),  # started again at zero
        ([12_345, 0, 5], [12_345, 12_345, 12_350]),
        ([12_345, 8_000, 8_010], [12_345, 12_345, 12_355]),  # another meter with a past
        ([12_345, None, 12_350], [12_345, 12_345, 12_350]),  # the meter was silent once
        ([None, 500, 510], [0, 0, 10]),  # a counter where there was none
    ],
)
def test_counters(counters: list[int | None], totals: list[float]) -> None:
    """With no power measured."""
    readings = [_reading(n * 30, wh, 0.0) for n, wh in enumerate(counters)]
    assert _totals(*readings) == totals


def test_after_a_long_silence_a_counter_that_started_again_may_show_more() -> None:
    """Ten hours of a socket are 36.8 kWh."""
    assert _totals(_reading(0, 50_000), _reading(36_000, 8_000)) == [50_000, 58_000]


def test_without_a_counter_power_is_integrated() -> None:
    """Trapezoids: a minute that rises from 0 to 60 W is half a watt-hour."""
    readings = [
        _reading(0, power_w=0.0),
        _reading(60, power_w=60.0),
        _reading(3660, power_w=60.0),
    ]
    assert _totals(*readings) == pytest.approx([0.0, 0.5, 0.5])
    steady = [_reading(n * 60, power_w=120.0) for n in range(31)]
    assert _totals(*steady)[-1] == pytest.approx(60.0)


def test_across_a_longer_silence_nobody_knows_what_flowed() -> None:
    """Nothing is made up."""
    assert _totals(_reading(0, power_w=90.0), _reading(901, power_w=90.0)) == [0.0, 0.0]


def test_time_that_runs_backwards_adds_nothing_and_nothing_twice() -> None:
    """A few seconds by the network; more, when a clock was set."""
    steady = [_reading(time, power_w=3600.0) for time in (100, 110, 105, 120)]
    assert _totals(*steady) == pytest.approx([0.0, 10.0, 10.0, 20.0])
    restarted = [_reading(time, power_w=3600.0) for time in (10_000, 10_010, 0, 10)]
    assert _totals(*restarted) == pytest.approx([0.0, 10.0, 10.0, 20.0])


def test_volts_and_amperes_alone_are_no_energy_unless_the_owner_knows_the_power_factor() -> (
    None
):
    """Then it is an estimate."""
    readings = [_reading(n * 60) for n in range(11)]
    assert _totals(*readings) == [None] * 11
    assert _totals(*readings, power_factor=0.5)[-1] == pytest.approx(230 * 0.5 / 6)
    assert best_power_w(readings[0], None) is None
    assert best_power_w(readings[0], 0.5) == 115.0
    assert best_power_w(_reading(0, voltage_v=None), 0.5) is None
    some = [readings[0], _reading(0, power_w=5.0), _reading(0, current_a=None)]
    assert known_powers_w(some, None) == [230.0, 5.0, None]
    assert known_powers_w(some, 0.5) == [115.0, 5.0, None]


@given(
    st.lists(
        st.tuples(
            st.integers(-100, 5_000),
            st.none() | st.integers(0, 100_000),
            st.none() | st.floats(0, 25_000),
        ),
        max_size=60,
    )
)
def test_it_never_falls(steps: list[tuple[int, int | None, float | None]]) -> None:
    """Whatever meters and clocks do."""
    energy, time_s, before = Energy(), 0, 0.0
    for step_s, meter_wh, power_w in steps:
        time_s += step_s
        energy, reading = count(energy, _reading(time_s, meter_wh, power_w), None)
        total = energy.total_wh or 0.0
        assert total >= before
        assert reading.energy_wh == energy.total_wh
        before = total
