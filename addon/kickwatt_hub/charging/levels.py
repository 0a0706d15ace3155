"""Statistics of levels: powers over equal stretches of time, the newest last. No short dip or spike can move them."""

from collections.abc import Sequence

from .rule import LEAST_RISE_W, REST_SLOTS, SLOT_S


def median(values: Sequence[float]) -> float:
    """Return the middle value; `statistics.median` is half of all the time that the detector takes."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2.0


def noise_w(levels: tuple[float, ...]) -> float:
    """Return by how much levels that are a minute apart differ, other than by the slope.

    A minute, because a source that is polled once a minute has each level twice.
    """
    rises_w = [
        later - earlier for earlier, later in zip(levels, levels[2:], strict=False)
    ]
    usual_w = median(rises_w)
    return median([abs(rise_w - usual_w) for rise_w in rises_w])


def falls_by_w_per_min(levels: tuple[float, ...], block: int) -> float:
    """Return how fast the level falls: the median slope between the medians of blocks (H. Theil, 1950; P. K. Sen, 1968)."""
    first = len(levels) % block
    middles = [
        median(levels[at : at + block]) for at in range(first, len(levels), block)
    ]
    slopes = [
        (middles[one] - middles[other]) / (other - one)
        for one in range(len(middles) - 1)
        for other in range(one + 1, len(middles))
    ]
    return median(slopes) * 60.0 / (block * SLOT_S) if slopes else 0.0


def since_rerise(levels: tuple[float, ...], resolution_w: float) -> tuple[float, ...]:
    """Return the levels since they last rose: what was lower before was a dip, not the tail."""
    block = REST_SLOTS // 4
    first = len(levels) % block
    middles = [
        median(levels[at : at + block]) for at in range(first, len(levels), block)
    ]
    lowest = min(middles)
    if middles[-1] - lowest < max(3.0 * noise_w(levels), resolution_w, LEAST_RISE_W):
        return levels
    return levels[first + (middles.index(lowest) + 2) * block :]
