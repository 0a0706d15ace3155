"""How to get at a database: a file of SQLite's in the data folder, or a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .errors import UnusableError
from .reader import AT_ONCE

FILE = "kickwatt.sqlite"
CHANNEL = "kickwatt"
"""Where hubs on one PostgreSQL tell each other what they have done."""

# Of PostgreSQL's advisory locks, which are numbers that all who use a database must agree on.
MIGRATION_LOCK, LEADER_LOCK = 0x6B770001, 0x6B770002

# FULL: in WAL mode NORMAL would stay consistent, but may lose the last commits at power loss, and those were
# acknowledged. SECURE_DELETE costs a second write of all that the log frees; where a hash or a sealed key is deleted,
# `writer.erasing` switches it on.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "wal_autocheckpoint=4000",
    "secure_delete=OFF",
)


@dataclass(frozen=True, slots=True)
class Engines:
    """One for the writer, one for readers, and where the data folder is."""

    folder: Path
    writing: sa.Engine
    reading: sa.Engine

    @property
    def shared(self) -> bool:
        """Whether several hubs may work on it."""
        return self.writing.dialect.name != "sqlite"

    @property
    def where(self) -> str:
        """Name the database for its owner, without a password."""
        return (
            f"The database {self.writing.url.set(drivername='postgresql')!s}"
            if self.shared
            else f"The data folder {self.folder}"
        )

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """Connect, and keep everybody else from migrating meanwhile. Raises OSError and sqlalchemy's errors."""
        with (
            (self.folder / ".migration.lock").open("w") as file,
            self.writing.connect() as connection,
        ):
            fcntl.flock(file, fcntl.LOCK_EX)
            if self.shared:
                connection.execute(sa.select(sa.func.pg_advisory_lock(MIGRATION_LOCK)))
                connection.commit()
            yield connection  # closing it gives the lock back


def engines(folder: Path, database: str | None) -> Engines:
    """Return how to get at the database of this URL, or at the one in the folder. Raises UnusableError."""
    if database is None:
        return _sqlite(folder)
    try:
        url = sa.make_url(database)
    except sa.exc.ArgumentError:
        raise UnusableError(_NO_URL) from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise UnusableError(_NO_URL)
    return _postgresql(folder, url.set(drivername="postgresql+psycopg"))


_NO_URL = "A database is given as postgresql://user:password@host/name."


def _sqlite(folder: Path) -> Engines:
    path = folder / FILE
    writing = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    sa.event.listen(writing, "connect", _configure)
    sa.event.listen(writing, "begin", _begin_writing)
    reading = sa.create_engine(f"sqlite:///{path}", pool_size=AT_ONCE, max_overflow=0)
    sa.event.listen(reading, "connect", _configure_reading)
    sa.event.listen(reading, "begin", _begin_reading)
    return Engines(folder, writing, reading)


def _postgresql(folder: Path, url: sa.URL) -> Engines:
    try:
        writing = sa.create_engine(url, poolclass=sa.pool.NullPool)
    except ImportError:
        raise UnusableError(
            "PostgreSQL needs the extra `postgres`: pip install 'kickwatt[postgres]'."
        ) from None
    reading = sa.create_engine(
        url,
        pool_size=AT_ONCE,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )
    return Engines(folder, writing, reading)


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # transactions begin where the events say, not where the driver guesses
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _configure_reading(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA query_only=ON")


def _begin_reading(connection: sa.Connection) -> None:
    # A question of several statements is answered from one moment: what is packed in between is neither missed nor seen
    # twice.
    connection.exec_driver_sql("BEGIN")
