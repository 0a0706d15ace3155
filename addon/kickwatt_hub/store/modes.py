"""How chargers behave by themselves: what their owner chose, and how far they have come."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from ..charging.mode import ModeSettings, Progress
from .errors import NotThereError
from .reader import Reader
from .schema import charger, charger_mode
from .writer import Writer

_MANUAL = msgspec.json.encode(ModeSettings())


@dataclass(frozen=True, slots=True)
class StoredMode:
    """One charger's mode. `progress` is None where nobody has begun to act on these settings yet."""

    rev: int
    settings: ModeSettings
    progress: Progress | None


class Modes:
    """The modes of this hub's chargers."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> dict[int, StoredMode]:
        """Return every mode that was ever set, by the charger's pk."""
        query = sa.select(charger_mode)
        return await self._reader.ask(
            lambda connection: {
                row.charger_pk: _stored(row) for row in connection.execute(query)
            }
        )

    async def choose(self, charger_pk: int, settings: ModeSettings) -> int:
        """Store what the owner chose and return its revision. Raises NotThereError."""

        def job(connection: sa.Connection) -> int:
            _insist(connection, charger_pk)
            rev = _rev(connection, charger_pk) + 1
            values = {"rev": rev, "settings": msgspec.json.encode(settings)}
            _put(connection, charger_pk, values, {"begun_rev": 0})
            return rev

        return await self._writer.run(job)

    async def begin(self, charger_pk: int, progress: Progress) -> int:
        """Store where somebody has put a charger within its mode, and return the revision of that. Raises NotThereError."""

        def job(connection: sa.Connection) -> int:
            _insist(connection, charger_pk)
            rev = _rev(connection, charger_pk) + 1
            values = {
                "rev": rev,
                "begun_rev": rev,
                "progress": msgspec.json.encode(progress),
            }
            _put(connection, charger_pk, values, {"settings": _MANUAL})
            return rev

        return await self._writer.run(job)

    async def note(self, charger_pk: int, rev: int, progress: Progress) -> None:
        """Store how far a charger has come with the settings of this revision, if they are the newest.

        Raises NotThereError.
        """

        def job(connection: sa.Connection) -> None:
            _insist(connection, charger_pk)
            if _rev(connection, charger_pk) <= rev:
                values = {"begun_rev": rev, "progress": msgspec.json.encode(progress)}
                _put(connection, charger_pk, values, {"rev": 0, "settings": _MANUAL})

        await self._writer.run(job)


def _insist(connection: sa.Connection, charger_pk: int) -> None:
    if not connection.execute(
        sa.select(charger.c.pk).where(charger.c.pk == charger_pk)
    ).first():
        raise NotThereError("This charger was removed.")


def _rev(connection: sa.Connection, charger_pk: int) -> int:
    query = sa.select(charger_mode.c.rev).where(charger_mode.c.charger_pk == charger_pk)
    return connection.execute(query).scalar() or 0


def _put(
    connection: sa.Connection,
    charger_pk: int,
    values: Mapping[str, object],
    new: Mapping[str, object],
) -> None:
    """Change a charger's row, or make it, with `new` for what is not in `values`."""
    changed = connection.execute(
        sa.update(charger_mode)
        .where(charger_mode.c.charger_pk == charger_pk)
        .values(values)
    )
    if not changed.rowcount:
        connection.execute(
            sa.insert(charger_mode).values(charger_pk=charger_pk, **new, **values)
        )


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredMode:
    settings = _decoded(row.settings, ModeSettings)
    progress = _decoded(row.progress, Progress) if row.begun_rev == row.rev else None
    return StoredMode(
        rev=row.rev,
        settings=ModeSettings() if settings is None else settings,
        progress=progress,
    )


def _decoded[T](stored: bytes | None, kind: type[T]) -> T | None:
    """Return what was stored; None where there is nothing, or nothing that this version can read."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=kind)
    except msgspec.DecodeError:
        return None
