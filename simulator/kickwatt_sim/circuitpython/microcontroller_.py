"""`microcontroller`: Blinka's, and what it lacks: memory, watchdog, reset and its reason, the processor."""

from types import ModuleType
from typing import Any, NoReturn

from ..board import blinka
from ..board.board import Board
from ..board.reset import Reset, ResetReason
from ..world import MICROSECOND
from .watchdog_ import timer

_RESET_REASONS = (*ResetReason, "DEEP_SLEEP_ALARM", "RESCUE_DEBUG")
_RUN_MODES = ("NORMAL", "SAFE_MODE", "UF2", "BOOTLOADER")


class _Named:
    """A value of one of CircuitPython's enumerations."""

    def __init__(self, kind: str, name: str) -> None:
        self._text = f"microcontroller.{kind}.{name}"
        self.name = name

    def __repr__(self) -> str:
        return self._text


def enumeration(kind: str, names: tuple[str, ...]) -> Any:
    """Return a class whose attributes are the values."""
    return type(kind, (), {name: _Named(kind, name) for name in names})


ResetReasons = enumeration("ResetReason", tuple(str(name) for name in _RESET_REASONS))
RunMode = enumeration("RunMode", _RUN_MODES)


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    blinka.load("microcontroller")
    pin = ModuleType("microcontroller.pin")
    vars(pin).update(
        {name: blinka.Pin(gpio) for name, gpio in board.pins.by_chip.items()}
    )

    class Processor:
        """The chip."""

        frequency = board.model.frequency_hz
        uid = bytearray.fromhex("e463a8574b3a1c2d")
        voltage = None

        @property
        def temperature(self) -> float:
            board.work()
            return 30.0

        @property
        def reset_reason(self) -> object:
            return getattr(ResetReasons, board.reset_reason)

    def reset() -> NoReturn:
        board.stop(Reset(ResetReason.SOFTWARE))

    def on_next_reset(mode: _Named) -> None:
        board.next_safe_mode = mode.name == "SAFE_MODE"

    return {
        "Pin": blinka.Pin,
        "Processor": Processor,
        "ResetReason": ResetReasons,
        "RunMode": RunMode,
        "cpu": Processor(),
        "delay_us": lambda delay: board.work(int(delay) * MICROSECOND),
        "disable_interrupts": board.work,
        "enable_interrupts": board.work,
        "nvm": board.nvm,
        "on_next_reset": on_next_reset,
        "pin": pin,
        "reset": reset,
        "watchdog": timer(board),
    }
