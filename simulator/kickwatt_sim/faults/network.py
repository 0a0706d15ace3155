"""Faults of the mobile network, up to the way to the hub."""

from typing import TYPE_CHECKING

from ..internet import NETWORK_ERROR, Answer
from .registry import End, Whole, add, fault

if TYPE_CHECKING:
    from ..device import Device


@fault("no_network", "the modem finds no mobile network")
def no_network(device: Device) -> End:
    """Take the coverage away."""
    device.cell.cover(False)
    return lambda: device.cell.cover(True)


@fault("network_denied", "the network denies this SIM card")
def network_denied(device: Device) -> End:
    """Throw the card out."""
    device.cell.denied = True
    device.cell.update()

    def end() -> None:
        device.cell.denied = False
        device.cell.update()

    return end


@fault("signal_unknown", "the modem is in the network, but cannot tell its signal (99)")
def signal_unknown(device: Device) -> End:
    """Hide the signal."""
    device.cell.signal_unknown = True

    def end() -> None:
        device.cell.signal_unknown = False

    return end


@fault("no_bearer", "the modem is in the network, but data connections fail")
def no_bearer(device: Device) -> End:
    """Close the data connection and open none."""
    device.cell.bearer_works = False
    device.modem.lose_bearer()

    def end() -> None:
        device.cell.bearer_works = True

    return end


@fault(
    "http_error",
    "every request ends with this result of the modem and never leaves it (601 network, 603 DNS, 604 busy)",
    status=Whole(600, 606),
)
def http_error(device: Device, status: int = NETWORK_ERROR) -> End:
    """Answer in the network's place."""
    return add(device.courier.before, lambda _request: Answer(status))


@fault(
    "no_httpaction", "requests reach the hub, but the modem never reports +HTTPACTION"
)
def no_httpaction(device: Device) -> End:
    """Let the request through and say nothing."""
    return add(device.courier.after, lambda _answer: None)


@fault("no_network_time", "the network never tells the modem the time")
def no_network_time(device: Device) -> End:
    """Forget the time, and hear of none."""
    device.cell.gives_time = False
    device.modem.clock_offset_s = None

    def end() -> None:
        device.cell.gives_time = True

    return end


@fault("no_time_server", "nobody tells the time, neither the network nor a time server")
def no_time_server(device: Device) -> End:
    """Silence both."""
    device.cell.time_server = device.access_point.tells_time = False
    end = no_network_time(device)

    def end_both() -> None:
        device.cell.time_server = device.access_point.tells_time = True
        if end is not None:
            end()

    return end_both
