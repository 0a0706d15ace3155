"""Chargers that were removed while their history is kept."""

from dataclasses import dataclass

import sqlalchemy as sa

from ..model import Kind
from .errors import NotThereError
from .reader import Reader
from .schema import charger
from .writer import Writer, erasing


@dataclass(frozen=True, slots=True)
class RetiredCharger:
    """What is left to be known of one."""

    pk: int
    id: str
    name: str
    kind: Kind
    retired_ms: int


class Retired:
    """Puts chargers aside and brings them back."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> list[RetiredCharger]:
        """Return them, the latest first."""
        query = (
            sa.select(charger)
            .where(charger.c.retired_ms.is_not(None))
            .order_by(charger.c.retired_ms.desc(), charger.c.pk.desc())
        )
        return await self._reader.ask(
            lambda connection: [
                RetiredCharger(row.pk, row.id, row.name, Kind(row.kind), row.retired_ms)
                for row in connection.execute(query)
            ]
        )

    async def find(self, charger_id: str) -> RetiredCharger | None:
        """Return one."""
        return next((each for each in await self.all() if each.id == charger_id), None)

    async def retire(self, charger_id: str, key: bytes, now_ms: int) -> None:
        """Put a charger aside; `key` takes the place of its own, which is worth nothing any more.

        Raises NotThereError.
        """
        await self._turn(charger_id, None, {"retired_ms": now_ms, "key": key})

    async def revive(self, charger_id: str, key: bytes) -> None:
        """Bring one back with a new sealed key. Raises NotThereError."""
        await self._turn(charger_id, 0, {"retired_ms": None, "key": key})

    async def _turn(
        self, charger_id: str, since_ms: int | None, values: dict[str, object]
    ) -> None:
        now = (
            charger.c.retired_ms.is_(None)
            if since_ms is None
            else charger.c.retired_ms >= since_ms
        )

        def job(connection: sa.Connection) -> None:
            with erasing(connection):
                changed = connection.execute(
                    sa.update(charger)
                    .where(charger.c.id == charger_id, now)
                    .values(values)
                )
            if not changed.rowcount:
                raise NotThereError(f"There is no charger {charger_id}.")

        await self._writer.run(job)
