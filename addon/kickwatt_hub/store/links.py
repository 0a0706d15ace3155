"""The servers that chargers are behind, where those are not boards of ours."""

from msgspec import Struct
import sqlalchemy as sa

from .errors import NotThereError
from .reader import Reader
from .schema import charger, charger_link
from .writer import Writer


class Link(Struct, frozen=True, kw_only=True):
    """How the hub reaches a charger that is behind a server of veCharge's kind."""

    url: str
    remote_id: str
    token: bytes
    """Sealed under the hub's secret."""
    engine_io: int | None = None
    """3 or 4; None: to be found out."""
    released: bool = False
    """Whether a person has let go of it: then the hub does not connect."""
    let_go: bool = False
    """Whether the server has been told so: once, for somebody else may use it since."""


class Links:
    """The links of this hub."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> dict[int, Link]:
        """Return every link by its charger's pk."""

        def question(connection: sa.Connection) -> dict[int, Link]:
            return {
                row.charger_pk: Link(
                    url=row.url,
                    remote_id=row.remote_id,
                    token=row.token,
                    engine_io=row.engine_io,
                    released=row.released,
                    let_go=row.let_go,
                )
                for row in connection.execute(sa.select(charger_link))
            }

        return await self._reader.ask(question)

    async def release(self, charger_id: str, *, released: bool) -> None:
        """Let go of a charger for good, or take it again. Raises NotThereError."""
        ours = sa.select(charger.c.pk).where(charger.c.id == charger_id)

        def job(connection: sa.Connection) -> None:
            changed = connection.execute(
                sa.update(charger_link)
                .where(charger_link.c.charger_pk == ours.scalar_subquery())
                .values(released=released, let_go=False)
            )
            if not changed.rowcount:
                raise NotThereError(
                    f"There is no charger {charger_id} behind a server of veCharge's kind."
                )

        await self._writer.run(job)

    async def connection(self, charger_pk: int) -> bytes | None:
        """Return the connection to a charger's server that was noted last, None where there was none."""
        wanted = sa.select(charger_link.c.connection).where(
            charger_link.c.charger_pk == charger_pk
        )

        def question(connection: sa.Connection) -> bytes | None:
            return connection.scalar(wanted)

        return await self._reader.ask(question)

    async def note_connection(self, charger_pk: int, sealed: bytes) -> None:
        """Note a connection, for whoever has to end it should this hub not live to."""

        def job(connection: sa.Connection) -> None:
            connection.execute(
                sa.update(charger_link)
                .where(charger_link.c.charger_pk == charger_pk)
                .values(connection=sealed)
            )

        await self._writer.run(job)

    async def has_let_go(self, charger_pk: int) -> None:
        """Note that the server of a released charger knows of it."""

        def job(connection: sa.Connection) -> None:
            connection.execute(
                sa.update(charger_link)
                .where(charger_link.c.charger_pk == charger_pk)
                .where(charger_link.c.released)
                .values(let_go=True)
            )

        await self._writer.run(job)
