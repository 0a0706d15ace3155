"""What meters measured: chunks and log, read as one."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import sqlalchemy as sa

from . import meter_log
from .meter_chunks import DAY_MS, unpack_times, unpack_values
from .meter_spans import Span, coarser, roll_up, unpack_spans
from .reader import Reader
from .rollups import MINUTE_MS, QUARTER_MS
from .schema import meter_chunk, meter_series

SECOND_MS = 1000
_FAR = 2**31 - 1  # days; as far as a column of 32 bits goes

type Value = tuple[int, float]
"""When, in Unix milliseconds, and what."""


class MeterHistory:
    """Readings of meters."""

    def __init__(self, reader: Reader) -> None:
        """`reader` belongs to the store."""
        self._reader = reader

    async def measurements(self, host: int) -> list[str]:
        """Return of which measurements of a host there is any history, by name."""

        def question(connection: sa.Connection) -> list[str]:
            query = (
                sa.select(meter_series.c.measurement)
                .join(meter_chunk, meter_chunk.c.pk == meter_series.c.chunk)
                .where(meter_chunk.c.host == host)
                .distinct()
            )
            found = set(connection.execute(query).scalars())
            for each in meter_log.of_host(connection, host):
                found |= each.values.keys()
            return sorted(found)

        return await self._reader.ask(question)

    async def values(
        self, host: int, measurement: str, start_ms: int, end_ms: int, limit: int
    ) -> tuple[list[Value], int | None]:
        """Return the values of start <= time < end, oldest first, at most `limit`; and where the rest starts."""

        def question(connection: sa.Connection) -> tuple[list[Value], int | None]:
            asked = _Asked(connection, host, measurement, start_ms, end_ms)
            found: list[Value] = []
            for day in asked.days():
                found += day
                if len(found) > limit:
                    return found[:limit], found[limit][0]
            return found, None

        return await self._reader.ask(question)

    async def spans(
        self, host: int, measurement: str, start_ms: int, end_ms: int, most: int
    ) -> tuple[list[Span], int]:
        """Return start <= time < end as at most `most` spans, oldest first, and how wide they are, in ms.

        Spans without a value are left out. They are whole seconds, minutes or quarters of an hour wide, and begin at a
        multiple of that; the first may begin before `start_ms` therefore.
        """

        def question(connection: sa.Connection) -> tuple[list[Span], int]:
            asked = _Asked(connection, host, measurement, start_ms, end_ms)
            first_ms, last_ms = asked.extent()
            step_ms = _step_ms(last_ms - first_ms, most)
            if step_ms < MINUTE_MS and asked.forgotten():
                step_ms = MINUTE_MS
            asked.start_ms = first_ms - first_ms % step_ms
            if step_ms < MINUTE_MS:
                parts = (each for day in asked.days() for each in roll_up(day, step_ms))
                return coarser(parts, step_ms), step_ms
            return coarser(asked.parts(step_ms), step_ms), step_ms

        return await self._reader.ask(question)


def packed_instants(
    connection: sa.Connection, host: int, times: Sequence[int]
) -> frozenset[int]:
    """Return the instants of a host that are packed already, as far as they lie between these."""
    query = sa.select(meter_chunk.c.times, meter_chunk.c.size).where(
        meter_chunk.c.host == host,
        meter_chunk.c.day.between(min(times) // DAY_MS, max(times) // DAY_MS),
        meter_chunk.c.start_ms <= max(times),
        meter_chunk.c.end_ms >= min(times),
        meter_chunk.c.times.is_not(None),
    )
    return frozenset(
        time_ms
        for row in connection.execute(query)
        for time_ms in unpack_times(row.times, row.size)
    )


class _Asked:
    """One measurement of one host over start <= time < end."""

    def __init__(
        self,
        connection: sa.Connection,
        host: int,
        measurement: str,
        start_ms: int,
        end_ms: int,
    ) -> None:
        self.start_ms = start_ms
        self._connection = connection
        self._end_ms = end_ms
        fresh: dict[int, float] = {}
        for each in meter_log.of_host(connection, host):
            if measurement in each.values and start_ms <= each.time_ms < end_ms:
                fresh.setdefault(each.time_ms, each.values[measurement])
        # What was appended once more, because nobody knew whether it had been stored.
        known = packed_instants(connection, host, list(fresh)) if fresh else ()
        self._fresh = sorted(each for each in fresh.items() if each[0] not in known)
        first, last = (
            max(-_FAR, min(_FAR, each // DAY_MS)) for each in (start_ms, end_ms - 1)
        )
        self._of_series = sa.and_(
            meter_chunk.c.pk == meter_series.c.chunk,
            meter_series.c.measurement == measurement,
            meter_chunk.c.host == host,
            meter_chunk.c.day >= first,
            meter_chunk.c.day <= last,
            meter_chunk.c.start_ms < end_ms,
            meter_chunk.c.end_ms >= start_ms,
        )

    def days(self) -> Iterator[list[Value]]:
        """Yield what was measured day by day, sorted by time."""
        query = (
            sa.select(
                meter_chunk.c.day,
                meter_chunk.c.size,
                meter_chunk.c.times,
                meter_series.c.data,
            )
            .where(self._of_series, meter_series.c.data.is_not(None))
            .order_by(meter_chunk.c.day)
        )
        fresh = {
            day: dict(some)
            for day, some in groupby(self._fresh, lambda value: value[0] // DAY_MS)
        }
        packed = {
            day: list(rows)
            for day, rows in groupby(
                self._connection.execute(query).all(), lambda row: row.day
            )
        }
        for day in sorted({*fresh, *packed}):
            found = fresh.get(day, {})
            for row in packed.get(day, ()):
                times = unpack_times(row.times, row.size)
                values = unpack_values(row.data, row.size)
                found |= {
                    time_ms: value
                    for time_ms, value in zip(times, values, strict=True)
                    if value is not None and self.start_ms <= time_ms < self._end_ms
                }
            if found:
                yield sorted(found.items())

    def parts(self, step_ms: int) -> Iterator[Span]:
        """Yield the minutes or quarters, in no order, and some more than once: parts of what happened in them."""
        width_ms, column = (
            (QUARTER_MS, meter_series.c.quarters)
            if step_ms % QUARTER_MS == 0
            else (MINUTE_MS, meter_series.c.minutes)
        )
        query = sa.select(column).where(self._of_series)
        for (data,) in self._connection.execute(query):
            for each in unpack_spans(data):
                if self.start_ms <= each.start_ms < self._end_ms:
                    yield each
        yield from roll_up(self._fresh, width_ms)

    def extent(self) -> tuple[int, int]:
        """Return the part from the first to behind the last value."""
        query = sa.select(
            sa.func.min(meter_chunk.c.start_ms), sa.func.max(meter_chunk.c.end_ms)
        ).where(self._of_series)
        times = [
            each for each in self._connection.execute(query).one() if each is not None
        ]
        times += [self._fresh[0][0], self._fresh[-1][0]] if self._fresh else []
        if not times:
            return self.start_ms, self.start_ms
        first_ms = max(self.start_ms, min(times))
        return first_ms, max(first_ms, min(self._end_ms, max(times) + 1))

    def forgotten(self) -> bool:
        """Whether there is a part of which only roll-ups are left."""
        query = sa.select(meter_chunk.c.pk).where(
            self._of_series, meter_series.c.data.is_(None)
        )
        return self._connection.execute(query.limit(1)).first() is not None


def _step_ms(span_ms: int, most: int) -> int:
    """Return the narrowest of the widths in which a span has at most so many parts."""
    parts = max(1, most - 1)  # one more may be touched: a span need not begin with one
    for unit_ms, below_ms in ((SECOND_MS, MINUTE_MS), (MINUTE_MS, QUARTER_MS)):
        step_ms = max(1, -(-span_ms // (parts * unit_ms))) * unit_ms
        if step_ms < below_ms:
            return step_ms
    return max(1, -(-span_ms // (parts * QUARTER_MS))) * QUARTER_MS
