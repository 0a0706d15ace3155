"""Tasks that take turns."""

from collections.abc import Generator

import pytest

from kickwatt.scheduler import Scheduler
from tests.firmware.fakes import Time


class Bench:
    def __init__(self, time: Time) -> None:
        self.time = time
        self.feeds = 0
        self.scheduler = Scheduler(self.feed)

    def feed(self) -> None:
        self.feeds += 1

    def add(self, rest_ms: int, takes_ms: int = 0) -> list[int]:
        turns: list[int] = []

        def task() -> Generator[int]:
            while True:
                turns.append(self.time.ms)
                self.time.ms += takes_ms
                yield rest_ms

        self.scheduler.add(task())
        return turns

    def run(self, ms: int) -> None:
        ends = self.time.ms + ms
        while self.time.ms < ends:
            before = self.time.ms
            self.scheduler.turn()
            self.time.ms += self.time.ms == before


@pytest.fixture
def bench(time: Time) -> Bench:
    return Bench(time)


def test_every_task_gets_its_rest(bench: Bench) -> None:
    often, seldom = bench.add(20), bench.add(1_000)
    bench.run(10_000)
    assert 450 <= len(often) <= 510
    assert 10 <= len(seldom) <= 12


def test_tasks_with_the_same_rest_meet_in_one_turn(bench: Bench) -> None:
    first = bench.add(50)
    bench.run(30)
    second = bench.add(50)
    bench.run(10_000)
    assert first[-50:] == second[-50:]


def test_no_sleep_is_longer_than_fifty_milliseconds(bench: Bench) -> None:
    bench.add(5_000)
    while bench.time.ms < 1_010_000:
        before = bench.time.ms
        bench.scheduler.turn()
        assert bench.time.ms - before <= 50


def test_a_task_cannot_rest_for_longer_than_five_seconds(bench: Bench) -> None:
    turns = bench.add(3_600_000)
    bench.run(21_000)
    assert len(turns) == 5


def test_the_watchdog_is_fed_while_all_goes_well(bench: Bench) -> None:
    bench.add(20)
    bench.add(5_000)
    bench.run(10_000)
    assert bench.feeds > 400


def test_a_task_that_hogs_the_processor_gets_no_watchdog_fed(bench: Bench) -> None:
    bench.add(20)
    bench.add(10, takes_ms=3_000)
    bench.run(3_000)
    bench.feeds = 0
    bench.run(30_000)
    assert bench.feeds == 0


@pytest.mark.parametrize("mistake", [ValueError, None])
def test_a_task_that_ends_takes_the_loop_with_it(
    bench: Bench, mistake: type[Exception] | None
) -> None:
    def task() -> Generator[int]:
        yield 20
        if mistake:
            raise mistake

    bench.scheduler.add(task())
    with pytest.raises(mistake or StopIteration):
        bench.run(100)
