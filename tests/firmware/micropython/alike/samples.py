"""The queue of samples under additions, acknowledgements and refusals, and the recorder before it."""

from chance import Chance

from kickwatt.meter import Reading
from kickwatt.queue import Queue
from kickwatt.recorder import Recorder

chance = Chance(3)


def some_reading():
    """A measurement, not always complete."""
    return Reading(
        chance.below(5_000),
        chance.below(100_000),
        chance.one_of((None, chance.below(250_000))),
        chance.one_of((None, 2_147_483_647 - chance.below(100))),
        chance.one_of((None, chance.below(101))),
    )


def tell(queue):
    """Print everything in it."""
    for sample in queue.first(len(queue)):
        reading = sample.reading
        print(
            sample.number,
            sample.second,
            sample.closed,
            reading.voltage_dv,
            reading.current_ma,
            reading.power_dw,
            reading.energy_wh,
            reading.factor_c,
        )


for capacity in (2, 5, 16, 64):
    queue = Queue(capacity)
    second = number = 0
    for turn in range(300):
        what = chance.below(10)
        if what < 8:
            second += chance.below(60)
            number += 1
            queue.add(second, chance.below(4) > 0, some_reading())
        elif what == 8 and not chance.below(4):
            print("acknowledged", queue.acknowledge(chance.below(number + 1)))
        else:
            print("dropped", queue.drop(chance.below(number + 1)))
        if turn % 30 == 0:
            tell(queue)

queue = Queue(32)
recorder = Recorder(queue, 30, 60)
for second in range(600):
    recorder.reading(some_reading(), second > 200, second > 300, second * 1000)
    if not chance.below(50):
        recorder.change()
tell(queue)
