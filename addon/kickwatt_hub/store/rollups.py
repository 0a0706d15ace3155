"""Roll-ups: what many readings come to, minute by minute and quarter by quarter of an hour.

Every reading is in exactly one chunk, and a chunk carries the buckets of its own readings. So two chunks that touch the
same minute hold two parts of it, and adding the parts gives the whole: a late reading never makes anything old wrong.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct

from ..model import Reading
from . import columns

MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS

_SUM = 1000  # sums are kept to a thousandth
_SCALES = (0, 0, 0, _SUM, 10, 10, 0, _SUM, 10, 10, 0, _SUM, 1000, 1000, 1)


class Stat(Struct, frozen=True, array_like=True):
    """One measured value over a span: how often it was measured, and what that comes to."""

    count: int
    sum: float
    min: float
    max: float

    @property
    def mean(self) -> float:
        """The mean of what was measured."""
        return self.sum / self.count

    def plus(self, other: Stat) -> Stat:
        """Return both together."""
        return Stat(
            self.count + other.count,
            round(self.sum + other.sum, 3),
            min(self.min, other.min),
            max(self.max, other.max),
        )


class Bucket(Struct, frozen=True, kw_only=True, array_like=True):
    """The readings of start <= time < start + step."""

    start_ms: int
    count: int
    power_w: Stat | None
    voltage_v: Stat | None
    current_a: Stat | None
    energy_wh: float | None
    """The charger's lifetime energy at its highest."""

    def plus(self, other: Bucket, start_ms: int) -> Bucket:
        """Return both together, as one that starts at `start_ms`."""
        return Bucket(
            start_ms=start_ms,
            count=self.count + other.count,
            power_w=_plus(self.power_w, other.power_w),
            voltage_v=_plus(self.voltage_v, other.voltage_v),
            current_a=_plus(self.current_a, other.current_a),
            energy_wh=_highest(self.energy_wh, other.energy_wh),
        )


def roll_up(readings: Iterable[Reading], step_ms: int) -> list[Bucket]:
    """Return the buckets of readings that are sorted by time."""
    return [
        _bucket(step * step_ms, list(group))
        for step, group in groupby(readings, lambda reading: reading.time_ms // step_ms)
    ]


def coarser(buckets: Iterable[Bucket], step_ms: int) -> list[Bucket]:
    """Return wider buckets, each the sum of what lies in it, oldest first; their order does not matter."""
    wide: dict[int, Bucket] = {}
    for bucket in buckets:
        start_ms = bucket.start_ms - bucket.start_ms % step_ms
        known = wide.get(start_ms)
        wide[start_ms] = (
            msgspec.structs.replace(bucket, start_ms=start_ms)
            if known is None
            else known.plus(bucket, start_ms)
        )
    return [wide[start_ms] for start_ms in sorted(wide)]


def pack_buckets(buckets: Sequence[Bucket]) -> bytes:
    """Return buckets as bytes; their number is in the first four."""
    table: list[list[float | None]] = [
        [bucket.start_ms for bucket in buckets],
        [bucket.count for bucket in buckets],
    ]
    for stats in (
        [bucket.power_w for bucket in buckets],
        [bucket.voltage_v for bucket in buckets],
        [bucket.current_a for bucket in buckets],
    ):
        table += (
            [None if stat is None else stat.count for stat in stats],
            [None if stat is None else stat.sum for stat in stats],
            [None if stat is None else stat.min for stat in stats],
            [None if stat is None else stat.max for stat in stats],
        )
    table.append([bucket.energy_wh for bucket in buckets])
    return len(buckets).to_bytes(4, "big") + columns.pack(table, _SCALES)


def unpack_buckets(data: bytes) -> list[Bucket]:
    """Return the buckets that `pack_buckets` was given."""
    count = int.from_bytes(data[:4], "big")
    starts, counts, *stats, energies = columns.unpack(data[4:], count, _SCALES)
    power, voltage, current = (
        [
            None if row[0] is None else row
            for row in zip(*stats[first : first + 4], strict=True)
        ]
        for first in (0, 4, 8)
    )
    rows = zip(starts, counts, power, voltage, current, energies, strict=True)
    return msgspec.convert(list(rows), list[Bucket])


def _bucket(start_ms: int, readings: Sequence[Reading]) -> Bucket:
    energies = [each.energy_wh for each in readings if each.energy_wh is not None]
    return Bucket(
        start_ms=start_ms,
        count=len(readings),
        power_w=_stat([each.power_w for each in readings]),
        voltage_v=_stat([each.voltage_v for each in readings]),
        current_a=_stat([each.current_a for each in readings]),
        energy_wh=max(energies) if energies else None,
    )


def _stat(measured: Sequence[float | None]) -> Stat | None:
    values = [value for value in measured if value is not None]
    if not values:
        return None
    return Stat(len(values), round(sum(values), 3), min(values), max(values))


def _plus(one: Stat | None, other: Stat | None) -> Stat | None:
    if one is None or other is None:
        return one or other
    return one.plus(other)


def _highest(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
