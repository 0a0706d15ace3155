"""Blinka, told to run on our boards.

Blinka's agnostic board looks its pins, UARTs and board names up in three modules by name. They are put in place before it
is imported, and nothing of Blinka is changed. A pin knows its board, so any number of boards can run in one process.
Blinka is imported here, with the real clock, before any firmware runs.
"""

from collections.abc import Iterator
import importlib
import os
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from .pins import Gpio
from .uart import Port, Uart

if TYPE_CHECKING:
    from .board import Board


class Pin:
    """What Blinka calls a pin: a handle on one GPIO of one board."""

    IN, OUT, ADC, DAC, OPEN_DRAIN = 0, 1, 2, 3, 4
    LOW, HIGH = 0, 1
    PULL_NONE, PULL_UP, PULL_DOWN = 0, 1, 2

    def __init__(self, gpio: Gpio) -> None:
        """Make a handle; Blinka makes further ones from `id`."""
        self.id = gpio
        self._converts = False

    def __repr__(self) -> str:
        """Name the pin as CircuitPython does."""
        return repr(self.id)

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same pin of the same board."""
        return isinstance(other, Pin) and other.id is self.id

    def __hash__(self) -> int:
        """Return a hash for the pin."""
        return hash(self.id)

    def init(self, mode: int = IN, pull: int | None = None) -> None:
        """Set direction and pull."""
        self._converts = mode == Pin.ADC
        if mode == Pin.ADC:
            self.id.listen(None)
        elif mode == Pin.IN:
            self.id.listen({Pin.PULL_UP: True, Pin.PULL_DOWN: False}.get(pull or 0))
        else:
            self.id.drive(open_drain=mode == Pin.OPEN_DRAIN)

    def value(self, val: int | None = None) -> int | None:
        """Return the level, or what the converter makes of it, or set the latch."""
        if self._converts:
            return self.id.convert()
        if val is None:
            return int(self.id.read())
        self.id.write(bool(val))
        return None


class _Ports:
    """The UART pin pairs of the board whose firmware asks, as Blinka reads them: (port, tx, rx)."""

    running: ClassVar[threading.local] = threading.local()

    def __iter__(self) -> Iterator[tuple[Port, Pin, Pin]]:
        board: Board = self.running.board
        for (tx, rx), port in board.ports.items():
            yield port, Pin(board.pins[tx]), Pin(board.pins[rx])


def enter(board: Board) -> None:
    """Say that this thread runs the firmware of `board`."""
    _Ports.running.board = board


_lock = threading.Lock()
_modules: dict[str, Any] = {}


def load(name: str) -> Any:
    """Return one of Blinka's modules, such as `digitalio`."""
    with _lock:
        if not _modules:
            _install()
        if name not in _modules:
            _modules[name] = importlib.import_module(name)
        return _modules[name]


def _install() -> None:
    _provide(
        "adafruit_blinka.microcontroller.generic_agnostic_board.pin",
        Pin=Pin,
        uartPorts=_Ports(),
        i2cPorts=(),
        spiPorts=(),
    )
    _provide("machine", UART=Uart, Pin=Pin)
    _provide("board")
    before = dict(os.environ)
    os.environ.update(BLINKA_OS_AGNOSTIC="1", BLINKA_SKIP_DEPENDENCY_CHECK="1")
    try:
        for name in ("microcontroller", "analogio", "digitalio", "busio"):
            _modules[name] = importlib.import_module(name)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _provide(name: str, **content: object) -> None:
    module = ModuleType(name)
    vars(module).update(content)
    sys.modules[name] = module
