"""Faults of the low-voltage supply of board and modem."""

from typing import TYPE_CHECKING, Final

from ..board.reset import ResetReason
from ..internet import Request
from .registry import End, OneOf, Whole, add, fault

if TYPE_CHECKING:
    from ..device import Device

# From the end of AT+HTTPACTION to the first strong burst.
_BURST_S: Final = 0.2
_SAFE_MODES: Final = {"reset": None, "safe_mode": "BROWNOUT"}


@fault(
    "supply_dip",
    "the supply is too weak: in each transmit burst the modem restarts, and the board with it",
    board=OneOf(("reset", "safe_mode", "stays")),
)
def supply_dip(device: Device, board: str = "reset") -> End:
    """Let both start anew as soon as a request goes out."""

    def dip() -> None:
        device.modem.unsolicited("UNDER-VOLTAGE WARNNING")
        device.modem.restart()
        if board != "stays":
            device.board.reset(ResetReason.BROWNOUT, _SAFE_MODES[board])

    def send(_request: Request) -> None:
        device.world.after(_BURST_S, dip)

    return add(device.courier.before, send)


@fault(
    "supply_low",
    "the modem's supply is low, and the modem complains",
    millivolts=Whole(3_000, 4_400),
)
def supply_low(device: Device, millivolts: int = 3_450) -> End:
    """Lower it; nothing fails yet."""
    usual, device.modem.battery_mv = device.modem.battery_mv, millivolts
    device.modem.unsolicited("UNDER-VOLTAGE WARNNING")

    def end() -> None:
        device.modem.battery_mv = usual

    return end
