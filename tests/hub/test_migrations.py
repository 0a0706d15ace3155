"""A database of an older version, brought up to date: nothing is lost, and the file as it was is kept."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import sqlite3

from alembic import command
from alembic.config import Config
import msgspec
import pytest
import sqlalchemy as sa

from kickwatt_hub.charging.mode import ModeSettings
from kickwatt_hub.model import Conversation, Delivery, Kind, LegacyFormat, Said
from kickwatt_hub.store import Store, migrate
from kickwatt_hub.store.adding import NewCharger
from kickwatt_hub.store.chunks import DAY_MS
from kickwatt_hub.watch import Watch
from tests.support.stored import ALWAYS

pytestmark = pytest.mark.once  # SQLite's file

START_MS = 20_000 * DAY_MS - 3_600_000  # an hour before midnight
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
_CHARGER = (
    "INSERT INTO charger (id, name, kind, simulated, key, created_ms, cutoff_w, hold_s, max_hours, max_wh, max_a,"
    " settings_rev, ampere_unit, utc_offset_min) VALUES (?,?,?,0,x'00',1,11.5,300,12,2000,3,0,'mA',60)"
)


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))  # fmt: skip
    sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN"))
    return engine


def _go(path: Path, direction: Callable[[Config, str], None]) -> None:
    """Bring a database to the first version, from below or from above."""
    with _engine(path).connect() as connection:
        direction(migrate.config(connection), "0001")
        connection.commit()


def _fill(path: Path) -> list[tuple[object, ...]]:
    """Put two chargers, one of which was never heard of, and readings across midnight into a database of 0001."""
    rows: list[tuple[object, ...]] = [
        (
            1,
            1,
            number,
            START_MS + number * 30_000,
            number % 2,
            2301,
            number,
            None if number % 5 else 915,
            56,
            number,
            number / 2,
        )
        for number in range(1, 500)
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_CHARGER, ("scooter", "Scooter", "s1"))
        database.execute(_CHARGER, ("old", "Old", "legacy"))
        database.executemany("INSERT INTO reading VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
        database.execute(
            "INSERT INTO conversation VALUES (1,1,77,499,x'0102',x'0304',30,?,?,249.5,499,1)",
            (
                START_MS + 500 * 30_000,
                msgspec.json.encode(msgspec.structs.asdict(SAID)),
            ),
        )
    return rows


async def test_readings_and_conversations_of_the_first_version_are_taken_over(
    tmp_path: Path,
) -> None:
    """Value by value; and the way back leads to the same rows."""
    path = tmp_path / "kickwatt.sqlite"
    _go(path, command.upgrade)
    rows = _fill(path)
    store = await Store.open(tmp_path)
    scooter, old = await store.chargers.all()
    readings, _ = await store.history.readings(scooter.pk, *ALWAYS, 10_000)
    await store.close()
    assert [
        (
            each.position.boot,
            each.position.number,
            each.time_ms,
            each.relay_on,
            each.voltage_v,
            each.current_a,
            each.power_w,
            each.power_factor,
            each.meter_wh,
            each.energy_wh,
        )
        for each in readings
    ] == [
        (1, n, ms, bool(on), 230.1, ma / 1000, dw and dw / 10, 0.56, meter, wh)  # type: ignore[operator]
        for _, _, n, ms, on, _, ma, dw, _, meter, wh in rows
    ]
    assert scooter.reading == readings[-1]
    talk = scooter.conversation
    assert (talk.boot, talk.seq, talk.number, talk.mac, talk.reply) == (1, 77, 499, b"\1\2", b"\3\4")  # fmt: skip
    assert (talk.interval_s, talk.energy_wh, talk.meter_wh, talk.desired_on) == (30, 249.5, 499, True)  # fmt: skip
    assert talk.said == SAID
    assert (old.reading, old.conversation.boot) == (None, 0)

    _go(path, command.downgrade)
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute("SELECT * FROM reading ORDER BY number").fetchall() == rows  # fmt: skip
        assert database.execute("SELECT seq, reply, desired_on FROM conversation ORDER BY seq").fetchall() == [(0, None, None), (77, b"\3\4", 1)]  # fmt: skip


async def test_the_file_is_kept_as_it_was_before_a_migration(tmp_path: Path) -> None:
    """For the owner who wants to go back; a new database needs no copy."""
    path = tmp_path / "kickwatt.sqlite"
    _go(path, command.upgrade)
    rows = _fill(path)
    await (await Store.open(tmp_path)).close()
    (copy,) = tmp_path.glob("kickwatt-before-*.sqlite")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as database, database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)  # fmt: skip
        assert database.execute("SELECT * FROM reading ORDER BY number").fetchall() == rows  # fmt: skip
    await (await Store.open(tmp_path / "new")).close()
    assert not list((tmp_path / "new").glob("*before*"))


async def test_what_the_guards_have_counted_moves_to_the_conversation_and_back(
    tmp_path: Path,
) -> None:
    counted = Watch(allowed_ms=5, heard_ms=7, closed=True, integrated_wh=1 / 3)
    store = await Store.open(tmp_path)
    new = NewCharger("scooter", "Scooter", Kind.s1, False, bytes(56), LegacyFormat(), 1)
    pk = await store.chargers.add(new)
    await store.modes.choose(pk, ModeSettings())
    await store.chargers.deliver(
        Delivery(charger_pk=pk, conversation=Conversation(), watch=counted)
    )
    await store.close()
    path = tmp_path / "kickwatt.sqlite"
    with _engine(path).connect() as connection:
        command.downgrade(migrate.config(connection), "0012")
        connection.commit()
    with closing(sqlite3.connect(path)) as database:
        ((watch,),) = database.execute("SELECT watch FROM charger_mode").fetchall()
    assert msgspec.json.decode(watch, type=Watch) == counted
    store = await Store.open(tmp_path)
    found = await store.chargers.one(pk)
    await store.close()
    assert found is not None
    assert found.watch == counted
