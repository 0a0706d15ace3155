"""Faults of the relay."""

from typing import TYPE_CHECKING

from .registry import End, fault

if TYPE_CHECKING:
    from ..device import Device


@fault(
    "relay_welded",
    "the relay's contact is welded: it stays closed whatever the coil does",
)
def relay_welded(device: Device) -> End:
    """Weld the contact, closed."""
    relay = device.outlet.relay
    relay.welded = True
    relay.follow()

    def end() -> None:
        relay.welded = False
        relay.follow()

    return end


@fault("relay_dead", "the relay's contact never closes")
def relay_dead(device: Device) -> End:
    """Break the coil."""
    relay = device.outlet.relay
    relay.broken = True
    relay.follow()

    def end() -> None:
        relay.broken = False
        relay.follow()

    return end
