"""Time that passes only when the firmware sleeps: `world` moves it."""

import world


def monotonic_ns():
    world.clock.now_ns += 1_000
    return world.clock.now_ns


def sleep(seconds):
    world.clock.sleep(int(seconds * 1_000_000_000))
