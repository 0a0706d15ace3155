"""Which of a charger's readings is the one to show."""

from collections.abc import Iterable

from ..model import CLOCK_AHEAD_MS, Kind, Reading


def newest(
    kind: Kind, seen_ms: int | None, readings: Iterable[Reading]
) -> Reading | None:
    """Return the last by the charger's own order, or by its clock where it has no order.

    `seen_ms` is when it was last heard of: what its clock dates long after that is no present.
    """
    if kind.numbers_its_readings:
        return max(readings, key=lambda each: each.position, default=None)
    until_ms = (seen_ms or 0) + CLOCK_AHEAD_MS
    return max(
        (each for each in readings if each.time_ms <= until_ms),
        key=lambda each: (each.time_ms, each.position),
        default=None,
    )
