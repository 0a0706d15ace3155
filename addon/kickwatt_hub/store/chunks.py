"""A chunk: some readings of one charger, packed, with their roll-ups of a minute and of a quarter of an hour."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from ..model import Position, Reading
from . import columns
from .columns import Folded
from .rollups import MINUTE_MS, QUARTER_MS, coarser, pack_buckets, roll_up

DAY_MS = 86_400_000
"""No chunk crosses midnight (UTC)."""

MOST = 20_000  # readings in one chunk: a day at a reading every 5 s

# Of the columns in the order of `Reading`'s fields, `position` first taken apart. New ones go to the end.
_SCALES = (0, 0, 0, 0, 10, 1000, 10, 100, 0, 1)
_TIME = 2


class Chunk(Struct, frozen=True, kw_only=True):
    """A row of `chunk` without its key."""

    day: int
    """Of all its readings, since 1970."""
    charger_pk: int
    start_ms: int
    end_ms: int
    """Of the last reading in it."""
    first_boot: int
    first_number: int
    last_boot: int
    last_number: int
    size: int
    data: bytes | None
    """None: too old, only the roll-ups are left."""
    minutes: bytes
    quarters: bytes


def pack(charger_pk: int, readings: Iterable[Reading]) -> Iterator[Chunk]:
    """Return readings of one charger, in any order, as chunks."""
    in_time = sorted(readings, key=by_time)
    for _, day in groupby(in_time, lambda reading: reading.time_ms // DAY_MS):
        rest = list(day)
        while rest:
            part, rest = rest[:MOST], rest[MOST:]
            yield _chunk(charger_pk, part)


def pack_readings(readings: Sequence[Reading]) -> bytes:
    """Return readings as bytes."""
    positions = [reading.position for reading in readings]
    return columns.pack(
        [
            [position.boot for position in positions],
            [position.number for position in positions],
            [reading.time_ms for reading in readings],
            [reading.relay_on for reading in readings],
            [reading.voltage_v for reading in readings],
            [reading.current_a for reading in readings],
            [reading.power_w for reading in readings],
            [reading.power_factor for reading in readings],
            [reading.meter_wh for reading in readings],
            [reading.energy_wh for reading in readings],
        ],
        _SCALES,
    )


def unpack_readings(data: bytes, count: int) -> list[Reading]:
    """Return the readings that `pack_readings` was given."""
    return _rows(columns.unfold(data, count, _SCALES), 0, count)


def unpack_between(
    data: bytes, count: int, start_ms: int, end_ms: int
) -> list[Reading]:
    """Return those of start <= time < end of a chunk's readings, which are sorted by time."""
    folded = columns.unfold(data, count, _SCALES)
    times = folded[_TIME].values(0, count)
    return _rows(folded, bisect_left(times, start_ms), bisect_left(times, end_ms))


def _rows(folded: Sequence[Folded], start: int, stop: int) -> list[Reading]:
    boots, numbers, times, relays, *rest = (
        column.values(start, stop) for column in folded
    )
    on = [None if relay is None else bool(relay) for relay in relays]
    # What was packed was valid: checking each value again would take longer than unpacking it.
    positions = map(Position, boots, numbers, strict=True)
    return list(map(Reading, positions, times, on, *rest, strict=True))


def by_time(reading: Reading) -> tuple[int, int, int]:
    """Sort readings as history shows them."""
    return reading.time_ms, reading.position.boot, reading.position.number


def _chunk(charger_pk: int, readings: Sequence[Reading]) -> Chunk:
    first = min(reading.position for reading in readings)
    last = max(reading.position for reading in readings)
    minutes = roll_up(readings, MINUTE_MS)
    return Chunk(
        day=readings[0].time_ms // DAY_MS,
        charger_pk=charger_pk,
        start_ms=readings[0].time_ms,
        end_ms=readings[-1].time_ms,
        first_boot=first.boot,
        first_number=first.number,
        last_boot=last.boot,
        last_number=last.number,
        size=len(readings),
        data=pack_readings(readings),
        minutes=pack_buckets(minutes),
        quarters=pack_buckets(coarser(minutes, QUARTER_MS)),
    )
