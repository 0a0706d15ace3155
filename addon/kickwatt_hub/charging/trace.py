"""The whole curve of a charge in a few numbers, however long it takes.

Levels are added half minute by half minute. When there are too many, neighbours are merged and each counts for twice the
time: a charge of twenty minutes keeps its half minutes, one of twelve hours has a level every eight.
"""

from msgspec import Struct

SLOT_S = 30
MOST_LEVELS = 96


class Trace(Struct, frozen=True):
    """Mean power since the start of a charge, each level over `slots` half minutes."""

    slots: int = 1
    levels_w: tuple[float, ...] = ()
    open_sum_w: float = 0.0
    """Of the level that is not complete yet: its half minutes' sum, and how many they are."""
    open_slots: int = 0

    @property
    def width_s(self) -> int:
        """How long one level is."""
        return self.slots * SLOT_S


EMPTY = Trace()


def add(trace: Trace, level_w: float) -> Trace:
    """Return the trace with one more half minute."""
    slots, levels_w = trace.slots, trace.levels_w
    sum_w, count = trace.open_sum_w + level_w, trace.open_slots + 1
    if count < slots:
        return Trace(slots, levels_w, sum_w, count)
    levels_w = (*levels_w, sum_w / count)
    if len(levels_w) < MOST_LEVELS:
        return Trace(slots, levels_w)
    merged = (
        (levels_w[at] + levels_w[at + 1]) / 2.0 for at in range(0, MOST_LEVELS, 2)
    )
    return Trace(2 * slots, tuple(merged))


def resampled(trace: Trace, duration_s: float, points: int) -> tuple[float, ...]:
    """Return the curve as `points` powers at equal distances over the first `duration_s`; empty if there is none."""
    usable = trace.levels_w[: max(0, round(duration_s / trace.width_s))]
    if not usable:
        return ()
    return tuple(
        usable[min(len(usable) - 1, int((point + 0.5) / points * len(usable)))]
        for point in range(points)
    )
