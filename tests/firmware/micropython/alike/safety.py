"""Control with everything that it decides with: a board that lives through hours of chance."""

from chance import Chance

from kickwatt import clock, config
from kickwatt.button import Button
from kickwatt.control import Control
from kickwatt.journal import Journal
from kickwatt.led import Light, pattern
from kickwatt.memory import Memory
from kickwatt.meter import Reading
from kickwatt.relay import Relay
from kickwatt.scheduler import Scheduler

chance = Chance(5)


class Pin:
    """A digital pin."""

    value = True


def some_reading(closed, energy_wh):
    """What a meter may say of a charger, or of something gone wrong."""
    what = chance.below(40)
    if what == 0:
        return Reading(2300, 9_000, 9_000, energy_wh, 43)
    if what == 1:
        return Reading(1500, 700, 900, energy_wh, 56)
    if what < 4 or not closed:
        return Reading(2300, chance.below(120), chance.below(12), energy_wh, 20)
    return Reading(2300, 700, chance.one_of((900, 900, 900, 60)), energy_wh, 56)


settings = config.Config()
settings.min_dv, settings.max_dv = 1_800, 2_600
told = None
order = 0
now_ms = 1_000_000
for life in range(8):
    settings.autonomous = life % 3 == 0
    rule = config.RULES[life % 2]
    settings.limits = config.Limits(0, 115, 60, 7_200, 300, 3_000, rule, 60 * life)
    control = Control(settings, Relay(Pin()), Memory(Journal(None)), life == 5, now_ms)
    energy_mwh = 0
    load = None
    for second in range(4_000):
        now_ms += 1_000
        energy_mwh += 25 if control.closed else 0
        if chance.below(1_000):
            load = (
                load if load and chance.below(120) else some_reading(control.closed, 0)
            )
            if not control.closed and load.current_ma < 3_000:
                load = Reading(2300, 0, 0, 0, 0)
            load.energy_wh = energy_mwh // 1000
            control.reading(load, now_ms)
        else:
            now_ms += chance.below(8) * 1_000
            control.tick(now_ms)
        what = chance.below(400)
        if what < 8:
            order += chance.below(2)
            control.reply(
                order,
                chance.below(6) > 0,
                chance.one_of((30, 900)),
                now_ms - 500,
                now_ms,
            )
        elif what == 8 and not chance.below(3):
            print(control.press(now_ms))
        elif what == 9:
            print(control.hold(now_ms))
        now = (
            control.state,
            control.closed,
            control.why,
            control.trips,
            control.refused,
            control.orders.id,
        )
        if now != told:
            told = now
            print(
                second, now, control.session.spent_wh, control.session.closed_ms(now_ms)
            )

pin = Pin()
button, light = Button(pin), Light(pin)
for turn in range(2_000):
    if not chance.below(20):
        pin.value = not pin.value
    press = button.poll(turn * 50)
    if press:
        print(turn, press)
for turn in range(300):
    light.show(
        pattern(
            chance.one_of(("off", "charging", "done")) if not turn % 100 else "off",
            turn > 150,
        ),
        turn * 50,
    )
    print(pin.value, end=" ")
print()


time = {"ms": 0}


def now_ms():
    """What the clock says."""
    return time["ms"]


def rest_for(duration_ms):
    """Let the clock go on."""
    time["ms"] += duration_ms


def worker(name, rests):
    """A task that tells of its turns."""
    for rest in rests:
        print(name, now_ms())
        yield rest
    while True:
        yield 5_000


clock.now_ms = now_ms
clock.sleep_ms = rest_for
scheduler = Scheduler(lambda: print("fed", now_ms()))
for name in ("a", "b", "c"):
    scheduler.add(worker(name, [chance.below(300) for _ in range(20)]))
for _ in range(60):
    scheduler.turn()
