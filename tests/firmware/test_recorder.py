"""Which readings become samples."""

from kickwatt.meter import Reading
from kickwatt.queue import Queue, Sample
from kickwatt.recorder import Recorder


class Bench:
    def __init__(self) -> None:
        self.queue = Queue(500)
        self.recorder = Recorder(self.queue, 30, 60)
        self.second = 0

    def read(
        self,
        times: int = 1,
        closed: bool = False,
        charging: bool = False,
        power_dw: int = 0,
    ) -> Bench:
        for _ in range(times):
            self.second += 1
            reading = Reading(2_300, 0, power_dw, self.second, 0)
            self.recorder.reading(reading, closed, charging, self.second * 1_000)
        return self

    @property
    def samples(self) -> list[Sample]:
        return self.queue.first(500)

    @property
    def seconds(self) -> list[int]:
        return [sample.second for sample in self.samples]


def test_one_sample_a_period() -> None:
    assert Bench().read(200).seconds == [1, 61, 121, 181]
    assert Bench().read(100, charging=True).seconds == [1, 31, 61, 91]


def test_a_change_is_sampled_on_both_sides() -> None:
    bench = Bench().read(10, closed=True, power_dw=9_000)
    bench.recorder.change()
    bench.read(5)
    assert bench.seconds == [1, 10, 11]
    assert [sample.closed for sample in bench.samples] == [True, True, False]
    assert bench.samples[1].reading.power_dw == 9_000


def test_no_reading_is_sampled_twice() -> None:
    bench = Bench().read(1)
    bench.recorder.change()
    bench.recorder.change()
    assert bench.seconds == [1]
    assert bench.read(1).seconds == [1, 2]


def test_without_a_reading_there_is_no_sample() -> None:
    bench = Bench()
    bench.recorder.change()
    assert bench.samples == []
