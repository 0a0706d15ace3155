"""How much a relay takes from whom.

The relay cannot tell a board from a stranger; its hub can, by the answer. So failures count per address, as on a hub,
and a charger that its hub has answered with a signature lately is served from that address whatever its neighbours
do: behind a mobile network's address translation there are many.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from .tunnel import BusyError

PROVED_S = 3600.0
MOST_PROVED = 100_000
AT_ONCE = 2
"""Messages of one charger that wait at a time: one, and the repeat of one that the modem has given up."""

type Device = tuple[str, str, str]
"""Network, hub and charger."""


class Pace:
    """How often a key may do something."""

    def __init__(self, rate: str) -> None:
        """`rate` as the limits library writes it, such as "6000/minute"."""
        self._rate = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def allows(self, key: str) -> bool:
        """Count, and say whether it was not one too many."""
        return await self._limiter.hit(self._rate, key)


class Proved:
    """Which devices have proved themselves to their hub within the last hour."""

    def __init__(self, most: int = MOST_PROVED) -> None:
        """At `most` so many; the longest silent one is forgotten first."""
        self._most = most
        self._until_s: OrderedDict[Device, float] = OrderedDict()

    def note(self, device: Device, now_s: float) -> None:
        """Remember that this one has."""
        self._until_s[device] = now_s + PROVED_S
        self._until_s.move_to_end(device)
        if len(self._until_s) > self._most:
            self._until_s.popitem(last=False)

    def has(self, device: Device, now_s: float) -> bool:
        """Whether this one has."""
        return self._until_s.get(device, 0.0) > now_s


class Turns:
    """How many messages of one device are on their way."""

    def __init__(self) -> None:
        """None yet."""
        self._busy: Counter[Device] = Counter()

    @contextmanager
    def take(self, device: Device) -> Iterator[None]:
        """Let one more through. Raises BusyError."""
        if self._busy[device] >= AT_ONCE:
            raise BusyError
        self._busy[device] += 1
        try:
            yield
        finally:
            self._busy[device] -= 1
            if not self._busy[device]:
                del self._busy[device]
