"""Keeping step with a real clock, once or many times as fast."""

from collections.abc import Callable
import threading
import time

from .world import NEVER, SECOND

# Shorter waits are not worth a system call; they add up and are made together.
_SHORTEST_WAIT_S = 0.002
# A world that begins this much before the present begins in the past, not just a moment ago.
_PAST_S = 10.0


class AheadError(ValueError):
    """A world cannot go faster than the present; the text says it in one sentence."""


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

    @property
    def behind(self) -> bool:
        """Whether the world is so far in the past that it may go faster than real time."""
        return self._behind_s(self._allowed_ns()) > _PAST_S

    def set_speed(self, speed: float) -> None:
        """Go at another speed from now on. Raises AheadError where the world would be in the future."""
        allowed_ns = self._allowed_ns()
        if speed > 1 and self._behind_s(allowed_ns) <= _PAST_S:
            raise AheadError(
                "The simulated clock has caught up with the present, so it cannot go faster than that."
            )
        self._go(allowed_ns, speed)
        self._behind = speed > 1
        self.poke()

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
            self._go(allowed_ns, 1.0)
            self._on_caught_up()
        return allowed_ns

    def _go(self, from_ns: int, speed: float) -> None:
        self._began_ns, self._began_s, self.speed = from_ns, time.monotonic(), speed

    def _behind_s(self, time_ns: int) -> float:
        return time.time() - (self._epoch_s + time_ns / SECOND)
