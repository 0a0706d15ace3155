"""One session: how long the relay was closed and how much energy went through it, counted across resets.

A session begins with a new order or at the button. A lost lease or a restart interrupts it; it goes on with what is
left of its time and energy.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.meter import Reading

_DWMS_PER_WH = 36_000_000  # 1 Wh = 3600 J; 1 dW x 1 ms = 0.1 mJ


class Session:
    """The budget spent so far."""

    def __init__(self) -> None:
        self.spent_wh = 0
        self.base_wh: int | None = None  # the meter's counter when nothing was spent
        self.peak_dw = 0  # of a charge that has begun in earnest (see `charge`), else 0
        self._before_ms = 0  # closed before the current closing
        self._closed_at: int | None = None
        self._dwms = 0  # energy of a meter that does not count it
        self._last_ms: int | None = None

    def start(self) -> None:
        """Begin anew, with the whole budget."""
        self.__init__()  # type: ignore[misc]

    def resume(
        self, closed_s: int, spent_wh: int, base_wh: int | None, peak_dw: int
    ) -> None:
        """Take over what the journal remembers."""
        self.start()
        self._before_ms = closed_s * 1000
        self.spent_wh = spent_wh
        self.base_wh = base_wh
        self.peak_dw = peak_dw

    def closed(self, now_ms: int) -> None:
        """The relay has closed."""
        self._closed_at = now_ms
        self._last_ms = None

    def opened(self, now_ms: int) -> None:
        """The relay has opened; the time so far is kept."""
        self._before_ms = self.closed_ms(now_ms)
        self._closed_at = None

    def closed_ms(self, now_ms: int) -> int:
        """How long the relay was closed in this session."""
        if self._closed_at is None:
            return self._before_ms
        return self._before_ms + now_ms - self._closed_at

    def reading(self, reading: Reading, now_ms: int) -> None:
        """Count energy under a closed relay: from the meter's own counter, else from power and time."""
        if reading.energy_wh is None:
            self._integrate(reading.load_dw, now_ms)
            return
        counter = reading.energy_wh
        if self.base_wh is None or counter < self.base_wh + self.spent_wh:
            # The first reading, or the counter was reset.
            self.base_wh = counter - self.spent_wh
        self.spent_wh = reading.energy_wh - self.base_wh

    def _integrate(self, load_dw: int, now_ms: int) -> None:
        if self._last_ms is not None:
            self._dwms += load_dw * (now_ms - self._last_ms)
            self.spent_wh += self._dwms // _DWMS_PER_WH
            self._dwms %= _DWMS_PER_WH
        self._last_ms = now_ms
