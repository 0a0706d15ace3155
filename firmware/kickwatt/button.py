"""The push button: to ground, pulled up, so pressed reads False. Short = on or off, held for five seconds = clear trips."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from digitalio import DigitalInOut

SHORT = "short"
LONG = "long"
_BOUNCE_MS = 40  # contacts bounce for a few milliseconds; this also ignores a burst of mains noise
_LONG_MS = 5_000


class Button:
    """Looked at every few milliseconds, tells of presses."""

    def __init__(self, pin: DigitalInOut) -> None:
        self._pin = pin
        self._down_ms: int | None = None
        self._told = (
            True  # a button that is stuck, or held while the board starts, is no press
        )
        self._seen_up = False

    def poll(self, now_ms: int) -> str | None:
        """Return SHORT when a short press has ended, LONG when a long one has lasted, else None."""
        if self._pin.value:
            press = None
            if (
                self._down_ms is not None
                and not self._told
                and now_ms - self._down_ms >= _BOUNCE_MS
            ):
                press = SHORT
            self._down_ms = None
            self._told = False
            self._seen_up = True
            return press
        if self._down_ms is None:
            self._down_ms = now_ms
        if self._seen_up and not self._told and now_ms - self._down_ms >= _LONG_MS:
            self._told = True
            return LONG
        return None
