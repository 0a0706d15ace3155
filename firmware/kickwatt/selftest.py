"""Is everything wired as it should be? One part after the other, in the REPL, in plain words.

    >>> from kickwatt import selftest
    >>> selftest.run()

docs/hardware.md, "First power-up", says when. The relay stays open, but for two seconds in the last step, and only when the meter
is well and a person types YES.
"""

import os

import digitalio
import microcontroller

from kickwatt import clock, config, guard, pins, resets
from kickwatt.button import Button
from kickwatt.journal import Journal
from kickwatt.led import Light
from kickwatt.memory import Memory
from kickwatt.meter import MeterError
from kickwatt.meters import open_meter
from kickwatt.modem import ModemError
from kickwatt.modems import open_modem
from kickwatt.relay import Relay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TypeVar

    from kickwatt.meter import Reading
    from kickwatt.meters import Meter
    from kickwatt.settings import Config

    T = TypeVar("T")

_FLASH = (200, 200)
_READINGS = 5
_PRESS_MS = 15_000
_CLOSED_MS = 2_000
_SETTLES_MS = 1_500  # the PZEM averages over its last second
_OPEN_DW = 50  # as the guard's check for welded contacts
_IN_USE = "%s: press Ctrl-D, then Ctrl-C, and begin anew"


class Failed(Exception):
    """What is wrong, and where to look."""


def run(ask: Callable[[str], str] = input) -> bool:
    """Go through all of it and print what came of each step; return whether all is well."""
    relay_pin = digitalio.DigitalInOut(pins.RELAY)
    relay_pin.switch_to_output(value=False)
    relay = Relay(relay_pin)
    try:
        return _Test(relay, ask).run()
    finally:
        relay.open()
        relay_pin.deinit()
        print("The relay is open.")


