"""The firmware's lint sees what CPython accepts and the board does not."""

from pathlib import Path

from lint_firmware import board_modules, problems
import pytest

DEFINITION = '''"""
Board stub for a board
 - port: raspberrypi
 - Included modules: board, busio, busio.UART, hashlib, os, time
 - Frozen libraries:
"""
'''


@pytest.fixture
def modules(tmp_path: Path) -> set[str]:
    definition = tmp_path / "definition.pyi"
    definition.write_text(DEFINITION)
    return board_modules(definition)


def found(folder: Path, modules: set[str], code: str) -> list[str]:
    (folder / "kickwatt").mkdir()
    file = folder / "code.py"
    file.write_text(code)
    return [line.partition(": ")[2] for line in problems(file, folder, modules)]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import wifi", "wifi: the board has no such module"),
        ("from asyncio import sleep", "asyncio: the board has no such module"),
        ("match 1:\n    case _: pass", "no match statement"),
        ("try:\n    pass\nexcept* OSError:\n    pass", "no except*"),
        ("def f(a, /): pass", "no positional-only parameters"),
        ("with (\n    open('a') as a,\n): pass", "no parenthesised with"),
        ("with (open('a') as a, open('b') as b): pass", "no parenthesised with"),
        ("a = {**b}", "no {**mapping} in a display"),
        ("a = [*b, 1]", "no *items in a display"),
        ("type A = int", "no type statement"),
        ("def f[T](a): pass", "no type parameters"),
        ("def f():\n    import ssl", "ssl: the board has no such module"),
        (
            "import time as t",
            "time under another name: this check would not see its clocks",
        ),
        ("h.hexdigest()", "CircuitPython's hashes have digest() only"),
    ],
)
def test_it_names_what_the_board_cannot(
    tmp_path: Path, modules: set[str], code: str, problem: str
) -> None:
    assert found(tmp_path, modules, code) == [problem]


@pytest.mark.parametrize(
    "code", ["import time\ntime.monotonic()", "from time import monotonic"]
)
def test_it_names_the_clock_that_loses_precision(
    tmp_path: Path, modules: set[str], code: str
) -> None:
    (problem,) = found(tmp_path, modules, code)
    assert problem.startswith("time.monotonic: a float")


@pytest.mark.parametrize(
    "code",
    [
        "import gc\nimport board\nimport kickwatt.at\nfrom kickwatt import at",
        "try:\n    from typing import Any\nexcept ImportError:\n    pass",
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from collections.abc import Callable",
        "import time\ntime.monotonic_ns()",
        "with open('a') as a: pass",
        "with (yield_it()): pass",
        "with (yield_it()) as a: pass",
        "with lock(), open('a') as a: pass",
        "def f(a: int | None = None) -> list[int]: return [a]",
        "f(*a, **b)\na, *b = c",
    ],
)
def test_it_leaves_the_rest_alone(tmp_path: Path, modules: set[str], code: str) -> None:
    assert found(tmp_path, modules, code) == []
