"""Bursts of samples: the length of a cycle and the mean square, against floating-point truth.

The bounds, for a signal of at least 200 steps RMS with 1.5 steps of noise, anywhere from 45 to 65 Hz, at any phase and
bias, with up to 5 % of third and fifth harmonic: frequency 0.6 %, voltage 0.5 %; a charger's current in pulses 1 %.
"""

import array
import math
import random

from hypothesis import given, strategies as st
import pytest

from kickwatt.analog import RATE, SAMPLES
from kickwatt.wave import ONE, Extremes, cycle_length, mean_square, root
from tests.firmware.waves import burst, mains, pulses

hertz = st.floats(45, 65)
phases = st.floats(0, 2 * math.pi)
shares = st.floats(-0.05, 0.05)
seeds = st.integers(0, 1000)


def rms(samples: array.array[int], cycle: float) -> float:
    measured = mean_square(samples, round(cycle * ONE))
    assert measured is not None
    return math.sqrt(measured[1]) / ONE


@given(hertz, phases, shares, shares, st.floats(200, 1000), st.floats(-1, 1), seeds)
def test_a_voltage_is_measured_whatever_its_frequency_bias_phase_and_harmonics(
    frequency: float,
    phase: float,
    third: float,
    fifth: float,
    true: float,
    off_middle: float,
    seed: int,
) -> None:
    room = 2040 - true * 1.6
    samples = burst(
        mains(frequency, true, phase, third, fifth),
        2048 + off_middle * room,
        noise=1.5,
        seed=seed,
    )
    cycle = cycle_length(samples)
    assert cycle is not None
    assert RATE * ONE / cycle == pytest.approx(frequency, rel=0.006)
    assert rms(samples, cycle / ONE) == pytest.approx(true, rel=0.005)


@given(hertz, phases, st.floats(0.12, 1.5), st.floats(50, 400), st.floats(1200, 2800))
def test_a_current_in_pulses_is_measured_over_the_voltages_cycles(
    frequency: float, phase: float, half_width: float, true: float, bias: float
) -> None:
    if true * math.sqrt(math.pi / half_width) > 1190:
        true = 1190 / math.sqrt(math.pi / half_width)
    samples = burst(pulses(frequency, true, half_width, phase), bias)
    assert rms(samples, RATE / frequency) == pytest.approx(true, rel=0.01, abs=0.3)


@given(st.floats(0, 4095), seeds)
def test_the_bias_alone_makes_nothing(bias: float, seed: int) -> None:
    assert rms(burst(lambda _: 0.0, bias), 180) == 0
    noisy = rms(burst(lambda _: 0.0, 500 + bias * 0.7, noise=2.0, seed=seed), 180)
    assert noisy == pytest.approx(2.0, abs=0.4)


@given(st.lists(st.integers(0, 65535), min_size=180, max_size=SAMPLES))
def test_the_mean_square_is_exact_over_whole_samples(values: list[int]) -> None:
    steps = [value >> 4 for value in values]
    cycles = len(values) // 90
    window = steps[: cycles * 90]
    measured = mean_square(array.array("H", values), 90 * ONE)
    assert measured is not None
    mean, square = measured
    total, squares = sum(window), sum(step * step for step in window)
    true = squares * len(window) - total * total
    assert mean == total // len(window)
    assert square == true * ONE * ONE // len(window) ** 2


def test_the_last_cycle_counts_as_far_as_it_goes() -> None:
    # Two cycles of 100.5 samples: without the half sample the window would be 1/400 too long.
    samples = burst(mains(9000 / 100.5, 500), 2048)
    assert rms(samples, 100.5) == pytest.approx(500, rel=0.0005)


@pytest.mark.parametrize("frequency", [45, 50, 60, 65])
def test_one_whole_cycle_is_seen_wherever_the_burst_begins(frequency: int) -> None:
    for phase in range(0, 360, 5):
        samples = burst(mains(frequency, 500, math.radians(phase)), 2048)
        cycle = cycle_length(samples)
        assert cycle is not None
        assert RATE * ONE / cycle == pytest.approx(frequency, rel=0.001)


def test_noise_at_the_crossing_makes_no_cycles() -> None:
    # The seed counted in milliseconds; crossings without a margin would count 20 here.
    samples = burst(mains(50, 200), 2048, noise=12, seed=4)
    cycle = cycle_length(samples)
    assert cycle is not None
    assert RATE * ONE / cycle == pytest.approx(50, rel=0.03)


@pytest.mark.parametrize("frequency", [1, 10, 20])
def test_less_than_a_cycle_is_none(frequency: float) -> None:
    assert cycle_length(burst(mains(frequency, 500), 2048)) is None
    assert mean_square(burst(mains(50, 500), 2048), (SAMPLES + 1) * ONE) is None


def test_a_burst_without_a_wave_is_quiet_and_one_at_the_end_of_the_range_clipped() -> (
    None
):
    assert Extremes(burst(lambda _: 0.0, 2048, noise=1.0)).quiet
    assert not Extremes(burst(mains(50, 20), 2048)).quiet
    assert Extremes(burst(mains(50, 1500), 2048)).clipped
    assert Extremes(burst(mains(50, 1000), 3000)).clipped
    assert not Extremes(burst(mains(50, 1400), 2048)).clipped


@given(hertz, phases, st.floats(0, 4095))
def test_the_sums_of_a_sine_never_leave_a_small_integer(
    frequency: float, phase: float, bias: float
) -> None:
    samples = burst(mains(frequency, 2047 / math.sqrt(2), phase), bias)
    extremes = Extremes(samples)
    middle = (extremes.low + extremes.high) >> 1
    levels = [(sample >> 4) - middle for sample in samples]
    assert sum(level * level for level in levels) < 1 << 30


@given(st.integers(0, 1 << 80))
def test_the_root_is_the_whole_root(number: int) -> None:
    assert root(number) == math.isqrt(number)


def test_small_roots() -> None:
    assert [root(number) for number in range(300)] == [
        math.isqrt(number) for number in range(300)
    ]


def test_random_samples_are_no_mains() -> None:
    luck = random.Random(1)
    samples = array.array("H", [luck.randrange(65536) for _ in range(SAMPLES)])
    cycle = cycle_length(samples)
    assert cycle is not None and RATE * ONE / cycle > 500
