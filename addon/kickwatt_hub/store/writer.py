"""The one writer: a thread that commits whatever arrived during its previous commit.

The first job starts a commit at once; all that arrive while it runs share the next one. There is no timer: an idle
hub answers after one commit, and a fleet shares commits of hundreds of jobs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import logging
import sqlite3
from typing import Any, cast

import sqlalchemy as sa

from .errors import BusyError, StoreError, UnavailableError

_LOGGER = logging.getLogger(__name__)

PENDING = 2_000  # jobs; a message of 200 samples weighs about 50 kB, so at most 100 MB

type Job[T] = Callable[[sa.Connection], T]
type _Outcome = Any | Exception


class Writer:
    """Runs jobs inside transactions on its own thread, in the order they came.

    Every job has a future of its own: a request that is cancelled cancels nobody else's. A job that raises is
    rolled back alone; a commit that fails fails every job in it.
    """

    def __init__(self, engine: sa.Engine, pending: int = PENDING) -> None:
        """`engine` is used by this writer's thread alone; `pending` bounds the jobs that wait."""
        self._engine = engine
        self._pending = pending
        self._thread = ThreadPoolExecutor(1, "store-writer")
        self._connection: sa.Connection | None = None
        self._jobs: list[tuple[Job[Any], asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._version = 0

    async def open(self) -> None:
        """Connect. Raises sqlalchemy's errors."""
        self._version = await self._in_thread(self._data_version)

    async def close(self) -> None:
        """Commit what is waiting and disconnect."""
        self._closed = True
        if self._task is not None:
            await self._task
        await self._in_thread(self._disconnect)
        self._thread.shutdown()

    async def run[T](self, job: Job[T]) -> T:
        """Return what the job returned, once it is on the disk.

        Raises BusyError when too much is waiting, UnavailableError when the disk refuses, and whatever the job
        raises.
        """
        if self._closed:
            raise UnavailableError("The hub is stopping.")
        if len(self._jobs) >= self._pending:
            raise BusyError("More is arriving than can be stored.")
        durable: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, durable))
        if self._task is None:
            self._task = asyncio.create_task(self._commit_all())
        return await durable

    async def others_wrote(self) -> bool:
        """Whether another process has changed the database since this was last asked."""
        if self._closed:
            return False
        version = await self._in_thread(self._data_version)
        changed, self._version = version != self._version, version
        return changed

    async def _commit_all(self) -> None:
        try:
            while self._jobs:
                jobs, self._jobs = self._jobs, []
                outcomes = await self._in_thread(self._commit, [job for job, _ in jobs])
                for (_, durable), outcome in zip(jobs, outcomes, strict=True):
                    if durable.done():  # whoever asked has gone
                        continue
                    if isinstance(outcome, Exception):
                        durable.set_exception(outcome)
                    else:
                        durable.set_result(outcome)
        finally:
            self._task = None

    async def _in_thread[T](self, call: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, call, *args
        )

    # What follows runs in the thread.

    def _connect(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _data_version(self) -> int:
        # SQLite changes this number when another connection has committed, never for this one's own commits.
        row = driver(self._connect()).execute("PRAGMA data_version").fetchone()
        return cast(int, row[0])

    def _commit(self, jobs: list[Job[Any]]) -> list[_Outcome]:
        try:
            connection = self._connect()
            with connection.begin():
                return [self._run_alone(connection, job) for job in jobs]
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            _LOGGER.error(
                "Cannot write to the database: %s",
                getattr(error, "orig", None) or error,
            )
        except Exception:
            _LOGGER.exception("A commit failed")
        self._disconnect()  # whatever is wrong with this connection, the next commit begins with a new one
        return [
            UnavailableError("The hub cannot write to its database now.") for _ in jobs
        ]

    def _run_alone(self, connection: sa.Connection, job: Job[Any]) -> _Outcome:
        raw = driver(connection)
        raw.execute("SAVEPOINT job")
        try:
            outcome: _Outcome = job(connection)
        except StoreError as refusal:
            outcome = refusal
        except sa.exc.OperationalError, sqlite3.OperationalError:
            raise  # the disk, not the job: fail the whole commit
        except Exception as error:
            _LOGGER.exception("A job of the store failed")
            outcome = error
        if isinstance(outcome, Exception):
            raw.execute("ROLLBACK TO job")
        raw.execute("RELEASE job")
        return outcome


def new_key(result: sa.CursorResult[Any]) -> int:
    """Return the key that an INSERT gave its row."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def driver(connection: sa.Connection) -> sqlite3.Connection:
    """Return the driver's own connection, for the hot path and for pragmas."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)
