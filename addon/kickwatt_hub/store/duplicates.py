"""Looks for readings that are in two chunks, and leaves each in one."""

from collections.abc import Iterator, Sequence

import msgspec
import sqlalchemy as sa

from ..model import Position, Reading
from . import chunks
from .schema import charger, chunk


def pairs(connection: sa.Connection) -> list[tuple[int, int]]:
    """Return the keys of chunks of one charger whose ranges of positions overlap, the older first.

    Most overlap because something came late, and hold nothing twice.
    """
    columns = (
        chunk.c.pk,
        chunk.c.charger_pk,
        chunk.c.first_boot,
        chunk.c.first_number,
        chunk.c.last_boot,
        chunk.c.last_number,
    )
    query = (
        sa.select(*columns)
        .where(chunk.c.data.is_not(None))
        .order_by(chunk.c.charger_pk, chunk.c.first_boot, chunk.c.first_number)
    )
    return sorted(_overlapping(connection.execute(query)))


def twice(connection: sa.Connection, pair: tuple[int, int]) -> tuple[str, int, int]:
    """Return whose chunks these are, how many readings both hold, and how many of them are not alike."""
    older, newer = (_readings(connection, pk) for pk in pair)
    both = older.keys() & newer.keys()
    unlike = sum(1 for each in both if _values(older[each]) != _values(newer[each]))
    return _owner(connection, pair[0]), len(both), unlike


def remove(connection: sa.Connection, pair: tuple[int, int]) -> None:
    """Take out of the newer chunk what is in the older one as well."""
    older, newer = (_readings(connection, pk) for pk in pair)
    rest = [
        reading
        for position, reading in newer.items()
        if position not in older or _values(older[position]) != _values(reading)
    ]
    connection.execute(sa.delete(chunk).where(chunk.c.pk == pair[1]))
    owner = sa.select(chunk.c.charger_pk).where(chunk.c.pk == pair[0])
    charger_pk = connection.execute(owner).scalar_one()
    for each in chunks.pack(charger_pk, rest):
        connection.execute(sa.insert(chunk).values(msgspec.structs.asdict(each)))


def _overlapping(rows: sa.CursorResult[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    open_: list[sa.Row[tuple[int, ...]]] = []
    for row in rows:
        open_ = [
            each
            for each in open_
            if each.charger_pk == row.charger_pk
            and (each.last_boot, each.last_number) >= (row.first_boot, row.first_number)
        ]
        for each in open_:
            yield min(each.pk, row.pk), max(each.pk, row.pk)
        open_.append(row)


def _readings(connection: sa.Connection, pk: int) -> dict[Position, Reading]:
    row = connection.execute(
        sa.select(chunk.c.data, chunk.c.size).where(chunk.c.pk == pk)
    ).one()
    readings: Sequence[Reading] = chunks.unpack_readings(row.data, row.size)
    return {reading.position: reading for reading in readings}


def _values(reading: Reading) -> Reading:
    """Return what was measured: lifetime energy is counted by the hub, and may differ."""
    return msgspec.structs.replace(reading, energy_wh=None)


def _owner(connection: sa.Connection, pk: int) -> str:
    query = (
        sa.select(charger.c.id)
        .join(chunk, chunk.c.charger_pk == charger.c.pk)
        .where(chunk.c.pk == pk)
    )
    return str(connection.execute(query).scalar_one_or_none() or "(removed)")
