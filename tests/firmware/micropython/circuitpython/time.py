"""`time` as CircuitPython has it."""

from link import link


def monotonic_ns():
    """Nanoseconds since the board started."""
    link.look()
    return link.now_ns


def sleep(seconds):
    """Rest."""
    link.pass_time(link.now_ns + int(seconds * 1_000_000_000))
