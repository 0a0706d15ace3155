"""Bursts as the converter would take them, and what is true of them."""

import array
from collections.abc import Callable
import math
import random

from kickwatt.analog import RATE, SAMPLES

type Wave = Callable[[float], float]


def stretched(step: float) -> int:
    """Return a level in steps as the board gives it: 12 bits, stretched to 16."""
    whole = max(0, min(4095, math.floor(step + 0.5)))
    return whole << 4 | whole >> 8


def burst(
    wave: Wave,
    bias: float,
    *,
    noise: float = 0.0,
    seed: int = 0,
    count: int = SAMPLES,
    rate: int = RATE,
) -> array.array[int]:
    """Return `count` samples of a wave (in steps, of seconds) around a bias."""
    luck = random.Random(seed)
    return array.array(
        "H",
        [
            stretched(bias + wave(index / rate) + luck.gauss(0, noise))
            for index in range(count)
        ],
    )


def mains(
    hertz: float, rms: float, phase: float = 0.0, third: float = 0.0, fifth: float = 0.0
) -> Wave:
    """Return a voltage of this RMS with shares of two harmonics, both against the crest."""
    scale = rms * math.sqrt(2 / (1 + third**2 + fifth**2))

    def wave(second: float) -> float:
        angle = 2 * math.pi * hertz * second + phase
        return scale * (
            math.sin(angle) + third * math.sin(3 * angle) + fifth * math.sin(5 * angle)
        )

    return wave


def pulses(hertz: float, rms: float, half_width: float, phase: float = 0.0) -> Wave:
    """Return a charger's current of this RMS: a cosine pulse of 2 x `half_width` radians around each crest."""
    peak = rms * math.sqrt(math.pi / half_width)

    def wave(second: float) -> float:
        turn = (hertz * second + phase / (2 * math.pi)) % 1.0
        half, within = divmod(turn * 2, 1.0)
        angle = math.pi * (within - 0.5)
        if abs(angle) >= half_width:
            return 0.0
        level = peak * math.cos(math.pi * angle / (2 * half_width))
        return -level if half else level

    return wave
