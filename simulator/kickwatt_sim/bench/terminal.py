"""A serial line whose near end is a pseudo-terminal: any program may open it as it opens a USB serial adapter."""

from collections.abc import Callable
import os
import select
import termios
import threading
import tty
from typing import Final

from ..parts.line import Part, byte_ns
from ..world import World

_RATES: Final = {
    getattr(termios, f"B{rate}"): rate
    for rate in (1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400)
}
# What a program that has set nothing gets, as from a new adapter.
_USUAL_BAUD: Final = 9600
_CHUNK: Final = 4096


class Terminal:
    """Carries bytes between a part and whoever has opened `path`.

    The rate is the one that the program has set. A part that speaks at another is heard as noise, and nothing that was
    sent while nobody read is kept for longer than the kernel's few kilobytes.
    """

    def __init__(self, world: World) -> None:
        """Open a pseudo-terminal. Raises OSError when the system has none left."""
        self._world = world
        self._noise = world.random("line")
        self._lock = threading.Lock()
        self.part: Part | None = None
        # Our own hold on the far side: settings stay, and reading goes on, between two programs.
        self._near, self._far = os.openpty()
        self._stop, self._stopper = os.pipe()
        tty.setraw(self._far)
        self._set_usual_baud()
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        self._free_ns = 0
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    @property
    def baud(self) -> int:
        """The rate that the program at the terminal has set."""
        return _RATES.get(termios.tcgetattr(self._far)[5], _USUAL_BAUD)

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        """Send from the part, at `at_ns` or when the line is free; return when the last byte has arrived."""
        begins_ns = max(self._world.now_ns, at_ns, self._free_ns)
        self._free_ns = begins_ns + len(data) * byte_ns(baud)
        self._world.at(self._free_ns, lambda: self._write(data, baud))
        return self._free_ns

    def close(self) -> None:
        """Take the terminal away. Programs that have it open read its end. A second time does nothing."""
        if not self._reader.is_alive():
            return
        os.write(self._stopper, b".")
        self._reader.join()
        with self._lock:
            for handle in (self._near, self._far, self._stop, self._stopper):
                os.close(handle)
            self._near = -1

    def _write(self, data: bytes, baud: int) -> None:
        with self._lock:
            if self._near < 0:
                return
            if baud != self.baud:
                data = self._noise.randbytes(len(data))
            try:
                os.write(self._near, data)
            except BlockingIOError:
                # Nobody reads: a UART loses it too.
                return

    def _read(self) -> None:
        both = [self._near, self._stop]
        while self._stop not in select.select(both, [], [])[0]:
            data, baud = os.read(self._near, _CHUNK), self.baud
            self._world.arrive(self._delivery(data, baud))

    def _delivery(self, data: bytes, baud: int) -> Callable[[], None]:
        def deliver() -> None:
            if self.part is not None:
                self.part.receive(data, baud)

        return deliver

    def _set_usual_baud(self) -> None:
        speed = next(code for code, rate in _RATES.items() if rate == _USUAL_BAUD)
        settings = termios.tcgetattr(self._far)
        settings[4] = settings[5] = speed
        termios.tcsetattr(self._far, termios.TCSANOW, settings)
