"""The commands, apart from HTTP: one function each, and the table that finds them.

Replies and error codes: SIM800 Series AT Command Manual V1.12; sections at the functions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .modem import Modem

# +CME ERROR numbers and their texts (19.1).
_CME: Final = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    16: "incorrect password",
    30: "no network service",
    100: "unknown",
    107: "GPRS services not allowed",
    148: "unspecified GPRS error",
    149: "PDP authentication failure",
}
_UNSET_CLOCK_S: Final = datetime(2004, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Reply:
    """Lines, an optional body right after them, and the final result."""

    lines: tuple[str, ...] = ()
    final: str = "OK"
    body: bytes | None = None
    after_ms: int = 0


class CommandFailed(Exception):
    """The final result is ERROR, whatever AT+CMEE says."""


class CommandRefused(Exception):
    """The final result is +CME ERROR, or ERROR when AT+CMEE=0."""

    def __init__(self, code: int) -> None:
        """Take the number of the error."""
        super().__init__(code)
        self.code = code

    def text(self, cmee: int) -> str:
        """Return the final result in the form that AT+CMEE asks for."""
        if cmee == 0:
            return "ERROR"
        return f"+CME ERROR: {self.code if cmee == 1 else _CME[self.code]}"


type Handler = Callable[[Modem, str], Reply | None]


class Table:
    """Finds a command's function by its name, which ends in `?` or `=?` where that is another command."""

    def __init__(self) -> None:
        """Make an empty table."""
        self._handlers: dict[str, Handler] = {}

    def __call__(self, *names: str) -> Callable[[Handler], Handler]:
        """Enter a function under these names."""

        def enter(handler: Handler) -> Handler:
            self._handlers.update(dict.fromkeys(names, handler))
            return handler

        return enter

    def run(self, modem: Modem, name: str, arguments: str) -> Reply | None:
        """Run a command; None means that its answer comes later."""
        handler = self._handlers.get(name)
        if handler is None:
            raise CommandFailed
        return handler(modem, arguments)


COMMANDS: Final = Table()

_BASIC = re.compile(r"(E|V|Q|Z|I|&W|&F|&V)(\d?)", re.IGNORECASE)
_EXTENDED = re.compile(r"(\+[A-Z]+)(=\?|\?|=|)", re.IGNORECASE)


def split(text: str) -> list[tuple[str, str]]:
    """Cut what follows `AT` into (name, arguments); a `;` inside quotes does not cut."""
    found: list[tuple[str, str]] = []
    for piece in _pieces(text) or [""]:
        rest = piece.strip()
        if extended := _EXTENDED.match(rest):
            sign = extended[2] if extended[2] != "=" else "="
            found.append((extended[1].upper() + sign, rest[extended.end() :].strip()))
            continue
        while basic := _BASIC.match(rest):
            found.append((basic[1].upper(), basic[2]))
            rest = rest[basic.end() :]
        if rest or not found:
            found.append((rest.upper(), ""))
    return found


def _pieces(text: str) -> list[str]:
    return [
        piece for piece in re.findall(r'(?:[^;"]|"[^"]*"?)+', text) if piece.strip()
    ]


def fields(arguments: str) -> list[str]:
    """Cut arguments at commas outside quotes and take the quotes off."""
    found = re.findall(r'(?:[^,"]|"[^"]*"?)+|(?<=,)(?=,|$)', arguments)
    return [field.strip().strip('"') for field in found]


def number(
    fields_: Sequence[str], index: int, low: int, high: int, default: int | None = None
) -> int:
    """Return one field as a number in its range."""
    if index >= len(fields_) or fields_[index] == "":
        if default is None:
            raise CommandRefused(3)
        return default
    if not fields_[index].isdigit() or not low <= int(fields_[index]) <= high:
        raise CommandRefused(3)
    return int(fields_[index])


def _line(*lines: str) -> Reply:
    return Reply(lines)


# --- the module


@COMMANDS("", "Q", "V", "Z")
def attention(_modem: Modem, _arguments: str) -> Reply:
    """Answer AT."""
    return Reply()


@COMMANDS("E")
def echo(modem: Modem, arguments: str) -> Reply:
    """ATE0, ATE1 (2.2.4)."""
    modem.profile.echo = arguments != "0"
    return Reply()


