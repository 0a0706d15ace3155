"""The firmware in strides: months of it in minutes, without UARTs, AT commands and a tick of the loop each 50 ms.

What decides on the board is the firmware's own, file for file: its wiring (`kickwatt.app`) and tasks, and with them
control, guard, charge, recorder, queue, journal and S1. What is missing are the two drivers and the scheduler: the meter
hands over its registers, a message goes straight to the internet, and the tasks get a turn every few seconds, rarely while
nothing happens around the board. The meter counts as heard in between. So this is for long runs (wear, wrap of clocks, statistics of messages), not for what happens within a second.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from .board.loader import Loader
from .internet import NETWORK_ERROR, Answer, Request
from .world import MILLISECOND, SECOND

if TYPE_CHECKING:
    from .device import Device

# Just after a change; under a closed relay, two for each half minute that the rule for the end of a charge looks at; and else.
_CLOSE_NS: Final = 1 * SECOND
_CLOSED_NS: Final = 15 * SECOND
_OPEN_NS: Final = 60 * SECOND
_CLOSE_STRIDES: Final = 10
# Somebody's finger on the button.
_AWAKE_NS: Final = 50 * MILLISECOND
# A change of power that counts: 5 % and 2 W.
_SHARE: Final = 20
_LEAST_DW: Final = 20


def stride(device: Device) -> None:
    """Let this device, which has not run yet, go in strides."""
    board, usual = device.board, device.board.program

    def run(name: str) -> None:
        if name == "code.py":
            _run(device, Loader(board))
        else:
            usual(name)

    board.program = run


def _run(device: Device, loader: Loader) -> None:
    """Do what code.py does, with other drivers and another scheduler in `kickwatt.app`."""

    def module(name: str) -> Any:
        return loader.import_(f"kickwatt.{name}", wanted=("*",))

    app, digitalio = module("app"), loader.import_("digitalio")
    meter = _Meter(device, module("meter"))
    modem = _Modem(device, module("modem").ModemError)
    vars(app).update(
        Dog=_Dog,
        Scheduler=lambda _feed: _Strides(device, meter),
        open_modem=lambda *_wiring: modem,
        open_meter=lambda _settings: meter,
    )
    # No silence: between two strides the meter would have answered each second.
    vars(module("charge"))["_GAP_MS"] = 2 * _CLOSED_NS // MILLISECOND
    pins = loader.import_("board")
    relay = digitalio.DigitalInOut(getattr(pins, device.board.model.wiring.relay))
    relay.switch_to_output(value=False)
    module("start").run(relay)


class _Dog:
    """No watchdog: strides are longer than its eight seconds."""

    def feed(self) -> None:
        """Do nothing."""


class _Strides:
    """The firmware's tasks, each with one turn per stride."""

    def __init__(self, device: Device, meter: _Meter) -> None:
        self._device = device
        self._meter = meter
        self._tasks: list[Generator[int]] = []
        self._around: object = None
        self._load_dw = 0
        self._close = 0

    def add(self, task: Generator[int]) -> None:
        """Take in a task."""
        self._tasks.append(task)

    def turn(self) -> None:
        """Give each task its turn, and let time pass until the next, or until something happens."""
        for task in self._tasks:
            next(task)
        around, load_dw = self._look_around(), self._meter.load_dw
        moved_dw = abs(load_dw - self._load_dw)
        if around != self._around or moved_dw > max(_LEAST_DW, self._load_dw // _SHARE):
            self._around, self._load_dw, self._close = around, load_dw, _CLOSE_STRIDES
        self._close = max(0, self._close - 1)
        board = self._device.board
        board.sleep_until(board.world.now_ns + self._pause_ns(), self._has_changed)

    def _pause_ns(self) -> int:
        device = self._device
        if device.world.now_ns < device.board.awake_until_ns:
            return _AWAKE_NS
        if self._close:
            return _CLOSE_NS
        return _CLOSED_NS if device.outlet.relay.coil else _OPEN_NS

    def _has_changed(self) -> bool:
        return self._around != self._look_around()

    def _look_around(self) -> tuple[object, ...]:
        """Return what changes when somebody does something, or a fault strikes."""
        device, outlet = self._device, self._device.outlet
        return (
            outlet.relay.coil,
            outlet.relay.contact,
            outlet.mains.present,
            outlet.inserted,
            outlet.plugged_in,
            len(device.injections),
            device.board.awake_until_ns,
        )


class _Meter:
    """The PZEM's registers, without a line to read them over."""

    def __init__(self, device: Device, module: Any) -> None:
        self._device = device
        self._module = module
        self.load_dw = 0

    def read(self) -> Generator[int, None, Any]:
        """Return a reading, or raise the firmware's own `MeterError`."""
        yield from ()
        meter, module = self._device.meter, self._module
        if meter.silent or not meter.has_supply():
            raise module.MeterError("no answer")
        (
            volts,
            low,
            high,
            watts_low,
            watts_high,
            wh_low,
            wh_high,
            _hz,
            factor,
            _alarm,
        ) = meter.registers()
        self.load_dw = watts_low | watts_high << 16
        reading = module.Reading(
            volts, low | high << 16, self.load_dw, wh_low | wh_high << 16, factor
        )
        if reason := module.implausible(reading):
            raise module.MeterError(reason)
        return reading


class _Modem:
    """The way to the hub, without a modem: what `kickwatt.modem` in the firmware asks for."""

    def __init__(self, device: Device, failure: type[Exception]) -> None:
        self._device = device
        self._failure = failure

    def ready(self) -> Generator[int]:
        """Ask whether there is a network."""
        yield from ()
        cell = self._device.cell
        if not cell.coverage or cell.denied or not cell.bearer_works:
            raise self._failure("no network")

    def signal(self) -> Generator[int, None, int]:
        """Return the signal."""
        yield from ()
        return self._device.cell.signal

    def supply_mv(self) -> Generator[int, None, int]:
        """Return the modem's supply voltage."""
        yield from ()
        return self._device.modem.battery_mv

    def network_time(self) -> Generator[int, None, int]:
        """Return Unix seconds."""
        yield from ()
        return int(self._device.world.wall_s)

    def post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        """Post through the faults that lie on the way to the hub."""
        yield from ()
        courier = self._device.courier
        request = Request("POST", url, (), body, 60.0)
        answer = courier.hindrance(request) or courier.fetch(request)
        answer = answer or Answer(NETWORK_ERROR)
        courier.tell(request, answer)
        if answer.status >= NETWORK_ERROR:
            raise self._failure(f"result {answer.status}")
        return answer.status, answer.body

    def recover(self, _failures: int) -> Generator[int]:
        """Do nothing: nothing can hang."""
        yield from ()

    def idle(self) -> None:
        """Hear nothing."""
