from datetime import UTC, datetime, timedelta

from kickwatt_sim.world import NEVER, SECOND, World


def test_time_passes_only_when_asked() -> None:
    world = World(start=datetime(2026, 11, 21, tzinfo=UTC))
    assert world.wall == datetime(2026, 11, 21, tzinfo=UTC)
    world.run_for(90.5)
    assert world.now_ns == 90.5 * SECOND
    assert world.wall == datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=90.5)


def test_events_happen_in_order_of_time_then_of_entry() -> None:
    world, seen = World(), []
    world.after(2, lambda: seen.append(("b", world.now_s)))
    world.after(1, lambda: seen.append(("a", world.now_s)))
    world.after(2, lambda: seen.append(("c", world.now_s)))
    world.run_for(5)
    assert seen == [("a", 1.0), ("b", 2.0), ("c", 2.0)]
    assert world.now_s == 5.0


def test_an_event_may_make_further_events() -> None:
    world, seen = World(), []

    def tick() -> None:
        seen.append(world.now_s)
        world.after(1, tick)

    world.after(1, tick)
    world.run_for(3.5)
    assert seen == [1.0, 2.0, 3.0]


def test_a_cancelled_event_does_not_happen() -> None:
    world, seen = World(), []
    world.after(1, lambda: seen.append("no")).cancel()
    world.run_for(2)
    assert seen == []


def test_an_event_of_the_past_happens_at_once() -> None:
    world, seen = World(), []
    world.run_for(5)
    world.at(SECOND, lambda: seen.append(world.now_s))
    world.run_for(0)
    assert seen == [5.0]


def test_waking_ends_an_advance_early() -> None:
    world, ready = World(), []
    world.after(3, lambda: ready.append(True))
    world.advance(10 * SECOND, lambda: bool(ready))
    assert world.now_s == 3.0


def test_the_horizon_stops_the_world_and_calls() -> None:
    world, asked = World(), []

    def further() -> None:
        asked.append(world.now_s)
        world.horizon_ns += 2 * SECOND

    world.at_horizon = further
    world.horizon_ns = 2 * SECOND
    world.advance(5 * SECOND)
    assert asked == [2.0, 4.0]
    assert world.now_s == 5.0
    assert world.horizon_ns < NEVER


def test_parts_draw_from_generators_of_their_own() -> None:
    one, other = World(seed=1), World(seed=1)
    assert one.random("a").random() == other.random("a").random()
    assert one.random("a").random() != one.random("b").random()
    assert one.random("a").random() != World(seed=2).random("a").random()
