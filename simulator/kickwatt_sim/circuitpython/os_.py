"""`os`: settings, randomness and the drive.

`getenv` reads settings.toml. From CircuitPython 10.2 on it always returns text; before, an integer came as int
(adafruit/circuitpython pull request 10819).
"""

from collections import namedtuple
import os
from typing import Any

from ..board.board import Board
from ..board.pico2 import BOARD_ID

_uname = namedtuple("_uname", ("sysname", "nodename", "release", "version", "machine"))


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
        return board.randomness.randbytes(size) if board.world.virtual else os.urandom(size)

    def listdir(path: str = "/") -> list[str]:
        board.work()
        return sorted(os.listdir(board.drive / path.lstrip("/")))

    def stat(path: str) -> tuple[int, ...]:
        board.work()
        return tuple(os.stat(board.drive / path.lstrip("/")))

    def uname() -> Any:
        machine = "Raspberry Pi Pico 2 with rp2350a"
        return _uname("rp2350", "rp2350", release, f"{release} on {BOARD_ID}", machine)

    return {
        "getcwd": lambda: "/",
        "getenv": getenv,
        "listdir": listdir,
        "sep": "/",
        "stat": stat,
        "uname": uname,
        "urandom": urandom,
    }
