"""What a burst of samples says: how long a cycle is, and the mean square over whole cycles, its bias taken out.

Whole numbers only. Samples come as the board gives them, 12 bits stretched to 16. The converter has no more than 12, and
with 12 the sums over a burst stay below the 2³⁰ from which on MicroPython takes memory for a number: a sine over the
whole range makes 400 x 2047² / 2 = 0.84 x 10⁹.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 4096
ONE = 256  # lengths are in 1/256 sample, roots of mean squares in 1/256 step
_STRETCH = 4  # bits
_QUIET = 8  # steps from lowest to highest: noise, and no wave


class Extremes:
    """The lowest and the highest sample, in steps of the converter."""

    def __init__(self, samples: Sequence[int]) -> None:
        self.low = min(samples) >> _STRETCH
        self.high = max(samples) >> _STRETCH

    @property
    def clipped(self) -> bool:
        """Whether the wave goes to an end of the converter's range, so that its top is missing."""
        return self.low <= 1 or self.high >= STEPS - 2

    @property
    def quiet(self) -> bool:
        """Whether there is no wave at all."""
        return self.high - self.low <= _QUIET


def cycle_length(samples: Sequence[int]) -> int | None:
    """Return the length of one cycle in 1/256 sample, or None when the burst holds no whole one.

    From crossings of the middle in the same direction: they are a cycle apart wherever the middle lies. A crossing
    counts only after the wave was an eighth of its height beyond the middle, so noise makes none.
    """
    extremes = Extremes(samples)
    middle = (extremes.low + extremes.high) >> 1
    margin = (extremes.high - extremes.low) >> 3
    # first crossing, last crossing, cycles between them: upward, and downward
    up_first = up_last = down_first = down_last = -1
    cycles = -2
    side = 0
    before = 0
    for index in range(len(samples)):
        level = (samples[index] >> _STRETCH) - middle
        if side < 0 <= level:
            up_last = index * ONE - level * ONE // (level - before)
            if up_first < 0:
                up_first = up_last
            cycles += 1
            side = 0
        elif level <= 0 < side:
            down_last = index * ONE - level * ONE // (level - before)
            if down_first < 0:
                down_first = down_last
            cycles += 1
            side = 0
        if level > margin:
            side = 1
        elif level < -margin:
            side = -1
        before = level
    if up_first < 0 or down_first < 0 or cycles < 1:
        return None
    return (up_last - up_first + down_last - down_first) // cycles


def mean_square(samples: Sequence[int], cycle: int) -> tuple[int, int] | None:
    """Return the mean (in steps) and the mean square about that mean (in 1/256² steps²) over all whole cycles.

    `cycle` is in 1/256 sample; the last sample counts as much as is left of the last cycle. None when there is no
    whole cycle. The bias needs no knowing: mean(x²) - mean(x)² is free of it, and exact in whole numbers.
    """
    cycles = len(samples) * ONE // cycle
    if not cycles:
        return None
    span = cycles * cycle
    extremes = Extremes(samples)
    middle = (
        extremes.low + extremes.high
    ) >> 1  # any would do; this one keeps the sums small
    total = squares = 0
    for index in range(span // ONE):
        level = (samples[index] >> _STRETCH) - middle
        total += level
        squares += level * level
    total *= ONE
    squares *= ONE
    part = span % ONE
    if part:
        level = (samples[span // ONE] >> _STRETCH) - middle
        total += part * level
        squares += part * level * level
    mean = middle + total // span
    return mean, (squares * span - total * total) * ONE * ONE // (span * span)


def root(square: int) -> int:
    """Return the square root of a whole number, rounded down. Newton's method; MicroPython has no `math.isqrt`."""
    guess = 1
    while guess * guess < square:
        guess <<= 1
    while guess * guess > square:
        guess = (guess + square // guess) >> 1
    return guess
