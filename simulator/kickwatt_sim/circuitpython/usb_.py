"""`usb_cdc`, `usb_hid`, `usb_midi`: no computer is attached, boot.py may say what it likes."""

from typing import Any

from ..board.board import Board


def make(board: Board) -> dict[str, Any]:
    """Return the content of any of the three."""

    def nothing(*_arguments: object, **_named: object) -> None:
        board.work()

    return {"disable": nothing, "enable": nothing}
