"""Faults of the board and its supply."""

from typing import TYPE_CHECKING

from ..board.reset import ResetReason
from .registry import End, FaultError, fault

if TYPE_CHECKING:
    from ..device import Device


@fault(
    "power_cut",
    "the mains fail: charger, meter, board and modem have no power until the fault ends",
)
def power_cut(device: Device) -> End:
    """Take the mains away."""
    device.mains(False)
    return lambda: device.mains(True)


@fault(
    "reboot",
    "the board resets (reason: reset_pin, watchdog, brownout, software); the modem stays on",
)
def reboot(device: Device, reason: str = "reset_pin") -> End:
    """Reset the board."""
    try:
        device.board.reset(ResetReason(reason.upper()))
    except ValueError as error:
        raise FaultError(f"'{reason}' is not a reason for a reset") from error
    return None
