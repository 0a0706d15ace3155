"""What was measured, and the charges found in it."""

from collections.abc import Sequence
from itertools import batched

import sqlalchemy as sa

from ..model import Position, Reading, Session, SessionRecord
from .reader import Reader
from .schema import reading, session

QUESTIONS = 500  # times in one query; SQLite bounds its length


class History:
    """Readings and sessions of the past."""

    def __init__(self, reader: Reader) -> None:
        """`reader` belongs to the store."""
        self._reader = reader

    async def readings(
        self, charger_pk: int, start_ms: int, end_ms: int, limit: int
    ) -> tuple[list[Reading], int | None]:
        """Return the readings of start <= time < end, oldest first, and where the rest starts.

        At most `limit`, but never only some of those of one instant: the rest can then be asked for by time alone.
        """
        query = (
            sa.select(reading)
            .where(reading.c.charger_pk == charger_pk)
            .where(reading.c.time_ms >= start_ms, reading.c.time_ms < end_ms)
            .order_by(reading.c.time_ms, reading.c.boot, reading.c.number)
        )

        def question(connection: sa.Connection) -> tuple[list[Reading], int | None]:
            rows = connection.execute(query.limit(limit + 1)).all()
            if len(rows) <= limit:
                return [reading_from(row) for row in rows], None
            rest_ms = rows[limit].time_ms
            if rows[0].time_ms < rest_ms:
                return [
                    reading_from(row) for row in rows if row.time_ms < rest_ms
                ], rest_ms
            # More of one instant than fit: all of them, whatever the limit.
            rows = connection.execute(query.where(reading.c.time_ms == rest_ms)).all()
            later = connection.execute(
                query.where(reading.c.time_ms > rest_ms).limit(1)
            ).first()
            return [reading_from(row) for row in rows], later.time_ms if later else None

        return await self._reader.ask(question)

    async def replay(
        self, charger_pk: int, after: Position | None, limit: int
    ) -> list[Reading]:
        """Return the newest `limit` readings after a position, in the charger's own order."""
        query = sa.select(reading).where(reading.c.charger_pk == charger_pk)
        if after is not None:
            query = query.where(
                sa.tuple_(reading.c.boot, reading.c.number)
                > sa.tuple_(sa.literal(after.boot), sa.literal(after.number))
            )
        query = query.order_by(reading.c.boot.desc(), reading.c.number.desc()).limit(
            limit
        )
        newest_first = await self._reader.ask(
            lambda connection: [reading_from(row) for row in connection.execute(query)]
        )
        return newest_first[::-1]

    async def known(self, charger_pk: int, times_ms: Sequence[int]) -> list[Reading]:
        """Return the readings of exactly these instants."""
        query = sa.select(reading).where(reading.c.charger_pk == charger_pk)

        def question(connection: sa.Connection) -> list[Reading]:
            return [
                reading_from(row)
                for some in batched(times_ms, QUESTIONS, strict=False)
                for row in connection.execute(query.where(reading.c.time_ms.in_(some)))
            ]

        return await self._reader.ask(question)

    async def sessions(
        self, charger_pk: int, start_ms: int, end_ms: int, limit: int
    ) -> list[Session]:
        """Return the sessions that touch start <= time < end, newest first."""
        query = (
            sa.select(session)
            .where(session.c.charger_pk == charger_pk, session.c.start_ms < end_ms)
            .where(sa.or_(session.c.end_ms.is_(None), session.c.end_ms >= start_ms))
            .order_by(session.c.start_ms.desc(), session.c.pk.desc())
            .limit(limit)
        )
        return await self._reader.ask(
            lambda connection: [
                record_from(row).session for row in connection.execute(query)
            ]
        )


def reading_row(charger_pk: int, each: Reading) -> tuple[object, ...]:
    """Return the columns of `reading`, in their order."""
    return (
        charger_pk,
        each.position.boot,
        each.position.number,
        each.time_ms,
        each.relay_on,
        _scaled(each.voltage_v, 10),
        _scaled(each.current_a, 1000),
        _scaled(each.power_w, 10),
        _scaled(each.power_factor, 100),
        each.meter_wh,
        each.energy_wh,
    )


def reading_from(row: sa.Row[tuple[object, ...]]) -> Reading:
    """Return what a row of `reading` says."""
    return Reading(
        position=Position(row.boot, row.number),
        time_ms=row.time_ms,
        relay_on=None if row.relay_on is None else bool(row.relay_on),
        voltage_v=_unscaled(row.voltage_dv, 10),
        current_a=_unscaled(row.current_ma, 1000),
        power_w=_unscaled(row.power_dw, 10),
        power_factor=_unscaled(row.power_factor_pct, 100),
        meter_wh=row.meter_wh,
        energy_wh=row.energy_wh,
    )


def session_row(record: SessionRecord) -> dict[str, object]:
    """Return the columns of `session` that a record sets."""
    each = record.session
    return {
        "start_ms": each.start_ms,
        "end_ms": each.end_ms,
        "energy_wh": each.energy_wh,
        "peak_power_w": each.peak_power_w,
        "end_reason": each.end_reason,
        "end_boot": record.ended_at.boot if record.ended_at else None,
        "end_number": record.ended_at.number if record.ended_at else None,
        "detector": record.detector,
    }


def record_from(row: sa.Row[tuple[object, ...]]) -> SessionRecord:
    """Return what a row of `session` says."""
    return SessionRecord(
        session=Session(
            id=row.pk,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            energy_wh=row.energy_wh,
            peak_power_w=row.peak_power_w,
            end_reason=row.end_reason,
        ),
        ended_at=None
        if row.end_boot is None
        else Position(row.end_boot, row.end_number),
        detector=row.detector,
    )


def _scaled(value: float | None, factor: int) -> int | None:
    return None if value is None else round(value * factor)


def _unscaled(value: int | None, factor: int) -> float | None:
    return None if value is None else value / factor
