"""The board itself: supply, reset, watchdog, and the thread in which its firmware runs.

The firmware runs in a thread of its own so that it can be stopped in the middle of a sleep and go on later. Only one of
the two, that thread or the caller of `run_until`, runs at any time; they pass a token.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
import threading
import traceback
from typing import Final, NoReturn

from ..parts.line import Line
from ..parts.radio import Radio
from ..world import (
    MICROSECOND,
    MILLISECOND,
    NEVER,
    Event,
    World,
    WorldBroken,
    nanoseconds,
)
from . import loader
from .blinka import enter
from .console import Console
from .converter import PINS as ANALOG_PINS, Converter
from .flash import ByteArray, FlashImage
from .models import Model
from .pins import Gpio, Pins
from .reset import Closed, Interrupt, PowerLost, Reload, Reset, ResetReason
from .uart import Port, Uart

# What one look at the hardware costs the firmware. Without a cost, a loop that waits for time to pass would never end.
WORK_NS: Final = 20 * MICROSECOND
# From reset to the first line of the firmware; CircuitPython waits a second for a double reset.
_BOOT_NS: Final = 1_200 * MILLISECOND
_RELOAD_NS: Final = 300 * MILLISECOND
_WATCHDOG_MAX_S: Final = 8
# How long closing waits for a request that is under way.
_LAST_REQUEST_S: Final = 5.0
_SLEEP_MEMORY_BYTES: Final = 256

Version = tuple[int, int]


class Board:
    """A board whose drive holds the files in `drive` and the given settings."""

    def __init__(
        self,
        world: World,
        *,
        drive: Path,
        settings: Mapping[str, str | int],
        flash: FlashImage,
        console: Console,
        model: Model,
        circuitpython: Version = (10, 2),
    ) -> None:
        """Make a board without supply."""
        self.world = world
        self.drive = drive
        self.settings = settings
        self.flash = flash
        self.console = console
        self.model = model
        self.circuitpython = circuitpython
        self.pins = Pins(model.pins)
        self.converter = Converter(world)
        for gpio in self.pins.by_chip.values():
            if gpio.name in ANALOG_PINS:
                gpio.convert = partial(self._convert, gpio)
        self.ports: dict[tuple[str, str], Port] = {}
        self.uarts: dict[int, Uart] = {}
        self.nvm = ByteArray(flash, self.flash_busy)
        self.randomness = world.random("board")
        self.rtc_offset_s = 0
        self.sleep_memory = bytearray(_SLEEP_MEMORY_BYTES)
        self.nap_ns = 0
        self.awake_until_ns = 0
        self._stirred = False
        self.powered = False
        self.boots = 0
        self.resets: list[ResetReason] = []
        self.reset_reason = ResetReason.POWER_ON
        self.run_reason = "STARTUP"
        self.safe_mode_reason: str | None = None
        self.next_safe_mode = False
        self.previous_traceback: str | None = None
        self.started_ns = 0
        # What the clocks of the chip show when the board starts.
        self.head_start_ns = 0
        self.watchdog_s: float | None = None
        self._watchdog_ns = NEVER
        self._watchdog_event: Event | None = None
        self._interrupt_: Interrupt | None = None
        self._failure: BaseException | None = None
        self._go = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._closing = False
        self._radio: Radio | None = None
        # What running a file of the drive means.
        self.program: Callable[[str], None] = lambda name: loader.Loader(self).run(name)
        self._thread = threading.Thread(target=self._live, name="board", daemon=True)
        world.at_horizon = self._hand_over

    # --- for the wiring

    def wire_uart(self, tx: str, rx: str, unit: int) -> Line:
        """Make a pair of pins a UART and return the line at it."""
        line = Line(self.world, self._stir)
        self.ports[tx, rx] = Port(self, unit, line)
        return line

    def wire_radio(self, radio: Radio) -> None:
        """Give the board a radio; what arrives there wakes it from a nap."""
        self._radio = radio
        radio.on_arrival = lambda: self.stay_awake(0.0)

    @property
    def radio(self) -> Radio:
        """The board's radio, which only boards with Wi-Fi ask for."""
        if self._radio is None:
            raise ValueError(f"{self.model.name} has no radio")
        return self._radio

    # --- for whoever drives the simulation

    def power(self, on: bool) -> None:
        """Give the board its supply or take it away."""
        if on and not self.powered:
            self.reset_reason, self.safe_mode_reason = ResetReason.POWER_ON, None
        self.powered = on
        if not on:
            self._interrupt = PowerLost()

    def reset(self, reason: ResetReason, safe_mode: str | None = None) -> None:
        """Reset the board from outside."""
        if self.powered and self._interrupt is None:
            self._interrupt = Reset(reason, safe_mode)

    def run_until(self, time_ns: int) -> None:
        """Let the world run to `time_ns`. Raises what broke the simulator, if something did."""
        if self._closing:
            raise ValueError("this board is closed")
        self.world.horizon_ns = time_ns
        if not self._thread.is_alive() and self._failure is None:
            self._thread.start()
        else:
            self._go.release()
        self._back.acquire()
        if self._failure is not None:
            raise RuntimeError("the simulator itself failed") from self._failure

    def close(self) -> None:
        """End the firmware, wherever it is."""
        if self._closing:
            return
        self._closing = True
        if self._thread.is_alive():
            self.world.arrive(self._end)
            self._go.release()
            self._thread.join(_LAST_REQUEST_S)
        self.flash.save()

    # --- for the simulated CircuitPython

    def work(self, time_ns: int = WORK_NS) -> None:
        """Let the time pass that a touch of the hardware takes; raises when the firmware has to stop."""
        world = self.world
        until_ns = world.now_ns + time_ns
        if until_ns < world.quiet_until_ns:
            world.now_ns = until_ns
            return
        world.advance(until_ns)
        if self._interrupt is not None:
            raise self._interrupt

    def sleep_until(self, time_ns: int, wake: Callable[[], bool] | None = None) -> None:
        """Let time pass to `time_ns`, or until `wake`; raises when the firmware has to stop."""
        world = self.world
        if time_ns < world.quiet_until_ns and world.pace is None:
            world.now_ns = max(world.now_ns, time_ns)
            return
        if self._interrupt is not None:
            raise self._interrupt
        if wake is None:
            self.world.advance(time_ns, self._interrupted)
        else:
            self.world.advance(time_ns, lambda: self._interrupted() or wake())
        if self._interrupt is not None:
            raise self._interrupt

    def sleep(self, duration_ns: int) -> None:
        """Sleep as `time.sleep` does; with a `nap_ns`, longer, as long as nothing happens that the firmware could notice."""
        now_ns = self.world.now_ns
        if self.nap_ns <= duration_ns or now_ns < self.awake_until_ns:
            self.sleep_until(now_ns + duration_ns)
        else:
            self._nap(now_ns + duration_ns, now_ns + self.nap_ns)

    def _nap(self, earliest_ns: int, latest_ns: int) -> None:
        """Sleep until messages that are under way have arrived, or somebody does something, or it is `latest_ns`."""
        ports = self.ports.values()
        while True:
            under_way = [
                port.line.complete_ns
                for port in ports
                if port.line.next_arrival_ns < NEVER
            ]
            until_ns = max(earliest_ns, min([latest_ns, *under_way]))
            self._stirred = False
            self.sleep_until(until_ns, self._has_stirred)
            if self.world.now_ns >= until_ns:
                return
            if self.world.now_ns < self.awake_until_ns:
                latest_ns = earliest_ns

    def stay_awake(self, duration_s: float) -> None:
        """Take no naps for a while: somebody does something that asks for attention."""
        self.awake_until_ns = self.world.now_ns + nanoseconds(duration_s)
        self._stirred = True

    def flash_busy(self, time_ns: int) -> None:
        """Let time pass with interrupts off: of what the UARTs hear, only the hardware's 32 bytes stay."""
        for uart in self.uarts.values():
            uart.settle()
        try:
            self.sleep_until(self.world.now_ns + time_ns)
        finally:
            for uart in self.uarts.values():
                uart.settle(room=32)

    def guard(self, timeout_s: float | None) -> None:
        """Start the watchdog, or stop it with None. Raises ValueError beyond the hardware's 8 s."""
        if timeout_s is not None and not 0 < timeout_s <= _WATCHDOG_MAX_S:
            raise ValueError(f"timeout must be <= {_WATCHDOG_MAX_S}")
        self.watchdog_s = timeout_s
        self.feed()

    def feed(self) -> None:
        """Put the watchdog's end off."""
        if self.watchdog_s is None:
            self._watchdog_ns = NEVER
            return
        self._watchdog_ns = self.world.now_ns + nanoseconds(self.watchdog_s)
        if self._watchdog_event is None:
            self._watchdog_event = self.world.at(self._watchdog_ns, self._watch)

    def stop(self, interrupt: Interrupt) -> NoReturn:
        """Stop the firmware from inside, as `microcontroller.reset()` does."""
        self._interrupt = interrupt
        raise interrupt

    # --- inside

    def _convert(self, gpio: Gpio) -> int:
        return self.converter.sample(gpio, self.world.now_ns, 0, 1)[0]

    def _end(self) -> None:
        self._interrupt = Closed()
        self.world.horizon_ns = NEVER

    def _stir(self) -> None:
        self._stirred = True

    def _has_stirred(self) -> bool:
        return self._stirred

    @property
    def _interrupt(self) -> Interrupt | None:
        return self._interrupt_

    @_interrupt.setter
    def _interrupt(self, interrupt: Interrupt | None) -> None:
        self._interrupt_ = interrupt
        self.world.alert = interrupt is not None

    def _interrupted(self) -> bool:
        return self._interrupt is not None

    def _watch(self) -> None:
        self._watchdog_event = None
        if self._watchdog_ns == NEVER:
            return
        if self.world.now_ns < self._watchdog_ns:
            self._watchdog_event = self.world.at(self._watchdog_ns, self._watch)
        else:
            self.reset(ResetReason.WATCHDOG)

    def _hand_over(self) -> None:
        """At the horizon: let the caller of `run_until` go on, and wait until it comes back."""
        self._back.release()
        self._go.acquire()

    def _live(self) -> None:
        enter(self)
        try:
            while not self._closing:
                if self.powered:
                    self._run()
                else:
                    self.world.advance(NEVER, lambda: self.powered or self._closing)
        except BaseException as failure:  # noqa: BLE001 - it is raised in the thread that asked
            self._failure = failure
        self._back.release()

    def _run(self) -> None:
        """Run the firmware from one start to the next."""
        self._interrupt = Closed() if self._closing else None
        hard = self.run_reason == "STARTUP"
        if hard:
            self.boots += 1
            self.resets.append(self.reset_reason)
            self.started_ns = self.world.now_ns - self.head_start_ns
        safe_mode_reason = self.safe_mode_reason
        try:
            self.sleep_until(self.world.now_ns + (_BOOT_NS if hard else _RELOAD_NS))
            if safe_mode_reason is not None:
                self.console.note(f"safe mode: {safe_mode_reason}")
                self._execute("safemode.py")
            else:
                if hard:
                    self._execute("boot.py")
                    self._float()
                self._execute("code.py")
            self._float()
            self.console.note("code done, waiting for reload")
            self.sleep_until(NEVER)
        except Reset as reset:
            self.reset_reason, self.run_reason = reset.reason, "STARTUP"
            self.safe_mode_reason = reset.safe_mode or (
                "PROGRAMMATIC" if self.next_safe_mode else None
            )
            self.next_safe_mode = False
            self.previous_traceback = None
            self.console.note(f"reset: {reset.reason.lower()}")
        except Reload:
            self.run_reason = "SUPERVISOR_RELOAD"
        except PowerLost:
            self.run_reason, self.previous_traceback = "STARTUP", None
            self.rtc_offset_s = 0
            self.sleep_memory[:] = bytes(_SLEEP_MEMORY_BYTES)
            self.console.note("power lost")
        except Closed:
            pass
        finally:
            self._float()
            if self.run_reason == "STARTUP":
                self.watchdog_s = None
                self._watchdog_ns = NEVER

    def _execute(self, name: str) -> None:
        """Run one file of the drive, if it is there, until it ends or raises."""
        if not (self.drive / name).exists():
            return
        try:
            self.program(name)
        except Interrupt, WorldBroken:
            raise
        except SystemExit:
            pass
        except BaseException as error:
            if self._interrupt is not None:
                raise self._interrupt from error
            self.previous_traceback = self._own_traceback(error)
            self.console.write(self.previous_traceback)

    def _own_traceback(self, error: BaseException) -> str:
        """Return the traceback without the simulator's frames around the firmware."""
        where = error.__traceback__
        while where is not None and where.tb_frame.f_code.co_filename in (
            __file__,
            loader.__file__,
        ):
            where = where.tb_next
        return "".join(traceback.format_exception(error.with_traceback(where)))

    def _float(self) -> None:
        """Reset the peripherals: every pin floats, every UART is off."""
        for uart in list(self.uarts.values()):
            uart.deinit()
        if self._radio is not None:
            self._radio.leave()
        self.pins.reset()

    @property
    def up_ns(self) -> int:
        """Nanoseconds since the board started."""
        return self.world.now_ns - self.started_ns
