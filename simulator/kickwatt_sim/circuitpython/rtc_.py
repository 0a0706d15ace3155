"""`rtc`: the chip's clock, which starts at 2000-01-01 with the supply and follows the world from there."""

import calendar
import time
from typing import Any

from ..board.board import Board
from ..world import SECOND

_START_S = calendar.timegm((2000, 1, 1, 0, 0, 0))


def clock_s(board: Board) -> int:
    """Return what the chip's clock shows, as Unix seconds."""
    return _START_S + board.up_ns // SECOND + board.rtc_offset_s


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""

    class RTC:
        """The one clock."""

        @property
        def datetime(self) -> time.struct_time:
            board.work()
            return time.gmtime(clock_s(board))

        @datetime.setter
        def datetime(self, moment: time.struct_time) -> None:
            board.rtc_offset_s += calendar.timegm(moment) - clock_s(board)

    return {"RTC": RTC}
