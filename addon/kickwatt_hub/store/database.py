"""Opening and closing the database, and its parts."""

import asyncio
from contextlib import suppress
import os
from pathlib import Path
import secrets
import sqlite3
import time

import sqlalchemy as sa

from .accounts import Accounts
from .chargers import Chargers
from .checkup import Checkup
from .engines import FILE, Engines, engines
from .errors import UnavailableError, UnusableError
from .history import History
from .insights import Insights
from .links import Links
from .management import Management
from .meter_checkup import MeterCheckup
from .meter_history import MeterHistory
from .meter_log import MeterLog
from .meter_packer import MeterPacker
from .meters import StoredMeters
from .modes import Modes
from .packer import Packer
from .peers import Peers
from .places import Places
from .reader import Reader
from .retired import Retired
from .schema import hub
from .sites import StoredSites
from .tariffs import StoredTariffs
from .upgrade import upgrade
from .writer import Writer

_HEALTHY_S = (
    5.0  # health is asked for without a token, so it must not cost a write each time
)


class Store:
    """The database of one hub: each kind of thing is kept by a part."""

    def __init__(self, engines: Engines, writer: Writer, hub_id: str) -> None:
        """Use `Store.open`."""
        self._engines = engines
        self._writer = writer
        self._reader = reader = Reader(engines.reading)
        self.hub_id = hub_id
        self.accounts = Accounts(writer, reader)
        self.chargers = Chargers(writer, reader, shared=engines.shared)
        self.history = History(reader)
        self.management = Management(writer, reader)
        self.sites = StoredSites(writer, reader)
        self.meters = StoredMeters(writer, reader)
        self.meter_checkup = MeterCheckup(writer, reader)
        self.meter_log = MeterLog(writer, reader)
        self.meter_packer = MeterPacker(writer, reader)
        self.meter_history = MeterHistory(reader)
        self.packer = Packer(writer, reader)
        self.peers = Peers(engines)
        self.checkup = Checkup(writer, reader)
        self.places = Places(writer, reader)
        self.retired = Retired(writer, reader)
        self.modes = Modes(writer, reader)
        self.tariffs = StoredTariffs(writer, reader)
        self.insights = Insights(writer, reader)
        self.links = Links(writer, reader)
        self._health: tuple[float, bool] = (-_HEALTHY_S, True)

    @classmethod
    async def open(cls, folder: Path, database: str | None = None) -> Store:
        """Open the database of this URL, or else the one in this folder, made and migrated as needed.

        Raises UnusableError, and its TooNewError, with a sentence for the owner.
        """
        found = engines(folder, database)
        try:
            await asyncio.to_thread(_prepare, folder, file=not found.shared)
            hub_id = await asyncio.to_thread(_make_ready, found)
            writer = Writer(found.writing)
            await writer.open()
        except (OSError, sa.exc.DBAPIError, sqlite3.Error) as error:
            raise UnusableError(
                f"{found.where} cannot be used: {_reason(error)}."
            ) from error
        return cls(found, writer, hub_id)

    async def close(self) -> None:
        """Commit what is waiting and close."""
        with suppress(UnavailableError):
            await self.chargers.note_counts()
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


def _prepare(folder: Path, *, file: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied")
    if file:
        # The database holds the chargers' sealed keys and everybody's hashes: for the owner's eyes only.
        os.close(os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600))


def _reason(error: Exception) -> str:
    """Return what the system or the driver says, in one line."""
    said = getattr(error, "strerror", None) or getattr(error, "orig", None) or error
    return next(iter(str(said).splitlines()), "no reason given").strip().rstrip(".")


def _make_ready(found: Engines) -> str:
    with found.migrating() as connection:
        upgrade(connection)
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
        connection.commit()
    return str(hub_id)


def _touch(connection: sa.Connection) -> None:
    connection.execute(sa.update(hub).values(checked_ms=_now_ms()))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
