"""The one writer: a thread that commits whatever arrived during its previous commit.

The first job starts a commit at once; all that arrive while it runs share the next one. There is no timer: an idle
hub answers after one commit, and a fleet shares commits of hundreds of jobs.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
import logging
from typing import Any

from msgspec import Struct
import sqlalchemy as sa

from . import log
from .admission import Claim, admit
from .driver import driver, is_driver_error, is_operational_error
from .errors import BusyError, StoreError, UnavailableError

_LOGGER = logging.getLogger(__name__)

CHANGES = "kickwatt_changes"  # where processes on one PostgreSQL tell that they changed more than readings
# What may wait, in jobs of up to 20 samples, which weigh about 5 kB; so 100 MB. A town that reconnects after a power cut is
# ten thousand of them at once.
PENDING = 20_000
SAMPLES = 20

type Job[T] = Callable[[sa.Connection], T]
type _Outcome = Any | Exception


class _Task(Struct, frozen=True):
    """What somebody waits for."""

    job: Job[Any] | None
    claim: Claim | None
    durable: asyncio.Future[Any]
    heard: bool = True
    """Whether other processes on the database have to look at what it has done."""


class Writer:
    """Runs jobs inside transactions on its own thread, in the order they came.

    Every job has a future of its own: a request that is cancelled cancels nobody else's. A job that raises is
    rolled back alone; a commit that fails fails every job in it.
    """

    def __init__(self, engine: sa.Engine, pending: int = PENDING) -> None:
        """`engine` is used by this writer's thread alone; `pending` bounds what waits."""
        self._engine = engine
        self._pending = pending
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "store-writer")
        self._connection: sa.Connection | None = None
        self._jobs: list[_Task] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._version = 0
        self._heard = 0

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
        outcome: T = await self._enqueue(job, None)
        return outcome

    async def run_unheard[T](self, job: Job[T]) -> T:
        """Do as `run` does with a job that brings readings: other processes find them when they ask for them."""
        outcome: T = await self._enqueue(job, None, heard=False)
        return outcome

    def append(self, claim: Claim) -> asyncio.Future[None]:
        """Append to the log; to be awaited. Raises what `run` raises, NotThereError and SupersededError."""
        return self._enqueue(None, claim)

    async def append_and_run[T](self, claim: Claim, job: Job[T]) -> T:
        """Append to the log and run a job, both or neither. Raises what `append` raises, and whatever the job does."""
        outcome: T = await self._enqueue(job, claim)
        return outcome

    def _enqueue(
        self, job: Job[Any] | None, claim: Claim | None, *, heard: bool = True
    ) -> asyncio.Future[Any]:
        if self._closed:
            raise UnavailableError("The hub is stopping.")
        if self._waiting >= self._pending:
            raise BusyError("More is arriving than can be stored.")
        durable = asyncio.get_running_loop().create_future()
        samples = len(claim.entry.readings) if claim else 0
        self._waiting += 1 + samples // SAMPLES
        self._jobs.append(_Task(job, claim, durable, heard))
        if self._task is None:
            self._task = asyncio.create_task(self._commit_all())
        return durable

    async def others_wrote(self) -> bool:
        """Whether another process has changed the database since this was last asked. Raises UnavailableError."""
        if self._closed:
            return False
        try:
            version = await self._in_thread(self._data_version)
        except Exception as error:
            await self._in_thread(self._disconnect)
            if not is_driver_error(error):
                raise
            raise UnavailableError("The hub cannot reach its database now.") from error
        changed, self._version = version != self._version, version
        return changed

    async def _commit_all(self) -> None:
        try:
            while self._jobs:
                jobs, self._jobs, self._waiting = self._jobs, [], 0
                outcomes = await self._in_thread(self._commit, jobs)
                for job, outcome in zip(jobs, outcomes, strict=True):
                    if job.durable.done():  # whoever asked has gone
                        continue
                    if isinstance(outcome, Exception):
                        job.durable.set_exception(outcome)
                    else:
                        job.durable.set_result(outcome)
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
            if self._connection.dialect.name != "sqlite":
                driver(self._connection).listen(CHANGES, self._hear)
                self._hear()  # whatever was told while nobody listened
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                if not is_driver_error(error):  # it may be broken already
                    raise

    def _data_version(self) -> int:
        connection = self._connect()
        raw = driver(connection)
        if connection.dialect.name == "sqlite":
            # SQLite changes this number when another connection has committed, never for this one's own commits.
            return int(raw.execute("PRAGMA data_version").fetchone()[0])
        raw.catch_up()
        return self._heard

    def _hear(self) -> None:
        self._heard += 1

    def _commit(self, jobs: Sequence[_Task]) -> list[_Outcome]:
        try:
            connection = self._connect()
            with connection.begin():
                return self._run_all(connection, jobs)
        except Exception as error:
            if is_driver_error(error):
                reason = str(getattr(error, "orig", None) or error)
                _LOGGER.error(
                    "Cannot write to the database: %s", " ".join(reason.split())
                )
            else:
                _LOGGER.exception("A commit failed")
        self._disconnect()  # whatever is wrong with this connection, the next commit begins with a new one
        return [
            UnavailableError("The hub cannot write to its database now.") for _ in jobs
        ]

    def _run_all(
        self, connection: sa.Connection, jobs: Sequence[_Task]
    ) -> list[_Outcome]:
        outcomes: list[_Outcome] = [
            None if job.job is None else self._run_alone(connection, job)
            for job in jobs
        ]
        # Messages that bring nothing but readings are most of them, and cost no statement of their own.
        plain = [job.claim for job in jobs if job.job is None and job.claim]
        refused = admit(connection, plain) if plain else {}
        entries = []
        for place, job in enumerate(jobs):
            if job.claim is None:
                continue
            if job.job is None:
                outcomes[place] = refused.get(job.claim.entry.charger_pk)
            if not isinstance(outcomes[place], Exception):
                entries.append(job.claim.entry)
        if entries:
            log.append(connection, entries)
        if connection.dialect.name != "sqlite" and any(
            job.heard and not job.claim for job in jobs
        ):
            driver(connection).execute(f"NOTIFY {CHANGES}")
        return outcomes

    def _run_alone(self, connection: sa.Connection, task: _Task) -> _Outcome:
        assert task.job is not None
        raw = driver(connection)
        raw.execute("SAVEPOINT job")
        try:
            refused = admit(connection, [task.claim]) if task.claim else {}
            outcome: _Outcome = next(iter(refused.values()), None)
            if not refused:
                outcome = task.job(connection)
        except StoreError as refusal:
            outcome = refusal
        except Exception as error:
            if is_operational_error(error):
                raise  # the disk, not the job: fail the whole commit
            _LOGGER.exception("A job of the store failed")
            outcome = error
        if isinstance(outcome, Exception):
            raw.execute("ROLLBACK TO SAVEPOINT job")
        raw.execute("RELEASE SAVEPOINT job")
        return outcome


def new_key(result: sa.CursorResult[Any]) -> int:
    """Return the key that an INSERT gave its row."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


@contextmanager
def erasing(connection: sa.Connection) -> Iterator[None]:
    """Overwrite what is deleted here: it may be a hash or a sealed key, and must not stay in a free page of the file."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
