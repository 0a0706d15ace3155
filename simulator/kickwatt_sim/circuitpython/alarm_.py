"""`alarm`: memory that survives resets but not a power cut. Nothing here sleeps deeply."""

from typing import Any

from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {"sleep_memory": board.sleep_memory, "wake_alarm": None}
