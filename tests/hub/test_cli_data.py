"""Getting data out and in: export, import, backup, check; from the command line, in this process."""

from concurrent.futures import ThreadPoolExecutor
import csv
import json
from pathlib import Path
import sqlite3
import tarfile

from click.testing import CliRunner, Result
from msgspec import structs
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from kickwatt_hub.__main__ import cli
from kickwatt_hub.cli.common import Refused
from kickwatt_hub.store import NotThereError, UnusableError, chunks
from kickwatt_hub.store.schema import chunk
from tests.support.engine import environment_for, open_store
from tests.support.stored import stored_readings

RECORDING = """Zeit;Leistung (W);Spannung
25.11.2026 08:00:00;91,5;230,1
25.11.2026 08:00:30;92,5;229,9
25.11.2026 08:01:00;0;230,0
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one charger."""
    folder = tmp_path / "data"
    _run("charger", "add", "scooter", "--data", str(folder))
    return folder


def _run(*arguments: str, code: int = 0) -> str:
    """Run a command; in a thread, since it starts an event loop of its own."""

    def run() -> Result:
        return CliRunner(env=environment_for(arguments)).invoke(
            cli, arguments, catch_exceptions=False, standalone_mode=False
        )

    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(run).result()
    assert code in {result.exit_code, result.return_value}, result.output
    return result.stdout


def _import(data: Path, tmp_path: Path, *more: str, text: str = RECORDING) -> str:
    file = tmp_path / "plug.csv"
    file.write_text(text)
    return _run("import", str(file), "--charger", "scooter", "--data", str(data), *more)


async def test_a_recording_of_a_plug_becomes_readings_once(
    data: Path, tmp_path: Path
) -> None:
    """German dates, semicolons and commas; the same file again changes nothing."""
    assert "Imported 3 readings" in _import(data, tmp_path)
    assert "Imported 0 readings" in _import(data, tmp_path)
    readings = await stored_readings(data, "scooter")
    assert [(each.power_w, each.voltage_v) for each in readings] == [
        (91.5, 230.1),
        (92.5, 229.9),
        (0.0, 230.0),
    ]
    assert readings[1].time_ms - readings[0].time_ms == 30_000


async def test_columns_are_named_where_their_names_do_not_tell(
    data: Path, tmp_path: Path
) -> None:
    """By the header of the file."""
    text = "when,what,power\n2026-11-25T08:00:00Z,91.5,7\n"
    _import(data, tmp_path, "--map", "time=when,power_w=what", text=text)
    (reading,) = await stored_readings(data, "scooter")
    assert (reading.power_w, reading.time_ms) == (91.5, 1_795_593_600_000)


def test_what_cannot_be_imported_is_refused_with_a_sentence(
    data: Path, tmp_path: Path
) -> None:
    """The file, the column, the charger."""
    with pytest.raises(Refused, match="nobody knows from when"):
        _import(data, tmp_path, text="time,power_w\n0,1\n30,2\n")
    with pytest.raises(Refused, match="There is no column x; there are Zeit"):
        _import(data, tmp_path, "--map", "time=x")
    with pytest.raises(NotThereError, match="There is no charger x"):
        _import(data, tmp_path, "--charger", "x")
    for wrong in ("power=x", "time", "time="):
        file = str(tmp_path / "plug.csv")
        result = CliRunner().invoke(
            cli, ["import", file, "--charger", "scooter", "--map", wrong]
        )
        assert "power_w=COLUMN" in result.output


def test_readings_are_exported_in_every_format(data: Path, tmp_path: Path) -> None:
    """The same values; a span in any zone; a charger by its id."""
    _import(data, tmp_path)
    where = ("--charger", "scooter", "--data", str(data))
    rows = list(csv.DictReader(_run("export", "readings", *where).splitlines()))
    assert [row["power_w"] for row in rows] == ["91.5", "92.5", "0.0"]
    assert rows[0]["time"] == "2026-11-25T08:00:00.000Z"
    assert rows[0]["relay_on"] == ""
    lines = _run("export", "readings", "--format", "json", *where).splitlines()
    assert [json.loads(line)["voltage_v"] for line in lines] == [230.1, 229.9, 230.0]
    file = tmp_path / "out.parquet"
    said = _run("export", "readings", "--format", "parquet", "--output", str(file), *where)  # fmt: skip
    assert said == f"Wrote 3 readings to {file}.\n"
    table = pq.read_table(file)
    assert table.column("power_w").to_pylist() == [91.5, 92.5, 0.0]
    assert str(table.schema.field("time").type) == "timestamp[ms, tz=UTC]"
    span = ("--start", "2026-11-25T09:00:30+01:00", "--end", "2026-11-25T08:01:00")
    assert len(_run("export", "readings", *span, *where).splitlines()) == 2
    assert len(_run("export", "sessions", *where).splitlines()) == 1
    assert not list(tmp_path.glob("*.part"))


