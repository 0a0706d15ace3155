"""What happened, to whoever listens.

Every event gets the next number of this run of the hub. The last few thousand stay in a ring, so that a client
that was away for a moment can catch up. A listener that reads too slowly never holds anybody up: its queue is
emptied, and it is told to start afresh.
"""

import asyncio
from collections import deque
from collections.abc import Callable
import secrets

from msgspec import Struct

from .meters.model import Meter
from .meters.site import Site
from .model import Charger, Session

RING = 4096  # events; at about 1 kB each this is minutes to hours of a home and seconds of a large fleet
QUEUE = 512  # events per listener


class ChargerChanged(Struct, frozen=True, eq=False):
    """Anything about a charger changed."""

    charger: Charger


class ChargerRemoved(Struct, frozen=True, eq=False):
    """The owner removed a charger."""

    charger_id: str


class SessionStarted(Struct, frozen=True, eq=False):
    """A charge began, at `time_ms`."""

    charger_id: str
    time_ms: int
    session: Session


class SessionEnded(Struct, frozen=True, eq=False):
    """A charge ended, at `time_ms`."""

    charger_id: str
    time_ms: int
    session: Session


class SessionCorrected(Struct, frozen=True, eq=False):
    """Late readings showed that a charge was other than it was told; or that it never was, with `removed`."""

    charger_id: str
    time_ms: int
    session: Session
    removed: bool


class Tripped(Struct, frozen=True, eq=False):
    """A board reported trips that it had not reported before."""

    charger_id: str
    time_ms: int
    trips: tuple[str, ...]


class Guarded(Struct, frozen=True, eq=False):
    """One of the hub's own guards has taken the power away, or found it flowing through an open relay."""

    charger_id: str
    time_ms: int
    reason: str
    energy_wh: float
    closed_s: int


class MeterChanged(Struct, frozen=True, eq=False):
    """A meter was read, or it has changed how it stands with it."""

    meter: Meter


class MeterRemoved(Struct, frozen=True, eq=False):
    """A meter was removed."""

    meter_id: int


class SiteChanged(Struct, frozen=True, eq=False):
    """What a site takes has changed, or what belongs to it."""

    site: Site


class SiteRemoved(Struct, frozen=True, eq=False):
    """Nothing belongs to a site any more."""

    site_id: int


type Happening = (
    ChargerChanged
    | ChargerRemoved
    | SessionStarted
    | SessionEnded
    | SessionCorrected
    | Tripped
    | Guarded
    | MeterChanged
    | MeterRemoved
    | SiteChanged
    | SiteRemoved
)


class Event(Struct, frozen=True, eq=False):
    """A numbered happening; compared by identity."""

    number: int
    what: Happening


class Listener:
    """One reader's bounded queue."""

    def __init__(
        self,
        close: Callable[[Listener], None],
        limit: int,
        wake: asyncio.Event,
        concerns: Callable[[Happening], bool],
    ) -> None:
        """Use `Bus.listen` to get one."""
        self._close = close
        self._limit = limit
        self._wake = wake
        self._concerns = concerns
        self._events: deque[Event] = deque()
        self.missed = False
        """Set when events were dropped; the reader clears it once it has started afresh."""

    def offer(self, event: Event) -> None:
        """Queue an event that concerns the reader, or drop all of them where there is no room."""
        if self.missed or not self._concerns(event.what):
            return
        if len(self._events) >= self._limit:
            self._events.clear()
            self.missed = True
        else:
            self._events.append(event)
        self._wake.set()

    def next(self) -> Event | None:
        """Return the oldest event that waits and forget it."""
        return self._events.popleft() if self._events else None

    def restart(self) -> None:
        """Forget what was missed; the reader takes the present state instead."""
        self._events.clear()
        self.missed = False

    def close(self) -> None:
        """Stop listening."""
        self._close(self)


class Bus:
    """Numbers events, remembers the newest, hands them on. Never waits for anybody."""

    def __init__(self, ring: int = RING) -> None:
        """`ring` is how many events a client may be behind and still resume."""
        self.run = secrets.token_hex(8)
        self.number = 0
        self._ring: deque[Event] = deque(maxlen=ring)
        self._listeners: set[Listener] = set()

    def publish(self, what: Happening) -> None:
        """Give it the next number and hand it to everybody."""
        self.number += 1
        event = Event(self.number, what)
        self._ring.append(event)
        for listener in self._listeners:
            listener.offer(event)

    def listen(
        self,
        wake: asyncio.Event,
        limit: int = QUEUE,
        *,
        concerns: Callable[[Happening], bool] = lambda _what: True,
    ) -> Listener:
        """Return a queue of at most `limit` events from now on, of those that `concerns` says yes to.

        `wake` is set when there is something in it.
        """
        listener = Listener(self._listeners.discard, limit, wake, concerns)
        self._listeners.add(listener)
        return listener

    def since(self, run: str, number: int) -> list[Event] | None:
        """Return the events after `number`, or None when they cannot be served any more."""
        if run != self.run or not 0 <= number <= self.number:
            return None
        missing = self.number - number
        if missing > len(self._ring):
            return None
        return list(self._ring)[len(self._ring) - missing :]
