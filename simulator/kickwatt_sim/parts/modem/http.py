"""The modem's own HTTP client (AT+HTTP…, section 12 of the SIM800 manual V1.12, section 16 of the A76XX manual V1.09)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from ...courier import Courier, Outcome
from ...internet import DNS_ERROR, NETWORK_ERROR, Answer, Request
from ...world import Event
from .commands import COMMANDS, CommandRefused, Reply, Table, fields, number

if TYPE_CHECKING:
    from .module import Modem

HTTP: Final = Table(COMMANDS)

_METHODS: Final = ("GET", "POST", "HEAD", "DELETE")
_LONGEST_URL: Final = 512
_MOST_BYTES: Final = 319_488
_HEADER_BYTES: Final = 200
# How long the module takes to report what went wrong.
_NO_BEARER_S: Final = 1.0
_BEARER_LOST_S: Final = 2.0
_REFUSED_S: Final = 5.0
_HINDERED_S: Final = 20.0


@dataclass
class _Action:
    """A request under way, and what happens to it next."""

    request: Request
    next: Event | None = None


class HttpSession:
    """What lies between AT+HTTPINIT and AT+HTTPTERM. Requests leave with the courier."""

    def __init__(self, modem: Modem, courier: Courier) -> None:
        """Make a client without a session."""
        self._modem = modem
        self._courier = courier
        self.refuses = False
        self.open = False
        self.parameters: dict[str, str] = {}
        self.body = b""
        self.answer: Answer | None = None
        self._action: _Action | None = None

    # --- what the commands do

    def begin(self) -> None:
        """AT+HTTPINIT: a second one is refused."""
        if self.open or self.refuses:
            raise CommandRefused(3)
        self.open = True
        self.parameters = dict(self._modem.http_defaults)
        self.body, self.answer = b"", None

    def end(self) -> None:
        """AT+HTTPTERM: refused when there is no session."""
        if not self.open:
            raise CommandRefused(3)
        self.drop()

    def drop(self) -> None:
        """Forget everything, a request under way too."""
        self.open = False
        self._give_up()

    def require(self) -> None:
        """Refuse what needs a session, when there is none."""
        if not self.open:
            raise CommandRefused(3)

    def start(self, method: str) -> None:
        """AT+HTTPACTION: send the request; the result comes unsolicited."""
        self.require()
        if self._action is not None or "URL" not in self.parameters:
            raise CommandRefused(3)
        request = Request(
            method,
            self.parameters["URL"],
            self._headers(),
            self.body if method == "POST" else b"",
            self._modem.http_wait_s(self.parameters),
            self._modem.tls,
        )
        action = self._action = _Action(request)
        if self._modem.bearer != 1:
            self._fail(action, _NO_BEARER_S)
            return
        if (hindrance := self._courier.hindrance(request)) is not None:
            self._fail(action, _HINDERED_S, hindrance)
            return
        self._next(
            action, self._travel_s(len(request.body)), partial(self._send, action)
        )

    def bearer_lost(self) -> None:
        """End a request under way as the modem does when its data connection goes."""
        if self._action is not None:
            request = self._action.request
            self._give_up()
            self._action = _Action(request)
            self._fail(self._action, _BEARER_LOST_S)

    # --- the request

    def _headers(self) -> tuple[tuple[str, str], ...]:
        headers = [
            ("User-Agent", self.parameters.get("UA", "SIMCOM_MODULE")),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ]
        if "CONTENT" in self.parameters:
            headers.append(("Content-Type", self.parameters["CONTENT"]))
        own, _, value = self.parameters.get("USERDATA", "").partition(":")
        return (*headers, (own.strip(), value.strip())) if own else tuple(headers)

    def _travel_s(self, body_bytes: int) -> float:
        size = body_bytes + _HEADER_BYTES
        modem = self._modem
        return modem.luck.uniform(*modem.latency_s) + size / modem.bytes_per_s

    def _send(self, action: _Action) -> None:
        self._fail(action, action.request.timeout_s)
        self._courier.send(action.request, partial(self._answered, action))

    def _answered(self, action: _Action, outcome: Outcome) -> None:
        if self._action is not action:
            return
        slowness_s = self._courier.slowness_s
        if outcome is None:
            self._give_up()
        elif outcome.status in (NETWORK_ERROR, DNS_ERROR):
            self._fail(action, _REFUSED_S, outcome)
        elif slowness_s >= action.request.timeout_s:
            self._fail(action, action.request.timeout_s)
        else:
            travel_s = slowness_s + self._travel_s(len(outcome.body))
            self._next(action, travel_s, partial(self._report, action, outcome))

    def _fail(
        self, action: _Action, after_s: float, answer: Answer = Answer(NETWORK_ERROR)
    ) -> None:
        self._next(action, after_s, partial(self._report, action, answer))

    def _report(self, action: _Action, answer: Answer) -> None:
        self._action = None
        self.answer = answer
        self._courier.tell(action.request, answer)
        method = _METHODS.index(action.request.method)
        status = self._modem.http_result(answer.status)
        self._modem.unsolicited(f"+HTTPACTION: {method},{status},{len(answer.body)}")

    def _next(self, action: _Action, after_s: float, do: Callable[[], None]) -> None:
        """Let this happen to a request instead of what was going to."""
        if action.next is not None:
            action.next.cancel()
        action.next = self._modem.world.after(after_s, do)

    def _give_up(self) -> None:
        if self._action is not None and self._action.next is not None:
            self._action.next.cancel()
        self._action = None


@HTTP("+HTTPINIT")
def init(modem: Modem, _arguments: str) -> Reply:
    """AT+HTTPINIT (12.2.1)."""
    modem.http.begin()
    return Reply()


@HTTP("+HTTPTERM")
def term(modem: Modem, _arguments: str) -> Reply:
    """AT+HTTPTERM (12.2.2)."""
    modem.http.end()
    return Reply()


@HTTP("+HTTPACTION=")
def act(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPACTION=<method> (12.2.5)."""
    method = number(fields(arguments), 0, 0, len(_METHODS) - 1)
    modem.http.start(_METHODS[method])
    return Reply()


# --- what the kinds of modems say in their own ways


def set_parameter(
    modem: Modem,
    arguments: str,
    ranges: Mapping[str, tuple[int, int]],
    texts: Collection[str],
) -> Reply:
    """AT+HTTPPARA="<tag>",<value>: a number in its range, or one of these texts."""
    modem.http.require()
    tag, _, value = arguments.partition(",")
    tag, value = tag.strip().strip('"').upper(), value.strip().strip('"')
    if tag in ranges:
        number([value], 0, *ranges[tag])
    elif tag not in texts or not value:
        raise CommandRefused(3)
    if tag == "URL" and len(value) > _LONGEST_URL:
        raise CommandRefused(3)
    modem.http.parameters[tag] = value
    return Reply()


def expect_body(modem: Modem, size: int, time_s: float) -> None:
    """AT+HTTPDATA: take the next bytes for the body of a request."""
    modem.http.require()

    def taken(body: bytes) -> None:
        modem.http.body = body
        modem.finish(Reply())

    modem.finish(Reply(("DOWNLOAD",), final=""))
    modem.take_body(size, time_s, taken)


def part(modem: Modem, arguments: str) -> bytes:
    """Return what AT+HTTPREAD[=<start>,<size>] asks for of the newest answer."""
    modem.http.require()
    body = modem.http.answer.body if modem.http.answer is not None else b""
    if arguments:
        given = fields(arguments)
        start = number(given, 0, 0, _MOST_BYTES)
        body = body[start : start + number(given, 1, 1, _MOST_BYTES)]
    return body
