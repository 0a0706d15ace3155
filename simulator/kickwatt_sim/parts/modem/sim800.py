"""What only a SIM800 has: its names, SAPBR, and how its HTTP client is told things.

SIM800 Series AT Command Manual V1.12; keys and supply: SIM800L Hardware Design V1.00.
"""

from typing import Final

from ...world import MILLISECOND, SECOND
from .commands import (
    CommandFailed,
    CommandRefused,
    Reply,
    Table,
    ask_time_server,
    fields,
    line,
    number,
)
from .http import HTTP, expect_body, part, set_parameter
from .module import Modem

SIM800: Final = Table(HTTP)
_TIME_SERVER_GOOD: Final = 1
_TIME_SERVER_NETWORK: Final = 61
_LONGEST_BODY: Final = 319_488


class Sim800(Modem):
    """One SIM800. It starts with its supply, as the common breakout boards do."""

    table = SIM800
    start_ns = 3 * SECOND
    # What the module sends while it starts, always at 115200 baud.
    start_noise = bytes.fromhex("0049494949ffffffff")
    power_on_ns = 1 * SECOND
    power_off_ns = 1 * SECOND
    reset_ns = 105 * MILLISECOND
    http_defaults = {
        "REDIR": "0",
        "TIMEOUT": "120",
        "UA": "SIMCom_MODULE",
    }

    def greetings(self) -> tuple[str, ...]:
        """Nothing with auto-baud: it does not know yet how fast to speak."""
        if not self.profile.baud:
            return ()
        return ("RDY", "+CFUN: 1", f"+CPIN: {self.sim_state()}")

    def bearer_lost_lines(self) -> tuple[str, ...]:
        """What is said when the network closes the data connection."""
        return ("+SAPBR 1: DEACT",)


@SIM800("I")
def identify(_modem: Modem, _arguments: str) -> Reply:
    """ATI (2.2.8)."""
    return line("SIM800 R14.18")


@SIM800("+GMM", "+CGMM")
def model(_modem: Modem, _arguments: str) -> Reply:
    """AT+GMM (2.2.41)."""
    return line("SIMCOM_SIM800L")


@SIM800("+GMR", "+CGMR")
def revision(_modem: Modem, _arguments: str) -> Reply:
    """AT+GMR (2.2.42)."""
    return line("Revision:1418B05SIM800L24")


@SIM800("+CCID")
def card_number(modem: Modem, _arguments: str) -> Reply:
    """AT+CCID (6.2.23)."""
    if not modem.sim_present:
        raise CommandRefused(10)
    return Reply(("8988303000000000001",), after_ms=200)


@SIM800("+CBC")
def supply(modem: Modem, _arguments: str) -> Reply:
    """AT+CBC (3.2.10)."""
    return line(
        f"+CBC: 0,{max(0, min(100, (modem.battery_mv - 3400) // 8))},{modem.battery_mv}"
    )


@SIM800("+CPOWD=")
def power_down(modem: Modem, arguments: str) -> Reply | None:
    """AT+CPOWD (6.2.2); its only answer is the last word."""
    if number(fields(arguments), 0, 0, 1):
        modem.power_down()
        return None
    modem.supply(False)
    modem.supplied = True
    return None


@SIM800("+CREG?", "+CGREG?")
def registration(modem: Modem, _arguments: str) -> Reply:
    """AT+CREG? (3.2.29)."""
    return line(f"+CREG: {modem.creg_urc},{modem.cell.status()}")


@SIM800("+CREG=", "+CGREG=")
def registration_news(modem: Modem, arguments: str) -> Reply:
    """AT+CREG=<n> (3.2.29)."""
    modem.creg_urc = number(fields(arguments), 0, 0, 2)
    return Reply()


@SIM800("+CGATT?")
def attachment(modem: Modem, _arguments: str) -> Reply:
    """AT+CGATT? (7.2.1)."""
    return line(f"+CGATT: {int(modem.cell.registered)}")


@SIM800("+CGATT=")
def attach(modem: Modem, arguments: str) -> Reply | None:
    """AT+CGATT=1 (7.2.1), at most 75 s."""
    wanted = number(fields(arguments), 0, 0, 1)

    def result() -> Reply:
        if wanted and not modem.cell.registered:
            raise CommandRefused(30)
        return Reply()

    modem.finish_later(1.5 if modem.cell.registered else 60.0, result)
    return None


