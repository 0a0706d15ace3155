"""What only an A7670 (or SIM7670) has: LTE, a data connection that comes with it, and its HTTP dialect.

A76XX Series AT Command Manual V1.09. Keys and start: as owners of breakout boards report them; no data sheet was at hand.
"""

import ssl
from typing import Final

from ...internet import DNS_ERROR, NETWORK_ERROR, NO_MEMORY, NOT_HTTP, TLS_FAILED
from ...world import MILLISECOND, SECOND
from .commands import (
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

A7670_COMMANDS: Final = Table(HTTP)
_TIME_SERVER_GOOD: Final = 0
_TIME_SERVER_NETWORK: Final = 4
_LONGEST_BODY: Final = 153_600
# Of +HTTPACTION (16.3): 709 network error, 714 connecting failed.
_RESULTS: Final = {
    NOT_HTTP: 702,
    NETWORK_ERROR: 714,
    NO_MEMORY: 707,
    DNS_ERROR: 713,
    TLS_FAILED: 715,
    606: 715,
    604: 703,
}
_NETWORK_ERROR: Final = 709


def _trusting() -> ssl.SSLContext:
    """Return TLS that looks at no certificate, as with "authmode",0."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class A7670(Modem):
    """One A7670. LTE gives it data connection 1 as soon as the network takes it in."""

    table = A7670_COMMANDS
    start_ns = 9 * SECOND
    power_on_ns = 50 * MILLISECOND
    power_off_ns = 2_500 * MILLISECOND
    reset_ns = 2_000 * MILLISECOND
    factory_baud = 115_200
    latency_s = (0.04, 0.12)
    bytes_per_s = 200_000.0
    http_defaults = {
        "CONNECTTO": "120",
        "RECVTO": "20",
        "CONTENT": "text/plain",
    }
    tls = _trusting()

    def greetings(self) -> tuple[str, ...]:
        """What it says when it has started."""
        return ("*ATREADY: 1", f"+CPIN: {self.sim_state()}")

    def bearer_lost_lines(self) -> tuple[str, ...]:
        """What is said when the network closes the data connection."""
        return ("+CGEV: NW PDN DEACT 1",)

    def http_result(self, status: int) -> int:
        """Return the result in the numbers of this family."""
        if status == NETWORK_ERROR and not self.online:
            return _NETWORK_ERROR
        return _RESULTS.get(status, status)

    def http_wait_s(self, parameters: dict[str, str]) -> float:
        """Return how long the HTTP client waits for data."""
        return float(parameters["RECVTO"])

    def registered_now(self) -> None:
        """Registration, and the data connection that comes with it."""
        if self.creg_urc:
            self.unsolicited(f"+CEREG: {self.cell.status()}")
        if self.cell.registered and self.cell.bearer_works and self.apn:
            self.bearer = 1
            self.unsolicited("+CGEV: EPS PDN ACT 1")


# --- the module


@A7670_COMMANDS("I")
def identify(_modem: Modem, _arguments: str) -> Reply:
    """ATI (2.2.7)."""
    return line(
        "Manufacturer: INCORPORATED",
        "Model: A7670E-FASE",
        "Revision: A7670M7_V1.11.1",
        "IMEI: 004999010640000",
        "+GCAP: +CGSM,+FCLASS,+DS",
    )


@A7670_COMMANDS("+CGMM")
def model(_modem: Modem, _arguments: str) -> Reply:
    """AT+CGMM (2.2.17)."""
    return line("A7670E-FASE")


@A7670_COMMANDS("+CGMR")
def revision(_modem: Modem, _arguments: str) -> Reply:
    """AT+CGMR (2.2.18)."""
    return line("+CGMR: A011B07A7670M7_F")


@A7670_COMMANDS("+CICCID")
def card_number(modem: Modem, _arguments: str) -> Reply:
    """AT+CICCID (6.2.1)."""
    if not modem.sim_present:
        raise CommandRefused(10)
    return line("+ICCID: 89883030000000000014")


@A7670_COMMANDS("+CBC")
def supply(modem: Modem, _arguments: str) -> Reply:
    """AT+CBC (11.2.10)."""
    return line(f"+CBC: {modem.battery_mv / 1000:.3f}V")


@A7670_COMMANDS("+CRESET")
def reset(modem: Modem, _arguments: str) -> Reply:
    """AT+CRESET (3.2.6): OK, then the module starts anew."""
    modem.world.after(0.5, modem.restart)
    return Reply()


@A7670_COMMANDS("+CPOF")
def power_off(modem: Modem, _arguments: str) -> Reply:
    """AT+CPOF (3.2.5)."""
    modem.world.after(0.5, modem.power_down)
    return Reply()


@A7670_COMMANDS("+CTZU=")
def network_time(modem: Modem, arguments: str) -> Reply:
    """AT+CTZU (4.2.12): take the network's time; kept over a restart."""
    modem.profile.network_time = bool(number(fields(arguments), 0, 0, 1))
    modem.saved.network_time = modem.profile.network_time
    return Reply()


@A7670_COMMANDS("+CNTP")
def time_server(modem: Modem, _arguments: str) -> Reply:
    """AT+CNTP (14.2.3)."""
    return ask_time_server(modem, _TIME_SERVER_GOOD, _TIME_SERVER_NETWORK)


# --- network


@A7670_COMMANDS("+CEREG?")
def lte_registration(modem: Modem, _arguments: str) -> Reply:
    """AT+CEREG? (5.2.2)."""
    return line(f"+CEREG: {modem.creg_urc},{modem.cell.status()}")


@A7670_COMMANDS("+CREG?")
def registration(modem: Modem, _arguments: str) -> Reply:
    """AT+CREG? (4.2.1)."""
    return line(f"+CREG: 0,{modem.cell.status()}")


@A7670_COMMANDS("+CGREG?")
def gprs_registration(modem: Modem, _arguments: str) -> Reply:
    """AT+CGREG? (5.2.1)."""
    return line(f"+CGREG: 0,{modem.cell.status()}")


@A7670_COMMANDS("+CEREG=", "+CREG=", "+CGREG=")
def registration_news(modem: Modem, arguments: str) -> Reply:
    """AT+CEREG=<n> (5.2.2)."""
    modem.creg_urc = number(fields(arguments), 0, 0, 2)
    return Reply()


@A7670_COMMANDS("+CGATT?")
def attachment(modem: Modem, _arguments: str) -> Reply:
    """AT+CGATT? (5.2.3)."""
    return line(f"+CGATT: {int(modem.cell.registered)}")


@A7670_COMMANDS("+CGATT=")
def attach(modem: Modem, arguments: str) -> Reply | None:
    """AT+CGATT=<0|1> (5.2.3), at most 9 s."""
    wanted = number(fields(arguments), 0, 0, 1)

    def result() -> Reply:
        if not wanted:
            modem.lose_bearer()
            modem.cell.search(False)
            modem.cell.search(True)
        elif not modem.cell.registered:
            raise CommandRefused(30)
        return Reply()

    modem.finish_later(0.8, result)
    return None


@A7670_COMMANDS("+CGDCONT=")
def define_connection(modem: Modem, arguments: str) -> Reply:
    """AT+CGDCONT=<cid>,"IP","<apn>" (5.2.5)."""
    given = fields(arguments)
    number(given, 0, 1, 15)
    if len(given) < 3 or given[1] not in ("IP", "IPV6", "IPV4V6"):
        raise CommandRefused(3)
    modem.apn = given[2]
    return Reply()


@A7670_COMMANDS("+CGAUTH=")
def authentication(_modem: Modem, arguments: str) -> Reply:
    """AT+CGAUTH=<cid>,<type>,"<password>","<user>" (5.2.16)."""
    given = fields(arguments)
    number(given, 0, 1, 15)
    number(given, 1, 0, 3)
    if any(len(word) > 50 for word in given[2:4]):
        raise CommandRefused(3)
    return Reply()


@A7670_COMMANDS("+CGACT?")
def connections(modem: Modem, _arguments: str) -> Reply:
    """AT+CGACT? (5.2.4)."""
    return line(f"+CGACT: 1,{int(modem.online)}", "+CGACT: 8,0")


@A7670_COMMANDS("+CGACT=")
def activate(modem: Modem, arguments: str) -> Reply | None:
    """AT+CGACT=<state>,1 (5.2.4); under LTE nobody may close connection 1, or open it twice."""
    wanted = number(fields(arguments), 0, 0, 1)
    if not wanted or modem.online:
        raise CommandRefused(3)

    def result() -> Reply:
        if not modem.cell.registered or not modem.cell.bearer_works or not modem.apn:
            raise CommandRefused(148)
        modem.bearer = 1
        return Reply()

    modem.finish_later(1.0, result)
    return None


@A7670_COMMANDS("+CGPADDR", "+CGPADDR=")
def address(modem: Modem, _arguments: str) -> Reply:
    """AT+CGPADDR=1 (5.2.13)."""
    return line(f"+CGPADDR: 1,{'10.83.214.110' if modem.online else '0.0.0.0'}")


# --- HTTP


@A7670_COMMANDS("+CSSLCFG=")
def tls_setting(_modem: Modem, arguments: str) -> Reply:
    """AT+CSSLCFG="<name>",<context>,<value> (19.2.1)."""
    given = fields(arguments)
    names = ("sslversion", "authmode", "ignorelocaltime", "enableSNI", "negotiatetime")
    if len(given) != 3 or given[0] not in names:
        raise CommandRefused(3)
    number(given, 1, 0, 9)
    number(given, 2, 0, 300)
    return Reply()


@A7670_COMMANDS("+HTTPPARA=")
def para(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPPARA="<tag>",<value> (16.2.3)."""
    ranges = {
        "CONNECTTO": (20, 120),
        "RECVTO": (2, 120),
        "SSLCFG": (0, 9),
        "READMODE": (0, 1),
    }
    texts = ("URL", "CONTENT", "ACCEPT", "USERDATA")
    return set_parameter(modem, arguments, ranges, texts)


@A7670_COMMANDS("+HTTPDATA=")
def data(modem: Modem, arguments: str) -> None:
    """AT+HTTPDATA=<size>,<s> (16.2.7)."""
    given = fields(arguments)
    size = number(given, 0, 1, _LONGEST_BODY)
    expect_body(modem, size, number(given, 1, 10, 65_535))


@A7670_COMMANDS("+HTTPREAD?")
def length(modem: Modem, _arguments: str) -> Reply:
    """AT+HTTPREAD? (16.2.6)."""
    return line(f"+HTTPREAD: LEN,{len(part(modem, ''))}")


@A7670_COMMANDS("+HTTPREAD=")
def read(modem: Modem, arguments: str) -> Reply | None:
    """AT+HTTPREAD=<start>,<size> (16.2.6): OK first, then the length, exactly so many bytes, and a length of 0."""
    body = part(modem, arguments)
    modem.finish(Reply())
    head = f"\r\n+HTTPREAD: {len(body)}\r\n".encode() if body else b""
    modem.say_raw(head + body + b"\r\n+HTTPREAD: 0\r\n", after_ms=30)
    return None
