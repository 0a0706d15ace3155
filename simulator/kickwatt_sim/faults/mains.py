"""Faults of the mains at the outlet."""

from typing import TYPE_CHECKING

from .registry import Between, End, fault

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
    "mains_lost",
    "the mains fail at the outlet; board and modem live on another supply",
)
def mains_lost(device: Device) -> End:
    """Take the mains away from charger and meter."""
    outlet = device.outlet
    outlet.mains.present = False
    outlet.rewire()

    def end() -> None:
        outlet.mains.present = True
        outlet.rewire()

    return end


@fault(
    "mains_sag",
    "the mains' voltage is too low, or too high",
    volts=Between(0, 400),
)
def mains_sag(device: Device, volts: float = 160.0) -> End:
    """Set another voltage."""
    mains = device.outlet.mains
    before, mains.nominal_v = mains.nominal_v, volts

    def end() -> None:
        mains.nominal_v = before

    return end