class _Test:
    """The steps, and what they found."""

    def __init__(self, relay: Relay, ask: Callable[[str], str]) -> None:
        self._relay = relay
        self._ask = ask
        self._settings: Config | None = None
        self._sensor: Meter | None = None
        self._meter_is_well = False

    def run(self) -> bool:
        """Take every step, also after one that failed."""
        failed = []
        for name, step in (
            ("settings", self._read_settings),
            ("watchdog", self._watchdog),
            ("memory", self._memory),
            ("light", self._light),
            ("button", self._button),
            ("meter", self._meter),
            ("modem", self._modem),
            ("relay", self._switch),
        ):
            try:
                print("%s: ok, %s" % (name, step()))
            except Failed as error:
                failed.append(name)
                print("%s: FAILED, %s" % (name, error))
        if failed:
            print("Not well: %s." % ", ".join(failed))
        else:
            print("All is well.")
        return not failed

    # ------------------------------------------------------------------ the board

    def _read_settings(self) -> str:
        try:
            with open("settings.toml") as lines:
                names = config.names_in(lines.readlines())
        except OSError:
            names = []
        settings = config.load(os.getenv, names)
        if settings.problems:
            raise Failed("\n  ".join(["settings.toml:"] + settings.problems))
        self._settings = settings
        return "charger %s, %s, %s" % (settings.id, settings.sensor, settings.modem)

    def _watchdog(self) -> str:
        if microcontroller.watchdog is None:
            raise Failed("this board has none: it cannot recover when it hangs")
        return "there is one; the last start was after %s" % resets.reason()

    def _memory(self) -> str:
        if microcontroller.nvm is None:
            raise Failed("this board has none: trips would not outlive a power cut")
        journal = Journal(microcontroller.nvm)
        Memory(journal).settled()
        before = journal.free
        Memory(journal).note_trips(Memory(journal).trips() ^ guard.RESETS)
        Memory(journal).note_trips(Memory(journal).trips() ^ guard.RESETS)
        if journal.worn or Memory(Journal(microcontroller.nvm)).trips() & guard.RESETS:
            raise Failed(
                "what is written cannot be read: the flash is worn, replace the board"
            )
        return "written and read, %d records free" % before

    def _light(self) -> str:
        led = digitalio.DigitalInOut(pins.LED)
        led.switch_to_output(value=False)
        light, began_ms = Light(led), clock.now_ms()
        while clock.now_ms() < began_ms + 5 * sum(_FLASH):
            light.show(_FLASH, clock.now_ms())
            clock.sleep_ms(20)
        led.deinit()
        if not self._yes("Did the light flash five times? y or n: "):
            raise Failed("no light: is it the LED on the board that you look at?")
        return "seen"

    def _button(self) -> str:
        pin = digitalio.DigitalInOut(pins.BUTTON)
        pin.switch_to_input(pull=digitalio.Pull.UP)
        try:
            if not pin.value:
                raise Failed("it reads as pressed: stuck, or GP14 tied to ground")
            print("Press the button now, within 15 s.")
            button, ends_ms = Button(pin), clock.now_ms() + _PRESS_MS
            while clock.now_ms() < ends_ms:
                if button.poll(clock.now_ms()):
                    return "pressed and let go"
                clock.sleep_ms(20)
        finally:
            pin.deinit()
        raise Failed("no press seen: it goes between GP14 and ground")

    # ------------------------------------------------------------------ meter, modem, relay

    def _meter(self) -> str:
        reading = self._mean()
        if reading.load_dw > _OPEN_DW:
            raise Failed(
                "%s through an open relay: welded, or wired past it. PULL THE PLUG"
                % _shown(reading.load_dw, "W")
            )
        self._meter_is_well = True
        return "%s, %s" % (
            _shown(reading.voltage_dv, "V"),
            _shown(reading.load_dw, "W"),
        )

    def _modem(self) -> str:
        settings = self._usable()
        print("This takes up to two minutes.")
        memory = Memory(Journal(microcontroller.nvm))
        try:
            modem = open_modem(settings, memory, lambda: None)
            _finished(modem.ready())
            csq = _finished(modem.signal())
            supply_mv = _finished(modem.supply_mv())
        except ValueError as error:
            raise Failed(_IN_USE % error)
        except ModemError as error:
            raise Failed("%s (docs/hardware.md, Troubleshooting)" % error)
        heard = "unknown" if csq == 99 else "%d dBm" % (2 * csq - 113)
        supply = "" if supply_mv is None else ", supply %d mV" % supply_mv
        return "online, signal %s%s" % (heard, supply)

    def _switch(self) -> str:
        if not self._meter_is_well:
            return "left open, because the meter is not well"
        print(
            "The next step puts mains on the outlet for two seconds: a lamp of 40 to 60 W in it, lid closed."
        )
        if (
            self._ask("Type YES to close the relay, or Enter to leave it open: ")
            != "YES"
        ):
            return "left open, as you wished"
        self._relay.close()
        try:
            clock.sleep_ms(_CLOSED_MS)
            closed = self._read()
        finally:
            self._relay.open()
        clock.sleep_ms(_SETTLES_MS)
        after = self._read()
        if after.load_dw > _OPEN_DW:
            raise Failed("it does not open again. PULL THE PLUG, replace it")
        if closed.load_dw <= _OPEN_DW:
            raise Failed("no power through it: no lamp, or it did not close")
        return "%s closed, %s open" % (
            _shown(closed.load_dw, "W"),
            _shown(after.load_dw, "W"),
        )

    # ------------------------------------------------------------------ how

    def _usable(self) -> Config:
        if self._settings is None:
            raise Failed("mend settings.toml first")
        return self._settings

    def _yes(self, question: str) -> bool:
        return self._ask(question).strip().lower()[:1] == "y"

    def _read(self) -> Reading:
        try:
            if self._sensor is None:
                self._sensor = open_meter(self._usable())
            return _finished(self._sensor.read())
        except ValueError as error:
            raise Failed(_IN_USE % error)
        except MeterError as error:
            raise Failed("%s (docs/hardware.md, Troubleshooting)" % error)

    def _mean(self) -> Reading:
        """The last of some readings: one that fails now and then is no matter."""
        reading, last = None, Failed("no answer")
        for _ in range(_READINGS):
            try:
                reading = self._read()
            except Failed as error:
                last = error
            clock.sleep_ms(500)
        if reading is None:
            raise last
        return reading


def _shown(tenths: int, unit: str) -> str:
    return "%d.%d %s" % (tenths // 10, tenths % 10, unit)


def _finished(task: Generator[int, None, T]) -> T:
    """Run a task step to its end, resting as it asks."""
    try:
        while True:
            clock.sleep_ms(next(task))
    except StopIteration as stop:
        return stop.value
