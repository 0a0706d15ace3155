"""Faults of the analog front end."""

from typing import TYPE_CHECKING

from .registry import Between, End, fault

if TYPE_CHECKING:
    from ..device import Device


@fault(
    "voltage_input_stuck",
    "the analog voltage input stays at one level",
    volts=Between(0, 3.3),
)
def voltage_input_stuck(device: Device, volts: float = 0.0) -> End:
    """Break the wire to the pin."""
    device.front_end.voltage_stuck_v = volts

    def end() -> None:
        device.front_end.voltage_stuck_v = None

    return end


@fault(
    "current_input_stuck",
    "the analog current input stays at one level",
    volts=Between(0, 3.3),
)
def current_input_stuck(device: Device, volts: float = 0.0) -> End:
    """Break the wire to the pin."""
    device.front_end.current_stuck_v = volts

    def end() -> None:
        device.front_end.current_stuck_v = None

    return end
