"""The LTE modem's driver against the simulator's A7670, in one process: what is said, in which order, and how long it may take."""

from collections.abc import Callable, Generator
import re

import pytest

from kickwatt import clock
from kickwatt.a7670 import A7670
from kickwatt.at import At
from kickwatt.cellular import Keys
from kickwatt.config import load
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.modem import ModemError
from kickwatt_sim.courier import Courier
from kickwatt_sim.internet import Answer, Internet, Request
from kickwatt_sim.parts.modem import A7670 as Module, Cell
from kickwatt_sim.world import World
from tests.firmware.fakes import Flash, Pin, settings

URL = "http://hub.example:8422/s1/scooter-1"
# docs: A76XX Series AT Command Manual V1.09. The driver may use nothing else.
KNOWN = re.compile(
    r"AT|ATE0|AT\+CMEE=1|AT\+CPIN\?|AT\+CPIN=\"\d{4,8}\"|AT\+SPIC|AT\+CSQ|AT\+CBC|AT\+C(E)?REG\?|AT\+CGATT(\?|=[01])"
    r"|AT\+CRESET|AT\+CCLK\?|AT\+CTZU=1|AT\+CNTP(=\"[^\"]*\",0)?|AT\+CGDCONT=1,\"IP\",\"[^\"]*\"|AT\+CGACT(\?|=1,1)"
    r"|AT\+CGAUTH=1,1,\"[^\"]*\",\"[^\"]*\"|AT\+CSSLCFG=\"(sslversion|authmode|enableSNI)\",0,\d"
    r"|AT\+HTTP(INIT|TERM|READ=0,\d+|ACTION=1|DATA=\d+,\d+|PARA=\"(URL|CONTENT|CONNECTTO|RECVTO|SSLCFG)\",(\d+|\"[^\"]*\"))"
)


