"""The rule of the GSM tracker that Kickwatt grew from: power below a fixed number, for the whole hold."""


class Threshold:
    """Low since when? For owners who want exactly this (`KICKWATT_RULE = "threshold"`)."""

    def __init__(self, cutoff_dw: int, hold_s: int, peak_dw: int) -> None:
        self.cutoff_dw = cutoff_dw
        self.hold_s = hold_s
        self.peak_dw = peak_dw
        self._low_since: int | None = None

    @property
    def arm_dw(self) -> int:
        """Power from which it counts as charging: 7/4 of the threshold, which is 20 W at the usual 11.5 W."""
        return self.cutoff_dw * 7 // 4

    @property
    def low(self) -> bool:
        """Whether the power is low now."""
        return self._low_since is not None

    def pause(self) -> None:
        """What was measured under load means nothing any more."""
        self._low_since = None

    def reading(self, load_dw: int, median_dw: int, now_ms: int) -> None:
        """Take one reading, and the median of the last five."""
        self.peak_dw = max(self.peak_dw, median_dw)
        if median_dw >= self.cutoff_dw:
            self._low_since = None
        elif self._low_since is None:
            self._low_since = now_ms

    def is_over(self, spent_wh: int, now_ms: int) -> bool:
        """Whether the power has been low for the whole hold."""
        since = self._low_since
        return since is not None and now_ms - since >= self.hold_s * 1000

    def lesson(self) -> tuple[int, int | None, int | None] | None:
        """A fixed number teaches nothing."""
        return None
