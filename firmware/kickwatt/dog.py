"""The watchdog: eight seconds, the most an RP2040 has, then a hard reset, which opens the relay.

CircuitPython stops it at Ctrl-C and on reload, and leaves it running when `code.py` dies of an exception.
"""

import microcontroller
import watchdog

_TIMEOUT_S = 8


class Dog:
    """The processor's watchdog, or none where the processor has none."""

    def __init__(self) -> None:
        self._timer = microcontroller.watchdog
        if self._timer is not None:
            self._timer.timeout = _TIMEOUT_S
            self._timer.mode = watchdog.WatchDogMode.RESET

    def feed(self) -> None:
        """Say that all is well."""
        if self._timer is not None:
            self._timer.feed()
