"""The group commit: one future per job, one commit for many, and nobody harmed by another's trouble."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
import sqlite3
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from kickwatt_hub.store import BusyError, NotThereError, UnavailableError
from kickwatt_hub.store.driver import driver
from kickwatt_hub.store.writer import Writer, new_key

pytestmark = pytest.mark.once  # SQLite's file


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (x INTEGER UNIQUE)")
    return path


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[Writer]:
    """A writer on it."""
    writer = _writer(path)
    await writer.open()
    yield writer
    await writer.close()


def _writer(path: Path, pending: int = 100, **arguments: Any) -> Writer:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"isolation_level": None, **arguments},
        poolclass=sa.pool.NullPool,
    )
    sa.event.listen(
        engine,
        "begin",
        lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"),
    )
    return Writer(engine, pending)


def _insert(value: int) -> Callable[[sa.Connection], int]:
    def job(connection: sa.Connection) -> int:
        driver(connection).execute("INSERT INTO t VALUES (?)", (value,))
        return value

    return job


def _stored(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return [row[0] for row in connection.execute("SELECT x FROM t ORDER BY x")]


class _Gate:
    """A job that holds the writer up until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()

    def __call__(self, _: sa.Connection) -> None:
        self.entered.set()
        assert self.go.wait(60)


async def _hold(writer: Writer) -> tuple[_Gate, asyncio.Task[None]]:
    gate = _Gate()
    held = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait)
    return gate, held


async def test_what_arrives_during_a_commit_shares_the_next(
    writer: Writer, path: Path
) -> None:
    """Two commits for a hundred jobs."""
    commits: list[int] = []
    commit = writer._commit
    writer._commit = lambda jobs: (commits.append(len(jobs)), commit(jobs))[1]  # type: ignore[method-assign]
    gate, held = await _hold(writer)
    jobs = [asyncio.create_task(writer.run(_insert(n))) for n in range(99)]
    await asyncio.sleep(0)
    gate.go.set()
    assert await asyncio.gather(*jobs) == list(range(99))
    await held
    assert commits == [1, 99]
    assert _stored(path) == list(range(99))


async def test_a_cancelled_request_harms_nobody_else(
    writer: Writer, path: Path
) -> None:
    """Its job is stored all the same, and so are the others'."""
    gate, held = await _hold(writer)
    first, second, third = (
        asyncio.create_task(writer.run(_insert(n))) for n in (1, 2, 3)
    )
    await asyncio.sleep(0)
    second.cancel()
    gate.go.set()
    assert await asyncio.gather(first, third) == [1, 3]
    with pytest.raises(asyncio.CancelledError):
        await second
    await held
    assert await writer.run(_insert(4)) == 4
    assert _stored(path) == [1, 2, 3, 4]


