"""`time`: the world's clock, with the board's resolution.

Floats of the board have 22 significant bits, so `monotonic()` moves in steps that grow with the uptime.
"""

import calendar
from math import frexp, ldexp
import time
from typing import Any

from ..board.board import WORK_NS, Board
from ..world import nanoseconds
from .rtc_ import clock_s

_SIGNIFICANT_BITS = 22


def board_float(value: float) -> float:
    """Return the value as a float of the board holds it."""
    mantissa, exponent = frexp(value)
    return ldexp(
        int(mantissa * (1 << _SIGNIFICANT_BITS)) / (1 << _SIGNIFICANT_BITS), exponent
    )


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    world = board.world

    def monotonic_ns() -> int:
        # The firmware asks for nothing more often: the short way of `board.work`, without the calls.
        now_ns = world.now_ns + WORK_NS
        if now_ns < world.quiet_until_ns:
            world.now_ns = now_ns
        else:
            board.work()
            now_ns = world.now_ns
        return now_ns - board.started_ns

    def monotonic() -> float:
        board.work()
        return board_float(board.up_ns // 1_000_000 / 1000)

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        board.sleep(nanoseconds(seconds))

    def localtime(seconds: int | None = None) -> time.struct_time:
        board.work()
        return time.gmtime(clock_s(board) if seconds is None else seconds)

    def now() -> int:
        board.work()
        return clock_s(board)

    return {
        "localtime": localtime,
        "mktime": calendar.timegm,
        "monotonic": monotonic,
        "monotonic_ns": monotonic_ns,
        "sleep": sleep,
        "struct_time": time.struct_time,
        "time": now,
    }
