"""Faults of the modem itself."""

from itertools import cycle
from typing import TYPE_CHECKING, Final

from .registry import Between, End, Whole, again, fault

if TYPE_CHECKING:
    from ..device import Device

_CHATTER: Final = (
    "RING",
    '+CMTI: "SM",1',
    '*PSUTTZ: 2026,11,21,18,0,0,"+4",0',
    "DST: 0",
    "+CREG: 5",
    "OK?",
    "UNDER-VOLTAGE WARNNING",
    '+CUSD: 2,"OK",15',
)


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


@fault(
    "modem_slow",
    "each answer of the modem takes so many seconds longer",
    seconds=Between(0, 60),
)
def modem_slow(device: Device, seconds: float = 3.0) -> End:
    """Let the module think."""
    device.modem.slowness_s = seconds

    def end() -> None:
        device.modem.slowness_s = 0.0

    return end


@fault(
    "modem_echo", "the modem repeats every command again, as if nobody had said ATE0"
)
def modem_echo(device: Device) -> End:
    """Switch echo on until the next ATE0."""
    device.modem.profile.echo = True
    return None


@fault(
    "modem_baud",
    "the modem changes to another baud rate until it restarts",
    baud=Whole(1200, 460_800),
)
def modem_baud(device: Device, baud: int = 9600) -> End:
    """Let both talk past each other."""
    device.modem.lock_on(baud)
    return None


@fault(
    "modem_chatter",
    "the modem says something unasked again and again, between any two lines",
    every_s=Between(0.1, 60),
)
def modem_chatter(device: Device, every_s: float = 0.7) -> End:
    """Say one line after the other."""
    lines = cycle(_CHATTER)
    return again(device, every_s, lambda: device.modem.unsolicited(next(lines)))


@fault("httpinit_refused", "the modem refuses to open an HTTP session")
def httpinit_refused(device: Device) -> End:
    """Refuse AT+HTTPINIT."""
    device.modem.http.refuses = True

    def end() -> None:
        device.modem.http.refuses = False

    return end


@fault("sim_removed", "somebody takes the SIM card out of the modem")
def sim_removed(device: Device) -> End:
    """Pull the card."""
    device.modem.remove_sim()
    return device.modem.insert_sim


@fault(
    "modem_latched",
    "the modem does not answer, and neither its keys help nor its reset pin; only its supply does",
)
def modem_latched(device: Device) -> End:
    """Let the module hang for good."""
    device.modem.hung = device.modem.latched = True

    def end() -> None:
        device.modem.hung = device.modem.latched = False

    return end


@fault("sim_puk", "the SIM card has locked itself and wants its PUK")
def sim_puk(device: Device) -> End:
    """Put such a card in; the module finds it as it starts."""
    return _card(device, "4711", tries=0)


@fault("sim_pin", "the SIM card asks for a PIN that nobody has told the board")
def sim_pin(device: Device) -> End:
    """Put such a card in; the module finds it as it starts."""
    return _card(device, "4711", tries=3)


def _card(device: Device, pin: str, tries: int) -> End:
    modem = device.modem
    modem.sim_pin, modem.sim_tries = pin, tries
    modem.restart()

    def end() -> None:
        modem.sim_pin, modem.sim_tries = None, 3
        modem.restart()

    return end
