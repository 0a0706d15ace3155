"""Faults of the board, its memory and its button."""

from typing import TYPE_CHECKING, Final

from ..board.reset import ResetReason
from ..world import SECOND
from .registry import Between, End, OneOf, fault

if TYPE_CHECKING:
    from ..device import Device

# supervisor.ticks_ms() begins 65.536 s before its end, so it wraps then and again after 2**29 ms.
_SECOND_WRAP_S: Final = ((1 << 16) + (1 << 29)) / 1000


@fault(
    "reboot",
    "the board resets; the modem stays on",
    reason=OneOf(("reset_pin", "watchdog", "brownout", "software")),
)
def reboot(device: Device, reason: str = "reset_pin") -> End:
    """Reset the board."""
    device.board.reset(ResetReason(reason.upper()))
    return None


@fault("button_held", "somebody leans on the button, or it sticks")
def button_held(device: Device) -> End:
    """Press the button and keep it down."""
    device.button.pressed = True
    device.board.stay_awake(5.0)

    def end() -> None:
        device.button.release()
        device.board.stay_awake(5.0)

    return end


@fault(
    "flash_worn",
    "the board's flash memory is worn out: what is written comes out wrong",
)
def flash_worn(device: Device) -> End:
    """Let cells keep bits that were to be cleared."""
    luck = device.world.random("flash")
    flash = device.board.flash

    def wear(data: bytes) -> bytes:
        return bytes(byte | 1 << luck.randrange(8) for byte in data)

    flash.wear = wear

    def end() -> None:
        flash.wear = lambda data: data

    return end


@fault(
    "clock_wrap",
    "the board resets with clocks that show 6.2 days, seconds before the counter of milliseconds wraps",
    seconds=Between(0, 3600),
)
def clock_wrap(device: Device, seconds: float = 90.0) -> End:
    """Start the clocks late, now and at every start to come."""
    device.board.head_start_ns = round((_SECOND_WRAP_S - seconds) * SECOND)
    device.board.reset(ResetReason.RESET_PIN)

    def end() -> None:
        device.board.head_start_ns = 0

    return end
