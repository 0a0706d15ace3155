"""How a run of the firmware ends that does not end by itself.

None is an `Exception`: the firmware's own handlers must not catch them, and if they do, the next touch of the hardware
raises again.
"""

from enum import StrEnum


class ResetReason(StrEnum):
    """Why the board starts; the names are CircuitPython's."""

    POWER_ON = "POWER_ON"
    BROWNOUT = "BROWNOUT"
    SOFTWARE = "SOFTWARE"
    RESET_PIN = "RESET_PIN"
    WATCHDOG = "WATCHDOG"
    UNKNOWN = "UNKNOWN"


class Interrupt(BaseException):
    """The firmware stops here."""


class PowerLost(Interrupt):
    """The board has no supply any more."""


class Closed(Interrupt):
    """The simulation ends."""


class Reload(Interrupt):
    """`supervisor.reload()`: code.py starts again, boot.py does not."""


class Reset(Interrupt):
    """The board resets; with a `safe_mode` reason it starts in safe mode, where only safemode.py runs."""

    def __init__(self, reason: ResetReason, safe_mode: str | None = None) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason
        self.safe_mode = safe_mode
