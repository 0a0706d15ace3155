"""The board's serial console: what the firmware prints, line by line."""

from collections import deque
from collections.abc import Callable


class Console:
    """Collects text into lines and tells whoever listens."""

    def __init__(self, remember: int = 500) -> None:
        """Make an empty console that remembers its last lines."""
        self.lines: deque[str] = deque(maxlen=remember)
        self.listeners: list[Callable[[str], None]] = []
        # Who types an answer when the firmware asks with `input`; nobody, unless somebody sits there.
        self.keyboard: Callable[[str], str] | None = None
        self._rest = ""

    def write(self, text: str) -> None:
        """Take text from the firmware."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._line(line.rstrip("\r"))

    def note(self, text: str) -> None:
        """Add a line of CircuitPython's own."""
        if self._rest:
            self.write("\n")
        self._line(f"[{text}]")

    def _line(self, line: str) -> None:
        self.lines.append(line)
        for listener in self.listeners:
            listener(line)
