"""The firmware in strides: months of it in minutes, without UARTs, AT commands and a tick of the loop each 50 ms.

What decides on the board is the firmware's own, file for file: its tasks `measure`, `watch` and `uplink`, and with them
control, guard, charge, recorder, queue, journal and S1. What is missing are the two drivers and the scheduler: the meter
hands over its registers, a message goes straight to the internet, and the tasks get a turn every few seconds in which
nothing changes. So this is for long runs (wear, wrap of clocks, statistics of messages), not for what happens within a second.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from .board.loader import Loader
from .internet import NETWORK_ERROR, Answer, Request
from .world import SECOND

if TYPE_CHECKING:
    from .device import Device

# Just after a change; under a closed relay, where the guard calls a reading stale after 5 s; and else.
_CLOSE_NS: Final = 1 * SECOND
_CLOSED_NS: Final = 4 * SECOND
_OPEN_NS: Final = 60 * SECOND
_CLOSE_STRIDES: Final = 10
_QUEUE_SAMPLES: Final = 2_048
# A change of power that counts: 5 % and 2 W.
_SHARE: Final = 20
_LEAST_DW: Final = 20


def stride(device: Device) -> None:
    """Let this device, which has not run yet, go in strides."""
    board, usual = device.board, device.board.program

    def run(name: str) -> None:
        if name == "code.py":
            _Run(device, Loader(board)).run()
        else:
            usual(name)

    board.program = run


class _Run:
    """One run of the firmware, from reset to reset."""

    def __init__(self, device: Device, loader: Loader) -> None:
        self._device = device
        self._board = device.board
        self._loader = loader

    def run(self) -> None:
        """Run until the board stops it. What `app.main` does, with other drivers."""
        app = self._module("app")
        digitalio = self._loader.import_("digitalio")
        board = self._loader.import_("board")
        pin = digitalio.DigitalInOut(getattr(board, self._board.model.wiring.relay))
        pin.switch_to_output(value=False)
        relay = app.Relay(pin)
        settings = app.config.load(self._board.settings.get, [])
        if settings.problems:
            raise ValueError("; ".join(settings.problems))
        memory = app.Memory(app.Journal(self._board.nvm))
        boot, reset, too_many = memory.start_boot(app.resets.reason())
        control = app.Control(settings, relay, memory, too_many, app.clock.now_ms())
        queue = app.Queue(_QUEUE_SAMPLES)
        recorder = app.Recorder(queue, settings.sample_s, settings.upload_s)
        uplink = app.Uplink(
            _Modem(self._device, self._module("modem").ModemError),
            control,
            queue,
            memory,
            settings,
            boot,
            reset,
        )
        meter = _Meter(self._device, self._module("meter"))
        measure = app.measure(meter, control, recorder)
        tasks = (measure, app.watch(control, recorder, uplink, memory), uplink.run())
        try:
            self._stride(meter, control, tasks)
        finally:
            relay.open()

    def _stride(
        self, meter: _Meter, control: Any, tasks: tuple[Generator[int], ...]
    ) -> None:
        measure, watch, uplink = (task.__next__ for task in tasks)
        board, world, guard = self._board, self._board.world, control.guard
        told: object = None
        load_dw, close = 0, _CLOSE_STRIDES
        while True:
            measure()
            watch()
            uplink()
            closed = control.closed
            now = (closed, control.why, guard.trips, control.orders.id)
            moved = abs(meter.load_dw - load_dw)
            if now != told or moved > max(_LEAST_DW, load_dw // _SHARE):
                told, load_dw, close = now, meter.load_dw, _CLOSE_STRIDES
            if close:
                close -= 1
                pause_ns = _CLOSE_NS
            else:
                pause_ns = _CLOSED_NS if closed else _OPEN_NS
            board.sleep_until(world.now_ns + pause_ns)

    def _module(self, name: str) -> Any:
        return self._loader.import_(f"kickwatt.{name}", wanted=("*",))


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
        http = self._device.modem.http
        request = Request("POST", url, (), body, 60.0)
        hindered = (hinder(request) for hinder in http.before)
        answer: Answer | None = next((one for one in hindered if one is not None), None)
        if answer is None:
            answer = self._device.internet.fetch(request)
            for change in http.after:
                answer = answer and change(answer)
        answer = answer or Answer(NETWORK_ERROR)
        for listener in http.listeners:
            listener(request, answer)
        if answer.status >= NETWORK_ERROR:
            raise self._failure(f"result {answer.status}")
        return answer.status, answer.body

    def recover(self, _failures: int) -> Generator[int]:
        """Do nothing: nothing can hang."""
        yield from ()

    def idle(self) -> None:
        """Hear nothing."""
