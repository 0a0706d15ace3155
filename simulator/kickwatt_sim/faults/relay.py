"""Faults of the relay."""

from typing import TYPE_CHECKING

from .registry import Between, End, again, fault

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


@fault(
    "relay_bounces",
    "the relay's contact does not hold: again and again it opens for a moment",
    every_s=Between(0.01, 3600),
    open_s=Between(0.001, 60),
)
def relay_bounces(device: Device, every_s: float = 3.0, open_s: float = 0.2) -> End:
    """Open the closed contact every now and then."""
    relay = device.outlet.relay

    def close() -> None:
        relay.loose = False
        relay.follow()

    def open_() -> None:
        relay.loose = True
        relay.follow()
        device.world.after(open_s, close)

    return again(device, every_s + open_s, open_)
