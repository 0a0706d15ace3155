from kickwatt_sim.parts.relay import Relay
from kickwatt_sim.world import World


def bench() -> tuple[World, Relay, list[tuple[float, bool]]]:
    world, seen = World(), []
    relay = Relay(
        world, lambda closed: seen.append((round(world.now_s * 1000, 1), closed))
    )
    return world, relay, seen


def test_the_contact_follows_the_coil_late_and_bounces_once() -> None:
    world, relay, seen = bench()
    relay.drive(True)
    world.run_for(0.1)
    relay.drive(False)
    world.run_for(0.1)
    assert seen == [
        (8.0, True),
        (8.6, False),
        (9.4, True),
        (10.0, False),
        (12.0, True),
        (104.0, False),
    ]


def test_a_floating_pin_opens() -> None:
    world, relay, _ = bench()
    relay.drive(True)
    world.run_for(0.1)
    relay.drive(None)
    world.run_for(0.1)
    assert not relay.contact


def test_a_pulse_shorter_than_the_bounce_ends_open() -> None:
    world, relay, _ = bench()
    relay.drive(True)
    world.run_for(0.009)
    relay.drive(False)
    world.run_for(0.1)
    assert not relay.contact


def test_welded_stays_closed_and_dead_stays_open() -> None:
    world, relay, _ = bench()
    relay.welded = True
    relay.follow()
    relay.drive(True)
    relay.drive(False)
    world.run_for(0.1)
    assert relay.contact
    relay.welded, relay.broken = False, True
    relay.follow()
    relay.drive(True)
    world.run_for(0.1)
    assert not relay.contact
