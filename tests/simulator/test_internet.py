"""What the modem's client makes of real servers, and of what is none."""

from collections.abc import Iterator
import socket
import threading
import time

import pytest

from kickwatt_sim.internet import Answer, Internet, Request, exchange
from kickwatt_sim.pace import RealPace
from kickwatt_sim.world import World


def request(url: str, method: str = "POST", timeout_s: float = 60.0) -> Request:
    return Request(method, url, (("User-Agent", "SIMCom_MODULE"),), b"hello", timeout_s)


class Server:
    """Answers every connection with fixed bytes."""

    def __init__(self, answer: bytes, *, waits: bool = False) -> None:
        """With `waits`, it answers once `go` is set."""
        self.go = threading.Event()
        if not waits:
            self.go.set()
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/path?x=1"
        self._answer = answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                heard = b""
                while not heard.endswith(b"hello"):
                    heard += connection.recv(4096)
                self.heard.append(heard)
                self.go.wait()
                connection.sendall(self._answer)

    def close(self) -> None:
        self.go.set()
        self._socket.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, kept from everybody else."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Answer(200, b"hi")),
        (
            b"HTTP/1.1 409 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Answer(409, b"hi"),
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", Answer(200, b"to the end")),
        (
            b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
            Answer(302),
        ),
        (b"SSH-2.0-OpenSSH\r\n", Answer(600)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\ncut", Answer(200, b"cut")),
        (b"", Answer(601)),
    ],
)
def test_answers_of_servers(sent: bytes, answer: Answer) -> None:
    server = Server(sent)
    assert exchange(request(server.url)) == answer
    assert server.heard[0].startswith(b"POST /path?x=1 HTTP/1.1\r\n")
    assert b"User-Agent: SIMCom_MODULE\r\n" in server.heard[0]
    server.close()


def test_a_closed_port_is_a_network_error(closed_port: int) -> None:
    assert exchange(request(f"http://127.0.0.1:{closed_port}/")) == Answer(601)


def test_a_server_that_never_answers_is_a_network_error() -> None:
    server = Server(b"", waits=True)
    began = time.monotonic()
    assert exchange(request(server.url, timeout_s=0.2)) == Answer(601)
    assert time.monotonic() - began < 60
    server.close()


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://hub.example/", 605),
        ("ftp://hub.example/", 600),
        ("http://", 600),
        ("http://[broken/", 600),
        ("http://hub.example:99999/", 600),
        ("http://no-such-host.invalid/", 603),
    ],
)
def test_addresses_that_lead_nowhere(url: str, status: int) -> None:
    assert exchange(request(url)).status == status


def test_in_a_virtual_world_an_answer_takes_no_time() -> None:
    world, heard = World(), []
    Internet(world, lambda _request: Answer(200, b"x")).send(
        request("http://x/"), heard.append
    )
    assert heard == [Answer(200, b"x")]
    assert world.now_ns == 0


def test_in_a_paced_world_the_rest_goes_on_meanwhile() -> None:
    server = Server(b"HTTP/1.1 204 OK\r\n\r\n", waits=True)
    world, heard, ticks = World(pace=RealPace(10, epoch_s=time.time())), [], []

    def tick() -> None:
        ticks.append(world.now_s)
        if len(ticks) == 5:
            server.go.set()
        world.after(0.5, tick)

    tick()
    Internet(world).send(request(server.url), heard.append)
    world.advance(600 * 10**9, lambda: bool(heard))
    assert heard == [Answer(204)]
    assert len(ticks) >= 5
    server.close()
