"""Faults of the modem itself."""

from typing import TYPE_CHECKING

from .registry import End, fault

if TYPE_CHECKING:
    from ..device import Device


@fault("modem_restart", "the modem starts anew in the middle of whatever it does")
def modem_restart(device: Device) -> End:
    """Restart the module."""
    device.modem.restart()
    return None


@fault(
    "modem_hangs", "the modem does not answer; only its reset pin or its supply helps"
)
def modem_hangs(device: Device) -> End:
    """Let the module hang."""
    device.modem.hung = True

    def end() -> None:
        device.modem.hung = False

    return end


@fault("httpinit_refused", "the modem refuses to open an HTTP session")
def httpinit_refused(device: Device) -> End:
    """Refuse AT+HTTPINIT."""
    device.modem.http.refuses = True

    def end() -> None:
        device.modem.http.refuses = False

    return end
