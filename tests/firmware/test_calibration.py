"""Steps to units and back."""

from hypothesis import example, given, strategies as st
import pytest

from kickwatt import calibration, config
from kickwatt.calibration import Calibration
from kickwatt.wave import ONE
from tests.firmware.fakes import settings


def square(rms_steps: float) -> int:
    return round((rms_steps * ONE) ** 2)


@given(
    st.integers(800, 3_000),
    st.floats(150, 1_300),
    st.integers(50, 10_000),
    st.floats(2, 400),
    st.floats(0, 5),
)
@example(2_300, 300, 10_000, 2, 0.004)
def test_what_was_calibrated_reads_as_what_was_known(
    dv: int, v_rms: float, ma: int, a_rms: float, noise: float
) -> None:
    nothing = square(noise)
    loaded = square(a_rms) + nothing
    found = Calibration(
        calibration.v_slope(dv, square(v_rms)),
        calibration.a_slope(ma, loaded, nothing),
        calibration.a_zero(nothing),
    )
    assert abs(found.voltage_dv(square(v_rms)) - dv) <= 1
    if a_rms > 3 * noise:
        assert found.current_ma(loaded) == pytest.approx(ma, rel=0.005, abs=1)
    assert found.current_ma(nothing) == 0


@given(st.floats(1, 50), st.floats(0, 20))
def test_noise_adds_to_the_square_and_is_taken_off_there(
    noise: float, current: float
) -> None:
    hundredths = round(noise * 100)
    made = Calibration(18_000, 10_000, hundredths)
    read = made.current_ma(square(current) + square(hundredths / 100))
    assert read == pytest.approx(current * 10, abs=1) or (
        read == 0 and current <= noise * 0.51
    )


def test_below_half_of_the_noise_is_nothing() -> None:
    made = Calibration(18_000, 30_000, 160)
    assert made.floor_ma == 24
    assert made.current_ma(square(1.6)) == 0
    assert made.current_ma(square(1.6) + square(0.79)) == 0
    assert made.current_ma(square(1.6) + square(0.81)) == 24


def test_an_input_that_never_moves_is_dead_unless_it_hardly_did_when_calibrated() -> (
    None
):
    assert Calibration(18_000, 30_000, 160).is_dead(0)
    # Less noise than in the calibration, next to a computer, is no fault.
    assert not Calibration(18_000, 30_000, 900).is_dead(square(0.3))
    assert not Calibration(18_000, 30_000, 60).is_dead(0)


def test_the_seeds_front_end_would_read_its_own_sample() -> None:
    # 1 V at the pin for 230 V, and 26.4 mV per ampere: 2330 dV and 1239 mA, as in its text.
    made = Calibration(18_530, 30_518, 0)
    assert made.voltage_dv(square(1257.4)) == 2_330
    assert made.current_ma(square(40.6)) == 1_239


@given(st.integers(1_000, 200_000), st.integers(500, 500_000), st.integers(0, 20_000))
def test_the_printed_lines_are_settings_that_mean_the_same(
    v_slope: int, a_slope: int, a_zero: int
) -> None:
    lines = Calibration(v_slope, a_slope, a_zero).lines
    pasted = {
        name: value.strip('"')
        for name, _, value in (line.partition(" = ") for line in lines)
    }
    assert config.names_in(lines) == list(pasted)
    loaded = config.load((settings() | pasted).get, list(pasted))
    assert loaded.problems == []
    assert (loaded.sensor, loaded.v_slope, loaded.a_slope, loaded.a_zero) == (
        "analog",
        v_slope,
        a_slope,
        a_zero,
    )
