"""The world: one clock, and what is going to happen in it.

Time is counted in whole nanoseconds since the world began, so that nothing drifts. It moves only when somebody asks for it:
the firmware by sleeping or by waiting for a byte, a test by `World.run_for`. Between two happenings nothing ticks; the
world goes from one straight to the next. A `Pace` may hold it back so that it keeps step with a real clock.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
import heapq
from itertools import count
import random
from typing import Final, Protocol

SECOND: Final = 1_000_000_000
MILLISECOND: Final = 1_000_000
MICROSECOND: Final = 1_000
NEVER: Final = 1 << 62


def nanoseconds(seconds: float) -> int:
    """Return a duration of seconds as whole nanoseconds."""
    return round(seconds * SECOND)


class Pace(Protocol):
    """What holds a world back."""

    def reach(self, time_ns: int) -> int:
        """Wait until the world may be at `time_ns`; return how far it may go, which is less when `poke` cut it short."""

    def poke(self) -> None:
        """Wake whoever waits in `reach`; may be called from any thread."""


class WorldBroken(BaseException):
    """Something in the simulator itself failed. No `Exception`: no firmware may take it for its own."""


class Event:
    """Something that is going to happen; `cancel` it and it does not."""

    __slots__ = ("action", "at_ns")

    def __init__(self, at_ns: int, action: Callable[[], None]) -> None:
        """Remember what happens and when."""
        self.at_ns = at_ns
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Make it not happen."""
        self.action = None


class World:
    """A clock with a wall epoch, a seed, and a queue of events.

    `start` is the wall-clock instant at which the world begins (default: the present). Without a `pace` the world is
    *virtual*: it goes as fast as the machine can, and everything in it follows from `seed`.
    """

    def __init__(
        self, *, start: datetime | None = None, seed: int = 0, pace: Pace | None = None
    ) -> None:
        """Begin a world in which nothing happens yet."""
        self.epoch_s = (start or datetime.now(UTC)).timestamp()
        self.seed = seed
        self.pace = pace
        self.now_ns = 0
        # Nothing happens before this instant, so time may simply pass up to it. 0 forces a look.
        self.quiet_until_ns = 0
        self.at_horizon: Callable[[], None] = lambda: None
        self._horizon_ns = NEVER
        self._alert = False
        self._events: list[tuple[int, int, Event]] = []
        self._order = count()
        self._arrived: deque[Callable[[], None]] = deque()

    @property
    def virtual(self) -> bool:
        """Whether no real clock holds this world back."""
        return self.pace is None

    @property
    def now_s(self) -> float:
        """Seconds since the world began."""
        return self.now_ns / SECOND

    @property
    def wall_s(self) -> float:
        """The instant that a right clock in this world shows, as Unix seconds."""
        return self.epoch_s + self.now_ns / SECOND

    @property
    def wall(self) -> datetime:
        """The instant that a right clock in this world shows, in UTC."""
        return datetime.fromtimestamp(self.wall_s, UTC)

    @property
    def horizon_ns(self) -> int:
        """Where the world stops and `at_horizon` is called."""
        return self._horizon_ns

    @horizon_ns.setter
    def horizon_ns(self, time_ns: int) -> None:
        self._horizon_ns = time_ns
        self._look_ahead()

    @property
    def alert(self) -> bool:
        """Whether nobody may let time pass without a look; a board sets it while its firmware has to stop."""
        return self._alert

    @alert.setter
    def alert(self, alert: bool) -> None:
        self._alert = alert
        self._look_ahead()

    @property
    def next_event_ns(self) -> int:
        """When the next thing happens; NEVER if nothing is going to."""
        return self._events[0][0] if self._events else NEVER

    def random(self, name: str) -> random.Random:
        """Return the generator of the part `name`; parts do not disturb each other's."""
        return random.Random(f"{self.seed}:{name}")

    def at(self, time_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` happen at `time_ns`, or at once if that is past."""
        event = Event(max(time_ns, self.now_ns), action)
        heapq.heappush(self._events, (event.at_ns, next(self._order), event))
        self._look_ahead()
        return event

    def after(self, delay_s: float, action: Callable[[], None]) -> Event:
        """Let `action` happen `delay_s` seconds from now."""
        return self.at(self.now_ns + nanoseconds(delay_s), action)

    def arrive(self, action: Callable[[], None]) -> None:
        """Let `action` happen as soon as the world looks; for other threads, which may not touch the world itself."""
        self._arrived.append(action)
        self.quiet_until_ns = 0
        if self.pace is not None:
            self.pace.poke()

    def advance(self, until_ns: int, wake: Callable[[], bool] | None = None) -> None:
        """Let time pass to `until_ns`, or less far when `wake` is true after something happened."""
        if until_ns < self.quiet_until_ns and self.pace is None:
            self.now_ns = max(self.now_ns, until_ns)
            return
        if wake is not None and wake():
            return
        while True:
            step_ns = min(until_ns, self.next_event_ns, self._horizon_ns)
            reached_ns = step_ns if self.pace is None else self.pace.reach(step_ns)
            self.now_ns = max(self.now_ns, reached_ns)
            if self._arrived:
                self._do(self._arrived.popleft())
                self._look_ahead()
            elif reached_ns < step_ns:
                pass
            elif self.next_event_ns <= self.now_ns:
                self._happen()
            elif self.now_ns >= until_ns:
                return
            else:
                self.at_horizon()
            if wake is not None and wake():
                return

    def _happen(self) -> None:
        action = heapq.heappop(self._events)[2].action
        self._look_ahead()
        if action is not None:
            self._do(action)

    @staticmethod
    def _do(action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            raise WorldBroken(repr(error)) from error

    def _look_ahead(self) -> None:
        busy = self._alert or self._arrived
        self.quiet_until_ns = 0 if busy else min(self.next_event_ns, self._horizon_ns)

    def run_for(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.advance(self.now_ns + nanoseconds(seconds))
