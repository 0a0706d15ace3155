"""Turns the meters' log into chunks, and many small chunks of a day into few; forgets what is too old.

As with the chargers' log all of it happens beside the hub's work, and a crash in between repeats at most one portion.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
import time

import msgspec
from msgspec import Struct
import sqlalchemy as sa

from ..meters.model import RAW_DAYS, MeterRound
from . import meter_chunks, meter_log
from .meter_chunks import DAY_MS, MeterChunk
from .meter_history import packed_instants
from .reader import Reader
from .schema import (
    host_polling,
    meter_chunk,
    meter_host,
    meter_log as log_table,
    meter_series,
)
from .writer import Writer, new_key

SLICE = 100  # chunks that lose their readings in one commit
_DELETED = 500  # rows of the log that are named in one statement


class _Packed(Struct, frozen=True):
    """What rows of the log, or chunks that are to be merged, came to."""

    pks: list[int]
    chunks: list[MeterChunk]


class MeterPacker:
    """Keeps the meters' part of the store small. One at a time may work on a database."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def pack(self) -> None:
        """Turn all that is in the log now into chunks."""
        for portion in await self._reader.ask(meter_log.portions):
            packed = await self._reader.ask(partial(_gather, portion=portion))
            await self._writer.run_unheard(partial(_store, packed=packed))

    async def merge(self, before_ms: int) -> int:
        """Merge the chunks of each host's days that ended before then; return how many fewer there are."""
        fewer = 0
        for host, day in await self._reader.ask(partial(_several, before_ms=before_ms)):
            merged = await self._reader.ask(partial(_merge, host=host, day=day))
            fewer += await self._writer.run_unheard(partial(_replace, merged=merged))
        return fewer

    async def forget(self, now_ms: int) -> int:
        """Drop the readings that are older than their host's owner wants; return how many chunks lost theirs."""
        lost = 0
        while some := await self._writer.run_unheard(partial(_forget, now_ms=now_ms)):
            lost += some
        return lost


def _gather(connection: sa.Connection, portion: int) -> _Packed:
    """Pack what the log has of a portion, but for the instants that were packed before."""
    pks: list[int] = []
    came: defaultdict[int, list[MeterRound]] = defaultdict(list)
    for pk, rounds in meter_log.rows(connection, portion):
        pks.append(pk)
        for each in rounds:
            came[each.host].append(each)
    chunks: list[MeterChunk] = []
    for host, rounds in came.items():
        begun = time.monotonic()
        known = packed_instants(connection, host, [each.time_ms for each in rounds])
        new = [each for each in rounds if each.time_ms not in known]
        chunks += meter_chunks.pack(host, new)
        time.sleep(time.monotonic() - begun)  # the event loop wants its turns, too
    return _Packed(pks, chunks)


def _store(connection: sa.Connection, packed: _Packed) -> None:
    hosts = set(connection.execute(sa.select(meter_host.c.id)).scalars())
    _insert(connection, (each for each in packed.chunks if each.host in hosts))
    for at in range(0, len(packed.pks), _DELETED):
        some = packed.pks[at : at + _DELETED]
        connection.execute(sa.delete(log_table).where(log_table.c.pk.in_(some)))


def _insert(connection: sa.Connection, chunks: Iterable[MeterChunk]) -> None:
    for each in chunks:
        row = {
            name: getattr(each, name)
            for name in each.__struct_fields__
            if name != "series"
        }
        pk = new_key(connection.execute(sa.insert(meter_chunk).values(row)))
        series = [{"chunk": pk, **msgspec.structs.asdict(one)} for one in each.series]
        if series:
            connection.execute(sa.insert(meter_series), series)


def _several(connection: sa.Connection, before_ms: int) -> list[tuple[int, int]]:
    """Return the days of hosts that have more chunks than they need."""
    day = (meter_chunk.c.host, meter_chunk.c.day)
    query = (
        sa.select(*day)
        .where(meter_chunk.c.day < before_ms // DAY_MS)
        .group_by(*day)
        .having(
            sa.func.count() > 1 + sa.func.sum(meter_chunk.c.size) / meter_chunks.MOST
        )
        .having(sa.func.count(meter_chunk.c.times) == sa.func.count())
        .order_by(*day)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _merge(connection: sa.Connection, host: int, day: int) -> _Packed:
    rows = connection.execute(
        sa.select(meter_chunk.c.pk, meter_chunk.c.times, meter_chunk.c.size).where(
            meter_chunk.c.host == host, meter_chunk.c.day == day
        )
    ).all()
    begun = time.monotonic()
    rounds = [each for row in rows for each in _rounds(connection, host, row)]
    merged = list(meter_chunks.pack(host, rounds))
    time.sleep(time.monotonic() - begun)
    return _Packed([row.pk for row in rows], merged)


def _rounds(
    connection: sa.Connection, host: int, row: sa.Row[tuple[int, bytes, int]]
) -> Iterator[MeterRound]:
    pk, data, size = row
    query = sa.select(meter_series.c.measurement, meter_series.c.data).where(
        meter_series.c.chunk == pk
    )
    rounds = [
        MeterRound(host, time_ms, {})
        for time_ms in meter_chunks.unpack_times(data, size)
    ]
    for name, packed in connection.execute(query):
        for each, value in zip(
            rounds, meter_chunks.unpack_values(packed, size), strict=True
        ):
            if value is not None:
                each.values[name] = value
    yield from rounds


def _replace(connection: sa.Connection, merged: _Packed) -> int:
    old = meter_chunk.c.pk.in_(merged.pks)
    there = connection.execute(sa.delete(meter_chunk).where(old)).rowcount
    if not there:
        return 0  # the host was removed meanwhile
    _insert(connection, merged.chunks)
    return there - len(merged.chunks)


def _forget(connection: sa.Connection, now_ms: int) -> int:
    """Drop the readings of some chunks that are too old; how many."""
    keeps = sa.case(
        (host_polling.c.host.is_(None), RAW_DAYS), else_=host_polling.c.raw_days
    )
    query = (
        sa.select(meter_chunk.c.pk)
        .outerjoin(host_polling, host_polling.c.host == meter_chunk.c.host)
        .where(
            keeps.is_not(None),
            meter_chunk.c.day < now_ms // DAY_MS - keeps,
            meter_chunk.c.times.is_not(None),
        )
        .limit(SLICE)
    )
    old = list(connection.execute(query).scalars())
    connection.execute(
        sa.update(meter_series).where(meter_series.c.chunk.in_(old)).values(data=None)
    )
    connection.execute(
        sa.update(meter_chunk).where(meter_chunk.c.pk.in_(old)).values(times=None)
    )
    return len(old)
