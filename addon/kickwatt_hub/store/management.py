"""Locations, meter models, measurements, registers and hosts: what the energy monitoring API manages.

All are plain tables whose rows are what the API shows, so one set of queries serves them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from .errors import InUseError, NotThereError, NotUniqueError
from .reader import Reader
from .schema import (
    host_measurement,
    location,
    measurement,
    meter_host,
    meter_model,
    meter_register,
)
from .writer import Writer

type Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing: its table and key, what has to be unique, and what it must not be taken away from."""

    table: sa.Table
    key: str
    unique: tuple[tuple[str, ...], ...]
    used_by: tuple[sa.Column[object], ...] = ()


LOCATION = Kind(
    location, "id", (("street", "number", "city"),), (meter_host.c.location,)
)
METER = Kind(meter_model, "id", (("name",),), (meter_host.c.meter,))
MEASUREMENT = Kind(
    measurement,
    "measurement",
    (("measurement",),),
    (meter_register.c.measurement, host_measurement.c.measurement),
)
REGISTER = Kind(meter_register, "id", (("meter", "measurement"),))
HOST = Kind(meter_host, "id", (("ip", "port", "slave_address"),))
ASSIGNMENT = Kind(host_measurement, "id", (("host", "measurement"),))


class Management:
    """What is managed."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader
        self.on_change: list[Callable[[], None]] = []
        """Called when anything has changed."""

    async def rows(
        self,
        kind: Kind,
        where: Mapping[str, object],
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        """Return those whose columns have these values, by key."""
        query = (
            _where(sa.select(kind.table), kind, where)
            .order_by(kind.table.c[kind.key])
            .limit(limit)
            .offset(offset)
        )
        return await self._reader.ask(
            lambda connection: [
                dict(row) for row in connection.execute(query).mappings()
            ]
        )

    async def row(self, kind: Kind, where: Mapping[str, object]) -> Row | None:
        """Return the first whose columns have these values, or None."""
        found = await self.rows(kind, where, limit=1)
        return found[0] if found else None

    async def measurements_of(self, meter_id: int) -> list[Row]:
        """Return the measurements that a meter model has a register for, by name."""
        query = (
            sa.select(measurement)
            .join(meter_register)
            .where(meter_register.c.meter == meter_id)
            .order_by(measurement.c.measurement)
        )
        return await self._reader.ask(
            lambda connection: [
                dict(row) for row in connection.execute(query).mappings()
            ]
        )

    async def add(self, kind: Kind, new: Sequence[Row]) -> list[Row]:
        """Add all of them or none, and return them with their keys.

        Raises NotUniqueError, and NotThereError when what one refers to has just been removed.
        """

        def job(connection: sa.Connection) -> list[Row]:
            return [_add(connection, kind, values) for values in new]

        return await self._change(job)

    async def change(self, kind: Kind, key: object, changes: Row) -> Row:
        """Change some columns of one and return it. Raises NotThereError and NotUniqueError."""

        def job(connection: sa.Connection) -> Row:
            own = kind.table.c[kind.key] == key
            before = (
                connection.execute(sa.select(kind.table).where(own)).mappings().first()
            )
            if before is None:
                raise NotThereError("It has just been removed.")
            after = {**before, **changes}
            _refuse_twins(connection, kind, after, before[kind.key])
            if changes:
                _execute(connection, sa.update(kind.table).where(own).values(changes))
            return after

        return await self._change(job)

    async def remove(self, kind: Kind, key: object) -> None:
        """Remove one. Raises NotThereError, and InUseError when something needs it."""

        def job(connection: sa.Connection) -> None:
            for column in kind.used_by:
                query = sa.select(column.table).where(column == key).limit(1)
                if connection.execute(query).first() is not None:
                    raise InUseError(column.table.name.split("_")[-1])
            delete = sa.delete(kind.table).where(kind.table.c[kind.key] == key)
            if not connection.execute(delete).rowcount:
                raise NotThereError("It has just been removed.")

        await self._change(job)

    async def unassign(self, host_id: int, measurements: Sequence[str] | None) -> None:
        """Take some measurements off a host, all of them where None."""
        query = sa.delete(host_measurement).where(host_measurement.c.host == host_id)
        if measurements is not None:
            query = query.where(host_measurement.c.measurement.in_(measurements))

        def job(connection: sa.Connection) -> None:
            connection.execute(query)

        await self._change(job)

    async def _change[T](self, job: Callable[[sa.Connection], T]) -> T:
        done = await self._writer.run(job)
        for tell in self.on_change:
            tell()
        return done


def _add(connection: sa.Connection, kind: Kind, values: Row) -> Row:
    _refuse_twins(connection, kind, values, None)
    key = _execute(
        connection, sa.insert(kind.table).values(values)
    ).inserted_primary_key
    assert key is not None
    own = kind.table.c[kind.key] == key[0]
    stored = connection.execute(sa.select(kind.table).where(own)).mappings().one()
    return dict(stored)


def _refuse_twins(
    connection: sa.Connection, kind: Kind, values: Mapping[str, object], but: object
) -> None:
    for names in kind.unique:
        twins = _where(
            sa.select(kind.table.c[kind.key]),
            kind,
            {name: values[name] for name in names},
        )
        if any(key != but for key in connection.execute(twins).scalars()):
            raise NotUniqueError(names)


def _execute(
    connection: sa.Connection, statement: sa.Insert | sa.Update
) -> sa.CursorResult[tuple[object, ...]]:
    try:
        return connection.execute(statement)
    except sa.exc.IntegrityError:
        raise NotThereError("What this refers to has just been removed.") from None


def _where[T: tuple[object, ...]](
    query: sa.Select[T], kind: Kind, where: Mapping[str, object]
) -> sa.Select[T]:
    return query.where(*(kind.table.c[name] == value for name, value in where.items()))
