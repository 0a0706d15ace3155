"""`traceback`: to the console."""

import traceback
from typing import Any

from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""

    def print_exception(error: BaseException, *_rest: object, **_named: object) -> None:
        board.console.write("".join(traceback.format_exception(error)))

    def format_exception(
        error: BaseException, *_rest: object, **_named: object
    ) -> list[str]:
        return traceback.format_exception(error)

    return {"format_exception": format_exception, "print_exception": print_exception}
