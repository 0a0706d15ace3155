"""HTTP/1.1 for devices: whole requests go to one function, its answers go out in one piece.

Thousands of messages a second pass through here, each in one read and one write: llhttp parses, and there is nothing
between it and the function. What comes is bounded: the head, the body, the time for either, and how much of a pipeline
waits for its turn.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
import socket
from urllib.parse import unquote_to_bytes

import httptools
from msgspec import Struct

from . import idle
from .answer import CONTINUE, TEXT, Answer

HEAD = 16_384  # bytes of a request's line and headers
BODY_S = 60.0  # 16 kB at the 9.6 kbit/s of a bad GSM cell take 14 s
KEPT_S = 3600.0  # a connection that asks for nothing more
LINGER_S = 2.0  # for a client that still sends what nobody reads, until it has read why
CHUNKED = 8  # times its body: what the frames of a body in chunks may come to
READ = 65_536  # bytes at once

_CLOSE, _KEEP = "Connection: close\r\n", "Connection: keep-alive\r\n"


class Request(Struct, frozen=True):
    """A whole request."""

    method: bytes
    path: str
    """Without the query, decoded."""
    headers: dict[bytes, bytes]
    """By their names in lower case."""
    body: bytes
    remote: str | None
    """The address of whoever asks."""
    keep_alive: bool = True
    version: str = "1.1"


class Wire:
    """A server: its connections, and what it does for them."""

    def __init__(
        self,
        answer: Callable[[Request], Awaitable[Answer]],
        most: Callable[[str], int],
    ) -> None:
        """`answer` must not raise; `most` says how many bytes a body for a path may have."""
        self.answer = answer
        self.most = most
        # One for all connections: what is in it has been parsed before another one reads. A new one of asyncio's own size for
        # each read would be mapped and unmapped by the kernel, which takes longer than everything else about HTTP.
        self.buffer = memoryview(bytearray(READ))
        self.connections: set[_Connection] = set()
        self.working: dict[_Connection, asyncio.Task[None]] = {}

    async def serve(
        self, stack: AsyncExitStack, listening: socket.socket, stop_s: float
    ) -> None:
        """Serve until the stack is unwound; what is being answered then gets so much time."""
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), sock=listening, backlog=1024
        )
        sweeping = asyncio.create_task(self._sweep())

        async def stop() -> None:
            sweeping.cancel()
            server.close()
            for connection in list(self.connections):
                connection.leave()
            if self.working:
                _, late = await asyncio.wait(self.working.values(), timeout=stop_s)
                for task in late:
                    task.cancel()
            for connection in list(self.connections):
                connection.abort()
            with suppress(asyncio.CancelledError):
                await sweeping

        stack.push_async_callback(stop)

    async def _sweep(self) -> None:
        """Close connections that never ask for anything, which would use up the file descriptors."""
        while True:
            await asyncio.sleep(idle.PATIENCE_S / 4)
            now_s = asyncio.get_running_loop().time()
            for connection in list(self.connections):
                if connection.is_idle(now_s):
                    connection.abort()


class _Connection(asyncio.BufferedProtocol):
    """One connection; its requests are answered one after the other."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._remote: str | None = None
        self._since_s = self._loop.time()
        self._asked = 0
        # The request that is being read.
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()
        self._path: str | None = None
        self._most = 0
        self._raw = 0
        self._slow: asyncio.TimerHandle | None = None
        # Those that were read, and what refuses all that follow.
        self._waiting: deque[Request] = deque()
        self._refusal: Answer | None = None
        self._busy = self._held = self._leaving = False
        self._writable: asyncio.Future[None] | None = None

    def is_idle(self, now_s: float) -> bool:
        """Whether it has asked for nothing for too long."""
        if self._busy or self._path is not None:
            return False
        begun = self._raw or not self._asked
        return now_s - self._since_s >= (idle.PATIENCE_S if begun else KEPT_S)

    def leave(self) -> None:
        """Close it once nothing is being answered."""
        self._leaving = True
        if not self._busy:
            self._transport.close()

    def abort(self) -> None:
        """Close it now."""
        self._transport.abort()

    # --- asyncio's side ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._remote = peer[0] if peer else None
        self._wire.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire.connections.discard(self)
        self._leaving = True
        self._waiting.clear()
        self._time(None)
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def eof_received(self) -> bool:
        """Keep the connection while there is something to answer."""
        self._leaving = True
        return self._busy

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._wire.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._refusal is not None or self._leaving:
            return  # nobody will answer it
        asked = self._asked
        try:
            self._parser.feed_data(self._wire.buffer[:nbytes])
        except httptools.HttpParserUpgrade:
            self._leaving = True  # what follows is another protocol
        except httptools.HttpParserError:
            self._refusal = self._refusal or _refusal(400, "Not HTTP")
        if self._asked == asked and self._refusal is None:
            self._count(nbytes)
        if self._busy:
            if self._waiting and not self._held:
                self._held = True
                self._transport.pause_reading()
        elif self._waiting or self._refusal is not None:
            self._busy = True
            task = asyncio.Task(self._work(), loop=self._loop, eager_start=True)
            if not task.done():
                self._wire.working[self] = task

    def _count(self, length: int) -> None:
        """Bound what belongs to one request and is not complete yet."""
        self._raw += length
        if self._path is None:
            if self._raw > HEAD:
                self._refusal = _refusal(431, "Too many headers")
            return
        if self._raw > HEAD + CHUNKED * self._most:
            self._refusal = _TOO_LARGE
        elif self._slow is None:
            self._slow = self._loop.call_later(BODY_S, self._is_slow)

    def _is_slow(self) -> None:
        self._refusal = _refusal(400, "Too slow")
        if not self._busy:
            self._refuse()

    def _time(self, timer: asyncio.TimerHandle | None) -> None:
        if self._slow is not None:
            self._slow.cancel()
        self._slow = timer

    # --- llhttp's side -----------------------------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        try:
            self._path = _path(self._target)
        except httptools.HttpParserInvalidURLError:
            self._path, self._refusal = "", _refusal(400, "Not HTTP")
        if len(self._target) + sum(map(len, self._headers.values())) > HEAD:
            self._refusal = _refusal(431, "Too many headers")
        self._most = self._wire.most(self._path)
        length = self._headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._most:
            self._refusal = self._refusal or _TOO_LARGE
        elif self._headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(CONTINUE)

    def on_body(self, part: bytes) -> None:
        if len(self._body) + len(part) <= self._most:
            self._body += part
        else:
            self._refusal = self._refusal or _TOO_LARGE

    def on_message_complete(self) -> None:
        if self._refusal is None:
            self._waiting.append(
                Request(
                    self._parser.get_method(),
                    self._path or "",
                    self._headers,
                    bytes(self._body),
                    self._remote,
                    self._parser.should_keep_alive(),
                    self._parser.get_http_version(),
                )
            )
        self._asked += 1
        self._since_s = self._loop.time()
        self._target, self._path, self._raw = b"", None, 0
        self._headers, self._body = {}, bytearray()
        if self._slow is not None:
            self._time(None)

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Answer what waits, in its order."""
        while self._waiting:
            request = self._waiting.popleft()
            answer = await self._wire.answer(request)
            if self._transport.is_closing():
                break
            ends = not request.keep_alive or (self._leaving and not self._waiting)
            said = _CLOSE if ends else "" if request.version == "1.1" else _KEEP
            self._transport.write(answer.encode(said, head=request.method == b"HEAD"))
            if ends:
                self._transport.close()
                break
            if self._writable is not None:
                await self._writable
        self._busy = False
        self._wire.working.pop(self, None)
        if self._held and not self._transport.is_closing():
            self._held = False
            self._transport.resume_reading()
        if self._refusal is not None:
            self._refuse()

    def _refuse(self) -> None:
        """Say why, and read no more; but let the client read that before the connection is cut."""
        if self._refusal is None or self._transport.is_closing():
            return
        self._transport.write(self._refusal.encode(_CLOSE))
        # A client that has gone meanwhile is no longer connected; the transport finds out by itself.
        with suppress(OSError):
            self._transport.write_eof()
        self._time(self._loop.call_later(LINGER_S, self._transport.close))


def _refusal(status: int, line: str) -> Answer:
    return Answer(status, line.encode(), TEXT)


_TOO_LARGE = _refusal(413, "Request Entity Too Large")


def _path(target: bytes) -> str:
    """Return the path of a request's target. Raises HttpParserInvalidURLError."""
    if not target.startswith(b"/") or b"?" in target or b"%" in target:
        target = unquote_to_bytes(httptools.parse_url(target).path or b"/")
    return target.decode("utf-8", "replace")
