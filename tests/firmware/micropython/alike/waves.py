"""Samples of the analog pair: where a wave crosses its middle, and its mean square."""

from math import sin

from chance import Chance

from kickwatt import wave

chance = Chance(6)
for _ in range(150):
    height = chance.one_of((0, 3, 40, 900, 2_047))
    middle = 2_048 + chance.below(200) - 100
    per_sample = (chance.below(40) + 30) / 1_000
    samples = []
    for index in range(400):
        level = middle + int(height * sin(index * per_sample)) + chance.below(5)
        samples.append(min(max(level, 0), 4_095) << 4)
    extremes = wave.Extremes(samples)
    cycle = wave.cycle_length(samples)
    print(extremes.low, extremes.high, extremes.clipped, extremes.quiet, cycle)
    if cycle:
        mean, square = wave.mean_square(samples, cycle)
        print(mean, square, wave.root(square))
for square in (0, 1, 2, 15, 16, 17, 2**30, 2**40 - 1, 2**62 + 1):
    print(wave.root(square))
