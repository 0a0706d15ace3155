"""A POST of HTTP/1.1 and its reply (RFC 9112), as bytes; nothing here knows a socket."""

_HEAD_LIMIT = 4_096
_LINE_LIMIT = 64  # the size of a chunk, with extensions
_DIGITS = b"0123456789abcdef"


class HttpError(Exception):
    """What came back is no reply that can be used."""


def post(host: str, path: str, body: bytes) -> bytes:
    """Return the request; the other side is asked to close the connection after its reply."""
    head = (
        "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\n"
        "Content-Length: %d\r\nConnection: close\r\n\r\n" % (path, host, len(body))
    )
    return head.encode() + body


class Reply:
    """Takes a reply piece by piece. `complete` says when `status` and `body` are all there; `HttpError` when they never will be."""

    def __init__(self, limit: int) -> None:
        """`limit` is the longest body that is taken, in bytes."""
        self._limit = limit
        self._buffer = b""
        self._in_head = True
        self._chunked = False
        self._length: int | None = None
        self.status = 0
        self.body = b""
        self.complete = False

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data
        while self._in_head and self._take_head():
            pass
        if not self._in_head and not self.complete:
            if self._chunked:
                while self._take_chunk():
                    pass
            else:
                self._take_rest()

    def end(self) -> None:
        """The other side has closed the connection."""
        if not self._in_head and not self._chunked and self._length is None:
            self.complete = True  # a body that lasts until then
        if not self.complete:
            raise HttpError("the connection closed in the middle of a reply")

    def _take_head(self) -> bool:
        """Take a head, if it is all there, and return whether another one follows, as after `100 Continue`."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                raise HttpError("a reply without an end of its head")
            return False
        lines = self._buffer[:end].split(b"\r\n")
        self._buffer = self._buffer[end + 4 :]
        self.status = _status(lines[0])
        if self.status < 200:
            return True
        self._in_head = False
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            name, value = name.strip().lower(), value.strip().lower()
            if name == b"content-length":
                self._length = _number(value, 10)
            elif name == b"transfer-encoding":
                self._chunked = value.endswith(b"chunked")
        if self.status in (204, 304):
            self._length, self._chunked = 0, False
        return False

    def _take_rest(self) -> None:
        self._grow(self._buffer)
        self._buffer = b""
        if self._length is not None and len(self.body) >= self._length:
            self.body = self.body[: self._length]
            self.complete = True

    def _take_chunk(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _LINE_LIMIT:
                raise HttpError("a chunk without a size")
            return False
        size = _number(self._buffer[:end].partition(b";")[0].strip().lower(), 16)
        if size == 0:  # trailers may follow; the connection closes anyway
            self.complete = True
            return False
        if size > self._limit:
            raise HttpError("a chunk of %d bytes" % size)
        after = end + 2 + size
        if len(self._buffer) < after + 2:
            return False
        self._grow(self._buffer[end + 2 : after])
        if self._buffer[after : after + 2] != b"\r\n":
            raise HttpError("a chunk that does not end")
        self._buffer = self._buffer[after + 2 :]
        return True

    def _grow(self, data: bytes) -> None:
        if max(len(self.body) + len(data), self._length or 0) > self._limit:
            raise HttpError("a reply of more than %d bytes" % self._limit)
        self.body += data


def _status(line: bytes) -> int:
    """`HTTP/1.1 200 OK`."""
    fields = line.split(b" ")
    if not line.startswith(b"HTTP/1.") or len(fields) < 2 or len(fields[1]) != 3:
        raise HttpError("not HTTP")
    return _number(fields[1], 10)


def _number(digits: bytes, base: int) -> int:
    number = 0
    for digit in digits:
        value = _DIGITS.find(bytes([digit]))
        if not 0 <= value < base:
            raise HttpError("not a number")
        number = number * base + value
    if not 1 <= len(digits) <= 7:
        raise HttpError("not a number")
    return number
