"""The database on a disk: made, migrated, refused, read back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
import os
from pathlib import Path
import sqlite3
import stat
import sys

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import replace
import pytest
import sqlalchemy as sa

from kickwatt_hub.model import (
    ChargerSettings,
    Conversation,
    Delivery,
    Kind,
    LegacyFormat,
    Order,
    OrderState,
    Position,
    Reading,
    Said,
    Scope,
    Session,
    SessionRecord,
    Token,
    User,
)
from kickwatt_hub.store import (
    AlreadyThereError,
    NotThereError,
    Store,
    TooNewError,
    UnavailableError,
    UnusableError,
    chargers,
    migrate,
    upgrade,
)
from kickwatt_hub.store.adding import NewCharger
from kickwatt_hub.store.schema import metadata
from kickwatt_hub.store.writer import erasing
from tests.support.engine import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await open_store(tmp_path / "data")
    yield store
    await store.close()


def _new(charger_id: str = "scooter") -> NewCharger:
    return NewCharger(
        charger_id, charger_id, Kind.s1, False, bytes(56), LegacyFormat(), 1
    )


def _reading(
    number: int, time_ms: int, boot: int = 1, energy_wh: float | None = 1.5
) -> Reading:
    return Reading(
        position=Position(boot, number),
        time_ms=time_ms,
        relay_on=True,
        voltage_v=230.1,
        current_a=0.712,
        power_w=91.2,
        power_factor=0.56,
        meter_wh=12345,
        energy_wh=energy_wh,
    )


SAID = Said(
    fw="0.1.0",
    up=1,
    reset="power_on",
    clock=None,
    csq=17,
    state="idle",
    relay=1,
    why="order",
    trips=("resets",),
    order=7,
    refused=None,
    rev=0,
    left=0,
)
TALK = Conversation(
    boot=3,
    seq=4,
    number=5,
    mac=bytes(32),
    reply=b"reply",
    interval_s=30,
    last_seen_ms=6,
    said=SAID,
    energy_wh=7.5,
    meter_wh=8,
    desired_on=True,
)


async def test_the_migrations_make_exactly_the_schema(store: Store) -> None:
    """A change to one needs the other."""
    with store._engines.writing.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, *_: not str(name).startswith("log_"),
            },
        )
        assert compare_metadata(context, metadata) == []


async def test_every_migration_can_be_taken_back(store: Store) -> None:
    """And applied again; the last one is what this version expects."""
    with store._engines.migrating() as connection:
        for _ in range(2):
            assert "charger" in sa.inspect(connection).get_table_names()
            connection.commit()
            command.downgrade(migrate.config(connection), "base")
            connection.commit()
            assert sa.inspect(connection).get_table_names() == ["alembic_version"]
            connection.commit()
            upgrade.upgrade(connection)


@pytest.mark.once
async def test_the_database_is_durable_and_for_the_owner_alone(
    store: Store, tmp_path: Path
) -> None:
    """WAL, synchronous=FULL, mode 0600; what is deleted is overwritten where it was a secret."""

    def pragmas(connection: sa.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert await store._writer.run(pragmas) == ["wal", 2, 1, 0]

    def erase(connection: sa.Connection) -> object:
        with erasing(connection):
            return connection.exec_driver_sql("PRAGMA secure_delete").scalar()

    assert await store._writer.run(erase) == 1
    assert await store._writer.run(pragmas) == ["wal", 2, 1, 0]
    mode = (tmp_path / "data" / "kickwatt.sqlite").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_two_processes_that_start_at_once_make_one_database(
    tmp_path: Path,
) -> None:
    """The command line may be quicker than the hub."""
    stores = await asyncio.gather(*(open_store(tmp_path / "data") for _ in range(3)))
    assert len({store.hub_id for store in stores}) == 1
    for store in stores:
        await store.close()


async def test_the_hub_keeps_its_id(tmp_path: Path) -> None:
    """For ever."""
    ids = set()
    for _ in range(2):
        store = await open_store(tmp_path)
        ids.add(store.hub_id)
        await store.close()
    assert len(ids) == 1
    assert len(ids.pop()) == 32


@pytest.mark.once
async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """With a sentence that says what to do."""
    store = await open_store(tmp_path)
    await store.close()
    with (
        closing(sqlite3.connect(tmp_path / "kickwatt.sqlite")) as connection,
        connection,
    ):
        connection.execute("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(TooNewError, match="newer Kickwatt"):
        await open_store(tmp_path)


@pytest.mark.once
async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And not overwritten."""
    (tmp_path / "kickwatt.sqlite").write_text("hello " * 1000)
    with pytest.raises(UnusableError, match="cannot be used: file is not a database"):
        await open_store(tmp_path)
    assert (tmp_path / "kickwatt.sqlite").read_text().startswith("hello")