class Bench:
    """Driver and module on one wire, in the module's own time."""

    def __init__(self, **changes: object) -> None:
        self.world = World()
        self.requests: list[Request] = []
        self.reply: Callable[[Request], Answer] = lambda _: Answer(200, b"OK\r\nfine")
        self.cell = Cell(self.world)
        self.courier = Courier(Internet(self.world, self._carry))
        self.module = Module(self.world, self, self.courier, self.cell)
        self.module.dialogue.append(self._listen)
        self.said = b""
        self.received = b""
        self.config = load(settings(MODEM="a7670", **changes).get, [])
        assert self.config.problems == []
        self.keys = Keys(Pin(True), Pin(True))
        self.memory = Memory(Journal(Flash()))
        at = At(self, self.config.modem_baud, A7670.STARTED[0])
        self.modem = A7670(at, self.keys, self.config, self.memory)
        self.module.supply(True)

    def _carry(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.reply(request)

    def _listen(self, who: str, data: bytes) -> None:
        self.said += data if who == "host" else b""

    @property
    def commands(self) -> list[str]:
        lines = self.said.decode("latin-1").split("\r")
        return [line[line.index("AT") :] for line in lines if "AT" in line]

    # The module's end of the wire, and the driver's.

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        assert baud == 115_200
        at_ns = max(at_ns, self.world.now_ns)
        self.world.at(at_ns, lambda: self._arrive(data))
        return at_ns

    def _arrive(self, data: bytes) -> None:
        self.received += data

    @property
    def in_waiting(self) -> int:
        return len(self.received)

    def read(self, count: int) -> bytes:
        data, self.received = self.received[:count], self.received[count:]
        return data

    def write(self, data: bytes) -> int:
        self.module.receive(bytes(data), 115_200)
        return len(data)

    def reset_input_buffer(self) -> None:
        self.received = b""

    # What a test does.

    def finish[T](self, task: Generator[int, None, T]) -> T:
        while True:
            try:
                rest_ms = next(task)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            assert rest_ms <= 5_000
            self.world.run_for(max(rest_ms, 1) / 1_000)

    def post(self, url: str = URL) -> tuple[int, bytes]:
        self.finish(self.modem.ready())
        return self.finish(self.modem.post(url, b"hello"))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return make(monkeypatch)


def make(monkeypatch: pytest.MonkeyPatch, **changes: object) -> Bench:
    monkeypatch.setattr(clock, "now_ms", lambda: 0)
    made = Bench(**changes)
    monkeypatch.setattr(clock, "now_ms", lambda: made.world.now_ns // 1_000_000)
    return made


def test_a_message_goes_out_over_the_connection_that_lte_brings(bench: Bench) -> None:
    assert bench.post() == (200, b"OK\r\nfine")
    request = bench.requests[0]
    assert (request.method, request.url, request.body) == ("POST", URL, b"hello")
    sent = list(dict.fromkeys(bench.commands))
    assert sent[: sent.index("AT+HTTPINIT") + 1] == [
        "AT",
        "ATE0",
        "AT+CMEE=1",
        "AT+HTTPTERM",
        "AT+CPIN?",
        "AT+CEREG?",
        "AT+CREG?",
        "AT+CGATT?",
        'AT+CGDCONT=1,"IP","internet"',
        "AT+CGACT?",
        "AT+CGACT=1,1",
        "AT+HTTPINIT",
    ]
    assert bench.module.http.open is False
    bench.said = b""
    assert bench.post()[0] == 200
    assert "AT+CGACT?" not in bench.commands


def test_only_commands_of_the_manual_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(monkeypatch, SIM_PIN="0123", APN_USER="u", APN_PASSWORD="p")
    bench.module.sim_pin = "0123"
    bench.cell.gives_time = False
    bench.module.clock_offset_s = None
    bench.post()
    bench.post("https://hub.example/s1/a")
    assert bench.finish(bench.modem.signal()) in range(1, 32)
    assert bench.finish(bench.modem.supply_mv()) == 4_010
    for _ in range(3):
        time = bench.finish(bench.modem.network_time())
    assert time is not None and abs(time - bench.world.wall_s) < 2
    for failures in range(1, 6):
        bench.finish(bench.modem.recover(failures))
        bench.post()
    for command in bench.commands:
        assert KNOWN.fullmatch(command), command
    assert 'AT+CGAUTH=1,1,"p","u"' in bench.commands
    assert "AT+CGATT=0" in bench.commands
    assert "AT+CRESET" in bench.commands


def test_https_uses_the_modules_own_tls(bench: Bench) -> None:
    assert bench.post("https://hub.example/s1/a")[0] == 200
    assert bench.requests[0].tls is not None
    assert 'AT+CSSLCFG="sslversion",0,4' in bench.commands
    assert 'AT+HTTPPARA="SSLCFG",0' in bench.commands


@pytest.mark.parametrize(
    ("status", "says"),
    [(601, "HTTP 714, no connection"), (603, "HTTP 713, DNS"), (605, "HTTP 715, TLS")],
)
def test_the_modules_own_results_are_named(
    bench: Bench, status: int, says: str
) -> None:
    bench.reply = lambda _: Answer(status)
    with pytest.raises(ModemError, match=says):
        bench.post()
    bench.reply = lambda _: Answer(200, b"x")
    assert bench.post() == (200, b"x")


def test_an_empty_reply_and_one_that_is_too_long_are_not_read(bench: Bench) -> None:
    bench.reply = lambda _: Answer(204)
    assert bench.post() == (204, b"")
    bench.reply = lambda _: Answer(200, b"x" * 2_049)
    with pytest.raises(ModemError, match="a reply of 2049 bytes"):
        bench.post()
    assert not [line for line in bench.commands if line.startswith("AT+HTTPREAD")]


def test_a_network_that_closes_the_connection_is_asked_for_another(
    bench: Bench,
) -> None:
    bench.post()
    bench.module.lose_bearer()
    bench.world.run_for(1)
    bench.said = b""
    assert bench.post()[0] == 200
    assert "AT+CGACT=1,1" in bench.commands


def test_no_secret_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(monkeypatch, APN_USER="u", APN_PASSWORD="p" * 32)
    table = bench.module.table
    monkeypatch.setattr(table, "_handlers", dict(table._handlers))
    del table._handlers["+CGAUTH="]
    with pytest.raises(ModemError, match=r"CGAUTH=,\*\*\*: ERROR"):
        bench.finish(bench.modem.ready())
