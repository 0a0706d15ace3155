"""A Wi-Fi radio, the access point near it, and the TCP and UDP sockets that go through both.

A TCP socket carries one request of HTTP, which leaves with the courier; so whatever lies on the way to the hub does to it what
it does to a modem's. The reply comes back as a server would write it: in pieces, with a length or in chunks, by the dice.
Two servers stand in the network itself: a resolver (ports 53 and 5353) and a time server (port 123).
"""

from collections.abc import Callable
from dataclasses import dataclass
import errno
from http import HTTPStatus
import ssl
import struct
from typing import Final

from ..courier import Courier, Outcome
from ..internet import NETWORK_ERROR, TLS_FAILED, Answer, Request
from ..world import Event, World

_JOIN_S: Final = (1.5, 4.0)
_LATENCY_S: Final = (0.004, 0.03)
_HINDERED_S: Final = 3.0
_SEGMENT_BYTES: Final = 1_460
_TIMEOUT_S: Final = 60.0
_RESOLVER: Final = "192.168.4.1"
_OWN_ADDRESS: Final = "192.168.4.17"
_1900_TO_1970_S: Final = 2_208_988_800


@dataclass
class AccessPoint:
    """The network where the board stands."""

    name: str
    password: str
    present: bool = True
    rssi_dbm: int = -61
    resolves: bool = True
    tells_time: bool = True
    # Connections break as soon as a request goes out.
    resets: bool = False
    # Names that the resolver knows although they exist nowhere else.
    local_names: frozenset[str] = frozenset()


class Radio:
    """The board's radio. `joined` says whether it is in the network; `failure` why the last try was not."""

    def __init__(self, world: World, courier: Courier, access: AccessPoint) -> None:
        """Make a radio that is in no network."""
        self.world = world
        self.courier = courier
        self.access = access
        self.luck = world.random("radio")
        # Hear that something has arrived, so that a board which naps wakes up.
        self.on_arrival: Callable[[], None] = lambda: None
        self.enabled = True
        self.joining: Event | None = None
        self.failure = ""
        self._joined = False
        self._names: dict[str, str] = {}

    @property
    def joined(self) -> bool:
        """Whether the board is in the network."""
        return self._joined and self.enabled and self.access.present

    def join(self, name: str, password: str) -> None:
        """Begin to join; how it went is to be seen later."""
        self.leave()
        self.failure = ""

        def done() -> None:
            self.joining = None
            if not self.access.present or name != self.access.name:
                self.failure = "No network with that ssid"
            elif password != self.access.password:
                self.failure = "Authentication failure"
            else:
                self._joined = True
            self.on_arrival()

        self.joining = self.world.after(self.luck.uniform(*_JOIN_S), done)

    def leave(self) -> None:
        """Leave the network, or stop joining it."""
        if self.joining is not None:
            self.joining.cancel()
            self.joining = None
        self._joined = False

    @property
    def address(self) -> str | None:
        """The board's own address."""
        return _OWN_ADDRESS if self.joined else None

    @property
    def resolver(self) -> str | None:
        """The address of the network's resolver."""
        return _RESOLVER if self.joined else None

    def resolve(self, name: str) -> str | None:
        """Return an address that stands for a name here, or None when there is no such name."""
        if name not in self.access.local_names and not self.courier.internet.knows(
            name
        ):
            return None
        for address, known in self._names.items():
            if known == name:
                return address
        address = f"198.51.100.{len(self._names) % 250 + 1}"
        self._names[address] = name
        return address

    def name(self, address: str) -> str:
        """Return the name that an address stands for, else the address."""
        return self._names.get(address, address)

    def require(self) -> None:
        """Raise what the core raises without a network."""
        if not self.joined:
            raise OSError(errno.EHOSTUNREACH, "EHOSTUNREACH")

    def delay_s(self) -> float:
        """Return how long a packet takes."""
        return self.luck.uniform(*_LATENCY_S)


