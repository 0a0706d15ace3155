"""`sys`: who runs this."""

from types import SimpleNamespace
from typing import Any, NoReturn

from ..board.board import Board


class _Out:
    """Standard output: the console."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def write(self, text: str) -> int:
        self._board.work()
        self._board.console.write(text)
        return len(text)


def _exit(status: object = None) -> NoReturn:
    raise SystemExit(status)


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    version = (*board.circuitpython, 0)
    return {
        "byteorder": "little",
        "exit": _exit,
        "implementation": SimpleNamespace(
            name="circuitpython", version=version, _machine=board.model.machine
        ),
        "maxsize": (1 << 31) - 1,
        "modules": {},
        "path": ["", "/", ".frozen", "/lib"],
        "platform": board.model.platform,
        "stdout": _Out(board),
        "version": "3.4.0",
        "version_info": (3, 4, 0),
    }
