"""The conversation in the REPL: two known points in, lines for settings.toml out."""

import pytest

from kickwatt import calibrate
from kickwatt.analog import Analog
from kickwatt.calibration import Calibration
from kickwatt.meter import MeterError
from tests.firmware.test_analog import AMPERE, Burst, Input, current, steady, voltage


class Bench:
    """A front end on a table, and somebody who types what is expected."""

    def __init__(self, load: Burst, *answers: str) -> None:
        self.volts = Input(voltage(231.4))
        self.amperes = Input(current(0))
        self.load = load
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, question: str) -> str:
        self.asked.append(question)
        if question.startswith("Point 2"):
            self.amperes.wave = self.load
        return self.answers.pop(0)

    def run(self) -> list[str]:
        pair = Analog(self.volts, self.amperes, Calibration(1, 1, 0))
        return calibrate.measure(pair, self.ask)


def test_two_points_give_four_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Bench(current(0.261), "231.4", "", "0.261").run()
    names = [line.partition(" = ")[0] for line in lines]
    values = [float(line.partition(' = "')[2].strip('"')) for line in lines[1:]]
    assert names[0] == "KICKWATT_SENSOR" and lines[0].endswith('"analog"')
    assert names[1:] == ["KICKWATT_V_SLOPE", "KICKWATT_A_SLOPE", "KICKWATT_A_ZERO"]
    assert values[0] == pytest.approx(0.2, rel=0.002)
    assert values[1] == pytest.approx(1 / AMPERE, rel=0.01)
    assert values[2] == pytest.approx(1.65, abs=0.1)
    said = capsys.readouterr().out
    assert "Mains of 50.0" in said or "Mains of 49.9" in said
    assert "Less than 25 mA, 6 VA, is lost in the noise" in said


def test_a_number_is_asked_for_until_it_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = Bench(current(1), "", "two hundred", "0", "231.4", "", "1 A", "1,0", "1")
    assert len(bench.run()) == 4
    assert capsys.readouterr().out.count("A number with a point, please") == 5
    assert len(bench.asked) == 8


def test_a_load_that_drowns_in_noise_is_refused() -> None:
    with pytest.raises(MeterError, match="too small next to the noise"):
        Bench(current(0.03), "231.4", "", "0.030").run()


def test_a_broken_input_is_named_after_some_patience() -> None:
    bench = Bench(current(1), "231.4", "", "1")
    bench.volts.wave = steady(0)
    with pytest.raises(MeterError, match="voltage input: no mains"):
        bench.run()
    assert bench.volts.fills == 5


def test_one_bad_burst_is_forgiven() -> None:
    bench = Bench(current(1), "231.4", "", "1")
    good = bench.volts.wave
    bench.volts.wave = lambda number: steady(0)(0) if number == 3 else good(number)
    assert len(bench.run()) == 4
