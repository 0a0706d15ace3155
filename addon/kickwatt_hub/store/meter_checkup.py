"""Holds what is stored of meters against itself, as `checkup` does with chargers."""

from functools import partial

from msgspec import Struct
import sqlalchemy as sa

from . import meter_log
from .checkup import Found
from .meter_chunks import series, unpack_times, unpack_values
from .reader import Reader
from .schema import meter_chunk, meter_series
from .writer import Writer

SLICE = 20  # chunks that are looked at in one question; each may have a hundred series


class _Wrong(Struct, frozen=True):
    """A series whose roll-ups are not what its values give, and those that it should have."""

    chunk: int
    measurement: str
    minutes: bytes
    quarters: bytes


class MeterCheckup:
    """Looks at all chunks of meters, and at their log."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def look(self) -> list[Found]:
        """Return what is wrong, and put right what is derived."""
        found = await self._reader.ask(_read_log)
        after: int | None = 0
        while after is not None:
            some, wrong, after = await self._reader.ask(partial(_look, after=after))
            found += some
            if wrong:
                await self._writer.run(partial(_repair, wrong=wrong))
        return found


def _look(
    connection: sa.Connection, after: int
) -> tuple[list[Found], list[_Wrong], int | None]:
    """Look at the next chunks after a key; the last key is None when there are no more."""
    query = sa.select(meter_chunk).where(meter_chunk.c.pk > after)
    rows = connection.execute(query.order_by(meter_chunk.c.pk).limit(SLICE)).all()
    found: list[Found] = []
    wrong: list[_Wrong] = []
    for row in rows:
        if row.times is None:
            continue
        where = f"Chunk {row.pk} of meter {row.host}"
        try:
            times = unpack_times(row.times, row.size)
        except Exception as error:  # noqa: BLE001 -- damaged bytes fail in any way
            found.append(Found(f"{where} cannot be unpacked: {error}."))
            continue
        own = sa.select(meter_series).where(meter_series.c.chunk == row.pk)
        for each in connection.execute(own):
            what = f"{where}, {each.measurement},"
            try:
                values = unpack_values(each.data, row.size)
                right = series(each.measurement, times, values)
            except Exception as error:  # noqa: BLE001
                found.append(Found(f"{what} cannot be unpacked: {error}."))
                continue
            if (right.minutes, right.quarters) != (each.minutes, each.quarters):
                found.append(Found(f"{what} had other roll-ups.", repaired=True))
                wrong.append(
                    _Wrong(row.pk, each.measurement, right.minutes, right.quarters)
                )
    return found, wrong, rows[-1].pk if len(rows) == SLICE else None


def _repair(connection: sa.Connection, wrong: list[_Wrong]) -> None:
    for each in wrong:
        connection.execute(
            sa.update(meter_series)
            .where(
                meter_series.c.chunk == each.chunk,
                meter_series.c.measurement == each.measurement,
            )
            .values(minutes=each.minutes, quarters=each.quarters)
        )


def _read_log(connection: sa.Connection) -> list[Found]:
    found = []
    for portion in meter_log.portions(connection):
        try:
            for _ in meter_log.rows(connection, portion):
                pass
        except Exception as error:  # noqa: BLE001 -- damaged bytes fail in any way
            found.append(Found(f"The log of meters cannot be read: {error}."))
    return found
