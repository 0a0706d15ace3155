"""`os`: settings, randomness and the drive.

`getenv` reads settings.toml. From CircuitPython 10.2 on it always returns text; before, an integer came as int
(adafruit/circuitpython pull request 10819).
"""

import os
from typing import Any, NamedTuple

from ..board.board import Board


class Uname(NamedTuple):
    """Who the board is."""

    sysname: str
    nodename: str
    release: str
    version: str
    machine: str


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    release = f"{board.circuitpython[0]}.{board.circuitpython[1]}.0"

    def getenv(key: str, default: object = None) -> object:
        board.work()
        value = board.settings.get(key)
        if value is None:
            return default
        return str(value) if board.circuitpython >= (10, 2) else value

    def urandom(size: int) -> bytes:
        board.work()
        return (
            board.randomness.randbytes(size)
            if board.world.virtual
            else os.urandom(size)
        )

    def listdir(path: str = "/") -> list[str]:
        board.work()
        return sorted(
            entry.name for entry in (board.drive / path.lstrip("/")).iterdir()
        )

    def stat(path: str) -> tuple[float, ...]:
        board.work()
        return tuple((board.drive / path.lstrip("/")).stat())

    def uname() -> Uname:
        system = board.model.platform.lower()
        version = f"{release} on {board.model.id}"
        return Uname(system, system, release, version, board.model.machine)

    return {
        "getcwd": lambda: "/",
        "getenv": getenv,
        "listdir": listdir,
        "sep": "/",
        "stat": stat,
        "uname": uname,
        "urandom": urandom,
    }
