"""Which readings become samples: one per period, and those on both sides of a change."""

from kickwatt.meter import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.queue import Queue


class Recorder:
    """Stands between the meter and the queue."""

    def __init__(self, queue: Queue, charging_s: int, other_s: int) -> None:
        self._queue = queue
        self._charging_ms = charging_s * 1000
        self._other_ms = other_s * 1000
        self._last: Reading | None = None
        self._last_closed = False
        self._last_ms = 0
        self._last_queued = True
        self._queued_ms: int | None = None

    def reading(
        self, reading: Reading, closed: bool, charging: bool, now_ms: int
    ) -> None:
        """Take a reading, made while the relay was `closed`; queue it if its time has come."""
        self._last, self._last_closed, self._last_ms, self._last_queued = (
            reading,
            closed,
            now_ms,
            False,
        )
        period_ms = self._charging_ms if charging else self._other_ms
        if self._queued_ms is None or now_ms - self._queued_ms >= period_ms:
            self._put()

    def change(self) -> None:
        """The state has changed: queue the reading before it, as evidence, and the next one, as effect."""
        if not self._last_queued:
            self._put()
        self._queued_ms = None

    def _put(self) -> None:
        if self._last is not None:
            self._queue.add(self._last_ms // 1000, self._last_closed, self._last)
            self._last_queued = True
            self._queued_ms = self._last_ms
