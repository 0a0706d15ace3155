"""May the relay be closed? Pure decisions over readings; nothing here can close anything.

A trip opens the relay and stays latched, across resets too, until a person clears it: at the board, or from afar where its owner allows that. The names are
those of docs/protocol.md; on the board they are bits.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.meter import Reading
    from kickwatt.session import Session
    from kickwatt.settings import Limits

TRIPS = (
    "over_current",
    "over_power",
    "over_voltage",
    "under_voltage",
    "session_time",
    "session_energy",
    "sensor_lost",
    "welded",
    "flapping",
    "resets",
)
(
    OVER_CURRENT,
    OVER_POWER,
    OVER_VOLTAGE,
    UNDER_VOLTAGE,
    SESSION_TIME,
    SESSION_ENERGY,
    SENSOR_LOST,
    WELDED,
    FLAPPING,
    RESETS,
) = [1 << position for position in range(10)]

FRESH_MS = 5_000  # a reading older than this says nothing about now
_FAST_COUNT = 2  # readings above the limit in a row: current, power
_SLOW_COUNT = 3  # readings outside in a row: voltage, which sags for a moment when a neighbour's motor starts
_WELDED_DW = 50  # 5 W through an open contact
_WELDED_MS = (
    15_000  # with the meter's second and ours a welded contact is known within 20 s
)
_OFF_MS = 10_000  # least time between opening and closing: inrush wears the contact
_HOUR_MS = 3_600_000
_CLOSINGS_PER_HOUR = 12


class Guard:
    """The limits, the trips that are latched, and what was seen on the way to one."""

    def __init__(
        self, limits: Limits, min_dv: int, max_dv: int, trips: int, now_ms: int
    ) -> None:
        self.limits = limits
        self.trips = trips
        self._min_dv = min_dv
        self._max_dv = max_dv
        self._fresh_ms: int | None = None  # when the last good reading came
        self._sound = False  # and whether its voltage was within limits
        self._opened_ms = now_ms  # a start counts as an opening: mains that flaps must not make the relay flap
        self._closings: list[int] = []
        self._counts = [0, 0, 0, 0]
        self._welded_since: int | None = None

    # ------------------------------------------------------------------ what happens

    def reading(self, reading: Reading, closed: bool, now_ms: int) -> int:
        """Take one good reading; return the trips that it brings (0 for none)."""
        self._fresh_ms = now_ms
        self._sound = self._min_dv <= reading.voltage_dv <= self._max_dv
        if closed:
            return self._latch(self._overloads(reading))
        if reading.load_dw <= _WELDED_DW:
            self._welded_since = None
            return 0
        if self._welded_since is None:
            self._welded_since = now_ms
        return self._latch(WELDED if now_ms - self._welded_since >= _WELDED_MS else 0)

    def tick(self, session: Session, closed: bool, now_ms: int) -> int:
        """Look at what needs no reading; return new trips."""
        if not closed:
            return 0
        return self._latch(
            self._spent(session, now_ms) | (0 if self.is_fresh(now_ms) else SENSOR_LOST)
        )

    def closing(self, session: Session, now_ms: int) -> int:
        """The relay is about to close; return the trips if that is once too often, or if no budget is left."""
        self._closings = [then for then in self._closings if now_ms - then < _HOUR_MS]
        flaps = len(self._closings) >= _CLOSINGS_PER_HOUR
        return self._latch(self._spent(session, now_ms) | (FLAPPING if flaps else 0))

    def closed(self, now_ms: int) -> None:
        """The relay has closed."""
        self._closings.append(now_ms)
        self._counts = [0, 0, 0, 0]

    def opened(self, now_ms: int) -> None:
        """The relay has opened."""
        self._opened_ms = now_ms
        self._welded_since = None

    def clear(self) -> None:
        """A person has cleared the trips."""
        self.trips = 0
        self._closings = []
        self._welded_since = None

    # ------------------------------------------------------------------ what may be

    def refusal(self, now_ms: int) -> str | None:
        """Return why the relay may not close now (docs/protocol.md, `refused`), or None when it may."""
        if self.trips:
            return "trip"
        if not self.is_fresh(now_ms) or not self._sound:
            return "sensor"
        if now_ms - self._opened_ms < _OFF_MS:
            return "flapping"
        return None

    def is_fresh(self, now_ms: int) -> bool:
        """Whether the last good reading still says something."""
        return self._fresh_ms is not None and now_ms - self._fresh_ms < FRESH_MS

    # ------------------------------------------------------------------ how

    def _spent(self, session: Session, now_ms: int) -> int:
        trips = 0
        if session.closed_ms(now_ms) >= self.limits.max_s * 1000:
            trips |= SESSION_TIME
        if session.spent_wh >= self.limits.max_wh:
            trips |= SESSION_ENERGY
        return trips

    def _overloads(self, reading: Reading) -> int:
        most_dw = self.limits.max_ma * self._max_dv // 1000
        outside = (
            reading.current_ma > self.limits.max_ma,
            reading.load_dw > most_dw,
            reading.voltage_dv > self._max_dv,
            reading.voltage_dv < self._min_dv,
        )
        trips = 0
        for index, needed in enumerate(
            (_FAST_COUNT, _FAST_COUNT, _SLOW_COUNT, _SLOW_COUNT)
        ):
            self._counts[index] = self._counts[index] + 1 if outside[index] else 0
            if self._counts[index] >= needed:
                trips |= 1 << index
        return trips

    def _latch(self, trips: int) -> int:
        new = trips & ~self.trips
        self.trips |= new
        return new


def names(trips: int) -> list[str]:
    """Return the names of the trips in `trips`."""
    return [name for position, name in enumerate(TRIPS) if trips >> position & 1]
