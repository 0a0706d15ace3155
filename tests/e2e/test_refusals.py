"""What the hub and the simulator cannot work with they refuse: one sentence, exit code 2, no traceback."""

from collections.abc import Iterator
from contextlib import closing
import os
from pathlib import Path
import socket
import sqlite3
import subprocess

from kickwatt_demo.parts import program
from kickwatt_demo.process import free_ports
import pytest

KEY = "5eed" * 16


def refused(name: str, *words: str | Path) -> str:
    """Run a program that must refuse, and return its one sentence."""
    done = subprocess.run(
        [program(name), *words], capture_output=True, text=True, timeout=30, check=False
    )
    said = done.stderr.strip()
    assert done.returncode == 2, said or done.stdout
    assert done.stdout == ""
    assert "Traceback" not in said
    assert KEY not in said
    return said


def refused_hub(data: Path, *words: str) -> str:
    """What `kickwatt-hub serve` says: one line of one sentence."""
    port, device_port = free_ports(2)
    ports = ("--port", str(port), "--device-port", str(device_port))
    said = refused("kickwatt-hub", "serve", "--data", data, *ports, *words)
    assert len(said.splitlines()) == 1
    return said


@pytest.fixture
def taken() -> Iterator[str]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.mark.parametrize("option", ["--port", "--device-port"])
def test_a_port_that_is_in_use(tmp_path: Path, taken: str, option: str) -> None:
    said = refused_hub(tmp_path / "hub", option, taken)
    assert taken in said
    assert "in use" in said


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0:
        # Root may write anywhere but here.
        folder = Path("/proc/kickwatt")
    said = refused_hub(folder)
    assert str(folder) in said


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    assert str(file) in refused_hub(file)


def test_a_database_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "hub"
    subprocess.run(
        [program("kickwatt-hub"), "charger", "list", "--data", data],
        check=True,
        timeout=30,
        capture_output=True,
    )
    (file,) = data.glob("*.sqlite")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    said = refused_hub(data)
    assert "newer" in said
    assert "9999" in said
    with closing(sqlite3.connect(file)) as database:
        assert database.execute(
            "SELECT version_num FROM alembic_version"
        ).fetchall() == [("9999",)]


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "hub"
    data.mkdir()
    file = data / "kickwatt.sqlite"
    file.write_text("my diary, and nothing that a hub could use" * 100)
    before = file.read_bytes()
    assert str(data) in refused_hub(data)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (f'KICKWATT_KEY = "{KEY[:-1]}"', "--key must be the 64 hexadecimal digits"),
        ('KICKWATT_ID = "Garage Scooter"', "--id must be 1 to 32 of a-z"),
        ('KICKWATT_URL = "https://hub.example"', "a SIM800 has no usable TLS"),
        ("KICKWATT_CUTOFF_W = 11,5", "is not a settings file"),
        (
            "KICKWATT_CUTOFF_W = 11.5",
            "KICKWATT_CUTOFF_W must be a text in double quotes or a whole number",
        ),
    ],
)
def test_a_settings_file_that_the_simulator_cannot_use(
    tmp_path: Path, settings: str, complaint: str
) -> None:
    right = {
        "KICKWATT_ID": '"scooter"',
        "KICKWATT_KEY": f'"{KEY}"',
        "KICKWATT_URL": '"http://127.0.0.1:9"',
    }
    name = settings.partition(" ")[0]
    lines = [f"{key} = {value}" for key, value in right.items() if key != name]
    file = tmp_path / "settings.toml"
    file.write_text("\n".join([*lines, settings, ""]))
    assert complaint in " ".join(
        refused("kickwatt-sim", "run", "--settings", file).split()
    )
