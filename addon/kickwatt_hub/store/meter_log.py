"""What meters have brought, before it is packed: durable, in the order in which it came.

Rounds of hosts of one portion share a row, so that packing takes a sixty-fourth of it all into memory at once, and
deletes what it has packed in the commit that stores it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from compression import zstd

import msgspec
import sqlalchemy as sa

from ..meters.model import MeterRound
from .reader import Reader
from .schema import meter_log
from .writer import Writer

PORTIONS = 64

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[MeterRound]).decode


class MeterLog:
    """Takes readings in."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def append(self, rounds: Sequence[MeterRound]) -> None:
        """Store rounds; they are on the disk when this returns. Raises UnavailableError.

        Whoever does not know whether that happened may append them again: an instant of a host is kept once.
        """
        by_portion: defaultdict[int, list[MeterRound]] = defaultdict(list)
        for each in rounds:
            by_portion[each.host % PORTIONS].append(each)
        rows = [
            {
                "portion": portion,
                "size": sum(len(each.values) for each in some),
                "data": zstd.compress(_encode(some), 1),
            }
            for portion, some in by_portion.items()
        ]

        def job(connection: sa.Connection) -> None:
            connection.execute(sa.insert(meter_log), rows)

        if rows:
            await self._writer.run_unheard(job)

    async def rounds(self) -> list[MeterRound]:
        """Return what waits to be packed; of a large fleet this is much."""

        def question(connection: sa.Connection) -> list[MeterRound]:
            return [
                each
                for portion in portions(connection)
                for _, some in rows(connection, portion)
                for each in some
            ]

        return await self._reader.ask(question)

    async def values(self) -> int:
        """Return how many values wait to be packed."""
        query = sa.select(sa.func.coalesce(sa.func.sum(meter_log.c.size), 0))
        return int(
            await self._reader.ask(lambda found: found.execute(query).scalar_one())
        )


def portions(connection: sa.Connection) -> list[int]:
    """Return the portions of which there is anything in the log."""
    query = sa.select(meter_log.c.portion).distinct().order_by(meter_log.c.portion)
    return list(connection.execute(query).scalars())


def rows(
    connection: sa.Connection, portion: int
) -> Iterator[tuple[int, list[MeterRound]]]:
    """Yield the key and the rounds of each row of a portion, oldest first."""
    query = (
        sa.select(meter_log.c.pk, meter_log.c.data)
        .where(meter_log.c.portion == portion)
        .order_by(meter_log.c.pk)
    )
    for pk, data in connection.execute(query, execution_options={"yield_per": 64}):
        yield pk, _decode(zstd.decompress(data))


def of_host(connection: sa.Connection, host: int) -> Iterator[MeterRound]:
    """Yield what a host has brought that is not packed yet."""
    for _, found in rows(connection, host % PORTIONS):
        yield from (each for each in found if each.host == host)
