"""Two known points for the analog pair, asked for in the REPL.

    >>> from kickwatt import calibrate
    >>> calibrate.run()

docs/hardware.md, "The analog front end", says what to have ready. It only measures. The relay stays open; the known load has to bypass it.
"""

from kickwatt import calibration
from kickwatt.analog import Analog
from kickwatt.calibration import Calibration
from kickwatt.decimal import decimal
from kickwatt.meter import MeterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TypeVar

    T = TypeVar("T")

_READINGS = 25  # about five seconds
_TRIES = 5
# The load must stand this far above the noise, in squares: then 5 % of change in the noise is 0.3 % of the slope.
_LOUDER = 9
_NOTHING = Calibration(1, 1, 0)


def run(ask: Callable[[str], str] = input) -> None:
    """Ask for two known points, measure, and print the lines for settings.toml."""
    from kickwatt import adc, pins

    pair = Analog(adc.open_input(pins.VOLTAGE), adc.open_input(pins.CURRENT), _NOTHING)
    try:
        lines = measure(pair, ask)
    except MeterError as error:
        print("Stopped: %s" % error)
        return
    print("Put these lines into settings.toml:")
    print("")
    for line in lines:
        print(line)


def measure(pair: Analog, ask: Callable[[str], str]) -> list[str]:
    """Return the lines for settings.toml. Raises MeterError when an input says nothing usable."""
    known_dv = _number(ask, "Volts at the outlet now, such as 231.4: ", 1)
    square, chz = _mean_voltage(pair)
    v_slope = calibration.v_slope(known_dv, square)
    print("Mains of %d.%02d Hz." % divmod(chz, 100))

    ask("Point 1: no load, nothing plugged in. Then Enter: ")
    nothing = _mean_current(pair, chz)
    a_zero = calibration.a_zero(nothing)
    print("Noise of %d.%02d steps." % divmod(a_zero, 100))

    known_ma = _number(ask, "Point 2: a known load. Amperes, such as 0.261: ", 3)
    square = _mean_current(pair, chz)
    if square < nothing * _LOUDER or square - nothing < 1:
        raise MeterError("the load is too small next to the noise, take a larger one")
    a_slope = calibration.a_slope(known_ma, square, nothing)
    found = Calibration(v_slope, a_slope, a_zero)
    print(
        "Less than %d mA, %d VA, is lost in the noise: KICKWATT_CUTOFF_W must be above that."
        % (found.floor_ma, (found.floor_ma * known_dv + 9_999) // 10_000)
    )
    return found.lines


def _number(ask: Callable[[str], str], question: str, decimals: int) -> int:
    while True:
        number = decimal(ask(question), decimals)
        if number:
            return number
        print("A number with a point, please, of at most %d decimals." % decimals)


def _mean_voltage(pair: Analog) -> tuple[int, int]:
    squares = hertz = 0
    for _ in range(_READINGS):
        square, chz = _patiently(pair.voltage)
        squares += square
        hertz += chz
    return squares // _READINGS, hertz // _READINGS


def _mean_current(pair: Analog, chz: int) -> int:
    squares = 0
    for _ in range(_READINGS):
        squares += _patiently(lambda: pair.current(chz))
    return squares // _READINGS


def _patiently(begin: Callable[[], Generator[int, None, T]]) -> T:
    """Take a measurement to its end; one that fails now and then is taken again."""
    for _ in range(_TRIES):
        try:
            return _finished(begin())
        except MeterError as error:
            last = error
    raise last


def _finished(task: Generator[int, None, T]) -> T:
    """Run a task step to its end, here, where nothing else has a turn."""
    try:
        while True:
            next(task)
    except StopIteration as stop:
        return stop.value
