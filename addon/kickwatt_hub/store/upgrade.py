"""Bring a database to this version's schema before anything else touches it."""

from contextlib import closing
import logging
import os
from pathlib import Path
import sqlite3

import sqlalchemy as sa

from .errors import TooNewError

_LOGGER = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def upgrade(connection: sa.Connection) -> None:
    """Apply what is missing; the caller keeps others from doing so at once.

    Raises TooNewError when the database knows a revision that this version does not, and sqlalchemy's errors when the
    database refuses.
    """
    known = revisions()
    current = _current(connection)
    if current == known[-1]:
        return
    if current is not None and current not in known:
        raise TooNewError(
            f"A newer Kickwatt wrote this database (revision {current}): install that version again, "
            "or restore a backup from before."
        )
    connection.commit()
    if current is not None:
        _keep(connection, known[-1])
    # A tenth of a hub's memory, for what a hub needs once a year.
    from .migrate import to_head  # noqa: PLC0415

    to_head(connection)
    connection.commit()


def revisions() -> list[str]:
    """Return the revisions that this version knows, oldest first: the number that each one's file begins with."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def _current(connection: sa.Connection) -> str | None:
    """Return the database's revision, as Alembic keeps it; None of an empty one."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar()


def _keep(connection: sa.Connection, head: str) -> None:
    """Copy an SQLite file as it was, so that the owner can go back to the version before."""
    if connection.dialect.name != "sqlite":
        return
    path = Path(connection.engine.url.database or "")
    copy = path.with_name(f"{path.stem}-before-{head}{path.suffix}")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    with (
        closing(sqlite3.connect(path)) as old,
        closing(sqlite3.connect(copy)) as kept,
    ):
        old.backup(kept)
    _LOGGER.warning(
        "The database is being brought up to date; as it was, it is in %s", copy
    )