@SIM800("+CLTS=")
def network_time(modem: Modem, arguments: str) -> Reply:
    """AT+CLTS (3.2.51): take the network's time at the next registration."""
    modem.profile.network_time = bool(number(fields(arguments), 0, 0, 1))
    return Reply()


@SIM800("+CLTS?")
def network_time_state(modem: Modem, _arguments: str) -> Reply:
    """AT+CLTS? (3.2.51)."""
    return line(f"+CLTS: {int(modem.profile.network_time)}")


@SIM800("+CNTPCID=")
def time_server_bearer(_modem: Modem, arguments: str) -> Reply:
    """AT+CNTPCID=1 (10.2.1): the bearer for NTP."""
    number(fields(arguments), 0, 1, 3)
    return Reply()


@SIM800("+CNTP")
def time_server(modem: Modem, _arguments: str) -> Reply:
    """AT+CNTP (10.2.2)."""
    return ask_time_server(modem, _TIME_SERVER_GOOD, _TIME_SERVER_NETWORK)


# --- bearer


@SIM800("+SAPBR=")
def bearer(modem: Modem, arguments: str) -> Reply | None:
    """AT+SAPBR=<cmd>,1[,<tag>,<value>] (9.2.1): 0 close, 1 open, 2 query, 3 set."""
    given = fields(arguments)
    command = number(given, 0, 0, 4)
    number(given, 1, 1, 3)
    if command == 3:
        return _set_bearer(modem, given)
    if command == 2:
        address = "10.64.12.7" if modem.bearer == 1 else "0.0.0.0"
        return line(f'+SAPBR: 1,{modem.bearer},"{address}"')
    if command == 1:
        _open_bearer(modem)
        return None
    if modem.bearer != 1:
        raise CommandRefused(3)

    def closed() -> Reply:
        modem.bearer = 3
        modem.http.bearer_lost()
        return Reply()

    modem.finish_later(0.8, closed)
    return None


def _set_bearer(modem: Modem, given: list[str]) -> Reply:
    longest = {
        "CONTYPE": 8,
        "APN": 64,
        "USER": 32,
        "PWD": 32,
        "PHONENUM": 64,
        "RATE": 1,
    }
    if (
        len(given) != 4
        or given[2].upper() not in longest
        or len(given[3]) > longest[given[2].upper()]
    ):
        raise CommandRefused(3)
    if given[2].upper() == "APN":
        modem.apn = given[3]
    return Reply()


def _open_bearer(modem: Modem) -> None:
    if modem.bearer == 1:
        raise CommandRefused(3)
    works = modem.cell.registered and modem.cell.bearer_works and bool(modem.apn)
    modem.bearer = 0

    def opened() -> Reply:
        if works and modem.cell.registered and modem.cell.bearer_works:
            modem.bearer = 1
            return Reply()
        modem.bearer = 3
        raise CommandFailed

    modem.finish_later(modem.luck.uniform(1.2, 3.0) if works else 30.0, opened)


# --- HTTP


@SIM800("+HTTPPARA=")
def para(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPPARA="<tag>",<value> (12.2.3)."""
    ranges = {
        "CID": (1, 3),
        "REDIR": (0, 1),
        "TIMEOUT": (30, 1000),
        "BREAK": (0, _LONGEST_BODY),
    }
    texts = ("URL", "UA", "PROIP", "PROPORT", "CONTENT", "USERDATA")
    return set_parameter(modem, arguments, ranges, texts)


@SIM800("+HTTPDATA=")
def data(modem: Modem, arguments: str) -> None:
    """AT+HTTPDATA=<size>,<ms> (12.2.4): OK after all bytes, or with fewer when the time is over."""
    given = fields(arguments)
    size = number(given, 0, 0, _LONGEST_BODY)
    expect_body(modem, size, number(given, 1, 1000, 120_000) / 1000)


@SIM800("+HTTPREAD", "+HTTPREAD=")
def read(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPREAD[=<start>,<size>] (12.2.6): the length, then exactly so many bytes."""
    body = part(modem, arguments)
    if not body:
        return Reply()
    return Reply((f"+HTTPREAD: {len(body)}",), body=body)
