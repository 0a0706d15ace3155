"""`watchdog`: the RP2's, at most 8 s, RESET only.

Reference: CircuitPython, `ports/raspberrypi/common-hal/watchdog/WatchDogTimer.c`.
"""

from typing import Any

from ..board.board import Board


class WatchDogTimeout(Exception):
    """Would be raised in RAISE mode, which this chip does not have."""


class WatchDogMode:
    """What happens at the end."""

    RAISE = object()
    RESET = object()


class WatchDogTimer:
    """`microcontroller.watchdog`."""

    def __init__(self, board: Board) -> None:
        """Make the one timer of a board."""
        self._board = board
        self._timeout_s = 0.0
        self._mode: object = None

    def feed(self) -> None:
        """Put the end off."""
        self._board.work()
        if self._mode is not None:
            self._board.feed()

    def deinit(self) -> None:
        """Stop the timer."""
        self.mode = None

    @property
    def timeout(self) -> float:
        """Seconds from feed to reset."""
        return self._timeout_s

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        if seconds <= 0:
            raise ValueError("timeout must be > 0")
        if seconds > 8:
            raise ValueError("timeout must be <= 8")
        self._timeout_s = seconds
        if self._mode is not None:
            self._board.guard(seconds)

    @property
    def mode(self) -> object:
        """None or `WatchDogMode.RESET`."""
        return self._mode

    @mode.setter
    def mode(self, mode: object) -> None:
        if mode is WatchDogMode.RAISE:
            raise NotImplementedError("RAISE mode is not implemented")
        if mode is WatchDogMode.RESET and not self._timeout_s:
            raise ValueError("timeout must be > 0")
        self._mode = mode
        self._board.guard(self._timeout_s if mode is not None else None)


def timer(board: Board) -> WatchDogTimer:
    """Return the timer as a new run of the firmware finds it."""
    return WatchDogTimer(board)


def make(_board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {
        "WatchDogMode": WatchDogMode,
        "WatchDogTimeout": WatchDogTimeout,
        "WatchDogTimer": WatchDogTimer,
    }
