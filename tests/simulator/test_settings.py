"""settings.toml as CircuitPython gives it to a firmware."""

from pathlib import Path

import pytest

from kickwatt_sim import settings
from kickwatt_sim.settings import SettingsError

from .conftest import Run

TEXT = """
# a comment
KICKWATT_ID = "scooter-1"   # another
KICKWATT_HOLD_S = 300
KICKWATT_CUTOFF_W = "11.5"
[table]
ignored = 1
"""

ASK = """
import os, supervisor
print(repr(os.getenv("KICKWATT_ID")), repr(os.getenv("KICKWATT_HOLD_S")), os.getenv("ignored"), os.getenv("X", 5))
print(repr(supervisor.get_setting("KICKWATT_HOLD_S", None)) if hasattr(supervisor, "get_setting") else "none")
print([line for line in open("settings.toml")])
"""


def test_texts_and_whole_numbers_are_read_and_tables_are_not() -> None:
    assert settings.parse(TEXT) == {
        "KICKWATT_ID": "scooter-1",
        "KICKWATT_HOLD_S": 300,
        "KICKWATT_CUTOFF_W": "11.5",
    }


@pytest.mark.parametrize("line", ["X = 1.5", "X = true", "X = [1]", "X = 2026-11-21"])
def test_other_kinds_of_value_are_refused(line: str) -> None:
    with pytest.raises(
        SettingsError, match=r"X must be a text in double quotes or a whole number"
    ):
        settings.parse(line)


@pytest.mark.parametrize("content", [b"X = ", b"\xff\xfe"])
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"^[^\n]+$"):
        settings.read(file)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"^cannot read .*: No such file or directory$"
    ):
        settings.read(tmp_path / "settings.toml")


def test_what_is_rendered_reads_the_same() -> None:
    given: settings.Settings = {"A": 'quo"te \\ back', "B": 7, "C": ""}
    assert settings.parse(settings.render(given)) == given


def test_since_10_2_getenv_gives_texts(run: Run) -> None:
    device = run(ASK, settings=settings.parse(TEXT))
    assert list(device.console.lines)[:2] == ["'scooter-1' '300' None 5", "300"]


def test_before_10_2_getenv_gave_whole_numbers(run: Run) -> None:
    device = run(ASK, settings=settings.parse(TEXT), circuitpython=(10, 1))
    assert list(device.console.lines)[:2] == ["'scooter-1' 300 None 5", "none"]


def test_the_firmware_can_read_the_file_itself(run: Run) -> None:
    device = run(ASK, settings={"A": "x", "B": 1})
    assert device.console.lines[2] == repr(['A = "x"\n', "B = 1\n"])
