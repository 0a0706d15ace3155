"""`socketpool`: TCP and UDP sockets through the board's radio."""

from collections.abc import Callable
import errno
from typing import Any

from ..board.board import Board
from ..parts.radio import Datagrams, Stream
from ..world import MILLISECOND, NEVER, nanoseconds

_AF_INET, _SOCK_STREAM, _SOCK_DGRAM = 2, 1, 2
_STEP_NS = 5 * MILLISECOND


def _wait[Found](
    board: Board, timeout_s: float | None, attempt: Callable[[], Found]
) -> Found:
    """Do it again until it works or the time is over."""
    forever = timeout_s is None
    ends_ns = NEVER if forever else board.world.now_ns + nanoseconds(timeout_s or 0)
    while True:
        board.work()
        try:
            return attempt()
        except OSError as error:
            if error.errno != errno.EAGAIN or timeout_s == 0:
                raise
            if board.world.now_ns >= ends_ns:
                raise OSError(errno.ETIMEDOUT, "ETIMEDOUT") from None
        board.sleep_until(board.world.now_ns + _STEP_NS)


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    radio = board.radio

    class Socket:
        """One socket; made by a pool only."""

        def __init__(self, kind: int) -> None:
            self.type = kind
            self.stream = Stream(radio) if kind == _SOCK_STREAM else None
            self._datagrams = Datagrams(radio)
            self._timeout_s: float | None = None
            self._closed = False

        def settimeout(self, value: float | None) -> None:
            self._timeout_s = value

        def setblocking(self, flag: bool) -> None:
            self._timeout_s = None if flag else 0

        def setsockopt(self, _level: int, _name: int, _value: int) -> None:
            pass

        def connect(self, address: tuple[str, int]) -> None:
            stream = self._open_stream()
            board.work()
            stream.connect(*address)
            if self._timeout_s == 0:
                raise OSError(errno.EINPROGRESS, "EINPROGRESS")

            def connected() -> None:
                if not stream.connected:
                    raise OSError(errno.EAGAIN, "EAGAIN")

            _wait(board, self._timeout_s, connected)

        def send(self, data: bytes) -> int:
            stream = self._open_stream()
            return _wait(board, self._timeout_s, lambda: stream.send(bytes(data)))

        def sendall(self, data: bytes) -> None:
            self.send(data)

        def recv_into(self, buffer: bytearray, bufsize: int = 0) -> int:
            stream = self._open_stream()
            most = min(bufsize or len(buffer), len(buffer))
            found = _wait(board, self._timeout_s, lambda: stream.receive(most))
            buffer[: len(found)] = found
            return len(found)

        def sendto(self, data: bytes, address: tuple[str, int]) -> int:
            board.work()
            self._datagrams.send(bytes(data), address)
            return len(data)

        def recvfrom_into(self, buffer: bytearray) -> tuple[int, tuple[str, int]]:
            found, sender = _wait(board, self._timeout_s, self._datagrams.receive)
            count = min(len(found), len(buffer))
            buffer[:count] = found[:count]
            return count, sender

        def close(self) -> None:
            self._closed = True

        def _open_stream(self) -> Stream:
            if self._closed or self.stream is None:
                raise OSError(errno.EBADF, "EBADF")
            return self.stream

    class SocketPool:
        """Where sockets come from."""

        AF_INET = _AF_INET
        SOCK_STREAM = _SOCK_STREAM
        SOCK_DGRAM = _SOCK_DGRAM

        class gaierror(OSError):
            """No such name."""

        def __init__(self, _radio: object) -> None:
            board.work()

        def socket(
            self,
            family: int = _AF_INET,
            type: int = _SOCK_STREAM,
            proto: int = 0,
        ) -> Socket:
            board.work()
            if family != _AF_INET:
                raise NotImplementedError("Only IPv4 sockets supported")
            return Socket(type)

        def getaddrinfo(
            self,
            host: str,
            port: int,
            family: int = 0,
            type: int = 0,
            proto: int = 0,
            flags: int = 0,
        ) -> list[tuple[int, int, int, str, tuple[str, int]]]:
            # The core waits for the resolver, for seconds if need be.
            radio.require()
            board.sleep(nanoseconds(0.03 if radio.access.resolves else 7.0))
            address = radio.resolve(host) if radio.access.resolves else None
            if address is None:
                raise self.gaierror(-2, "Name or service not known")
            return [(_AF_INET, _SOCK_STREAM, 0, "", (address, port))]

    return {"Socket": Socket, "SocketPool": SocketPool}
