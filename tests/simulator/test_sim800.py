"""Dialogues with the modem, as the AT Command Manual V1.12 writes them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from kickwatt_sim.courier import Courier
from kickwatt_sim.internet import NETWORK_ERROR, Answer, Internet, Request
from kickwatt_sim.parts.modem import Cell, Sim800
from kickwatt_sim.parts.modem.commands import split
from kickwatt_sim.world import World

BAUD = 57_600
START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


class Bench:
    """A modem on a wire that keeps what it says."""

    def __init__(self) -> None:
        self.world = World(start=START)
        self.heard = b""
        self.requests: list[Request] = []
        self.reply: Callable[[Request], Answer] = lambda _request: Answer(200, b"fine")
        self.cell = Cell(self.world)
        self.courier = Courier(Internet(self.world, self.carry))
        self.modem = Sim800(self.world, self, self.courier, self.cell)

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        at_ns = max(at_ns, self.world.now_ns)
        self.world.at(at_ns, lambda: self.hear(data, baud))
        return at_ns

    def hear(self, data: bytes, baud: int) -> None:
        self.heard += data if baud == BAUD else b"?" * len(data)

    def carry(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.reply(request)

    def ask(self, text: str | bytes, seconds: float = 0.5) -> str:
        """Send a line and return what the modem says meanwhile."""
        self.heard = b""
        data = text if isinstance(text, bytes) else text.encode() + b"\r"
        self.modem.receive(data, BAUD)
        self.world.run_for(seconds)
        return self.heard.decode()

    def wait(self, seconds: float) -> str:
        self.heard = b""
        self.world.run_for(seconds)
        return self.heard.decode()

    def ready(self) -> None:
        """Start, synchronise, switch the echo off and wait for the network."""
        self.modem.supply(True)
        self.world.run_for(4)
        self.ask("AT")
        self.ask("ATE0")
        self.ask("AT+CMEE=1")
        self.world.run_for(10)

    def online(self) -> None:
        self.ready()
        self.ask('AT+SAPBR=3,1,"APN","internet"')
        assert self.ask("AT+SAPBR=1,1", 10) == "\r\nOK\r\n"

    def post(self, body: bytes = b"hello") -> str:
        """Go through a whole POST and return the report."""
        assert self.ask("AT+HTTPINIT") == OK
        assert self.ask('AT+HTTPPARA="CID",1') == OK
        assert self.ask('AT+HTTPPARA="URL","http://hub.example:8422/s1/a"') == OK
        assert self.ask('AT+HTTPPARA="CONTENT","text/plain"') == OK
        assert self.ask(f"AT+HTTPDATA={len(body)},10000") == "\r\nDOWNLOAD\r\n"
        assert self.ask(body) == OK
        assert self.ask("AT+HTTPACTION=1", 0.05) == OK
        return self.wait(60)


OK = "\r\nOK\r\n"
ERROR = "\r\nERROR\r\n"


@pytest.fixture
def bench() -> Iterator[Bench]:
    return Bench()


# --- start


def test_it_starts_with_noise_at_another_baud_rate_and_answers_after_three_seconds(
    bench: Bench,
) -> None:
    bench.modem.supply(True)
    assert bench.wait(2) == "?" * 9
    assert bench.ask("AT") == ""
    bench.world.run_for(2)
    assert bench.ask("AT") == "AT\r" + OK


def test_with_a_fixed_rate_it_announces_itself(bench: Bench) -> None:
    bench.ready()
    assert bench.ask(f"AT+IPR={BAUD};&W") == OK
    bench.modem.restart()
    assert (
        bench.wait(5).replace("?", "")
        == "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n"
    )


def test_it_locks_on_to_the_rate_of_the_first_at(bench: Bench) -> None:
    bench.ready()
    bench.heard = b""
    bench.modem.receive(b"AT\r", 9600)
    assert bench.wait(1) == ""
    assert bench.ask("AT") == OK


def test_echo_can_be_switched_off_and_saved(bench: Bench) -> None:
    bench.modem.supply(True)
    bench.world.run_for(4)
    assert bench.ask("ATE0") == "ATE0\r" + OK
    assert bench.ask("AT") == OK
    bench.modem.restart()
    bench.world.run_for(4)
    assert bench.ask("AT") == "AT\r" + OK
    bench.ask("ATE0;&W")
    bench.modem.restart()
    bench.world.run_for(4)
    assert bench.ask("AT") == OK


def test_the_power_key_counts_after_one_second(bench: Bench) -> None:
    bench.ready()
    bench.modem.power_key(False)
    bench.world.run_for(0.5)
    bench.modem.power_key(None)
    assert bench.ask("AT") == OK
    bench.modem.power_key(False)
    bench.world.run_for(1.1)
    bench.heard = b""
    bench.modem.power_key(True)
    assert bench.wait(1) == "\r\nNORMAL POWER DOWN\r\n"
    assert bench.ask("AT") == ""
    bench.modem.power_key(False)
    bench.world.run_for(1.1)
    bench.modem.power_key(True)
    bench.world.run_for(4)
    assert bench.ask("AT").endswith(OK)


def test_the_reset_pin_counts_after_105_ms_and_heals_a_hang(bench: Bench) -> None:
    bench.ready()
    bench.modem.hung = True
    for length, answer in ((0.05, ""), (0.15, "AT\r" + OK)):
        bench.modem.reset_pin(False)
        bench.world.run_for(length)
        bench.modem.reset_pin(None)
        bench.world.run_for(4)
        assert bench.ask("AT") == answer


# --- transcripts

TRANSCRIPTS = [
    ("AT", OK),
    ("at+csq", "\r\n+CSQ: 17,0\r\n" + OK),
    ("ATI", "\r\nSIM800 R14.18\r\n" + OK),
    ("AT+GMM", "\r\nSIMCOM_SIM800L\r\n" + OK),
    ("AT+CGMR", "\r\nRevision:1418B05SIM800L24\r\n" + OK),
    ("AT+GSN", "\r\n004999010640000\r\n" + OK),
    ("AT+CCID", "\r\n8988303000000000001\r\n" + OK),
    ("AT+CPIN?", "\r\n+CPIN: READY\r\n" + OK),
    ("AT+CREG?", "\r\n+CREG: 0,5\r\n" + OK),
    ("AT+CREG=1;+CREG?", "\r\n+CREG: 1,5\r\n" + OK),
    ("AT+CGATT?", "\r\n+CGATT: 1\r\n" + OK),
    ("AT+COPS?", '\r\n+COPS: 0,0,"Kickwatt Test"\r\n' + OK),
    ("AT+CFUN?", "\r\n+CFUN: 1\r\n" + OK),
    ("AT+CBC", "\r\n+CBC: 0,76,4010\r\n" + OK),
    ("AT+CLTS?", "\r\n+CLTS: 1\r\n" + OK),
    ("AT+CCLK?", '\r\n+CCLK: "26/11/21,18:00:16+00"\r\n' + OK),
    (
        'AT+CCLK="27/01/02,03:04:05+04";+CCLK?',
        '\r\n+CCLK: "27/01/02,02:04:05+00"\r\n' + OK,
    ),
    ('AT+CCLK="27/13/02,03:04:05+04"', "\r\n+CME ERROR: 3\r\n"),
    ("AT+SAPBR=2,1", '\r\n+SAPBR: 1,3,"0.0.0.0"\r\n' + OK),
    ("AT+SAPBR=0,1", "\r\n+CME ERROR: 3\r\n"),
    ('AT+SAPBR=3,1,"APN","' + "a" * 65 + '"', "\r\n+CME ERROR: 3\r\n"),
    ('AT+SAPBR=3,1,"Contype","GPRS"', OK),
    ("AT+HTTPTERM", "\r\n+CME ERROR: 3\r\n"),
    ('AT+HTTPPARA="CID",1', "\r\n+CME ERROR: 3\r\n"),
    ("AT+HTTPREAD", "\r\n+CME ERROR: 3\r\n"),
    ("AT+CMEE=2;+HTTPTERM", "\r\n+CME ERROR: operation not allowed\r\n"),
    ("AT+CMEE=0;+HTTPTERM", ERROR),
    ("AT+NONSENSE", ERROR),
    ("AT+CIPGSMLOC=1,1", ERROR),
    ("AT+CREG=7", "\r\n+CME ERROR: 3\r\n"),
    ("AT" + "+CSQ;" * 120, ERROR),
    ("hello", ""),
    ("", ""),
]


@pytest.mark.parametrize(
    ("asked", "answered"),
    TRANSCRIPTS,
    ids=[asked[:20] or "nothing" for asked, _ in TRANSCRIPTS],
)
def test_transcript(bench: Bench, asked: str, answered: str) -> None:
    bench.ready()
    bench.world.run_for(16 - bench.world.now_s)
    bench.cell.csq = lambda: 17  # type: ignore[method-assign]
    assert bench.ask(asked) == answered


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("", [("", "")]),
        ("E0", [("E", "0")]),
        ("+CSQ;+CBC", [("+CSQ", ""), ("+CBC", "")]),
        ("+CLTS=1;&W", [("+CLTS=", "1"), ("&W", "")]),
        ("E0Q0V1", [("E", "0"), ("Q", "0"), ("V", "1")]),
        ('+HTTPPARA="URL","http://a/;b"', [("+HTTPPARA=", '"URL","http://a/;b"')]),
        ("+CREG=?", [("+CREG=?", "")]),
        ("+CREG?", [("+CREG?", "")]),
        ("%XYZ", [("%XYZ", "")]),
    ],
)
def test_lines_are_cut_into_commands(
    text: str, commands: list[tuple[str, str]]
) -> None:
    assert split(text) == commands


def test_a_command_waits_for_the_one_before(bench: Bench) -> None:
    bench.ready()
    assert bench.ask(b"AT+CSQ\rATI\r").count("OK") == 2
    assert bench.heard.index(b"+CSQ") < bench.heard.index(b"SIM800")


# --- SIM card, network, clock


def test_a_locked_card_wants_its_pin(bench: Bench) -> None:
    bench.modem.sim_pin = "1234"
    bench.ready()
    assert bench.ask("AT+CPIN?") == "\r\n+CPIN: SIM PIN\r\n" + OK
    assert bench.ask("AT+CREG?") == "\r\n+CREG: 0,0\r\n" + OK
    assert bench.ask('AT+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
    assert bench.ask('AT+CPIN="1234"') == OK
    bench.world.run_for(10)
    assert bench.ask("AT+CREG?") == "\r\n+CREG: 0,5\r\n" + OK
    assert bench.ask('AT+CPIN="1234"') == "\r\n+CME ERROR: 3\r\n"


def test_three_wrong_pins_lock_the_card(bench: Bench) -> None:
    bench.modem.sim_pin = "1234"
    bench.ready()
    answers = [bench.ask('AT+CPIN="0000"') for _ in range(4)]
    assert answers == ["\r\n+CME ERROR: 16\r\n"] * 2 + ["\r\n+CME ERROR: 12\r\n"] * 2
    assert bench.ask("AT+CPIN?") == "\r\n+CPIN: SIM PUK\r\n" + OK


def test_without_a_card_there_is_no_network(bench: Bench) -> None:
    bench.modem.sim_present = False
    bench.ready()
    assert bench.ask("AT+CPIN?") == "\r\n+CME ERROR: 10\r\n"
    assert bench.ask("AT+CSQ") == "\r\n+CSQ: 99,99\r\n" + OK


def test_it_searches_registers_and_says_so(bench: Bench) -> None:
    bench.cell.coverage = False
    bench.ready()
    assert bench.ask("AT+CREG=1;+CREG?") == "\r\n+CREG: 1,2\r\n" + OK
    bench.heard = b""
    bench.cell.cover(True)
    assert bench.wait(10) == "\r\n+CREG: 5\r\n"
    bench.cell.cover(False)
    assert bench.wait(1) == "\r\n+CREG: 2\r\n"


def test_a_denied_card_stays_out(bench: Bench) -> None:
    bench.cell.denied = True
    bench.ready()
    assert bench.ask("AT+CREG?") == "\r\n+CREG: 0,3\r\n" + OK


def test_the_clock_is_unset_until_the_network_gives_it(bench: Bench) -> None:
    bench.modem.saved.network_time = False
    bench.ready()
    assert bench.ask("AT+CCLK?").startswith('\r\n+CCLK: "04/01/01,00:00:')
    assert bench.ask("AT+CLTS=1;&W") == OK
    assert bench.ask("AT+CCLK?").startswith('\r\n+CCLK: "04/01/01,00:00:')
    assert bench.ask("AT+CFUN=1,1", 20) == OK + "?" * 9
    bench.ask("ATE0")
    assert bench.ask("AT+CCLK?").startswith('\r\n+CCLK: "26/11/21,18:00:')


# --- bearer


def test_the_bearer_opens_once_and_closes_once(bench: Bench) -> None:
    bench.online()
    assert bench.ask("AT+SAPBR=2,1") == '\r\n+SAPBR: 1,1,"10.64.12.7"\r\n' + OK
    assert bench.ask("AT+SAPBR=1,1") == "\r\n+CME ERROR: 3\r\n"
    assert bench.ask("AT+SAPBR=0,1", 5) == OK
    assert bench.ask("AT+SAPBR=0,1") == "\r\n+CME ERROR: 3\r\n"


def test_without_network_opening_fails_late(bench: Bench) -> None:
    bench.cell.coverage = False
    bench.ready()
    bench.ask('AT+SAPBR=3,1,"APN","internet"')
    assert bench.ask("AT+SAPBR=1,1", 29) == ""
    assert bench.wait(2) == ERROR


def test_losing_the_network_closes_the_bearer_aloud(bench: Bench) -> None:
    bench.online()
    bench.heard = b""
    bench.cell.cover(False)
    assert bench.wait(1) == "\r\n+SAPBR 1: DEACT\r\n"


# --- HTTP


def test_a_post_goes_out_and_its_reply_is_read_by_count(bench: Bench) -> None:
    bench.reply = lambda _request: Answer(200, b"\r\nOK\r\n\x00binary")
    bench.online()
    assert bench.post(b"a\rb\nc") == "\r\n+HTTPACTION: 1,200,13\r\n"
    assert bench.ask("AT+HTTPREAD") == "\r\n+HTTPREAD: 13\r\n\r\nOK\r\n\x00binary" + OK
    assert bench.ask("AT+HTTPREAD=2,4") == "\r\n+HTTPREAD: 4\r\nOK\r\n" + OK
    assert bench.ask("AT+HTTPTERM") == OK
    (request,) = bench.requests
    assert (request.method, request.url) == ("POST", "http://hub.example:8422/s1/a")
    assert request.body == b"a\rb\nc"
    assert dict(request.headers)["Content-Type"] == "text/plain"
    assert dict(request.headers)["User-Agent"] == "SIMCom_MODULE"


def test_a_get_has_no_body(bench: Bench) -> None:
    bench.online()
    bench.ask("AT+HTTPINIT")
    bench.ask('AT+HTTPPARA="URL","http://hub.example/"')
    bench.ask('AT+HTTPPARA="USERDATA","api_key: secret"')
    bench.ask("AT+HTTPACTION=0", 0.05)
    assert bench.wait(60) == "\r\n+HTTPACTION: 0,200,4\r\n"
    assert bench.requests[0].body == b""
    assert ("api_key", "secret") in bench.requests[0].headers


def test_a_second_init_is_refused(bench: Bench) -> None:
    bench.online()
    assert bench.ask("AT+HTTPINIT") == OK
    assert bench.ask("AT+HTTPINIT") == "\r\n+CME ERROR: 3\r\n"


@pytest.mark.parametrize(
    "wrong",
    [
        "AT+HTTPDATA=0,999",
        "AT+HTTPDATA=319489,1000",
        'AT+HTTPPARA="TIMEOUT",29',
        'AT+HTTPPARA="WHAT",1',
        "AT+HTTPACTION=1",
    ],
)
def test_wrong_http_commands_are_refused(bench: Bench, wrong: str) -> None:
    bench.online()
    bench.ask("AT+HTTPINIT")
    assert bench.ask(wrong) == "\r\n+CME ERROR: 3\r\n"


def test_a_body_that_stays_short_is_taken_when_its_time_is_over(bench: Bench) -> None:
    bench.online()
    bench.ask("AT+HTTPINIT")
    assert bench.ask("AT+HTTPDATA=100,5000") == "\r\nDOWNLOAD\r\n"
    assert bench.ask(b"only this") == ""
    assert bench.wait(5) == OK
    assert bench.modem.http.body == b"only this"
    assert bench.ask("AT") == OK


def test_without_a_bearer_the_report_is_601(bench: Bench) -> None:
    bench.ready()
    assert bench.post() == "\r\n+HTTPACTION: 1,601,0\r\n"
    assert bench.requests == []


def test_losing_the_bearer_ends_a_request_with_601(bench: Bench) -> None:
    bench.online()
    bench.ask("AT+HTTPINIT")
    bench.ask('AT+HTTPPARA="URL","http://hub.example/"')
    bench.ask("AT+HTTPACTION=0", 0.1)
    bench.heard = b""
    bench.cell.cover(False)
    assert bench.wait(60) == "\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPACTION: 0,601,0\r\n"


def test_ending_the_session_forgets_the_request(bench: Bench) -> None:
    bench.online()
    bench.ask("AT+HTTPINIT")
    bench.ask('AT+HTTPPARA="URL","http://hub.example/"')
    bench.ask("AT+HTTPACTION=0", 0.1)
    assert bench.ask("AT+HTTPTERM") == OK
    assert bench.wait(60) == ""


def test_a_second_action_waits_for_the_first(bench: Bench) -> None:
    bench.online()
    bench.ask("AT+HTTPINIT")
    bench.ask('AT+HTTPPARA="URL","http://hub.example/"')
    bench.ask("AT+HTTPACTION=0", 0.1)
    assert bench.ask("AT+HTTPACTION=0", 0.1) == "\r\n+CME ERROR: 3\r\n"


def test_a_network_error_is_reported_as_such(bench: Bench) -> None:
    bench.reply = lambda _request: Answer(NETWORK_ERROR)
    bench.online()
    assert bench.post() == "\r\n+HTTPACTION: 1,601,0\r\n"
    assert bench.ask("AT+HTTPREAD") == OK


def test_faults_may_answer_before_and_change_after(bench: Bench) -> None:
    bench.online()
    bench.courier.before.append(lambda _request: Answer(603))
    assert bench.post() == "\r\n+HTTPACTION: 1,603,0\r\n"
    assert bench.requests == []
    bench.courier.before.clear()
    bench.courier.after.append(lambda _answer: None)
    bench.ask("AT+HTTPTERM")
    assert bench.post() == ""
    assert len(bench.requests) == 1


def test_power_down_by_command(bench: Bench) -> None:
    bench.ready()
    assert bench.ask("AT+CPOWD=1") == "\r\nNORMAL POWER DOWN\r\n"
    assert bench.ask("AT") == ""
