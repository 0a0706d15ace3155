"""Roll-ups of one measurement: what it came to, minute by minute and quarter by quarter of an hour."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from . import columns

_THOUSANDTH = 1000
_SCALES = (0, 0, _THOUSANDTH, _THOUSANDTH, _THOUSANDTH)


class Span(Struct, frozen=True, array_like=True):
    """The values of start <= time < start + step."""

    start_ms: int
    count: int
    sum: float
    min: float
    max: float

    @property
    def mean(self) -> float:
        """The mean of what was measured."""
        return self.sum / self.count

    def plus(self, other: Span, start_ms: int) -> Span:
        """Return both together, as one that starts at `start_ms`."""
        return Span(
            start_ms,
            self.count + other.count,
            round(self.sum + other.sum, 3),
            min(self.min, other.min),
            max(self.max, other.max),
        )


def roll_up(values: Iterable[tuple[int, float | None]], step_ms: int) -> list[Span]:
    """Return the spans of values at rising times, in Unix ms; where there is no value, there is no span."""
    spans: list[Span] = []
    some: list[float] = []
    step = None
    for time_ms, value in values:
        if value is None:
            continue
        if time_ms // step_ms != step:
            if step is not None:
                spans.append(_span(step * step_ms, some))
            step, some = time_ms // step_ms, []
        some.append(value)
    if step is not None:
        spans.append(_span(step * step_ms, some))
    return spans


def coarser(spans: Iterable[Span], step_ms: int) -> list[Span]:
    """Return wider spans, each the sum of what lies in it, oldest first; their order does not matter."""
    wide: dict[int, Span] = {}
    for each in spans:
        start_ms = each.start_ms - each.start_ms % step_ms
        known = wide.get(start_ms)
        wide[start_ms] = (
            msgspec.structs.replace(each, start_ms=start_ms)
            if known is None
            else known.plus(each, start_ms)
        )
    return [wide[start_ms] for start_ms in sorted(wide)]


def pack_spans(spans: Sequence[Span]) -> bytes:
    """Return spans as bytes; their number is in the first four."""
    table: list[list[float]] = [
        [each.start_ms for each in spans],
        [each.count for each in spans],
        [each.sum for each in spans],
        [each.min for each in spans],
        [each.max for each in spans],
    ]
    return len(spans).to_bytes(4, "big") + columns.pack(table, _SCALES)


def unpack_spans(data: bytes) -> list[Span]:
    """Return the spans that `pack_spans` was given."""
    count = int.from_bytes(data[:4], "big")
    if not count:
        return []
    rows = zip(*columns.unpack(data[4:], count, _SCALES), strict=True)
    return msgspec.convert(list(rows), list[Span])


def _span(start_ms: int, values: Sequence[float]) -> Span:
    return Span(start_ms, len(values), round(sum(values), 3), min(values), max(values))
