import threading
import time

from kickwatt_sim.pace import RealPace
from kickwatt_sim.world import NEVER, SECOND, World


def test_a_fast_world_takes_its_share_of_real_time() -> None:
    world = World(pace=RealPace(100, epoch_s=time.time()))
    began = time.monotonic()
    for _ in range(400):
        world.run_for(0.05)
    assert 0.15 < time.monotonic() - began < 0.6
    assert world.now_s == 20.0


def test_short_waits_are_made_together() -> None:
    pace = RealPace(1, epoch_s=time.time())
    began = time.monotonic()
    assert pace.reach(1_000_000) == 1_000_000
    assert time.monotonic() - began < 0.0015


def test_a_poke_from_another_thread_ends_the_wait() -> None:
    world = World(pace=RealPace(1, epoch_s=time.time()))
    heard: list[float] = []
    threading.Timer(
        0.1, lambda: world.arrive(lambda: heard.append(world.now_s))
    ).start()
    world.advance(NEVER, lambda: bool(heard))
    assert 0.05 < heard[0] < 1.0


def test_a_past_that_has_caught_up_goes_on_in_real_time() -> None:
    told: list[bool] = []
    began_s = time.time() - 30
    pace = RealPace(200, epoch_s=began_s, on_caught_up=lambda: told.append(True))
    world = World(pace=pace)
    world.epoch_s = began_s
    world.run_for(30.3)
    assert told == [True]
    assert pace.speed == 1.0
    assert abs(world.wall_s - time.time()) < 0.1


def test_a_fast_world_that_begins_now_runs_ahead() -> None:
    pace = RealPace(100, epoch_s=time.time())
    World(pace=pace).run_for(20)
    assert pace.speed == 100
    assert pace.reach(20 * SECOND) == 20 * SECOND
