"""What the guards have counted of a charge: whichever hub takes a board's next message goes on from there."""

from msgspec import Struct
from msgspec.structs import replace


class Watch(Struct, frozen=True, omit_defaults=True):
    """What the hub has counted since somebody last allowed power. Times are those of the readings."""

    allowed_ms: int = 0
    """When that was, by the clock of the hub where it was done."""
    heard_ms: int | None = None
    closed: bool = False
    """What the board said of its relay in its newest message."""
    closed_ms: int = 0
    """For how long the relay has been closed, all in all."""
    measured_ms: int | None = None
    unmeasured: int = 0
    """Messages without a reading, in a row."""
    load_va: float = 0.0
    meter_wh: int | None = None
    counted_wh: float = 0.0
    """By the meter's own counter, and by what power and time give: a counter may be stuck."""
    integrated_wh: float = 0.0
    over: int = 0
    """Readings above the current limit, in a row."""
    open_since_ms: int | None = None
    """Since when the relay is, or should be, open."""
    loaded_since_ms: int | None = None
    """Since when power flows all the same."""
    unheeded_since_ms: int | None = None
    """Since when a board that talks has not heard of an order for "off"."""

    @property
    def energy_wh(self) -> float:
        """The energy so far, at least."""
        return max(self.counted_wh, self.integrated_wh)

    def caught_up(self, heard_ms: int | None, closed: bool) -> Watch:
        """Return it with the time until the newest message that is known, where that is newer than what was counted.

        `closed` is what the board said of its relay there.
        """
        if heard_ms is None or self.heard_ms is None or heard_ms <= self.heard_ms:
            return self
        passed_ms = heard_ms - self.heard_ms if self.closed and closed else 0
        return replace(
            self,
            heard_ms=heard_ms,
            closed=closed,
            closed_ms=self.closed_ms + passed_ms,
        )