def test_what_cannot_be_exported_is_refused_with_a_sentence(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no file is left behind."""
    where = ("--data", str(data))
    with pytest.raises(Refused, match="--output"):
        _run("export", "readings", "--format", "parquet", *where)
    with pytest.raises(NotThereError, match="no charger nobody"):
        _run("export", "readings", "--charger", "nobody", *where)
    with pytest.raises(Refused, match="No such file"):
        _run("export", "readings", "--output", str(tmp_path / "x" / "y"), *where)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    file = str(tmp_path / "z")
    with pytest.raises(Refused, match=r"kickwatt\[parquet\]"):
        _run("export", "readings", "--format", "parquet", "--output", file, *where)
    assert not list(tmp_path.glob("z*"))
    result = CliRunner().invoke(cli, ["export", "readings", "--start", "yesterday"])
    assert "no date such as" in result.output


@pytest.mark.once
async def test_a_backup_is_a_whole_hub(data: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere it has the same chargers, readings and secret; and it is for the owner alone."""
    _import(data, tmp_path)
    file = tmp_path / "backup.tar"
    assert "Keep it to yourself" in _run("backup", str(file), "--data", str(data))
    assert file.stat().st_mode & 0o777 == 0o600
    restored = tmp_path / "restored"
    with tarfile.open(file) as archive:
        archive.extractall(restored, filter="data")
    assert await stored_readings(restored, "scooter") == await stored_readings(data, "scooter")  # fmt: skip
    assert (restored / "hub.secret").read_bytes() == (data / "hub.secret").read_bytes()
    with pytest.raises(Refused, match="There is no database"):
        _run("backup", str(file), "--data", str(tmp_path / "nothing"))
    with pytest.raises(Refused, match="No such file"):
        _run("backup", str(tmp_path / "x" / "y"), "--data", str(data))


@pytest.mark.once
async def test_check_repairs_what_is_derived_and_names_what_is_lost(
    data: Path, tmp_path: Path
) -> None:
    """Roll-ups and spans come from the readings; damaged readings come from nowhere."""
    _import(data, tmp_path)
    assert "all is well" in _run("check", "--data", str(data))
    store = await open_store(data)
    await store.packer.pack()
    before = await stored_readings(data, "scooter")
    await store.close()
    file = data / "kickwatt.sqlite"
    database = sqlite3.connect(file)
    with database:
        database.execute("UPDATE chunk SET minutes=x'00000000', end_ms=end_ms+5")
        database.execute("DELETE FROM conversation")
    database.close()
    said = _run("check", "--data", str(data))
    assert "had other end_ms, minutes" in said
    assert "Charger scooter had no conversation" in said
    assert "2 repaired, 0 damaged" in said
    assert "all is well" in _run("check", "--data", str(data))
    assert await stored_readings(data, "scooter") == before
    database = sqlite3.connect(file)
    with database:
        database.execute("UPDATE chunk SET data=x'0102'")
    database.close()
    assert "cannot be unpacked" in _run("check", "--data", str(data), code=1)


async def test_check_leaves_a_reading_that_is_in_two_chunks_in_one(
    data: Path, tmp_path: Path
) -> None:
    """Where the values differ nobody knows which are right: that is said, and both stay."""
    _import(data, tmp_path)
    store = await open_store(data)
    await store.packer.pack()
    before = await stored_readings(data, "scooter")
    (pk,) = [each.pk for each in await store.chargers.all()]
    again = [*before[:2], structs.replace(before[2], voltage_v=111.0)]

    def store_again(connection: sa.Connection) -> None:
        for each in chunks.pack(pk, again):
            connection.execute(sa.insert(chunk).values(structs.asdict(each)))

    await store._writer.run(store_again)
    await store.close()
    said = _run("check", "--data", str(data), code=1)
    assert "2 readings were in chunks 1 and 2 (charger scooter)" in said
    assert "1 samples have other values in each of chunks 1 and" in said
    assert "1 repaired, 1 damaged" in said
    assert len(await stored_readings(data, "scooter")) == len(before) + 1


async def test_how_long_readings_are_kept_is_said_for_each_charger(data: Path) -> None:
    """In days, or for ever."""
    where = ("--data", str(data))
    assert "for 400 days" in _run("charger", "keep", "scooter", "--days", "400", *where)
    assert "for ever" in _run("charger", "keep", "scooter", "--days", "always", *where)
    with pytest.raises(NotThereError):
        _run("charger", "keep", "nobody", "--days", "1", *where)
    result = CliRunner().invoke(cli, ["charger", "keep", "scooter", "--days", "0"])
    assert "number of days, or always" in result.output


@pytest.mark.once
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:geheim@127.0.0.1:1/x", "Connection refused"),
        ("mysql://u:geheim@127.0.0.1/x", "given as postgresql://"),
        ("no url geheim", "given as postgresql://"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    """From the variable that all commands know."""
    monkeypatch.setenv("KICKWATT_HUB_DATABASE", url)
    with pytest.raises(UnusableError, match=words) as refused:
        _run("charger", "list", "--data", str(tmp_path))
    assert "geheim" not in str(refused.value)
    with pytest.raises(Refused, match="pg_dump"):
        _run("backup", str(tmp_path / "x"), "--data", str(tmp_path))
