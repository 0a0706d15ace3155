"""Sockets that never wait: task steps over CircuitPython's `socketpool`.

Everything is tried again every `POLL_MS` until it works or the time is over. Connecting goes on by itself while
`send` says "not yet"; so does the handshake of TLS, except for its arithmetic.
"""

from kickwatt import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TypeVar

    from socketpool import Socket, SocketPool

    Found = TypeVar("Found")

POLL_MS = 20
_PIECE = 512
_PACKET_LIMIT = 512
_ASK_MS = 1_500
_ASKS = 3
# OSError numbers for "not yet", of MicroPython and of ESP-IDF: EAGAIN, EALREADY, EINPROGRESS.
_NOT_YET = (11, 114, 115, 119, 120)
# What a connection that is not there yet may say as well: ENOTCONN, and ETIMEDOUT for a wait of no time.
_CONNECTING = (107, 128, 110, 116)


class NetTimeout(Exception):
    """Nothing came in time."""


def connect(pool: SocketPool, address: str, port: int) -> Socket:
    """Begin to connect and return the socket at once; the first `send` shows how it went. Raises OSError."""
    socket = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
    socket.settimeout(0)
    try:
        socket.connect((address, port))
    except OSError as error:
        if error.errno not in _NOT_YET and error.errno not in _CONNECTING:
            socket.close()
            raise
    return socket


def send(socket: Socket, data: bytes, timeout_ms: int) -> Generator[int, None, None]:
    """Send everything. Raises OSError, NetTimeout."""
    deadline = clock.now_ms() + timeout_ms
    sent = 0
    while sent < len(data):
        try:
            sent += socket.send(data[sent : sent + _PIECE])
            yield 0
        except OSError as error:
            if not _wait_for(error, sent == 0):
                raise
            if clock.now_ms() >= deadline:
                raise NetTimeout("no connection") from None
            yield POLL_MS


def receive(
    socket: Socket, take: Callable[[bytes], bool], timeout_ms: int
) -> Generator[int, None, None]:
    """Give `take` what comes, b"" when the other side closes, until it returns true. Raises OSError, NetTimeout."""
    deadline = clock.now_ms() + timeout_ms
    buffer = bytearray(_PIECE)
    while True:
        try:
            count = socket.recv_into(buffer, _PIECE)
        except OSError as error:
            if not _wait_for(error, False):
                raise
            if clock.now_ms() >= deadline:
                raise NetTimeout("no answer") from None
            yield POLL_MS
            continue
        if take(bytes(buffer[:count])) or not count:
            return
        yield 0


def ask(
    pool: SocketPool,
    address: tuple[str, int],
    packet: bytes,
    read: Callable[[bytes], Found | None],
) -> Generator[int, None, Found]:
    """Send a datagram, some times, until `read` makes something of an answer. Raises OSError, NetTimeout."""
    socket = pool.socket(pool.AF_INET, pool.SOCK_DGRAM)
    socket.settimeout(0)
    buffer = bytearray(_PACKET_LIMIT)
    try:
        for _ in range(_ASKS):
            socket.sendto(packet, address)
            deadline = clock.now_ms() + _ASK_MS
            while clock.now_ms() < deadline:
                try:
                    count, _ = socket.recvfrom_into(buffer)
                except OSError as error:
                    if not _wait_for(error, True):
                        raise
                    yield POLL_MS
                    continue
                found = read(bytes(buffer[:count]))
                if found is not None:
                    return found
        raise NetTimeout("no answer")
    finally:
        socket.close()


def _wait_for(error: OSError, connecting: bool) -> bool:
    return error.errno in _NOT_YET or (connecting and error.errno in _CONNECTING)
