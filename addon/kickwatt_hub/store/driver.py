"""The drivers' own connections, for the hot path: what SQLAlchemy adds to a statement costs more than the statement."""

from collections.abc import Callable
import sqlite3
import sys
from typing import Any, Protocol

import sqlalchemy as sa

DRIVER_ERRORS: tuple[type[Exception], ...] = (sqlite3.Error, sa.exc.DBAPIError)
OPERATIONAL_ERRORS: tuple[type[Exception], ...] = (
    sqlite3.OperationalError,
    sa.exc.OperationalError,
)


def is_driver_error(error: Exception) -> bool:
    """Whether a driver or its server raised this. psycopg, which is an extra, raises its own beside SQLAlchemy's."""
    psycopg = sys.modules.get("psycopg")
    own = () if psycopg is None else (psycopg.Error,)
    return isinstance(error, (*DRIVER_ERRORS, *own))


def is_operational_error(error: Exception) -> bool:
    """Whether that was no fault of the statement: the disk, the server or the way to it."""
    psycopg = sys.modules.get("psycopg")
    own = () if psycopg is None else (psycopg.OperationalError,)
    return isinstance(error, (*OPERATIONAL_ERRORS, *own))


class Cursor(Protocol):
    """What both drivers return."""

    rowcount: int

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Driver:
    """A driver's connection inside SQLAlchemy's transaction. Statements are written with `?`."""

    def __init__(self, connection: sa.Connection) -> None:
        """The connection must be in a transaction already."""
        self._raw: Any = connection.connection.driver_connection
        self._sqlite = connection.dialect.name == "sqlite"

    def sql(self, statement: str) -> str:
        """Return a statement as this driver wants it."""
        return statement if self._sqlite else statement.replace("?", "%s")

    def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` for what other processes notify, whenever this connection does anything; PostgreSQL only."""
        own = self._raw.info.backend_pid

        def hear(notified: Any) -> None:
            if notified.pid != own:
                heard()

        self._raw.add_notify_handler(hear)
        self._raw.execute(f"LISTEN {channel}")
        self._raw.commit()

    def catch_up(self) -> None:
        """Hear what has been notified so far."""
        self._raw.execute("SELECT 1")
        self._raw.commit()

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> Cursor:
        """Execute one statement, in the driver's own spelling."""
        cursor: Cursor = self._raw.execute(statement, values)
        return cursor


def driver(connection: sa.Connection) -> Driver:
    """Return the driver's own connection."""
    return Driver(connection)
