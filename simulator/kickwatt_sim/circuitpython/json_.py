"""`json`: as CPython's, with the board's few parameters."""

import json
from typing import Any

from ..board.board import Board


def dumps(value: object, separators: tuple[str, str] | None = None) -> str:
    """Return a value as JSON."""
    return json.dumps(value, separators=separators, ensure_ascii=False)


def loads(text: str | bytes) -> Any:
    """Return the value that JSON text means; ValueError if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("syntax error in JSON") from None


def make(_board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {
        "dump": lambda value, stream, separators=None: stream.write(
            dumps(value, separators)
        ),
        "dumps": dumps,
        "load": lambda stream: loads(stream.read()),
        "loads": loads,
    }
