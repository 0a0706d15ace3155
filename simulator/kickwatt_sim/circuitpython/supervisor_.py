"""`supervisor`: ticks, reload, why the firmware runs and why it does not."""

from typing import Any, NoReturn

from ..board.board import Board
from ..board.reset import Reload
from .microcontroller_ import enumeration

# The counter wraps at 2**29 ms and is set so that it does so 65.536 s after the start.
_TICKS = 1 << 29
_FIRST_WRAP_MS = 1 << 16

_RUN_REASONS = ("STARTUP", "AUTO_RELOAD", "SUPERVISOR_RELOAD", "REPL_RELOAD")
_SAFE_MODE_REASONS = (
    "NONE",
    "BROWNOUT",
    "FLASH_WRITE_FAIL",
    "GC_ALLOC_OUTSIDE_VM",
    "HARD_FAULT",
    "INTERRUPT_ERROR",
    "NLR_JUMP_FAIL",
    "NO_CIRCUITPY",
    "NO_HEAP",
    "PROGRAMMATIC",
    "SDK_FATAL_ERROR",
    "STACK_OVERFLOW",
    "USB_BOOT_DEVICE_NOT_INTERFACE_ZERO",
    "USB_TOO_MANY_ENDPOINTS",
    "USB_TOO_MANY_INTERFACE_NAMES",
    "USER",
    "WATCHDOG",
)
RunReason = enumeration("RunReason", _RUN_REASONS)
SafeModeReason = enumeration("SafeModeReason", _SAFE_MODE_REASONS)


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""

    class Runtime:
        """What the firmware may know of its run; no computer is attached."""

        usb_connected = False
        serial_connected = False
        serial_bytes_available = 0
        display = None
        autoreload = True
        rgb_status_brightness = 0

        @property
        def run_reason(self) -> object:
            return getattr(RunReason, board.run_reason)

        @property
        def safe_mode_reason(self) -> object:
            return getattr(SafeModeReason, board.safe_mode_reason or "NONE")

    def ticks_ms() -> int:
        board.work()
        return (board.up_ns // 1_000_000 - _FIRST_WRAP_MS) % _TICKS

    def reload() -> NoReturn:
        board.stop(Reload())

    def get_setting(key: str, default: object = None) -> object:
        board.work()
        return board.settings.get(key, default)

    content: dict[str, Any] = {
        "RunReason": RunReason,
        "SafeModeReason": SafeModeReason,
        "get_previous_traceback": lambda: board.previous_traceback,
        "reload": reload,
        "runtime": Runtime(),
        "set_usb_identification": lambda *_names, **_named: None,
        "ticks_ms": ticks_ms,
    }
    if board.circuitpython >= (10, 2):
        content["get_setting"] = get_setting
    return content