@pytest.mark.once
async def test_a_folder_that_cannot_be_made_or_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the system's reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableError, match="Not a directory|File exists"):
        await open_store(tmp_path / "file" / "data")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UnusableError, match="Permission denied"):
        await open_store(tmp_path)


async def test_a_charger_is_read_back_with_all_that_belongs_to_it(store: Store) -> None:
    """Conversation, newest reading, sessions, newest order."""
    pk = await store.chargers.add(_new())
    (empty,) = await store.chargers.all()
    assert (empty.conversation, empty.reading, empty.record, empty.order) == (
        Conversation(),
        None,
        None,
        None,
    )
    ended = Session(
        id=0,
        start_ms=1,
        end_ms=2,
        energy_wh=3.5,
        peak_power_w=4.5,
        end_reason="cut_off",
    )
    running = replace(ended, start_ms=5, end_ms=None, end_reason=None)
    order = Order(id=9, charger_id="scooter", relay_on=True, created_ms=1)
    stored = await store.chargers.deliver(
        Delivery(
            charger_pk=pk,
            conversation=TALK,
            readings=(_reading(1, 1000), _reading(2, 500)),
            orders=(order,),
            sessions=(
                SessionRecord(session=ended, ended_at=Position(1, 1), place=b"{}"),
                SessionRecord(session=running),
            ),
            profile=b"profile",
        )
    )
    assert [each.id for each in stored] == [1, 2]
    (full,) = await store.chargers.all()
    assert full == await store.chargers.one(pk)
    assert full.conversation == TALK
    assert full.reading == _reading(2, 500)
    assert full.record is not None
    assert full.record.session == replace(running, id=2)
    assert full.ended is not None
    assert (full.ended.ended_at, full.ended.place) == (Position(1, 1), b"{}")
    assert full.order == order
    assert full.profile == b"profile"
    assert await store.chargers.last_order() == 9


async def test_an_order_and_a_session_are_changed_in_place(store: Store) -> None:
    """By their ids."""
    pk = await store.chargers.add(_new())
    order = Order(id=1, charger_id="scooter", relay_on=True, created_ms=1)
    begun = Session(
        id=0,
        start_ms=1,
        end_ms=None,
        energy_wh=None,
        peak_power_w=None,
        end_reason=None,
    )
    first = Delivery(
        charger_pk=pk,
        conversation=TALK,
        orders=(order,),
        sessions=(SessionRecord(session=begun),),
    )
    (session,) = await store.chargers.deliver(first)
    done = replace(order, state=OrderState.refused, reason="trip")
    ended = replace(session, end_ms=9, end_reason="full")
    await store.chargers.deliver(
        replace(first, orders=(done,), sessions=(SessionRecord(session=ended),))
    )
    (stored,) = await store.chargers.all()
    assert stored.order == done
    assert stored.record is not None
    assert stored.record.session == ended