@COMMANDS("&W")
def save(modem: Modem, _arguments: str) -> Reply:
    """AT&W (2.2.19)."""
    modem.saved = type(modem.profile)(**vars(modem.profile))
    return Reply()


@COMMANDS("&F")
def factory(modem: Modem, _arguments: str) -> Reply:
    """AT&F (2.2.17)."""
    modem.profile = type(modem.profile)(baud=modem.profile.baud)
    return Reply()


@COMMANDS("I")
def identify(_modem: Modem, _arguments: str) -> Reply:
    """ATI (2.2.8)."""
    return _line("SIM800 R14.18")


@COMMANDS("+GMM", "+CGMM")
def model(_modem: Modem, _arguments: str) -> Reply:
    """AT+GMM (2.2.41)."""
    return _line("SIMCOM_SIM800L")


@COMMANDS("+GMR", "+CGMR")
def revision(_modem: Modem, _arguments: str) -> Reply:
    """AT+GMR (2.2.42)."""
    return _line("Revision:1418B05SIM800L24")


@COMMANDS("+GSN", "+CGSN")
def serial_number(_modem: Modem, _arguments: str) -> Reply:
    """AT+GSN (2.2.44); an IMEI of the test range."""
    return _line("004999010640000")


@COMMANDS("+CCID")
def card_number(modem: Modem, _arguments: str) -> Reply:
    """AT+CCID (6.2.23)."""
    if not modem.sim_present:
        raise CommandRefused(10)
    return Reply(("8988303000000000001",), after_ms=200)


@COMMANDS("+CMEE=")
def error_form(modem: Modem, arguments: str) -> Reply:
    """AT+CMEE (3.2.25)."""
    modem.profile.cmee = number(fields(arguments), 0, 0, 2)
    return Reply()


@COMMANDS("+IPR=")
def baud_rate(modem: Modem, arguments: str) -> Reply:
    """AT+IPR (2.2.47); 0 is auto-baud. A new rate counts after the answer."""
    rates = (0, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800)
    rate = number(fields(arguments), 0, 0, max(rates))
    if rate not in rates:
        raise CommandRefused(3)
    modem.profile.baud = rate
    return Reply()


@COMMANDS("+CBC")
def supply(modem: Modem, _arguments: str) -> Reply:
    """AT+CBC (3.2.10)."""
    return _line(
        f"+CBC: 0,{max(0, min(100, (modem.battery_mv - 3400) // 8))},{modem.battery_mv}"
    )


@COMMANDS("+CPOWD=")
def power_down(modem: Modem, arguments: str) -> Reply | None:
    """AT+CPOWD (6.2.2); its only answer is the last word."""
    if number(fields(arguments), 0, 0, 1):
        modem.power_down()
        return None
    modem.supply(False)
    modem.supplied = True
    return None


@COMMANDS("+CFUN?")
def functionality(modem: Modem, _arguments: str) -> Reply:
    """AT+CFUN? (3.2.31)."""
    return _line(f"+CFUN: {modem.functionality}")


@COMMANDS("+CFUN=")
def set_functionality(modem: Modem, arguments: str) -> Reply | None:
    """AT+CFUN=<fun>[,1] (3.2.31); with 1 the module starts anew."""
    given = fields(arguments)
    level = number(given, 0, 0, 4)
    if level not in (0, 1, 4):
        raise CommandRefused(3)

    def change() -> Reply:
        if level != 1:
            modem.lose_bearer()
        modem.functionality = level
        modem.cell.search(level == 1 and modem.sim_present and modem.sim_open)
        if number(given, 1, 0, 1, 0):
            modem.world.after(0.1, modem.restart)
        return Reply()

    modem.finish_later(1.0, change)
    return None


# --- SIM card and network


@COMMANDS("+CPIN?")
def pin(modem: Modem, _arguments: str) -> Reply:
    """AT+CPIN? (3.2.28)."""
    if not modem.sim_present:
        raise CommandRefused(10)
    return _line(f"+CPIN: {modem.sim_state()}")


@COMMANDS("+CPIN=")
def enter_pin(modem: Modem, arguments: str) -> Reply:
    """AT+CPIN="1234" (3.2.28); three wrong ones lock the card."""
    if not modem.sim_present:
        raise CommandRefused(10)
    if modem.sim_open:
        raise CommandRefused(3)
    if not modem.sim_tries:
        raise CommandRefused(12)
    if fields(arguments)[:1] != [modem.sim_pin]:
        modem.sim_tries -= 1
        raise CommandRefused(16 if modem.sim_tries else 12)
    modem.sim_tries, modem.sim_open = 3, True
    modem.cell.search(True)
    return Reply()


