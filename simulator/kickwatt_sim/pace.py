"""Keeping step with a real clock, once or many times as fast."""

from collections.abc import Callable
import threading
import time

from .world import NEVER, SECOND

# Shorter waits are not worth a system call; they add up and are made together.
_SHORTEST_WAIT_S = 0.002
# A world that begins this much before the present begins in the past, not just a moment ago.
_PAST_S = 10.0


class RealPace:
    """Lets a world run `speed` times as fast as the real clock.

    A world that begins in the past and runs faster than the present catches up with it one day. From then on it keeps
    real time, and `on_caught_up` is told. `epoch_s` is the world's wall epoch.
    """

    def __init__(
        self,
        speed: float,
        *,
        epoch_s: float,
        on_caught_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the real clock at the beginning of the world."""
        self.speed = speed
        self._epoch_s = epoch_s
        self._on_caught_up = on_caught_up
        self._behind = speed > 1 and epoch_s < time.time() - _PAST_S
        self._poked = threading.Event()
        self._began_s = time.monotonic()
        self._began_ns = 0

    def poke(self) -> None:
        """Wake whoever waits in `reach`."""
        self._poked.set()

    def reach(self, time_ns: int) -> int:
        """Wait until the world may be at `time_ns`; return how far it may go."""
        while True:
            allowed_ns = self._allowed_ns()
            if allowed_ns >= time_ns:
                return time_ns
            wait_s = threading.TIMEOUT_MAX
            if time_ns < NEVER:
                wait_s = (time_ns - allowed_ns) / SECOND / self.speed
                if wait_s < _SHORTEST_WAIT_S:
                    return time_ns
            if self._behind:
                wait_s = min(
                    wait_s,
                    self._behind_s(allowed_ns) / (self.speed - 1) + _SHORTEST_WAIT_S,
                )
            if self._poked.wait(min(wait_s, 3600.0)):
                self._poked.clear()
                return min(time_ns, self._allowed_ns())

    def _allowed_ns(self) -> int:
        passed_s = time.monotonic() - self._began_s
        allowed_ns = self._began_ns + int(passed_s * self.speed * SECOND)
        if self._behind and self._behind_s(allowed_ns) <= 0:
            self._behind = False
            allowed_ns = int((time.time() - self._epoch_s) * SECOND)
            self._began_ns, self._began_s, self.speed = (
                allowed_ns,
                time.monotonic(),
                1.0,
            )
            self._on_caught_up()
        return allowed_ns

    def _behind_s(self, time_ns: int) -> float:
        return time.time() - (self._epoch_s + time_ns / SECOND)