async def test_removing_a_charger_removes_all_it_ever_measured_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slice per commit."""
    monkeypatch.setattr(chargers, "SWEEP", 1)
    gone, stays = (
        await store.chargers.add(_new()),
        await store.chargers.add(_new("other")),
    )
    for pk in (gone, stays):
        await store.chargers.deliver(
            Delivery(
                charger_pk=pk,
                conversation=TALK,
                readings=tuple(_reading(n, n) for n in range(1, 11)),
                orders=(Order(id=pk, charger_id="x", relay_on=True, created_ms=1),),
            )
        )
    await store.packer.pack()
    await store.chargers.remove("scooter")

    def counts(connection: sa.Connection) -> list[object]:
        return [
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            for table in metadata.sorted_tables
            if table.name in ("charger", "chunk", "conversation", "relay_order")
        ]

    assert await store._writer.run(counts) == [1, 1, 1, 1]
    with pytest.raises(NotThereError):
        await store.chargers.remove("scooter")
    with pytest.raises(NotThereError):
        await store.chargers.deliver(Delivery(charger_pk=gone, conversation=TALK))
    with pytest.raises(NotThereError):
        await store.chargers.change(gone, "x", ChargerSettings(), 1)
    assert await store.chargers.one(gone) is None
    assert await store.chargers.add(_new()) > stays


async def test_two_chargers_cannot_have_one_id(store: Store) -> None:
    """The first stays as it is."""
    await store.chargers.add(_new())
    with pytest.raises(AlreadyThereError):
        await store.chargers.add(_new())


async def test_readings_come_in_pages_that_never_split_an_instant(store: Store) -> None:
    """The rest is asked for by time alone, so it must start with a new one."""
    pk = await store.chargers.add(_new())
    times = [10, 20, 20, 20, 30, 40]
    await store.chargers.deliver(
        Delivery(
            charger_pk=pk,
            conversation=TALK,
            readings=tuple(_reading(n + 1, time) for n, time in enumerate(times)),
        )
    )

    async def page(start: int, end: int, limit: int) -> tuple[list[int], int | None]:
        readings, rest = await store.history.readings(pk, start, end, limit)
        return [reading.time_ms for reading in readings], rest

    assert await page(0, 100, 10) == (times, None)
    assert await page(0, 100, 6) == (times, None)
    assert await page(0, 100, 5) == ([10, 20, 20, 20, 30], 40)
    assert await page(0, 100, 2) == ([10], 20)
    assert await page(20, 100, 1) == ([20, 20, 20], 30)
    assert await page(20, 30, 1) == ([20, 20, 20], None)
    assert await page(20, 40, 100) == ([20, 20, 20, 30], None)
    assert await page(41, 100, 1) == ([], None)


async def test_a_replay_is_in_the_chargers_own_order(store: Store) -> None:
    """Boot and number, whatever the clock said."""
    pk = await store.chargers.add(_new())
    readings = (_reading(1, 900), _reading(2, 100), _reading(1, 500, boot=2))
    await store.chargers.deliver(
        Delivery(charger_pk=pk, conversation=TALK, readings=readings)
    )
    assert await store.history.replay(pk, None, 10) == list(readings)
    assert await store.history.replay(pk, None, 2) == list(readings[1:])
    assert await store.history.replay(pk, Position(1, 1), 10) == list(readings[1:])
    assert await store.history.replay(pk, Position(2, 1), 10) == []


async def test_sessions_are_those_that_touch_the_span_newest_first(
    store: Store,
) -> None:
    """A running one touches everything after its start."""
    pk = await store.chargers.add(_new())
    spans: list[tuple[int, int | None]] = [(10, 20), (30, 40), (50, None)]
    await store.chargers.deliver(
        Delivery(
            charger_pk=pk,
            conversation=TALK,
            sessions=tuple(
                SessionRecord(
                    session=Session(
                        id=0,
                        start_ms=start,
                        end_ms=end,
                        energy_wh=1.0,
                        peak_power_w=None,
                        end_reason=None,
                    )
                )
                for start, end in spans
            ),
        )
    )

    async def found(start: int, end: int, limit: int = 10) -> list[int]:
        return [each.id for each in await store.history.sessions(pk, start, end, limit)]

    assert await found(0, 100) == [3, 2, 1]
    assert await found(0, 100, 2) == [3, 2]
    assert await found(25, 45) == [2]
    assert await found(20, 30) == [1]
    assert await found(60, 70) == [3]
    assert await found(0, 10) == []


async def test_users_and_tokens(store: Store) -> None:
    """Added once, found by hash, gone together."""
    accounts = store.accounts
    who = User(name="owner", email="o@example.org", scope=Scope.admin, created_ms=1)
    await accounts.add_user(who, "hash")
    with pytest.raises(AlreadyThereError):
        await accounts.add_user(who, None)
    assert await accounts.users() == [who]
    assert await accounts.password("owner") == (who, "hash")
    assert await accounts.password("nobody") is None
    with pytest.raises(AlreadyThereError):
        await accounts.add_user(replace(who, name="silent"), None)
    await accounts.add_user(replace(who, name="silent", email=None), None)
    assert await accounts.password("silent") is None

    new = Token(
        id=0, user="owner", name="t", scope=Scope.read, created_ms=1, expires_ms=None
    )
    token = await accounts.add_token("owner", b"d" * 32, new)
    assert await accounts.add_token("owner", b"d" * 32, new) == token
    (stored,) = await accounts.tokens()
    assert (stored.digest, stored.token) == (b"d" * 32, token)
    with pytest.raises(NotThereError):
        await accounts.add_token("nobody", b"e" * 32, new)
    with pytest.raises(NotThereError):
        await accounts.remove_token(99)
    await accounts.remove_user("owner")
    assert await accounts.tokens() == []
    with pytest.raises(NotThereError):
        await accounts.remove_user("owner")
    await accounts.add_token("silent", b"f" * 32, new)
    await accounts.remove_token(token.id + 1)
    assert await accounts.tokens() == []


async def test_only_the_newest_logins_of_a_user_are_kept(store: Store) -> None:
    """Tokens that were made to last stay."""
    accounts = store.accounts
    who = User(name="owner", email=None, scope=Scope.control, created_ms=1)
    await accounts.add_user(who, None)
    lasting = Token(
        id=0, user="owner", name="t", scope=Scope.read, created_ms=1, expires_ms=None
    )
    await accounts.add_token("owner", b"x" * 32, lasting)
    for n in range(25):
        await accounts.add_token(
            "owner", bytes([n]) * 32, replace(lasting, expires_ms=9)
        )
    kept = [stored.digest[0] for stored in await accounts.tokens()]
    assert kept == [ord("x"), *range(5, 25)]


async def test_health_is_asked_of_the_disk_but_not_every_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs a token to ask."""
    asked = 0

    async def broken(_: object) -> None:
        nonlocal asked
        asked += 1
        raise UnavailableError

    assert await store.can_write()
    monkeypatch.setattr(store._writer, "run", broken)
    assert await store.can_write()
    assert asked == 0
    store._health = (0.0, True)
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    assert not await store.can_write()
    assert not await store.can_write()
    assert asked == 1


def test_the_revisions_are_known_by_their_files_as_alembic_knows_them() -> None:
    """A start reads the names alone; in a file the revision is what its name begins with."""
    scripts = ScriptDirectory(str(upgrade.MIGRATIONS)).walk_revisions()
    assert upgrade.revisions() == [each.revision for each in scripts][::-1]


@pytest.mark.once
async def test_a_start_on_a_database_of_this_version_leaves_alembic_out(
    tmp_path: Path,
) -> None:
    """It takes a tenth of the memory of a hub."""
    store = await open_store(tmp_path)
    await store.close()
    script = (
        "import asyncio, pathlib, sys; from kickwatt_hub.store import Store\n"
        "asyncio.run(Store.open(pathlib.Path(sys.argv[1])))\n"
        "print('alembic' in sys.modules)"
    )
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert await done.communicate() == (b"False\n", None)
