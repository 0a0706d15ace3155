"""The modem's own HTTP client (AT+HTTP…, section 12 of the AT Command Manual V1.12)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from ...internet import DNS_ERROR, NETWORK_ERROR, Answer, Internet, Request
from ...world import Event
from .commands import COMMANDS, CommandRefused, Reply, fields, number

if TYPE_CHECKING:
    from .modem import Modem

_METHODS: Final = ("GET", "POST", "HEAD", "DELETE")
_LONGEST_URL: Final = 512
_MOST_BYTES: Final = 319_488
# GPRS class 10 in the field: half a second each way and some 3 kB/s.
_LATENCY_S: Final = (0.35, 0.75)
_BYTES_PER_S: Final = 3_000.0
_HEADER_BYTES: Final = 200
# How long the module takes to report what went wrong.
_NO_BEARER_S: Final = 1.0
_BEARER_LOST_S: Final = 2.0
_REFUSED_S: Final = 5.0
_HINDERED_S: Final = 20.0

type Outcome = Answer | None


@dataclass
class _Action:
    """A request under way, and what happens to it next."""

    request: Request
    next: Event | None = None


class HttpSession:
    """What lies between AT+HTTPINIT and AT+HTTPTERM.

    `before` may answer in the network's place, so that the request never leaves; `after` may change what came back, or
    return None, and then +HTTPACTION never comes. Faults live there.
    """

    def __init__(self, modem: Modem, internet: Internet) -> None:
        """Make a client without a session."""
        self._modem = modem
        self._internet = internet
        self.before: list[Callable[[Request], Outcome]] = []
        self.after: list[Callable[[Answer], Outcome]] = []
        # Hear each request together with the answer that the firmware gets.
        self.listeners: list[Callable[[Request, Answer], None]] = []
        self.refuses = False
        # How long the other side takes before it answers.
        self.slowness_s = 0.0
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
        self.parameters = {"REDIR": "0", "TIMEOUT": "120", "UA": "SIMCom_MODULE"}
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
            float(self.parameters["TIMEOUT"]),
        )
        action = self._action = _Action(request)
        if self._modem.bearer != 1:
            self._fail(action, _NO_BEARER_S)
            return
        for hinder in self.before:
            if (outcome := hinder(request)) is not None:
                self._fail(action, _HINDERED_S, outcome)
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
            ("User-Agent", self.parameters["UA"]),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ]
        if "CONTENT" in self.parameters:
            headers.append(("Content-Type", self.parameters["CONTENT"]))
        own, _, value = self.parameters.get("USERDATA", "").partition(":")
        return (*headers, (own.strip(), value.strip())) if own else tuple(headers)

    def _travel_s(self, body_bytes: int) -> float:
        size = body_bytes + _HEADER_BYTES
        return self._modem.luck.uniform(*_LATENCY_S) + size / _BYTES_PER_S

    def _send(self, action: _Action) -> None:
        self._fail(action, action.request.timeout_s)
        self._internet.send(action.request, partial(self._answered, action))

    def _answered(self, action: _Action, answer: Answer) -> None:
        if self._action is not action:
            return
        outcome: Outcome = answer
        for change in self.after:
            if outcome is not None:
                outcome = change(outcome)
        if outcome is None:
            self._give_up()
        elif outcome.status in (NETWORK_ERROR, DNS_ERROR):
            self._fail(action, _REFUSED_S, outcome)
        elif self.slowness_s >= action.request.timeout_s:
            self._fail(action, action.request.timeout_s)
        else:
            travel_s = self.slowness_s + self._travel_s(len(outcome.body))
            self._next(action, travel_s, partial(self._report, action, outcome))

    def _fail(
        self, action: _Action, after_s: float, answer: Answer = Answer(NETWORK_ERROR)
    ) -> None:
        self._next(action, after_s, partial(self._report, action, answer))

    def _report(self, action: _Action, answer: Answer) -> None:
        self._action = None
        self.answer = answer
        for listener in self.listeners:
            listener(action.request, answer)
        method = _METHODS.index(action.request.method)
        self._modem.unsolicited(
            f"+HTTPACTION: {method},{answer.status},{len(answer.body)}"
        )

    def _next(self, action: _Action, after_s: float, do: Callable[[], None]) -> None:
        """Let this happen to a request instead of what was going to."""
        if action.next is not None:
            action.next.cancel()
        action.next = self._modem.world.after(after_s, do)

    def _give_up(self) -> None:
        if self._action is not None and self._action.next is not None:
            self._action.next.cancel()
        self._action = None


@COMMANDS("+HTTPINIT")
def init(modem: Modem, _arguments: str) -> Reply:
    """AT+HTTPINIT (12.2.1)."""
    modem.http.begin()
    return Reply()


@COMMANDS("+HTTPTERM")
def term(modem: Modem, _arguments: str) -> Reply:
    """AT+HTTPTERM (12.2.2)."""
    modem.http.end()
    return Reply()


@COMMANDS("+HTTPPARA=")
def para(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPPARA="<tag>",<value> (12.2.3)."""
    modem.http.require()
    tag, _, value = arguments.partition(",")
    tag, value = tag.strip().strip('"').upper(), value.strip().strip('"')
    ranges = {
        "CID": (1, 3),
        "REDIR": (0, 1),
        "TIMEOUT": (30, 1000),
        "BREAK": (0, _MOST_BYTES),
    }
    if tag in ranges:
        number([value], 0, *ranges[tag])
    elif (
        tag not in ("URL", "UA", "PROIP", "PROPORT", "CONTENT", "USERDATA") or not value
    ):
        raise CommandRefused(3)
    if tag == "URL" and len(value) > _LONGEST_URL:
        raise CommandRefused(3)
    modem.http.parameters[tag] = value
    return Reply()


@COMMANDS("+HTTPDATA=")
def data(modem: Modem, arguments: str) -> Reply | None:
    """AT+HTTPDATA=<size>,<time> (12.2.4): OK after all bytes, or with fewer when the time is over."""
    modem.http.require()
    given = fields(arguments)
    size = number(given, 0, 0, _MOST_BYTES)
    time_ms = number(given, 1, 1000, 120_000)

    def taken(body: bytes) -> None:
        modem.http.body = body
        modem.finish(Reply())

    modem.finish(Reply(("DOWNLOAD",), final=""))
    modem.take_body(size, time_ms / 1000, taken)
    return None


@COMMANDS("+HTTPACTION=")
def act(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPACTION=<method> (12.2.5)."""
    method = number(fields(arguments), 0, 0, len(_METHODS) - 1)
    modem.http.start(_METHODS[method])
    return Reply()


@COMMANDS("+HTTPREAD", "+HTTPREAD=")
def read(modem: Modem, arguments: str) -> Reply:
    """AT+HTTPREAD[=<start>,<size>] (12.2.6): the length, then exactly so many bytes."""
    modem.http.require()
    body = modem.http.answer.body if modem.http.answer is not None else b""
    if arguments:
        given = fields(arguments)
        start = number(given, 0, 0, _MOST_BYTES)
        body = body[start : start + number(given, 1, 1, _MOST_BYTES)]
    if not body:
        return Reply()
    return Reply((f"+HTTPREAD: {len(body)}",), body=body)
