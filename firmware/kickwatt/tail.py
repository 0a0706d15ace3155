"""How a charge's tail falls: pure sums over levels, the mean powers of half minutes, in whole milliwatts.

The same sums as the hub's detector makes with fractions. A slope is in milliwatts per hour: per minute, a whole number
would be too coarse against a time constant of more than an hour.
"""

SLOT_S = 30


def median(values: list[int]) -> int:
    """Return the middle value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) // 2


def noise(levels: list[int]) -> int:
    """Return by how much levels that are a minute apart differ, other than by the slope."""
    rises = [levels[at + 2] - levels[at] for at in range(len(levels) - 2)]
    usual = median(rises)
    return median([abs(rise - usual) for rise in rises])


def middles(levels: list[int], block: int) -> list[int]:
    """Return the medians of blocks, the newest last; what does not fill a block is the oldest, and left out."""
    first = len(levels) % block
    return [median(levels[at : at + block]) for at in range(first, len(levels), block)]


def falls(levels: list[int], block: int) -> int:
    """Return how fast the level falls, in mW per hour: the median slope between the medians of blocks.

    No short dip or spike can move it (H. Theil, 1950; P. K. Sen, 1968).
    """
    points = middles(levels, block)
    slopes = [
        (points[one] - points[other]) * 120 // ((other - one) * block)
        for one in range(len(points) - 1)
        for other in range(one + 1, len(points))
    ]
    return median(slopes) if slopes else 0


def excess(levels: list[int], tau_s: int, resolution: int) -> int:
    """Return how far the level is, at most, above the one that it falls to.

    The slope of an exponential tail is e / tau, so this needs no knowledge of the charger's idle draw. The longer the
    tail has been watched, the smaller is what noise and the meter's resolution could hide.
    """
    block = len(levels) // 8
    span_s = len(levels) // block * block * SLOT_S
    hidden = (256 * noise(levels) // root(4096 * len(levels)) + resolution) * tau_s
    # The slope is that of the middle of the span.
    slope = max(0, falls(levels, block)) * flattens(span_s, tau_s) // 1000
    # Nothing can be further above its end than it is above nothing, where the meter may have left out half a step.
    most = median(levels) + resolution // 2
    return min(slope * tau_s // 3600 + hidden // span_s, most)


def within_a_step(flat_s: int, tau_s: int, resolution: int) -> int:
    """Return how far the level may be above the one that it falls to when it has not left a meter's step for so long."""
    return resolution * tau_s // flat_s * flattens(flat_s, tau_s) // 1000


def flattens(span_s: int, tau_s: int) -> int:
    """Return the slope at the end of a stretch of a tail against its mean slope, in thousandths.

    It is x / (exp(x) - 1), here as a series, which is good up to three time constants; beyond, nothing is left.
    """
    x = 1000 * span_s // tau_s
    if x > 3000:
        return 0
    return 1000 - x // 2 + x * x // 12_000 - x * x // 1000 * (x * x // 1000) // 720_000


def root(square: int) -> int:
    """Return the whole square root."""
    guess = square
    better = (guess + 1) // 2
    while better < guess:
        guess = better
        better = (guess + square // guess) // 2
    return guess