class Stream:
    """A TCP socket that never waits: `OSError` with EAGAIN means "not yet"."""

    def __init__(self, radio: Radio) -> None:
        """Make one that is not connected."""
        self._radio = radio
        self._world = radio.world
        self.tls: ssl.SSLContext | None = None
        self._connected_ns: int | None = None
        self._address = ("", 0)
        self._sent = b""
        self._arrived = b""
        self._asked = False
        self._closed_by_peer = False
        self._broken: OSError | None = None

    @property
    def begun(self) -> bool:
        """Whether somebody has told it to connect."""
        return self._connected_ns is not None

    @property
    def connected(self) -> bool:
        """Whether the connection is there."""
        return (
            self._connected_ns is not None and self._world.now_ns >= self._connected_ns
        )

    def connect(self, address: str, port: int) -> None:
        """Begin to connect."""
        self._radio.require()
        self._address = (address, port)
        delay_ns = int(2e9 * self._radio.delay_s())
        self._connected_ns = self._world.now_ns + delay_ns

    def send(self, data: bytes) -> int:
        """Send, and return how many bytes were taken."""
        self._check()
        self._sent += data
        if not self._asked and (request := self._request()) is not None:
            self._asked = True
            self._ask(request)
        return len(data)

    def receive(self, most: int) -> bytes:
        """Return what has arrived, b"" when the other side has closed."""
        self._check()
        if not self._arrived:
            if self._closed_by_peer:
                return b""
            raise OSError(errno.EAGAIN, "EAGAIN")
        taken, self._arrived = self._arrived[:most], self._arrived[most:]
        return taken

    def _check(self) -> None:
        if self._broken is not None:
            raise self._broken
        if self._connected_ns is None:
            raise OSError(errno.ENOTCONN, "ENOTCONN")
        self._radio.require()
        if not self.connected:
            raise OSError(errno.EAGAIN, "EAGAIN")

    # --- the other side

    def _request(self) -> Request | None:
        """Return the request that was sent, when it is all there."""
        head, end, body = self._sent.partition(b"\r\n\r\n")
        if not end:
            return None
        lines = head.decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines[1:]]
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if len(body) < int(headers.get("content-length", "0")):
            return None
        method, path, _version = lines[0].split(" ")
        host, port = self._radio.name(self._address[0]), self._address[1]
        scheme = "http" if self.tls is None else "https"
        return Request(
            method,
            f"{scheme}://{host}:{port}{path}",
            tuple((name, value) for name, value in headers.items() if name != "host"),
            body,
            _TIMEOUT_S,
            self.tls,
        )

    def _ask(self, request: Request) -> None:
        courier, world = self._radio.courier, self._world
        if self._radio.access.resets:
            world.after(self._radio.delay_s(), lambda: self._break(errno.ECONNRESET))
            return
        hindrance = courier.hindrance(request)

        def answered(outcome: Outcome) -> None:
            if outcome is None:
                return
            courier.tell(request, outcome)
            world.after(
                self._radio.delay_s() + courier.slowness_s, lambda: self._reply(outcome)
            )

        if hindrance is not None:
            world.after(_HINDERED_S, lambda: answered(hindrance))
        else:
            world.after(self._radio.delay_s(), lambda: courier.send(request, answered))

    def _reply(self, answer: Answer) -> None:
        if answer.status >= NETWORK_ERROR:
            secure = answer.status == TLS_FAILED
            self._break(errno.EIO if secure else errno.ECONNRESET)
            return
        data, luck, after_s = _written(answer, self._radio), self._radio.luck, 0.0
        while data:
            size = luck.randint(1, _SEGMENT_BYTES)
            piece, data = data[:size], data[size:]
            self._world.after(after_s, lambda piece=piece: self._arrive(piece))  # type: ignore[misc]
            after_s += luck.uniform(0.0, 0.01)
        self._world.after(after_s, self._end)

    def _arrive(self, data: bytes) -> None:
        self._arrived += data
        self._radio.on_arrival()

    def _end(self) -> None:
        self._closed_by_peer = True
        self._radio.on_arrival()

    def _break(self, number: int) -> None:
        name = "TLS" if number == errno.EIO else errno.errorcode[number]
        self._broken = OSError(number, name)
        self._radio.on_arrival()


class Datagrams:
    """A UDP socket that never waits."""

    def __init__(self, radio: Radio) -> None:
        """Make one."""
        self._radio = radio
        self._arrived: list[tuple[bytes, tuple[str, int]]] = []

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        """Send a datagram to one of the network's servers, or to nobody."""
        self._radio.require()
        access, radio = self._radio.access, self._radio
        answer: bytes | None = None
        if address[1] in (53, 5353) and access.resolves:
            answer = _resolved(data, radio)
        elif address[1] == 123 and access.tells_time:
            answer = _timed(data, radio.world.wall_s)
        if answer is not None:
            found = answer
            radio.world.after(radio.delay_s(), lambda: self._arrive(found, address))

    def receive(self) -> tuple[bytes, tuple[str, int]]:
        """Return a datagram and its sender."""
        self._radio.require()
        if not self._arrived:
            raise OSError(errno.EAGAIN, "EAGAIN")
        return self._arrived.pop(0)

    def _arrive(self, data: bytes, address: tuple[str, int]) -> None:
        self._arrived.append((data, address))
        self._radio.on_arrival()


def _written(answer: Answer, radio: Radio) -> bytes:
    """Return a reply as a server writes it."""
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "?"
    head = f"HTTP/1.1 {answer.status} {reason}\r\nServer: test\r\nConnection: close\r\n"
    if radio.luck.random() < 0.5:
        length = f"content-length: {len(answer.body)}\r\n\r\n"
        return (head + length).encode() + answer.body
    text, rest = (head + "Transfer-Encoding: chunked\r\n\r\n").encode(), answer.body
    while rest:
        size = radio.luck.randint(1, 400)
        piece, rest = rest[:size], rest[size:]
        text += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    return text + b"0\r\n\r\n"


def _resolved(query: bytes, radio: Radio) -> bytes:
    """Return a resolver's answer (RFC 1035), with an alias before the address."""
    number, at, labels = query[:2], 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12 : at + 5]
    address = radio.resolve(".".join(labels))
    if address is None:
        return number + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + question
    alias = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x0c"
    place = bytes(int(part) for part in address.split("."))
    found = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + place
    return number + struct.pack(">HHHHH", 0x8180, 1, 2, 0, 0) + question + alias + found


def _timed(query: bytes, wall_s: float) -> bytes:
    """Return a time server's answer (RFC 4330)."""
    head = bytes([0x24, 2]) + bytes(22)
    seconds = struct.pack(">I", (int(wall_s) + _1900_TO_1970_S) & 0xFFFFFFFF)
    return head + query[40:48] + seconds + bytes(4) + seconds + bytes(4)
