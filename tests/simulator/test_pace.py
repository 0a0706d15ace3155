from collections.abc import Callable
import threading
import time
from typing import Any

import pytest

from kickwatt_sim import pace as pacing
from kickwatt_sim.pace import RealPace
from kickwatt_sim.world import NEVER, SECOND, World

type Paced = Callable[..., RealPace]


class Clock(threading.Event):
    """A real clock that only waiting moves: how busy the machine is makes no difference."""

    now_s = 1_800_000_000.0

    def time(self) -> float:
        return self.now_s

    monotonic = time

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.now_s += timeout
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


@pytest.fixture
def paced(clock: Clock) -> Paced:
    """Return what makes a pace that keeps step with `clock`."""

    def make(speed: float, **how: Any) -> RealPace:
        pace = RealPace(speed, **{"epoch_s": clock.now_s, **how})
        pace._poked = clock
        return pace

    return make


def test_a_fast_world_takes_its_share_of_real_time(paced: Paced, clock: Clock) -> None:
    world = World(pace=paced(100))
    began_s = clock.now_s
    for _ in range(400):
        world.run_for(0.05)
    assert clock.now_s - began_s == pytest.approx(0.2, abs=0.003)
    assert world.now_s == 20.0


def test_short_waits_are_made_together(paced: Paced, clock: Clock) -> None:
    pace, began_s = paced(1), clock.now_s
    assert pace.reach(1_000_000) == 1_000_000
    assert clock.now_s == began_s
    assert pace.reach(3_000_000) == 3_000_000
    assert clock.now_s == pytest.approx(began_s + 0.003, abs=1e-5)


def test_a_poke_from_another_thread_ends_the_wait() -> None:
    world = World(pace=RealPace(1, epoch_s=time.time()))
    heard: list[float] = []
    threading.Timer(
        0.1, lambda: world.arrive(lambda: heard.append(world.now_s))
    ).start()
    world.advance(NEVER, lambda: bool(heard))
    # By itself the wait ends after an hour.
    assert heard[0] < 3_600


def test_a_past_that_has_caught_up_goes_on_in_real_time(
    paced: Paced, clock: Clock
) -> None:
    told: list[bool] = []
    began_s = clock.now_s - 30
    pace = paced(200, epoch_s=began_s, on_caught_up=lambda: told.append(True))
    world = World(pace=pace)
    world.epoch_s = began_s
    world.run_for(30.3)
    assert told == [True]
    assert pace.speed == 1.0
    assert world.wall_s == pytest.approx(clock.now_s, abs=0.003)


def test_a_fast_world_that_begins_now_runs_ahead(paced: Paced) -> None:
    pace = paced(100)
    World(pace=pace).run_for(20)
    assert pace.speed == 100
    assert pace.reach(20 * SECOND) == 20 * SECOND
