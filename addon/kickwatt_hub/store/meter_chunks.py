"""Readings of a host, packed: the instants once, and beside them one series for each measurement with its roll-ups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from ..meters.model import MeterRound
from . import columns
from .meter_spans import coarser, pack_spans, roll_up
from .rollups import MINUTE_MS, QUARTER_MS

DAY_MS = 86_400_000
"""No chunk crosses midnight (UTC)."""
MOST = 20_000  # instants in one chunk: a day and more at one every 5 s
DECIMALS = 3
"""What is stored of a value: a milliampere, a watt-hour of a kilowatt-hour. More is noise of the meter."""

_TIME, _VALUE = (0,), (10**DECIMALS,)


class Series(Struct, frozen=True):
    """A row of `meter_series` without its chunk."""

    measurement: str
    data: bytes | None
    minutes: bytes
    quarters: bytes


class MeterChunk(Struct, frozen=True, kw_only=True):
    """A row of `meter_chunk` without its key, and its series."""

    host: int
    day: int
    start_ms: int
    end_ms: int
    size: int
    times: bytes | None
    series: tuple[Series, ...]


def pack(host: int, rounds: Iterable[MeterRound]) -> Iterator[MeterChunk]:
    """Return rounds of one host, in any order, as chunks; an instant counts once."""
    by_time: dict[int, Mapping[str, float]] = {}
    for each in rounds:
        by_time.setdefault(each.time_ms, each.values)
    for _, day in groupby(sorted(by_time), lambda time_ms: time_ms // DAY_MS):
        rest = list(day)
        while rest:
            part, rest = rest[:MOST], rest[MOST:]
            yield _chunk(host, part, [by_time[time_ms] for time_ms in part])


def unpack_times(data: bytes, size: int) -> list[int]:
    """Return the instants of a chunk."""
    (times,) = columns.unpack(data, size, _TIME)
    return [int(each) for each in times if each is not None]


def unpack_values(data: bytes, size: int) -> list[float | None]:
    """Return the values of a series at its chunk's instants, None where there was none."""
    (values,) = columns.unpack(data, size, _VALUE)
    return [None if each is None else float(each) for each in values]


def series(name: str, times: Sequence[int], values: Sequence[float | None]) -> Series:
    """Return one measurement at rising times with its roll-ups."""
    minutes = roll_up(zip(times, values, strict=True), MINUTE_MS)
    return Series(
        measurement=name,
        data=columns.pack([values], _VALUE),
        minutes=pack_spans(minutes),
        quarters=pack_spans(coarser(minutes, QUARTER_MS)),
    )


def _chunk(
    host: int, times: Sequence[int], values: Sequence[Mapping[str, float]]
) -> MeterChunk:
    names = sorted({name for each in values for name in each})
    return MeterChunk(
        host=host,
        day=times[0] // DAY_MS,
        start_ms=times[0],
        end_ms=times[-1],
        size=len(times),
        times=columns.pack([times], _TIME),
        series=tuple(
            series(name, times, [each.get(name) for each in values]) for name in names
        ),
    )
