"""Samples wait here until the hub has acknowledged them: packed, in rising order, in one piece of memory.

When it is full, two neighbours become one instead of one being dropped: the later number, time and counter, and the
mean of the rest. The meter's counter keeps the energy exact however coarse the curve gets.
"""

import struct

from kickwatt.meter import Reading

_FORMAT = (
    "<IIHIIIBBH"  # number, second, dV, mA, dW, Wh, power factor, flags, readings merged
)
_SIZE = struct.calcsize(_FORMAT)
_CLOSED = 1
_NO_POWER = 2
_NO_ENERGY = 4
_NO_FACTOR = 8
_GRADES = 64  # twice the times a sample can have been merged, plus the relay
_FOR_MESSAGES = 24_576  # bytes: the longest message, in the several forms that it takes on its way, and some air
_LEAST = 64  # samples
_MOST = 8_192  # 221 kB. Seven days at 30 s are 20,160 samples: two or three of them share one place


def room(free_bytes: int) -> int:
    """Return for how many samples there is room when so much memory is free: half of what messages leave."""
    spare = (free_bytes - _FOR_MESSAGES) // 2
    return min(max(spare // (_SIZE + 1), _LEAST), _MOST)


class Sample:
    """One queued sample; `second` is the uptime at which it was taken."""

    def __init__(
        self, number: int, second: int, closed: bool, reading: Reading, weight: int = 1
    ) -> None:
        self.number = number
        self.second = second
        self.closed = closed
        self.reading = reading
        self.weight = weight


class Queue:
    """A bounded queue of samples."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._bytes = bytearray(capacity * _SIZE)
        self._grades = bytearray(capacity)
        self._count = 0
        self._number = 0

    def __len__(self) -> int:
        return self._count

    def add(self, second: int, closed: bool, reading: Reading) -> None:
        """Queue a sample under the next number."""
        if self._count >= self._capacity:
            self._merge()
        self._number += 1
        sample = Sample(self._number, second, closed, reading)
        self._put(self._count, sample, 1 if closed else 0)
        self._count += 1

    def first(self, count: int) -> list[Sample]:
        """Return the oldest samples, `count` at most, rising."""
        return [self._get(index) for index in range(min(count, self._count))]

    def acknowledge(self, number: int) -> int:
        """Forget every sample up to `number`; return how many that were."""
        done = 0
        while done < self._count and self._number_at(done) <= number:
            done += 1
        self._remove(0, done)
        return done

    def drop(self, number: int) -> bool:
        """Forget one sample that the hub will never take; False when there is none of that number."""
        for index in range(self._count):
            if self._number_at(index) == number:
                self._remove(index, 1)
                return True
        return False

    def _merge(self) -> None:
        """Make room for one: merge the oldest two neighbours of the lowest grade that has two.

        A merged pair is one grade higher, so every grade is used up before the next one grows, and the queue thins
        evenly. The relay's state is part of the grade: no pair across its changes, unless there is no other.
        """
        grades = bytes(self._grades[: self._count])
        index = 0
        for grade in range(_GRADES):
            found = grades.find(bytes([grade, grade]))
            if found >= 0:
                index = found
                break
        merged = _mean(self._get(index), self._get(index + 1))
        higher = max(grades[index], grades[index + 1]) // 2 * 2 + 2
        self._put(index, merged, min(higher, _GRADES - 2) + merged.closed)
        self._remove(index + 1, 1)

    def _remove(self, index: int, count: int) -> None:
        if count:
            _close_gap(self._bytes, index * _SIZE, count * _SIZE, self._count * _SIZE)
            _close_gap(self._grades, index, count, self._count)
            self._count -= count

    def _number_at(self, index: int) -> int:
        number: int = struct.unpack_from("<I", self._bytes, index * _SIZE)[0]
        return number

    def _get(self, index: int) -> Sample:
        number, second, voltage, current, power, energy, factor, flags, weight = (
            struct.unpack_from(_FORMAT, self._bytes, index * _SIZE)
        )
        reading = Reading(
            voltage,
            current,
            None if flags & _NO_POWER else power,
            None if flags & _NO_ENERGY else energy,
            None if flags & _NO_FACTOR else factor,
        )
        return Sample(number, second, flags & _CLOSED == _CLOSED, reading, weight)

    def _put(self, index: int, sample: Sample, grade: int) -> None:
        self._grades[index] = grade
        reading = sample.reading
        power, energy, factor = reading.power_dw, reading.energy_wh, reading.factor_c
        flags = _CLOSED if sample.closed else 0
        if power is None:
            flags |= _NO_POWER
        if energy is None:
            flags |= _NO_ENERGY
        if factor is None:
            flags |= _NO_FACTOR
        struct.pack_into(
            _FORMAT,
            self._bytes,
            index * _SIZE,
            sample.number,
            sample.second,
            reading.voltage_dv,
            reading.current_ma,
            power or 0,
            energy or 0,
            factor or 0,
            flags,
            sample.weight,
        )


def as_long_as_fits(free_bytes: int) -> Queue:
    """Return a queue for this much free memory, or a shorter one where that lies in small pieces."""
    capacity = room(free_bytes)
    while True:
        try:
            return Queue(capacity)
        except MemoryError:
            if capacity <= _LEAST:
                raise
            capacity //= 2


def _close_gap(data: bytearray, at: int, size: int, end: int) -> None:
    """Move what follows a gap to its beginning, in place."""
    view = memoryview(data)
    view[at : end - size] = view[at + size : end]


def _mean(first: Sample, second: Sample) -> Sample:
    """Two neighbours as one: weighted means, and the later one's number, time, relay and counter."""
    left, right = first.reading, second.reading
    both = first.weight + second.weight

    def mean(one: int | None, other: int | None) -> int | None:
        if one is None or other is None:
            return other
        return (one * first.weight + other * second.weight + both // 2) // both

    reading = Reading(
        mean(left.voltage_dv, right.voltage_dv) or 0,
        mean(left.current_ma, right.current_ma) or 0,
        mean(left.power_dw, right.power_dw),
        right.energy_wh,
        mean(left.factor_c, right.factor_c),
    )
    return Sample(
        second.number, second.second, second.closed, reading, min(both, 0xFFFF)
    )
