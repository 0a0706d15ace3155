"""Turns the log into chunks, and many small chunks of a day into few; forgets what is too old.

All of it happens beside the hub's work: what is read and packed here is old and changes no more, and every commit is short.
A crash in between repeats at most one part.
"""

from collections.abc import Callable, Sequence
from functools import partial
import time

import msgspec
from msgspec import Raw, Struct
import sqlalchemy as sa

from ..model import Kind, Reading
from . import chunks, log
from .chunks import Chunk
from .newest import newest
from .reader import Reader
from .schema import charger, chunk, conversation, segment
from .writer import Writer

PART = 200_000  # readings that are in memory at once, about 80 bytes each
DAYS = 20  # days of chargers that are merged in one commit
SLICE = 500  # chunks that lose their readings in one commit

_encode = msgspec.msgpack.Encoder().encode
_decode_reading = msgspec.msgpack.Decoder(Reading).decode


class _Part(Struct, frozen=True):
    """What one part of a table of the log came to."""

    chunks: list[Chunk]
    places: list[dict[str, object]]
    """Where each charger stands at its end: the columns of `conversation` that change."""


class Packer:
    """Keeps the store small. One at a time may work on a database."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def unpacked(self) -> int:
        """Return how many readings the log holds."""
        return await self._reader.ask(
            lambda connection: sum(
                _count(connection, each) for each in log.segments(connection)
            )
        )

    async def pack(self) -> int:
        """Turn all that is in the log now into chunks; return how many readings that were."""
        await self._writer.run(log.seal)
        sealed = await self._reader.ask(lambda found: log.segments(found, sealed=True))
        return sum([await self._pack(each) for each in sealed])

    async def merge(self, before_ms: int) -> int:
        """Merge the chunks of each charger's days that ended before then; return how many fewer there are."""
        fewer = 0
        after = (-(2**31), 0)
        while several := await self._reader.ask(_several(after, before_ms)):
            merged = await self._reader.ask(partial(_merge, several=several))
            fewer += await self._writer.run(partial(_replace, merged=merged))
            after = several[-1]
        return fewer

    async def forget(self, now_ms: int) -> int:
        """Drop the readings that are older than their charger's owner wants; return how many chunks lost theirs."""
        lost = 0
        while some := await self._writer.run(partial(_forget, now_ms=now_ms)):
            lost += some
        return lost

    async def _pack(self, which: log.Segment) -> int:
        count = await self._reader.ask(lambda connection: _count(connection, which))
        passes = which.passes or max(1, -(-count // PART))
        for done in range(which.done, passes):
            here = log.Segment(which.pk, passes, done)
            part = await self._reader.ask(partial(_gather, which=here))
            await self._writer.run(partial(_store, which=here, part=part))
        await self._writer.run(partial(_drop, which=which))
        return count


def _count(connection: sa.Connection, which: log.Segment) -> int:
    rows = log.table(which.pk)
    total = sa.func.coalesce(sa.func.sum(rows.c.size), 0)
    return int(connection.execute(sa.select(total)).scalar_one())


def _gather(connection: sa.Connection, which: log.Segment) -> _Part:
    """Pack the next part of the log's chargers."""
    came: dict[int, list[Raw]] = {}
    talks: dict[int, Raw] = {}
    for outline in log.outlines(connection, which):
        if outline.charger_pk % which.passes == which.done:
            came.setdefault(outline.charger_pk, []).append(outline.readings.copy())
            if outline.tells:
                talks[outline.charger_pk] = outline.conversation.copy()
    query = sa.select(
        conversation.c.charger_pk,
        charger.c.kind,
        conversation.c.state,
        conversation.c.reading,
    ).join(charger)
    packed: list[Chunk] = []
    places: list[dict[str, object]] = []
    for pk, kind, state, shown in connection.execute(query):
        if pk not in came:
            continue
        begun = time.monotonic()
        readings = [each for some in came[pk] for each in log.decode_readings(some)]
        packed += chunks.pack(pk, readings)
        if shown is not None:
            readings.append(_decode_reading(shown))
        talk = log.decode_conversation(talks.get(pk, state))
        reading = newest(Kind(kind), talk.last_seen_ms if talk else None, readings)
        places.append(
            {
                "pk": pk,
                "state": talks.get(pk),
                "reading": None if reading is None else _encode(reading),
            }
        )
        time.sleep(time.monotonic() - begun)  # the event loop wants its turns, too
    return _Part(packed, places)


def _store(connection: sa.Connection, which: log.Segment, part: _Part) -> None:
    if part.chunks:
        connection.execute(
            sa.insert(chunk), [msgspec.structs.asdict(each) for each in part.chunks]
        )
    if part.places:
        connection.execute(
            sa.update(conversation)
            .where(conversation.c.charger_pk == sa.bindparam("pk"))
            .values(
                state=sa.func.coalesce(
                    sa.bindparam("state", type_=sa.LargeBinary), conversation.c.state
                ),
                reading=sa.bindparam("reading", type_=sa.LargeBinary),
            ),
            part.places,
        )
    connection.execute(
        sa.update(segment)
        .where(segment.c.pk == which.pk)
        .values(passes=which.passes, done=which.done + 1)
    )


def _drop(connection: sa.Connection, which: log.Segment) -> None:
    log.table(which.pk).drop(connection)
    connection.execute(sa.delete(segment).where(segment.c.pk == which.pk))


type _Day = tuple[int, int]


def _several(after: _Day, before_ms: int) -> Callable[[sa.Connection], list[_Day]]:
    """Ask for the next days of chargers, as (day, charger_pk), that have more chunks than they need."""
    day = (chunk.c.day, chunk.c.charger_pk)
    query = (
        sa.select(*day)
        .where(chunk.c.day < before_ms // chunks.DAY_MS)
        .where(sa.tuple_(*day) > sa.tuple_(*map(sa.literal, after)))
        .group_by(*day)
        .having(sa.func.count() > 1 + sa.func.sum(chunk.c.size) / chunks.MOST)
        .having(sa.func.count(chunk.c.data) == sa.func.count())
        .order_by(*day)
        .limit(DAYS)
    )
    return lambda connection: [(row[0], row[1]) for row in connection.execute(query)]


def _merge(
    connection: sa.Connection, several: Sequence[_Day]
) -> list[tuple[list[int], list[Chunk]]]:
    return [_merged(connection, *day) for day in several]


def _merged(
    connection: sa.Connection, day: int, pk: int
) -> tuple[list[int], list[Chunk]]:
    """Return the keys of a day's chunks, and those that are to take their place."""
    rows = connection.execute(
        sa.select(chunk.c.pk, chunk.c.data, chunk.c.size).where(
            chunk.c.day == day, chunk.c.charger_pk == pk
        )
    ).all()
    begun = time.monotonic()
    readings = [
        each for row in rows for each in chunks.unpack_readings(row.data, row.size)
    ]
    merged = list(chunks.pack(pk, readings))
    time.sleep(time.monotonic() - begun)
    return [row.pk for row in rows], merged


def _replace(
    connection: sa.Connection, merged: Sequence[tuple[list[int], list[Chunk]]]
) -> int:
    old = [pk for pks, _ in merged for pk in pks]
    new = [msgspec.structs.asdict(each) for _, some in merged for each in some]
    connection.execute(sa.delete(chunk).where(chunk.c.pk.in_(old)))
    connection.execute(sa.insert(chunk), new)
    return len(old) - len(new)


def _forget(connection: sa.Connection, now_ms: int) -> int:
    """Drop the readings of some chunks that are too old; how many."""
    old = (
        sa.select(chunk.c.pk)
        .join(charger, charger.c.pk == chunk.c.charger_pk)
        .where(
            charger.c.raw_days.is_not(None),
            chunk.c.day < now_ms // chunks.DAY_MS - charger.c.raw_days,
            chunk.c.data.is_not(None),
        )
        .limit(SLICE)
    )
    return connection.execute(
        sa.update(chunk).where(chunk.c.pk.in_(old)).values(data=None)
    ).rowcount
