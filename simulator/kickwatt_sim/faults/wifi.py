"""Faults of the Wi-Fi network, for boards whose way to the hub it is."""

from typing import TYPE_CHECKING

from .registry import End, fault

if TYPE_CHECKING:
    from ..device import Device


@fault("wifi_gone", "the access point is switched off")
def wifi_gone(device: Device) -> End:
    """Take the network away."""
    device.access_point.present = False
    _drop(device)

    def end() -> None:
        device.access_point.present = True

    return end


@fault("wifi_password", "the access point has another password now")
def wifi_password(device: Device) -> End:
    """Change it, and throw the board out."""
    usual = device.access_point.password
    device.access_point.password = "something else"
    _drop(device)

    def end() -> None:
        device.access_point.password = usual

    return end


@fault(
    "wifi_no_names",
    "the network's resolver does not answer, so names have no addresses",
)
def wifi_no_names(device: Device) -> End:
    """Let the board forget what it knows and ask in vain."""
    device.access_point.resolves = False
    _drop(device)

    def end() -> None:
        device.access_point.resolves = True

    return end


@fault(
    "wifi_resets", "every connection over Wi-Fi is reset as soon as a request goes out"
)
def wifi_resets(device: Device) -> End:
    """Break connections."""
    device.access_point.resets = True

    def end() -> None:
        device.access_point.resets = False

    return end


def _drop(device: Device) -> None:
    if device.radio is not None:
        device.radio.leave()
