"""Faults of the energy meter and its line."""

from typing import TYPE_CHECKING

from .registry import End, fault

if TYPE_CHECKING:
    from ..device import Device


@fault("meter_silent", "the meter does not answer")
def meter_silent(device: Device) -> End:
    """Let the meter be silent."""
    device.meter.silent = True

    def end() -> None:
        device.meter.silent = False

    return end