async def test_a_job_that_fails_is_rolled_back_alone(
    writer: Writer, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether it refuses or breaks."""

    def refuse(connection: sa.Connection) -> None:
        driver(connection).execute("INSERT INTO t VALUES (100)")
        raise NotThereError("gone")

    gate, held = await _hold(writer)
    jobs = [
        asyncio.create_task(writer.run(job))
        for job in (_insert(1), refuse, _insert(2), _insert(1), _insert(3))
    ]
    await asyncio.sleep(0)
    gate.go.set()
    one, refused, two, broken, three = await asyncio.gather(
        *jobs, return_exceptions=True
    )
    await held
    assert (one, two, three) == (1, 2, 3)
    assert isinstance(refused, NotThereError)
    assert isinstance(broken, sqlite3.IntegrityError)
    assert _stored(path) == [1, 2, 3]
    assert "A job of the store failed" in caplog.text
    assert "gone" not in caplog.text


async def test_a_disk_that_is_full_fails_every_job_of_the_commit_and_no_later_one(
    writer: Writer, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite's own limit stands for the disk's."""

    def limit(connection: sa.Connection) -> None:
        driver(connection).execute("CREATE TABLE big (x)")
        pages = driver(connection).execute("PRAGMA page_count").fetchone()[0]
        driver(connection).execute(f"PRAGMA max_page_count={pages + 2}")

    def fill(connection: sa.Connection) -> None:
        driver(connection).execute("INSERT INTO big VALUES (zeroblob(100000))")

    await writer.run(limit)
    gate, held = await _hold(writer)
    jobs = [
        asyncio.create_task(writer.run(job)) for job in (_insert(1), fill, _insert(2))
    ]
    await asyncio.sleep(0)
    gate.go.set()
    for outcome in await asyncio.gather(*jobs, return_exceptions=True):
        assert isinstance(outcome, UnavailableError)
    await held
    assert _stored(path) == []
    assert "database or disk is full" in caplog.text
    assert "Traceback" not in caplog.text
    assert await writer.run(_insert(3)) == 3
    assert _stored(path) == [3]


async def test_a_lock_that_is_not_released_fails_the_commit(path: Path) -> None:
    """Some other program has the database."""
    writer = _writer(path, timeout=0.05)
    await writer.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other, other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError):
            await writer.run(_insert(1))
        other.execute("ROLLBACK")
    assert await writer.run(_insert(1)) == 1
    await writer.close()


async def test_a_database_that_cannot_be_opened_again_fails_the_commit(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After a disk was pulled out, say; and it is tried anew each time."""
    writer = _writer(path)
    await writer.open()
    await writer._in_thread(writer._disconnect)
    moved = path.rename(path.with_name("moved"))
    path.mkdir()
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await writer.run(_insert(1))
    assert "unable to open database file" in caplog.text
    path.rmdir()
    moved.rename(path)
    assert await writer.run(_insert(1)) == 1
    await writer.close()


async def test_an_error_that_nobody_foresaw_fails_the_commit_and_not_the_writer(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for ever."""

    def fail(*_: object) -> None:
        raise RuntimeError("bug")

    with monkeypatch.context() as broken:
        broken.setattr(writer, "_run_alone", fail)
        with pytest.raises(UnavailableError):
            await writer.run(_insert(1))
    assert "RuntimeError: bug" in caplog.text
    assert await writer.run(_insert(1)) == 1


async def test_too_much_waiting_is_refused_at_once(path: Path) -> None:
    """What is refused is not stored later."""
    writer = _writer(path, pending=3)
    await writer.open()
    gate, held = await _hold(writer)
    jobs = [asyncio.create_task(writer.run(_insert(n))) for n in range(5)]
    done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    assert [type(job.exception()) for job in done] == [BusyError, BusyError]
    gate.go.set()
    await asyncio.gather(held, *jobs[:3])
    await writer.close()
    assert _stored(path) == [0, 1, 2]


async def test_closing_stores_what_waits_and_takes_no_more(path: Path) -> None:
    """A stop loses nothing."""
    writer = _writer(path)
    await writer.open()
    gate, held = await _hold(writer)
    job = asyncio.create_task(writer.run(_insert(1)))
    await asyncio.sleep(0)
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await writer.run(_insert(2))
    assert not await writer.others_wrote()
    gate.go.set()
    await asyncio.gather(held, job, closing)
    assert _stored(path) == [1]


async def test_it_notices_what_others_wrote_and_not_what_it_wrote_itself(
    writer: Writer, path: Path
) -> None:
    """Once each time."""
    await writer.run(_insert(1))
    assert not await writer.others_wrote()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("INSERT INTO t VALUES (2)")
    assert await writer.others_wrote()
    assert not await writer.others_wrote()


async def test_the_key_of_a_new_row(writer: Writer) -> None:
    """As SQLAlchemy returns it."""
    table = sa.Table("u", sa.MetaData(), sa.Column("pk", sa.Integer, primary_key=True))

    def job(connection: sa.Connection) -> int:
        table.create(connection)
        return new_key(connection.execute(sa.insert(table)))

    assert await writer.run(job) == 1
