"""What was measured, and the charges found in it: chunks and log, read as one."""

from collections.abc import Collection, Iterator, Sequence
from heapq import merge

import sqlalchemy as sa

from ..model import Position, Reading, Session, SessionRecord
from . import log
from .chunks import DAY_MS, by_time, unpack_between, unpack_readings
from .reader import Reader
from .rollups import MINUTE_MS, QUARTER_MS, Bucket, coarser, roll_up, unpack_buckets
from .schema import chunk, session

SECOND_MS = 1000
_FAR = 2**31 - 1  # days; as far as a column of 32 bits goes


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
        Readings that are older than their owner wants to keep are not among them.
        """

        def question(connection: sa.Connection) -> tuple[list[Reading], int | None]:
            found: list[Reading] = []
            for some in _days(connection, charger_pk, start_ms, end_ms):
                found += some
                if len(found) > limit and found[0].time_ms < found[-1].time_ms:
                    break
            return _page(found, limit)

        return await self._reader.ask(question)

    async def points(
        self, charger_pk: int, start_ms: int, end_ms: int, most: int
    ) -> tuple[list[Bucket], int]:
        """Return start <= time < end as at most `most` buckets, oldest first, and how wide they are, in ms.

        Buckets without a reading are left out, and what lies before the first or after the last does not make the others
        wider. They are whole seconds, minutes or quarters of an hour wide, and begin at
        a multiple of that; the first may begin before `start_ms` therefore.
        """

        def question(connection: sa.Connection) -> tuple[list[Bucket], int]:
            span = _extent(connection, charger_pk, start_ms, end_ms)
            step_ms = _step_ms(span[1] - span[0], most)
            if step_ms < MINUTE_MS and _forgotten(connection, charger_pk, *span):
                step_ms = MINUTE_MS
            span = (span[0] - span[0] % step_ms, span[1])
            if step_ms < MINUTE_MS:
                days = _days(connection, charger_pk, *span)
                parts = (each for day in days for each in roll_up(day, step_ms))
                return coarser(parts, step_ms), step_ms
            return coarser(
                _parts(connection, charger_pk, *span, step_ms), step_ms
            ), step_ms

        return await self._reader.ask(question)

    async def replay(
        self, charger_pk: int, after: Position | None, limit: int
    ) -> list[Reading]:
        """Return the newest `limit` readings after a position, in the charger's own order."""

        def question(connection: sa.Connection) -> list[Reading]:
            fresh = log.readings(connection, charger_pk)
            found = [each for each in fresh if after is None or each.position > after]
            found += _newest_packed(connection, charger_pk, after, limit)
            found.sort(key=lambda each: each.position)
            return found[-limit:]

        return await self._reader.ask(question)

    async def known(self, charger_pk: int, times_ms: Collection[int]) -> list[Reading]:
        """Return the readings of exactly these instants."""
        wanted = set(times_ms)

        def question(connection: sa.Connection) -> list[Reading]:
            found = log.readings(connection, charger_pk)
            rows = connection.execute(
                sa.select(chunk.c.data, chunk.c.size, chunk.c.start_ms, chunk.c.end_ms)
                .where(chunk.c.charger_pk == charger_pk, chunk.c.data.is_not(None))
                .where(chunk.c.day.in_({time_ms // DAY_MS for time_ms in wanted}))
            )
            packed = (
                each
                for row in rows
                if any(row.start_ms <= time_ms <= row.end_ms for time_ms in wanted)
                for each in unpack_readings(row.data, row.size)
            )
            return [
                each
                for some in (found, packed)
                for each in some
                if each.time_ms in wanted
            ]

        if not wanted:
            return []
        return await self._reader.ask(question)

    async def session(self, charger_pk: int, session_id: int) -> Session | None:
        """Return one session of a charger."""
        query = sa.select(session).where(
            session.c.charger_pk == charger_pk, session.c.pk == session_id
        )

        def question(connection: sa.Connection) -> Session | None:
            row = connection.execute(query).first()
            return None if row is None else record_from(row).session

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
        "place": record.place,
        "place_ms": record.place_ms,
        "lesson": record.lesson,
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
        place=row.place,
        place_ms=row.place_ms,
        lesson=row.lesson,
    )


def _days(
    connection: sa.Connection, charger_pk: int, start_ms: int, end_ms: int
) -> Iterator[list[Reading]]:
    """Yield the readings of start <= time < end day by day, sorted by time."""
    fresh: dict[int, list[Reading]] = {}
    for each in log.readings(connection, charger_pk):
        if start_ms <= each.time_ms < end_ms:
            fresh.setdefault(each.time_ms // DAY_MS, []).append(each)
    days = _packed_days(connection, start_ms, end_ms)
    for day in sorted({*days, *fresh}):
        rows = connection.execute(
            sa.select(chunk.c.data, chunk.c.size).where(
                chunk.c.day == day,
                chunk.c.charger_pk == charger_pk,
                chunk.c.start_ms < end_ms,
                chunk.c.end_ms >= start_ms,
                chunk.c.data.is_not(None),
            )
        )
        parts = [unpack_between(row.data, row.size, start_ms, end_ms) for row in rows]
        parts.append(sorted(fresh.get(day, ()), key=by_time))
        found = [part for part in parts if part]
        if found:
            yield found[0] if len(found) == 1 else list(merge(*found, key=by_time))


def _extent(
    connection: sa.Connection, charger_pk: int, start_ms: int, end_ms: int
) -> tuple[int, int]:
    """Return the part of start <= time < end from the first to the last reading in it."""
    first, last = connection.execute(
        sa.select(sa.func.min(chunk.c.start_ms), sa.func.max(chunk.c.end_ms)).where(
            chunk.c.day.in_(_packed_days(connection, start_ms, end_ms)),
            chunk.c.charger_pk == charger_pk,
        )
    ).one()
    times = [each.time_ms for each in log.readings(connection, charger_pk)]
    times += [each for each in (first, last) if each is not None]
    if not times:
        return start_ms, start_ms
    start_ms = max(start_ms, min(times))
    return start_ms, max(start_ms, min(end_ms, max(times) + 1))


def _packed_days(connection: sa.Connection, start_ms: int, end_ms: int) -> list[int]:
    """Return the days of the span for which there are any chunks, of whatever charger."""
    first, last = (
        max(-_FAR, min(_FAR, time_ms // DAY_MS)) for time_ms in (start_ms, end_ms - 1)
    )
    found = connection.execute(_LEAPS, {"first": first, "last": last})
    return list(found.scalars())


def _leaps() -> sa.Select[tuple[int]]:
    """Ask for the days with chunks from `first` to `last`, by a leap from each to the next."""
    first, last = (
        sa.bindparam("first", type_=sa.Integer),
        sa.bindparam("last", type_=sa.Integer),
    )
    day = sa.select(sa.func.min(chunk.c.day).label("day"))
    leap = day.where(chunk.c.day >= first).cte("leap", recursive=True)
    later = chunk.alias()
    following = (
        sa.select(sa.func.min(later.c.day))
        .where(later.c.day > leap.c.day)
        .scalar_subquery()
    )
    leap = leap.union_all(sa.select(following).where(leap.c.day < last))
    return sa.select(leap.c.day).where(leap.c.day <= last)


_LEAPS = _leaps()


def _parts(
    connection: sa.Connection,
    charger_pk: int,
    start_ms: int,
    end_ms: int,
    step_ms: int,
) -> Iterator[Bucket]:
    """Yield the minutes or quarters of the span, in no order, and some more than once: parts of what happened in it."""
    width_ms, column = (
        (QUARTER_MS, chunk.c.quarters)
        if step_ms % QUARTER_MS == 0
        else (MINUTE_MS, chunk.c.minutes)
    )
    rows = connection.execute(
        sa.select(column).where(
            chunk.c.day.in_(_packed_days(connection, start_ms, end_ms)),
            chunk.c.charger_pk == charger_pk,
            chunk.c.start_ms < end_ms,
            chunk.c.end_ms >= start_ms,
        )
    )
    for (data,) in rows:
        yield from (
            each for each in unpack_buckets(data) if start_ms <= each.start_ms < end_ms
        )
    fresh = [
        each
        for each in log.readings(connection, charger_pk)
        if start_ms <= each.time_ms < end_ms
    ]
    yield from roll_up(sorted(fresh, key=by_time), width_ms)


def _forgotten(
    connection: sa.Connection, charger_pk: int, start_ms: int, end_ms: int
) -> bool:
    """Whether there is a part of the span of which only roll-ups are left."""
    query = sa.select(chunk.c.pk).where(
        chunk.c.day.in_(_packed_days(connection, start_ms, end_ms)),
        chunk.c.charger_pk == charger_pk,
        chunk.c.data.is_(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def _step_ms(span_ms: int, most: int) -> int:
    for unit_ms, up_to_ms in (
        (SECOND_MS, MINUTE_MS),
        (MINUTE_MS, QUARTER_MS),
        (QUARTER_MS, span_ms + QUARTER_MS),
    ):
        # One more bucket than the span has may be touched, since it need not begin with one.
        step_ms = max(1, -(-span_ms // (max(1, most - 1) * unit_ms))) * unit_ms
        if step_ms < up_to_ms:
            break
    return step_ms


def _newest_packed(
    connection: sa.Connection, charger_pk: int, after: Position | None, limit: int
) -> list[Reading]:
    """Return at least the newest `limit` packed readings after a position."""
    last = (chunk.c.last_boot, chunk.c.last_number)
    query = (
        sa.select(
            chunk.c.pk,
            chunk.c.size,
            *last,
            chunk.c.first_boot,
            chunk.c.first_number,
        )
        .where(chunk.c.day.in_(_packed_days(connection, -(2**60), 2**60)))
        .where(chunk.c.charger_pk == charger_pk, chunk.c.data.is_not(None))
        .order_by(*(column.desc() for column in last))
    )
    if after is not None:
        query = query.where(
            sa.tuple_(*last)
            > sa.tuple_(sa.literal(after.boot), sa.literal(after.number))
        )
    found: list[Reading] = []
    oldest = (2**63, 0)
    for row in connection.execute(query).all():
        if len(found) >= limit and (row.last_boot, row.last_number) < oldest:
            break
        oldest = min(oldest, (row.first_boot, row.first_number))
        data = connection.execute(
            sa.select(chunk.c.data).where(chunk.c.pk == row.pk)
        ).scalar_one()
        found += [
            each
            for each in unpack_readings(data, row.size)
            if after is None or each.position > after
        ]
    return found


def _page(found: Sequence[Reading], limit: int) -> tuple[list[Reading], int | None]:
    """Return the first of these, and the time of the first that does not fit any more."""
    if len(found) <= limit:
        return list(found), None
    rest_ms: int | None = found[limit].time_ms
    if found[0].time_ms == rest_ms:
        # More of one instant than fit: all of them, whatever the limit.
        later = (each.time_ms for each in found if each.time_ms > found[0].time_ms)
        rest_ms = next(later, None)
    page = [each for each in found if rest_ms is None or each.time_ms < rest_ms]
    return page, rest_ms
