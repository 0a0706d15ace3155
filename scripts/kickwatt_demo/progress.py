"""Tell whoever looks what is going on: lines that stay, and one that changes."""

from contextlib import AbstractContextManager
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

# Where nobody watches (a log of CI, a pipe) a line now and then has to do.
QUIET_EVERY_S = 30


class Progress(AbstractContextManager["Progress"]):
    """Progress on standard error, so that standard output stays for results."""

    def __init__(self) -> None:
        """Begin to count the seconds."""
        self.console = Console(stderr=True, highlight=False)
        self._started = time.monotonic()
        self._status = Status("", console=self.console)
        self._told_at = 0.0

    def __enter__(self) -> Self:
        """Show the line that changes, on a terminal."""
        if self.console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take it away."""
        self._status.stop()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._started

    def say(self, text: str, style: str = "") -> None:
        """Print a line that stays."""
        self._told_at = self.seconds
        self.console.print(Text(f"{self._clock()}  {text}", style), soft_wrap=True)

    def show(self, text: str) -> None:
        """Change the line that changes."""
        if self.console.is_terminal:
            self._status.update(Text(f"{self._clock()}  {text}"))
        elif self.seconds - self._told_at >= QUIET_EVERY_S:
            self.say(text)

    def _clock(self) -> str:
        minutes, seconds = divmod(int(self.seconds), 60)
        return f"{minutes:d}:{seconds:02d}"
