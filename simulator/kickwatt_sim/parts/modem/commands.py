"""The commands that all modems of the family share, apart from HTTP: one function each, and the table that finds them.

Replies and error codes: SIM800 Series AT Command Manual V1.12, whose sections stand at the functions; the A76XX Series manual
V1.09 has the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .module import Modem

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
_LONGEST_HOST: Final = 255
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

    def __init__(self, base: Table | None = None) -> None:
        """Make an empty table; what it does not know, `base` may."""
        self._base = base
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
        if handler is not None:
            return handler(modem, arguments)
        if self._base is None:
            raise CommandFailed
        return self._base.run(modem, name, arguments)


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


def line(*lines: str) -> Reply:
    """Return an answer of these lines and OK."""
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


@COMMANDS("+GSN", "+CGSN")
def serial_number(_modem: Modem, _arguments: str) -> Reply:
    """AT+GSN (2.2.44); an IMEI of the test range."""
    return line("004999010640000")


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


@COMMANDS("+CFUN?")
def functionality(modem: Modem, _arguments: str) -> Reply:
    """AT+CFUN? (3.2.31)."""
    return line(f"+CFUN: {modem.functionality}")


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
    return line(f"+CPIN: {modem.sim_state()}")


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


@COMMANDS("+SPIC")
def tries(modem: Modem, _arguments: str) -> Reply:
    """AT+SPIC (6.2.22): tries left for PIN1, PUK1, PIN2 and PUK2."""
    if not modem.sim_present:
        raise CommandRefused(10)
    return line(f"+SPIC: {modem.sim_tries},10,3,10")


@COMMANDS("+CSQ")
def signal(modem: Modem, _arguments: str) -> Reply:
    """AT+CSQ (3.2.27)."""
    level = modem.cell.csq()
    return line(f"+CSQ: {level},{99 if level == 99 else 0}")


@COMMANDS("+COPS?")
def operator(modem: Modem, _arguments: str) -> Reply:
    """AT+COPS? (3.2.22)."""
    return line('+COPS: 0,0,"Kickwatt Test"' if modem.cell.registered else "+COPS: 0")


# --- clock


@COMMANDS("+CCLK?")
def clock(modem: Modem, _arguments: str) -> Reply:
    """AT+CCLK? (3.2.37); an unset clock counts from 2004. The zone is in quarters of an hour: UTC."""
    seconds = modem.clock_s()
    if seconds is None:
        seconds = _UNSET_CLOCK_S + modem.world.now_s
    return line(
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


def ask_time_server(modem: Modem, good: int, bad: int) -> Reply:
    """AT+CNTP: take the time from a server; how it went comes unsolicited."""

    def report() -> None:
        if modem.online and modem.cell.time_server and modem.time_server:
            modem.clock_offset_s = modem.clock_offset_s or 0.0
            modem.unsolicited(f"+CNTP: {good}")
        else:
            modem.unsolicited(f"+CNTP: {bad}")

    modem.world.after(1.5 if modem.online else 5.0, report)
    return Reply()


@COMMANDS("+CNTP=")
def choose_time_server(modem: Modem, arguments: str) -> Reply:
    """AT+CNTP="<server>",<zone in quarters of an hour>."""
    given = fields(arguments)
    if not given or not given[0] or len(given[0]) > _LONGEST_HOST:
        raise CommandRefused(3)
    modem.time_server = given[0]
    return Reply()
