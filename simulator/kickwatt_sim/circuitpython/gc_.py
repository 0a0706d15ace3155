"""`gc`: there is always some memory left."""

from typing import Any

from ..board.board import Board

_FREE, _USED = 380_000, 90_000


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {
        "collect": board.work,
        "disable": lambda: None,
        "enable": lambda: None,
        "isenabled": lambda: True,
        "mem_alloc": lambda: _USED,
        "mem_free": lambda: _FREE,
    }
