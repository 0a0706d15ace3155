"""The analog pair as a meter: what it reads, what it refuses, and that it never hogs the processor."""

import array
from collections.abc import Callable, Generator
import math

import pytest

from kickwatt.analog import RATE, SAMPLES, Analog
from kickwatt.calibration import Calibration
from kickwatt.meter import MeterError, Reading
from tests.firmware.waves import burst, mains, pulses, stretched

type Burst = Callable[[int], array.array[int]]

VOLT = 5.0  # steps
AMPERE = 32.8
NOISE = 1.6


class Input:
    """Gives what `wave` makes of the number of the burst."""

    def __init__(self, wave: Burst) -> None:
        self.wave = wave
        self.rate = RATE
        self.fills = 0

    def fill(self, samples: array.array[int]) -> int:
        samples[:] = self.wave(self.fills)
        self.fills += 1
        return self.rate


def steady(level: float) -> Burst:
    return lambda _: array.array("H", [stretched(level)] * SAMPLES)


def voltage(volts: float, hertz: float = 50.0, bias: float = 2020) -> Burst:
    # Each burst begins at a phase of its own.
    return lambda number: burst(
        mains(hertz, volts * VOLT, 2.4 * number, 0.012, -0.025),
        bias,
        noise=1.2,
        seed=number,
    )


def current(amperes: float, hertz: float = 50.0, bias: float = 2070) -> Burst:
    def wave(number: int) -> array.array[int]:
        shape = pulses(hertz, amperes * AMPERE, 0.29, 1.7 * number)
        return burst(shape, bias, noise=NOISE, seed=number)

    return wave


def analog(volts: Burst, amperes: Burst) -> Analog:
    return Analog(
        Input(volts),
        Input(amperes),
        Calibration(
            round(100_000 / VOLT), round(1_000_000 / AMPERE), round(NOISE * 100)
        ),
    )


def finish[T](task: Generator[int, None, T]) -> T:
    try:
        while True:
            assert next(task) == 0
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def read(pair: Analog) -> Reading:
    return finish(pair.read())


@pytest.mark.parametrize("hertz", [45.5, 49.8, 50, 50.2, 59.9, 60, 64.5])
@pytest.mark.parametrize("amperes", [0.11, 0.75, 3.0])
def test_it_reads_volts_and_amperes_of_a_charger(hertz: float, amperes: float) -> None:
    pair = analog(voltage(230, hertz), current(amperes, hertz))
    for _ in range(5):
        reading = read(pair)
        assert reading.voltage_dv == pytest.approx(2_300, rel=0.005)
        assert reading.current_ma == pytest.approx(amperes * 1000, rel=0.01, abs=6)


def test_it_knows_neither_power_nor_energy_nor_power_factor() -> None:
    reading = read(analog(voltage(230), current(0.75)))
    assert (reading.power_dw, reading.energy_wh, reading.factor_c) == (None, None, None)
    assert reading.load_dw == reading.apparent_dva == pytest.approx(1_725, rel=0.02)


@pytest.mark.parametrize(("hertz", "found"), [(50, 5_000), (60, 6_000), (47.5, 4_750)])
def test_it_finds_the_frequency(hertz: float, found: int) -> None:
    _, chz = finish(analog(voltage(120, hertz), current(0)).voltage())
    assert chz == pytest.approx(found, rel=0.005)


def test_noise_alone_is_no_current() -> None:
    pair = analog(voltage(230), current(0))
    assert [read(pair).current_ma for _ in range(20)] == [0] * 20


def test_no_burst_lasts_50_ms_and_others_have_their_turn_after_each() -> None:
    assert SAMPLES * 1000 / RATE < 45
    volts, amperes = Input(voltage(230)), Input(current(1))
    pair = Analog(volts, amperes, Calibration(20_000, 30_000, 160))
    task, before = pair.read(), 0
    for _ in task:
        fills = volts.fills + amperes.fills
        assert fills - before <= 1
        before = fills
    assert before == 4


def test_each_input_has_a_rate_of_its_own() -> None:
    pair = analog(voltage(230), current(0.75))
    slow = Input(
        lambda number: burst(
            pulses(50, 0.75 * AMPERE, 0.29, number), 2048, noise=NOISE, rate=8_000
        )
    )
    slow.rate = 8_000
    pair._current = slow
    assert read(pair).current_ma == pytest.approx(750, rel=0.02)


@pytest.mark.parametrize(
    ("volts", "says"),
    [
        (steady(0), "voltage input: no mains, it rests at 0"),
        (steady(4095), "voltage input: no mains, it rests at 4095"),
        (steady(2048), "voltage input: no mains, it rests at 2048"),
        (
            lambda number: burst(lambda _: 0.0, 2048, noise=1.2, seed=number),
            "voltage input: no mains",
        ),
        (voltage(320), "voltage input: clipped, 0 to "),
        (voltage(230, bias=1000), "voltage input: clipped, 0 to "),
        (voltage(230, 16.7), "voltage input: no wave of 50 or 60 Hz"),
        (voltage(230, 100), "voltage input: no wave of 50 or 60 Hz"),
        (
            lambda number: burst(lambda _: 0.0, 2048, noise=300, seed=number),
            "voltage input: no wave of 50 or 60 Hz",
        ),
        (voltage(60), "implausible: 60"),
    ],
)
def test_what_is_no_mains_is_no_reading(volts: Burst, says: str) -> None:
    with pytest.raises(MeterError, match=says):
        read(analog(volts, current(0.5)))


@pytest.mark.parametrize(
    ("amperes", "says"),
    [
        (steady(0), "current input: rests at 0 of 4096"),
        (steady(4095), "current input: rests at 4095 of 4096"),
        (current(0, bias=700), r"current input: rests at \d+ of 4096"),
        (steady(2048), "current input: dead still"),
    ],
)
def test_a_current_sensor_that_is_gone_is_no_reading(amperes: Burst, says: str) -> None:
    with pytest.raises(MeterError, match=says):
        read(analog(voltage(230), amperes))


def test_an_overload_beyond_the_converter_is_still_an_overload() -> None:
    reading = read(analog(voltage(230), current(60)))
    assert reading.current_ma > 10_000
    short = lambda number: burst(mains(50, 400 * AMPERE, number), 2048)  # noqa: E731
    assert read(analog(voltage(230), short)).current_ma > 50_000


def test_a_half_wave_load_is_measured_without_its_direct_current() -> None:
    # The Hall sensor sees direct current too; whatever rests takes part in no AC reading.
    half = lambda number: burst(  # noqa: E731
        lambda second: max(0.0, 100 * math.sin(314.159 * second + number)), 2048
    )
    true = 100 * math.sqrt(1 / 4 - 1 / math.pi**2)
    reading = read(analog(voltage(230), half))
    assert reading.current_ma == pytest.approx(true / AMPERE * 1000, rel=0.01)
