"""Where chargers stand."""

import sqlalchemy as sa

from ..model import Place
from .errors import NotThereError
from .reader import Reader
from .schema import charger, charger_place
from .writer import Writer


class Places:
    """The places that owners have given."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> dict[str, Place]:
        """Return every place by its charger's id."""
        query = sa.select(charger.c.id, charger_place).join(
            charger_place, charger_place.c.charger_pk == charger.c.pk
        )

        def question(connection: sa.Connection) -> dict[str, Place]:
            return {
                row.id: Place(
                    address=row.address,
                    longitude=row.longitude,
                    latitude=row.latitude,
                )
                for row in connection.execute(query)
            }

        return await self._reader.ask(question)

    async def set(self, charger_pk: int, place: Place | None) -> None:
        """Say where a charger stands, None: nowhere that is known. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            connection.execute(
                sa.delete(charger_place).where(charger_place.c.charger_pk == charger_pk)
            )
            if place is None:
                return
            known = sa.select(charger.c.pk).where(charger.c.pk == charger_pk)
            if connection.execute(known).scalar() is None:
                raise NotThereError("The charger was removed.")
            connection.execute(
                sa.insert(charger_place).values(
                    charger_pk=charger_pk,
                    address=place.address,
                    longitude=place.longitude,
                    latitude=place.latitude,
                )
            )

        await self._writer.run(job)
