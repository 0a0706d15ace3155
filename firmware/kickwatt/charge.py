"""When is the scooter full? A pure state machine over power readings; it works with no network at all.

A charge ends when it is *armed* (the power stood well above idle for a minute, and 2 Wh have flowed: plugging in is no
charge), one of two rules says that it is over (`robust`, or the plain `threshold`), and the owner's balancing time has
passed since, without a rise in between.
"""

from kickwatt.robust import Robust
from kickwatt.threshold import Threshold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.learned import Learned
    from kickwatt.settings import Limits

ARM_MS = 60_000
ARM_WH = 2
_WINDOW = 5  # readings, about as many seconds: one odd reading changes nothing
_GAP_MS = 5_000  # silence says nothing about power: the hold starts again after it


class Charge:
    """One charge, from plugging in to full."""

    def __init__(self, limits: Limits, learned: Learned) -> None:
        self.charging = False
        self.armed = False
        self._limits = limits
        self._learned = learned
        self._over_since: int | None = None
        self.begin(0)

    def begin(self, peak_dw: int) -> None:
        """The relay has closed: for a new session (0), or to go on with a charge of this peak."""
        if not peak_dw or not self.armed:
            # Else it is the charge that this board saw so far, and the rule knows more of it than its peak.
            self._rule = self._make_rule(peak_dw)
        self.armed = peak_dw > 0
        self.pause()

    def set_limits(self, limits: Limits) -> None:
        """The owner has changed the rule, or its figures: the hold begins anew, the charge is the same."""
        self._limits = limits
        self._rule = self._make_rule(self.peak_dw)
        self._over_since = None

    def pause(self) -> None:
        """The relay has opened: what was measured under load means nothing any more."""
        self.charging = False
        self._last_ms = 0
        self._window: list[int] = []
        self._high_since: int | None = None
        self._over_since = None
        self._rule.pause()

    @property
    def peak_dw(self) -> int:
        """The highest power of an armed charge, 0 before it is armed. `begin` goes on from it."""
        return max(1, self._rule.peak_dw) if self.armed else 0

    @property
    def start_dw(self) -> int:
        """Power from which it counts as charging."""
        return self._rule.arm_dw

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
        median_dw = sorted(self._window)[_WINDOW // 2]
        self._rule.reading(load_dw, median_dw, now_ms)
        self._arm(median_dw, spent_wh, now_ms)
        if self.armed:
            self.charging = True
            return self._ended(spent_wh, now_ms)
        if median_dw < self._limits.cutoff_dw:
            # Low from the start: nothing plugged in, or a charger that waits; not "full".
            self.charging = False
        return False

    def lesson(self) -> tuple[int, int | None, int | None] | None:
        """What a charge that has ended teaches (see `Learned.add`), if anything."""
        return self._rule.lesson()

    # ------------------------------------------------------------------ how

    def _make_rule(self, peak_dw: int) -> Robust | Threshold:
        limits = self._limits
        if limits.rule == "robust":
            return Robust(limits.cutoff_dw, limits.hold_s, self._learned, peak_dw)
        return Threshold(limits.cutoff_dw, limits.hold_s, peak_dw)

    def _arm(self, median_dw: int, spent_wh: int, now_ms: int) -> None:
        if median_dw < self.start_dw:
            self._high_since = None
            return
        self.charging = True
        if self._high_since is None:
            self._high_since = now_ms
        if now_ms - self._high_since >= ARM_MS and spent_wh >= ARM_WH:
            self.armed = True

    def _ended(self, spent_wh: int, now_ms: int) -> bool:
        if not self._rule.low:
            self._over_since = None
            return False
        if self._over_since is None and self._rule.is_over(spent_wh, now_ms):
            self._over_since = now_ms
        since = self._over_since
        return since is not None and now_ms - since >= self._limits.balance_s * 1000
