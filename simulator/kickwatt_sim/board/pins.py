"""Pins of the board and what is wired to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

# What a converter finds at a pin to which nothing is wired; anything, in truth.
_FLOATING_V = 0.4


class Gpio:
    """One pin: its direction, pull and latch, and the wire outside.

    `on_change` hears the level that the board drives, None while it does not drive. `outside` gives the level that
    something else forces on the pin, None for nothing. `analog` gives the volts there at so many instants: the first, the
    time from one to the next (both in nanoseconds), and how many.
    """

    def __init__(self, name: str) -> None:
        """Make a floating pin with nothing wired to it; `name` is the chip's, such as GPIO15, or CYW0 at a radio chip."""
        self.name = name
        self.on_change: Callable[[bool | None], None] = lambda _level: None
        self.outside: Callable[[], bool | None] = lambda: None
        self.analog: Callable[[int, int, int], Sequence[float]] = (
            lambda _first_ns, _step_ns, count: [_FLOATING_V] * count
        )
        self.convert: Callable[[], int] = lambda: 0
        self.claimed = False
        self._driving = False
        self._open_drain = False
        self._latch = False
        self._pull: bool | None = None
        self._told: bool | None = None
        self._settling = False

    def __repr__(self) -> str:
        """Name the pin as CircuitPython does."""
        return f"microcontroller.pin.{self.name}"

    def listen(self, pull: bool | None) -> None:
        """Make the pin an input; `pull` True is up, False down, None floating."""
        self._driving, self._pull = False, pull
        self._tell()

    def drive(self, *, open_drain: bool = False) -> None:
        """Make the pin an output."""
        self._driving, self._open_drain = True, open_drain
        self._tell()

    def write(self, level: bool) -> None:
        """Set the output latch."""
        self._latch = level
        self._tell()

    def read(self) -> bool:
        """Return the level at the pin."""
        driven = self._driven()
        if driven is not None:
            return driven
        outside = self.outside()
        if outside is not None:
            return outside
        return bool(self._pull)

    def reset(self) -> None:
        """Let the pin float, as every reset of the board does."""
        self.claimed = False
        self._latch = False
        self.listen(None)

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Show the outside only the final level of several steps."""
        self._settling = True
        try:
            yield
        finally:
            self._settling = False
            self._tell()

    def _driven(self) -> bool | None:
        if not self._driving or (self._open_drain and self._latch):
            return None
        return self._latch

    def _tell(self) -> None:
        driven = self._driven()
        if not self._settling and driven != self._told:
            self._told = driven
            self.on_change(driven)


class Pins:
    """All pins of one board, by their names in the module `board`."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Make the pins of a board: names in its module `board`, and the chip's name of each."""
        self.by_chip = {name: Gpio(name) for name in dict.fromkeys(names.values())}
        self.by_name = {name: self.by_chip[chip] for name, chip in names.items()}

    def __getitem__(self, name: str) -> Gpio:
        """Return the pin with this name."""
        return self.by_name[name]

    def reset(self) -> None:
        """Let all pins float."""
        for gpio in self.by_chip.values():
            gpio.reset()
