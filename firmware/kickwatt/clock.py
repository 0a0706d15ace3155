"""Time as whole numbers that never wrap.

Floats on the board have 22 significant bits: `time.monotonic()` moves in steps of a quarter second after a
week, a second after a month. `supervisor.ticks_ms()` wraps after 6.2 days, so a sensor that fell silent a week ago
could look fresh. `time.monotonic_ns()` is a 64-bit integer: 292 years.
"""

import time


def now_ms() -> int:
    """Milliseconds since some fixed instant; only differences mean something."""
    return time.monotonic_ns() // 1_000_000


def now_us() -> int:
    """Microseconds since some fixed instant; to see how long something took."""
    return time.monotonic_ns() // 1_000


def sleep_ms(duration_ms: int) -> None:
    """Rest. The only float in the firmware is this argument: `time.sleep` takes seconds, and a short one is exact enough."""
    time.sleep(duration_ms / 1000)
