"""Locations as sites, and which chargers stand at which."""

from collections import defaultdict

import sqlalchemy as sa

from ..meters.site import Place
from .errors import NotThereError
from .reader import Reader
from .schema import charger, charger_location, location
from .writer import Writer


class StoredSites:
    """The locations."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> list[Place]:
        """Return every location with its chargers."""

        def question(connection: sa.Connection) -> list[Place]:
            standing: defaultdict[int, list[str]] = defaultdict(list)
            for place, charger_id in connection.execute(
                sa.select(charger_location.c.location, charger.c.id)
                .join(charger, charger.c.pk == charger_location.c.charger_pk)
                .order_by(charger.c.id)
            ):
                standing[place].append(charger_id)
            return [
                Place(
                    row.id,
                    f"{row.street} {row.number}, {row.city}",
                    tuple(standing[row.id]),
                )
                for row in connection.execute(
                    sa.select(location).order_by(location.c.id)
                )
            ]

        return await self._reader.ask(question)

    async def put(self, charger_pk: int, place: int | None) -> None:
        """Say at which location a charger stands, None: at none. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            connection.execute(
                sa.delete(charger_location).where(
                    charger_location.c.charger_pk == charger_pk
                )
            )
            if place is None:
                return
            for table, column, key, what in (
                (charger, charger.c.pk, charger_pk, "charger"),
                (location, location.c.id, place, "site"),
            ):
                found = sa.select(table).where(column == key)
                if connection.execute(found).first() is None:
                    raise NotThereError(f"There is no such {what}.")
            connection.execute(
                sa.insert(charger_location).values(
                    charger_pk=charger_pk, location=place
                )
            )

        await self._writer.run(job)
