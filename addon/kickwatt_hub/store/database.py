"""Opening and closing the database, and its parts."""

import asyncio
import os
from pathlib import Path
import secrets
import sqlite3
import time
from typing import Any

import sqlalchemy as sa

from .accounts import Accounts
from .chargers import Chargers
from .errors import UnavailableError, UnusableError
from .history import History
from .insights import Insights
from .management import Management
from .modes import Modes
from .packer import Packer
from .places import Places
from .reader import AT_ONCE, Reader
from .schema import hub
from .tariffs import StoredTariffs
from .upgrade import upgrade
from .writer import Writer

FILE = "kickwatt.sqlite"

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
_HEALTHY_S = (
    5.0  # health is asked for without a token, so it must not cost a write each time
)


class Store:
    """The database of one hub: each kind of thing is kept by a part."""

    def __init__(self, writer: Writer, reader: Reader, hub_id: str) -> None:
        """Use `Store.open`."""
        self._writer = writer
        self._reader = reader
        self.hub_id = hub_id
        self.accounts = Accounts(writer, reader)
        self.chargers = Chargers(writer, reader)
        self.history = History(reader)
        self.management = Management(writer, reader)
        self.packer = Packer(writer, reader)
        self.places = Places(writer, reader)
        self.modes = Modes(writer, reader)
        self.tariffs = StoredTariffs(writer, reader)
        self.insights = Insights(writer, reader)
        self._health: tuple[float, bool] = (-_HEALTHY_S, True)

    @classmethod
    async def open(cls, folder: Path) -> Store:
        """Open the database in this folder, made and migrated as needed.

        Raises UnusableError, and its TooNewError, with a sentence for the owner.
        """
        path = folder / FILE
        try:
            await asyncio.to_thread(_prepare, folder)
            engine = _engine(path)
            hub_id = await asyncio.to_thread(
                _make_ready, engine, folder / ".migration.lock"
            )
            writer = Writer(engine)
            await writer.open()
        except (OSError, sa.exc.DBAPIError, sqlite3.Error) as error:
            reason = (
                getattr(error, "strerror", None)
                or getattr(error, "orig", None)
                or error
            )
            raise UnusableError(
                f"The data folder {folder} cannot be used: {reason}."
            ) from error
        return cls(writer, Reader(_reading_engine(path)), hub_id)

    async def close(self) -> None:
        """Commit what is waiting and close."""
        await self._writer.close()
        await self._reader.close()

    async def others_wrote(self) -> bool:
        """Whether another process (the command line) has changed anything since this was last asked."""
        return await self._writer.others_wrote()

    async def can_write(self) -> bool:
        """Whether storing works, found out by storing something at most every few seconds."""
        checked, healthy = self._health
        if time.monotonic() - checked >= _HEALTHY_S:
            try:
                await self._writer.run(_touch)
                healthy = True
            except UnavailableError:
                healthy = False
            self._health = (time.monotonic(), healthy)
        return healthy


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied")
    path = folder / FILE
    # The database holds the chargers' sealed keys and everybody's hashes: for the owner's eyes only.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # transactions begin where `_begin` says, not where the driver guesses
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _reading_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=AT_ONCE, max_overflow=0)
    sa.event.listen(engine, "connect", _configure_reading)
    # A question of several statements is answered from one moment: what is packed in between is neither missed nor seen twice.
    sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN"))
    return engine


def _configure_reading(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA query_only=ON")


def _make_ready(engine: sa.Engine, lock: Path) -> str:
    upgrade(engine, lock)
    with engine.begin() as connection:
        hub_id = connection.execute(sa.select(hub.c.hub_id)).scalar()
        if hub_id is None:
            hub_id = secrets.token_hex(16)
            connection.execute(
                sa.insert(hub).values(
                    pk=1,
                    hub_id=hub_id,
                    created_ms=_now_ms(),
                    last_order=0,
                    checked_ms=_now_ms(),
                )
            )
    return str(hub_id)


def _touch(connection: sa.Connection) -> None:
    connection.execute(sa.update(hub).values(checked_ms=_now_ms()))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
