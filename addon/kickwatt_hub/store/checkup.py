"""Holds a database against itself: what is derived must be what its readings give."""

from collections.abc import Sequence
from compression import zstd
from functools import partial

import msgspec
from msgspec import Struct
import sqlalchemy as sa

from . import chunks, duplicates, log
from .reader import Reader
from .schema import charger, chunk, conversation
from .writer import Writer

SLICE = 200  # chunks that are looked at in one question


class Found(Struct, frozen=True):
    """What is wrong, in a sentence, and whether it was put right."""

    sentence: str
    repaired: bool = False


class _Wrong(Struct, frozen=True):
    """A chunk whose columns are not what its readings give, and those that it should have."""

    pk: int
    right: dict[str, object]


class Checkup:
    """Looks at everything once."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def file(self) -> list[Found]:
        """Let the database look at its own pages; only SQLite can."""
        said = await self._reader.ask(_integrity)
        return [Found(f"The file is damaged: {each}.") for each in said if each != "ok"]

    async def chunks(self) -> int:
        """Return how many chunks there are to look at."""
        query = sa.select(sa.func.count()).select_from(chunk)
        return await self._reader.ask(
            lambda connection: connection.execute(query).scalar_one()
        )

    async def look(self, after: int) -> tuple[list[Found], int, int | None]:
        """Look at the next chunks after a key, and put right what is derived in them.

        Returns what was found, how many chunks those were, and the last key, or None when there are no more.
        """
        found, wrong, count, last = await self._reader.ask(partial(_look, after=after))
        if wrong:
            await self._writer.run(partial(_repair, wrong=wrong))
        return found, count, last

    async def twice(self) -> list[Found]:
        """Look for readings that are in two chunks, and leave each in the older one."""
        found = []
        for pair in await self._reader.ask(duplicates.pairs):
            try:
                name, both, unlike = await self._reader.ask(
                    partial(duplicates.twice, pair=pair)
                )
            except ValueError, EOFError, zstd.ZstdError:
                continue  # one of them is damaged, which `look` says
            where = f"chunks {pair[0]} and {pair[1]} (charger {name})"
            if both - unlike:
                await self._writer.run(partial(duplicates.remove, pair=pair))
                what = f"{both - unlike} readings were in {where}"
                found.append(Found(f"{what}.", repaired=True))
            if unlike:
                what = f"{unlike} samples have other values in each of {where}"
                found.append(Found(f"{what}."))
        return found

    async def chargers(self) -> list[Found]:
        """Look for chargers without a conversation, and make one; and for a log that cannot be read."""
        found = await self._reader.ask(_read_log)
        for name in await self._writer.run(_complete):
            found.append(Found(f"Charger {name} had no conversation.", repaired=True))
        return found


def _integrity(connection: sa.Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    return [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]


def _look(
    connection: sa.Connection, after: int
) -> tuple[list[Found], list[_Wrong], int, int | None]:
    query = sa.select(chunk).where(chunk.c.pk > after).order_by(chunk.c.pk).limit(SLICE)
    rows = connection.execute(query).all()
    found: list[Found] = []
    wrong: list[_Wrong] = []
    for row in rows:
        if row.data is None:
            continue
        where = f"Chunk {row.pk} (charger {row.charger_pk}, day {row.day})"
        try:
            readings = chunks.unpack_readings(row.data, row.size)
            (right,) = chunks.pack(row.charger_pk, readings)
        except Exception as error:  # noqa: BLE001 -- damaged bytes fail in any way
            found.append(Found(f"{where} cannot be unpacked: {error}."))
            continue
        differing = {
            name: value
            for name, value in msgspec.structs.asdict(right).items()
            if name != "data" and getattr(row, name) != value
        }
        if differing:
            names = ", ".join(differing)
            found.append(Found(f"{where} had other {names}.", repaired=True))
            wrong.append(_Wrong(row.pk, differing))
    return found, wrong, len(rows), rows[-1].pk if len(rows) == SLICE else None


def _repair(connection: sa.Connection, wrong: Sequence[_Wrong]) -> None:
    for each in wrong:
        connection.execute(
            sa.update(chunk).where(chunk.c.pk == each.pk).values(**each.right)
        )


def _read_log(connection: sa.Connection) -> list[Found]:
    found = []
    for each in log.segments(connection):
        try:
            for outline in log.outlines(connection, each):
                log.decode_readings(outline.readings)
                log.decode_conversation(outline.conversation)
        except Exception as error:  # noqa: BLE001 -- damaged bytes fail in any way
            found.append(Found(f"Table log_{each.pk} cannot be read: {error}."))
    return found


def _complete(connection: sa.Connection) -> list[str]:
    missing = connection.execute(
        sa.select(charger.c.pk, charger.c.id).where(
            charger.c.pk.not_in(sa.select(conversation.c.charger_pk))
        )
    ).all()
    for row in missing:
        connection.execute(
            sa.insert(conversation).values(
                charger_pk=row.pk, revision=0, state=log.NEW_CONVERSATION
            )
        )
    return [row.id for row in missing]
