"""`ssl`: TLS around a socket. The handshake happens within the first `send`, and holds the processor for its arithmetic.

Certificates are checked for real, by this machine's TLS, when the request leaves.
"""

import errno
import ssl
from typing import Any

from ..board.board import Board
from ..world import MILLISECOND

# One step of an RP2350; three of them wait for the other side.
_ARITHMETIC_NS = 150 * MILLISECOND
_STEPS = 3


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""

    class SSLSocket:
        """A socket with TLS around it."""

        def __init__(self, socket: Any, context: ssl.SSLContext) -> None:
            self._socket = socket
            self._steps = _STEPS
            socket.stream.tls = context

        def connect(self, address: tuple[str, int]) -> None:
            self._socket.connect(address)

        def settimeout(self, value: float | None) -> None:
            self._socket.settimeout(value)

        def setblocking(self, flag: bool) -> None:
            self._socket.setblocking(flag)

        def send(self, data: bytes) -> int:
            if self._steps:
                self._socket.send(b"")
                self._steps -= 1
                board.work(_ARITHMETIC_NS)
                raise OSError(errno.EAGAIN, "EAGAIN")
            return int(self._socket.send(data))

        def recv_into(self, buffer: bytearray, bufsize: int = 0) -> int:
            return int(self._socket.recv_into(buffer, bufsize))

        def close(self) -> None:
            self._socket.close()

    class SSLContext:
        """What is trusted."""

        def __init__(self) -> None:
            self._context = ssl.create_default_context()

        def load_verify_locations(self, cafile: str = "", cadata: str = "") -> None:
            board.work()
            self._context = ssl.create_default_context(cadata=cadata)

        def wrap_socket(
            self, sock: Any, *, server_side: bool = False, server_hostname: str = ""
        ) -> SSLSocket:
            board.work(_ARITHMETIC_NS)
            return SSLSocket(sock, self._context)

    return {
        "SSLContext": SSLContext,
        "SSLSocket": SSLSocket,
        "create_default_context": SSLContext,
    }