@COMMANDS("+CSQ")
def signal(modem: Modem, _arguments: str) -> Reply:
    """AT+CSQ (3.2.27)."""
    level = modem.cell.csq()
    return _line(f"+CSQ: {level},{99 if level == 99 else 0}")


@COMMANDS("+CREG?", "+CGREG?")
def registration(modem: Modem, _arguments: str) -> Reply:
    """AT+CREG? (3.2.29)."""
    return _line(f"+CREG: {modem.creg_urc},{modem.cell.status()}")


@COMMANDS("+CREG=", "+CGREG=")
def registration_news(modem: Modem, arguments: str) -> Reply:
    """AT+CREG=<n> (3.2.29)."""
    modem.creg_urc = number(fields(arguments), 0, 0, 2)
    return Reply()


@COMMANDS("+COPS?")
def operator(modem: Modem, _arguments: str) -> Reply:
    """AT+COPS? (3.2.22)."""
    return _line('+COPS: 0,0,"Kickwatt Test"' if modem.cell.registered else "+COPS: 0")


@COMMANDS("+CGATT?")
def attachment(modem: Modem, _arguments: str) -> Reply:
    """AT+CGATT? (7.2.1)."""
    return _line(f"+CGATT: {int(modem.cell.registered)}")


@COMMANDS("+CGATT=")
def attach(modem: Modem, arguments: str) -> Reply | None:
    """AT+CGATT=1 (7.2.1), at most 75 s."""
    wanted = number(fields(arguments), 0, 0, 1)

    def result() -> Reply:
        if wanted and not modem.cell.registered:
            raise CommandRefused(30)
        return Reply()

    modem.finish_later(1.5 if modem.cell.registered else 60.0, result)
    return None


# --- clock


@COMMANDS("+CLTS=")
def network_time(modem: Modem, arguments: str) -> Reply:
    """AT+CLTS (3.2.51): take the network's time at the next registration."""
    modem.profile.network_time = bool(number(fields(arguments), 0, 0, 1))
    return Reply()


@COMMANDS("+CLTS?")
def network_time_state(modem: Modem, _arguments: str) -> Reply:
    """AT+CLTS? (3.2.51)."""
    return _line(f"+CLTS: {int(modem.profile.network_time)}")


@COMMANDS("+CCLK?")
def clock(modem: Modem, _arguments: str) -> Reply:
    """AT+CCLK? (3.2.37); an unset clock counts from 2004. The zone is in quarters of an hour: UTC."""
    seconds = modem.clock_s()
    if seconds is None:
        seconds = _UNSET_CLOCK_S + modem.world.now_s
    return _line(
        datetime.fromtimestamp(seconds, UTC).strftime('+CCLK: "%y/%m/%d,%H:%M:%S+00"')
    )


@COMMANDS("+CCLK=")
def set_clock(modem: Modem, arguments: str) -> Reply:
    """AT+CCLK="yy/MM/dd,hh:mm:ss±zz" (3.2.37)."""
    given = re.fullmatch(r'"(\d\d/\d\d/\d\d,\d\d:\d\d:\d\d)([+-]\d\d)"', arguments)
    if given is None:
        raise CommandRefused(3)
    try:
        seconds = (
            datetime.strptime(given[1], "%y/%m/%d,%H:%M:%S")
            .replace(tzinfo=UTC)
            .timestamp()
        )
    except ValueError as error:
        raise CommandRefused(3) from error
    modem.clock_offset_s = seconds - int(given[2]) * 900 - modem.world.wall_s
    return Reply()


# --- bearer


@COMMANDS("+SAPBR=")
def bearer(modem: Modem, arguments: str) -> Reply | None:
    """AT+SAPBR=<cmd>,1[,<tag>,<value>] (9.2.1): 0 close, 1 open, 2 query, 3 set."""
    given = fields(arguments)
    command = number(given, 0, 0, 4)
    number(given, 1, 1, 3)
    if command == 3:
        return _set_bearer(modem, given)
    if command == 2:
        address = "10.64.12.7" if modem.bearer == 1 else "0.0.0.0"
        return _line(f'+SAPBR: 1,{modem.bearer},"{address}"')
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
