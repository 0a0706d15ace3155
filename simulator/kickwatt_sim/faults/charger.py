"""Faults of the charger and the battery, and what people do to them."""

from typing import TYPE_CHECKING, Final

from .registry import Between, End, fault

if TYPE_CHECKING:
    from ..device import Device

_ENDLESS: Final = 1e6


@fault("charger_unplugged", "somebody pulls the charger out of the outlet")
def charger_unplugged(device: Device) -> End:
    """Pull the plug on the mains' side."""
    outlet = device.outlet
    outlet.inserted = False
    outlet.rewire()

    def end() -> None:
        outlet.inserted = True
        outlet.rewire()

    return end


@fault(
    "battery_swap",
    "somebody changes the battery: the power falls below 1 W until the other one, this full, is attached",
    charge=Between(0, 1),
)
def battery_swap(device: Device, charge: float = 0.3) -> End:
    """Detach the battery."""
    device.outlet.unplug()
    return lambda: device.outlet.plug_in(charge)


@fault(
    "taper",
    "the charger gives only this share of its current, as when it is hot, and comes back later",
    share=Between(0.001, 1),
)
def taper(device: Device, share: float = 0.05) -> End:
    """Limit the current."""
    return _current_times(device, share)


@fault(
    "runaway_current",
    "charger and battery take so many times the current that they should",
    times=Between(1, 100),
)
def runaway_current(device: Device, times: float = 6.0) -> End:
    """Raise the current."""
    return _current_times(device, times)


@fault(
    "charger_never_idle",
    "the charger keeps drawing this much when the battery is full",
    watts=Between(0, 100),
)
def charger_never_idle(device: Device, watts: float = 6.0) -> End:
    """Let the brick itself use more."""
    charger = device.outlet.charger
    charger.settle()
    before, charger.own_w = charger.own_w, watts

    def end() -> None:
        charger.settle()
        charger.own_w = before

    return end


@fault(
    "cold_battery",
    "the battery is cold: it meets its full voltage at this charge, and takes hours of falling current from there",
    cv_from=Between(0.05, 0.95),
)
def cold_battery(device: Device, cv_from: float = 0.4) -> End:
    """Let constant voltage begin early."""
    charger, battery = device.outlet.charger, device.outlet.battery
    charger.settle()
    before, battery.cv_from = battery.cv_from, cv_from

    def end() -> None:
        charger.settle()
        battery.cv_from = before

    return end


@fault("endless_charge", "the battery swallows everything and never becomes full")
def endless_charge(device: Device) -> End:
    """Let the battery's charge stand still."""
    charger, battery = device.outlet.charger, device.outlet.battery
    charger.settle()
    before = battery.capacity_ah
    battery.capacity_ah = before * _ENDLESS

    def end() -> None:
        charger.settle()
        battery.capacity_ah = before

    return end


def _current_times(device: Device, factor: float) -> End:
    charger = device.outlet.charger
    charger.settle()
    charger.current_a *= factor

    def end() -> None:
        charger.settle()
        charger.current_a /= factor

    return end
