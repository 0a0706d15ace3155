"""`supervisor`: why the board is in safe mode."""

from link import link


class SafeModeReason:
    """Why safemode.py runs."""

    BROWNOUT = "BROWNOUT"
    WATCHDOG = "WATCHDOG"
    USER = "USER"
    PROGRAMMATIC = "PROGRAMMATIC"


class _Runtime:
    @property
    def safe_mode_reason(self):
        return link.ask_for_bytes("safe_mode_reason").decode()


runtime = _Runtime()
