"""CircuitPython's modules as a firmware sees them: one file per module, each with `make(board)`.

They are as strict as the board: what its CircuitPython has not, is not there. A module that the board has but that is not
here cannot be imported in the simulator; the error says so.
"""

import builtins
from collections.abc import Callable
from importlib import import_module
from io import BytesIO, StringIO
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..settings import render
from . import plain

if TYPE_CHECKING:
    from ..board.board import Board

# Modules of ours, and the file each is in.
_OWN: Final = {
    **{
        name: f"{name}_"
        for name in (
            "alarm",
            "analogbufio",
            "analogio",
            "board",
            "busio",
            "digitalio",
            "gc",
            "hashlib",
            "json",
            "microcontroller",
            "os",
            "pwmio",
            "random",
            "rtc",
            "socketpool",
            "ssl",
            "storage",
            "supervisor",
            "sys",
            "time",
            "traceback",
            "watchdog",
            "wifi",
        )
    },
    **dict.fromkeys(("usb_cdc", "usb_hid", "usb_midi"), "usb_"),
}
# Built into CPython, absent on the board.
_ABSENT: Final = (
    "breakpoint",
    "copyright",
    "credits",
    "exit",
    "license",
    "quit",
    "vars",
)


def make_module(board: Board, name: str) -> ModuleType | None:
    """Return a fresh module of the board's CircuitPython, or None if it has none of this name.

    Raises ImportError for a module that the board has and the simulator has not.
    """
    if name not in board.model.modules:
        return None
    if name in plain.CONTENT:
        return plain.make(name)
    if name not in _OWN:
        raise ImportError(f"{board.model.name} has '{name}', but the simulator has not")
    module = ModuleType(name)
    vars(module).update(import_module(f".{_OWN[name]}", __name__).make(board))
    return module


def make_builtins(board: Board, import_: Callable[..., ModuleType]) -> dict[str, Any]:
    """Return the built-in names of a firmware run."""
    names = {
        name: value for name, value in vars(builtins).items() if name not in _ABSENT
    }

    def print_(*values: object, sep: str = " ", end: str = "\n") -> None:
        board.work()
        board.console.write(sep.join(str(value) for value in values) + end)

    def open_(path: str, mode: str = "r", **_options: object) -> Any:
        board.work()
        if any(letter in mode for letter in "wax+"):
            raise OSError(30, "Read-only filesystem")
        if path.lstrip("/") == "settings.toml":
            text = render(board.settings)
            return BytesIO(text.encode()) if "b" in mode else StringIO(text)
        return (board.drive / path.lstrip("/")).open(mode)

    def input_(prompt: str = "") -> str:
        board.work()
        if board.console.keyboard is None:
            raise EOFError
        answer = board.console.keyboard(prompt)
        board.console.write(f"{prompt}{answer}\n")
        return answer

    return names | {
        "__import__": import_,
        "print": print_,
        "open": open_,
        "input": input_,
    }
