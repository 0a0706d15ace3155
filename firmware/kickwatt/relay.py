"""The relay: normally open, closed by a high pin. `code.py` made the pin, low, before anything else ran."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from digitalio import DigitalInOut


class Relay:
    """Knows whether it is closed; decides nothing."""

    def __init__(self, pin: DigitalInOut) -> None:
        self._pin = pin
        self.closed = False
        self.open()

    def close(self) -> None:
        """Let mains through. Only `control` calls this, after the guard agreed, and the self-test of the REPL, after a person did."""
        self._pin.value = True
        self.closed = True

    def open(self) -> None:
        """Cut mains off."""
        self._pin.value = False
        self.closed = False
