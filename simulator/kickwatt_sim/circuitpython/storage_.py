"""`storage`: the drive, which the simulated firmware reads and never writes."""

from typing import Any

from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the module's content; what boot.py may do is accepted."""

    def nothing(*_arguments: object, **_named: object) -> None:
        board.work()

    return {
        "disable_usb_drive": nothing,
        "enable_usb_drive": nothing,
        "remount": nothing,
    }
