"""When is the scooter full? A pure state machine over power readings; it works with no network at all.

A charge ends when all of this holds (docs: recipes without a hold lose up to 63 % of a charge to one battery-swap
dip, and recipes without arming cut before the charger has started):

1. *armed*: the power stood well above the threshold for a minute and 2 Wh have flowed;
2. *low*: the median of the last five readings lies below the threshold,
3. for the whole hold time, without a gap in the readings and without a rise in between.
"""

_WINDOW = 5  # readings, about as many seconds: one odd reading neither ends nor prolongs a hold
_ARM_MS = 60_000
_ARM_WH = 2
_GAP_MS = 5_000  # silence says nothing about power: the hold starts again after it


class Charge:
    """One charge, from plugging in to full."""

    def __init__(self, cutoff_dw: int, hold_s: int) -> None:
        self.cutoff_dw = cutoff_dw
        self.hold_s = hold_s
        self.charging = False
        self.armed = False
        self._window: list[int] = []
        self._last_ms = 0
        self._high_since: int | None = None
        self._high_wh = 0
        self._low_since: int | None = None

    @property
    def start_dw(self) -> int:
        """Power from which it counts as charging: 7/4 of the threshold, which is 20 W at the usual 11.5 W."""
        return self.cutoff_dw * 7 // 4

    def begin(self, armed: bool) -> None:
        """The relay has closed: for a new session (not armed), or to go on with one."""
        self.armed = armed
        self.pause()

    def pause(self) -> None:
        """The relay has opened: what was measured under load means nothing any more."""
        self.charging = False
        self._window = []
        self._high_since = None
        self._low_since = None

    def reading(self, load_dw: int, spent_wh: int, now_ms: int) -> bool:
        """Take one reading under a closed relay; True when the charge has just ended.

        `spent_wh` is the energy of the session so far.
        """
        if self._window and now_ms - self._last_ms > _GAP_MS:
            self.pause()
        self._last_ms = now_ms
        self._window.append(load_dw)
        if len(self._window) > _WINDOW:
            self._window.pop(0)
        if len(self._window) < _WINDOW:
            return False
        median = sorted(self._window)[_WINDOW // 2]
        self._arm(median, spent_wh, now_ms)
        return self._ended(median, now_ms)

    def _arm(self, median_dw: int, spent_wh: int, now_ms: int) -> None:
        if median_dw < self.start_dw:
            self._high_since = None
            return
        self.charging = True
        if self._high_since is None:
            self._high_since = now_ms
        if now_ms - self._high_since >= _ARM_MS and spent_wh >= _ARM_WH:
            self.armed = True

    def _ended(self, median_dw: int, now_ms: int) -> bool:
        if median_dw >= self.cutoff_dw:
            self._low_since = None
            return False
        if self._low_since is None:
            self._low_since = now_ms
        if not self.armed:
            # Low from the start: nothing plugged in, or a charger that waits; not "full".
            self.charging = False
            return False
        self.charging = True
        return now_ms - self._low_since >= self.hold_s * 1000
