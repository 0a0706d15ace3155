"""Answers that go out in one piece.

`web.Response` takes as long as everything else that a device's message needs: headers in a dictionary, cookies, a
compressor, chunks. A device gets a status, two headers and a short body.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    for status in HTTPStatus
}
OCTETS = "Content-Type: application/octet-stream\r\n"
JSON = "Content-Type: application/json\r\n"
TEXT = "Content-Type: text/plain; charset=utf-8\r\n"


@dataclass(slots=True)
class Answer:
    """What aiohttp's server asks of a response, and no more. Each line of `headers` ends with CR LF."""

    status: int
    body: bytes = b""
    headers: str = ""
    keep_alive: bool = True
    _request: web.BaseRequest | None = None

    async def prepare(self, request: web.BaseRequest) -> None:
        """Note whom to answer."""
        self._request = request
        self.keep_alive = request.keep_alive

    async def write_eof(self, _data: Any = b"") -> None:
        """Send it, and wait where the client takes nothing. Raises ConnectionResetError."""
        request = self._request
        assert request is not None
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("The client has gone.")
        transport.write(self._bytes(request))
        await request.writer.drain()

    def _bytes(self, request: web.BaseRequest) -> bytes:
        head = f"{_LINES[self.status]}{self.headers}"
        if self.status != HTTPStatus.NO_CONTENT:
            head += f"Content-Length: {len(self.body)}\r\n"
        if not self.keep_alive:
            head += "Connection: close\r\n"
        elif request.version < (1, 1):
            head += "Connection: keep-alive\r\n"
        body = b"" if request.method == "HEAD" else self.body
        return f"{head}\r\n".encode() + body
