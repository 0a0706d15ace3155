"""Kickwatt's wiring on one page: the board's parts, and the four tasks that take turns.

| task      | does                                              | how often               |
| --------- | ------------------------------------------------- | ----------------------- |
| `measure` | meter ──▶ control ──▶ relay; recorder ──▶ queue   | every second            |
| `watch`   | lets time pass for control; tells of changes      | every 200 ms            |
| `person`  | button ──▶ control; the light                     | every 50 ms             |
| `uplink`  | queue ──▶ modem ──▶ hub ──▶ control               | on a change; at intervals |
"""

import gc

import digitalio
import microcontroller

from kickwatt import __version__, clock, led, modems, pins, resets
from kickwatt.button import LONG, Button
from kickwatt.control import Control
from kickwatt.dog import Dog
from kickwatt.journal import Journal
from kickwatt.led import Light
from kickwatt.memory import Memory
from kickwatt.meter import MeterError
from kickwatt.meters import open_meter
from kickwatt.modems import open_modem
from kickwatt.queue import as_long_as_fits
from kickwatt.recorder import Recorder
from kickwatt.relay import Relay
from kickwatt.scheduler import Scheduler
from kickwatt.uplink import Uplink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from kickwatt.meters import Meter
    from kickwatt.settings import Config

_METER_MS = 1_000
_GUARD_MS = 200
_BUTTON_MS = 50
_SETTLED_MS = 600_000


def main(relay_pin: digitalio.DigitalInOut, settings: Config) -> None:
    """Run for ever. `relay_pin` is an output already, and low."""
    print("Kickwatt %s" % __version__)
    relay = Relay(relay_pin)
    dog = Dog()
    light = Light(_output(pins.LED, False))
    modems.check(settings)
    if settings.problems:
        _complain(settings.problems, light, dog)

    memory = Memory(Journal(microcontroller.nvm))
    boot, reset, too_many = memory.start_boot(resets.reason())
    print("charger %s, boot %d after %s" % (settings.id, boot, reset))
    control = Control(settings, relay, memory, too_many, clock.now_ms())
    meter = open_meter(settings)
    modem = open_modem(settings, memory, dog.feed)
    gc.collect()
    free_bytes = gc.mem_free() - modems.memory_bytes(settings)  # type: ignore[attr-defined]
    queue = as_long_as_fits(free_bytes)
    recorder = Recorder(queue, settings.sample_s, settings.upload_s)
    uplink = Uplink(modem, control, queue, memory, settings, boot, reset)

    scheduler = Scheduler(dog.feed)
    scheduler.add(measure(meter, control, recorder))
    scheduler.add(watch(control, recorder, uplink, memory))
    scheduler.add(person(Button(_button(pins.BUTTON)), light, control, uplink))
    scheduler.add(uplink.run())
    try:
        while True:
            scheduler.turn()
    finally:  # an exception, Ctrl-C or a reload: CircuitPython releases the pin too, this is sooner
        relay.open()


# ---------------------------------------------------------------------- tasks


def measure(
    meter: Meter, control: Control, recorder: Recorder
) -> Generator[int, None, None]:
    """Ask the meter once a second. Silence is the guard's business: readings just grow old."""
    silent = False
    while True:
        began_ms = clock.now_ms()
        try:
            reading = yield from meter.read()
        except MeterError as error:
            if not silent:
                print("meter: %s" % error)
            silent = True
        else:
            if silent:
                print("meter: answers again")
            silent = False
            now_ms = clock.now_ms()
            recorder.reading(
                reading, control.closed, control.state == "charging", now_ms
            )
            control.reading(reading, now_ms)
        yield max(0, began_ms + _METER_MS - clock.now_ms())


def watch(
    control: Control, recorder: Recorder, uplink: Uplink, memory: Memory
) -> Generator[int, None, None]:
    """Let time pass for the guard and the lease; tell of every change."""
    started_ms = clock.now_ms()
    settled = False
    refused = None
    told = (control.state, control.closed, control.trips)
    print(_state(control))
    while True:
        control.tick(clock.now_ms())
        now = (control.state, control.closed, control.trips)
        if control.refused != refused:
            refused = control.refused
            uplink.hurry()
            if refused:
                print("order %d refused: %s" % (control.orders.id, refused))
        if now != told:
            told = now
            recorder.change()
            uplink.hurry()
            print(_state(control))
        if uplink.restart:
            print("restarting, as the hub asked")
            microcontroller.reset()
        if not settled and clock.now_ms() - started_ms >= _SETTLED_MS:
            settled = True
            memory.settled()
        yield _GUARD_MS


def person(
    button: Button, light: Light, control: Control, uplink: Uplink
) -> Generator[int, None, None]:
    """The button and the light."""
    while True:
        now_ms = clock.now_ms()
        press = button.poll(now_ms)
        if press:
            outcome = control.hold(now_ms) if press == LONG else control.press(now_ms)
            print("button, %s: %s" % (press, outcome))
            uplink.hurry()
        light.show(led.pattern(control.state, uplink.online), now_ms)
        yield _BUTTON_MS


# ---------------------------------------------------------------------- small things


def _state(control: Control) -> str:
    relay = "closed" if control.closed else "open"
    trips = " " + ", ".join(control.trips) if control.trips else ""
    return "%s, relay %s (%s)%s" % (control.state, relay, control.why, trips)


def _complain(problems: list[str], light: Light, dog: Dog) -> None:
    """Settings are wrong: say so for ever, and stay off."""
    said_ms = clock.now_ms() - 10_000
    while True:
        now_ms = clock.now_ms()
        if now_ms - said_ms >= 10_000:
            said_ms = now_ms
            print("settings.toml needs your attention, the relay stays off:")
            for problem in problems:
                print("  " + problem)
        light.show(led.SETTINGS, now_ms)
        dog.feed()
        clock.sleep_ms(50)


def _output(pin: microcontroller.Pin, value: bool) -> digitalio.DigitalInOut:
    output = digitalio.DigitalInOut(pin)
    output.switch_to_output(value=value)
    return output


def _button(pin: microcontroller.Pin) -> digitalio.DigitalInOut:
    button = digitalio.DigitalInOut(pin)
    button.switch_to_input(pull=digitalio.Pull.UP)
    return button
