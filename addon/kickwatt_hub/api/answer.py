"""Answers that go out in one piece: a device gets a status, two headers and a short body."""

from http import HTTPStatus

from msgspec import Struct

_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    for status in HTTPStatus
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OCTETS = "Content-Type: application/octet-stream\r\n"
JSON = "Content-Type: application/json\r\n"
TEXT = "Content-Type: text/plain; charset=utf-8\r\n"


class Answer(Struct, frozen=True, gc=False):
    """A response. Each line of `headers` ends with CR LF."""

    status: int
    body: bytes = b""
    headers: str = ""

    def encode(self, *connection: str, head: bool = False) -> bytes:
        """Return it as it goes over the wire, with what is to be said of the connection; with `head` without its body."""
        length = (
            ""
            if self.status == HTTPStatus.NO_CONTENT
            else f"Content-Length: {len(self.body)}\r\n"
        )
        lines = f"{_LINES[self.status]}{self.headers}{length}{''.join(connection)}\r\n"
        return lines.encode() + (b"" if head else self.body)
