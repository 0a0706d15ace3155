"""One client's Engine.IO connection, in revision 3 or 4, by polling or WebSocket; text only.

Written from the socket.io project's protocol documents alone, so that a mistake in the hub's client does not hide here.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
import json
import secrets
from typing import Any

from aiohttp import WSMsgType, web

_SEPARATOR = "\x1e"


def pack(revision: int, packets: list[str]) -> bytes:
    """Lay packets out as one polling body."""
    if revision == 4:
        return _SEPARATOR.join(packets).encode()
    return "".join(f"{len(each.encode('utf-16-le')) // 2}:{each}" for each in packets).encode()  # fmt: skip


def unpack(revision: int, body: bytes) -> list[str]:
    """Take a polling body apart. Raises ValueError."""
    if revision == 4:
        return body.decode().split(_SEPARATOR)
    if body[:1] == b"\x00":
        return list(_tagged(body))
    found = []
    data = body.decode().encode("utf-16-le")
    while data:
        colon = data.index(":".encode("utf-16-le"))
        stop = colon + 2 + 2 * int(data[:colon].decode("utf-16-le"))
        found.append(data[colon + 2 : stop].decode("utf-16-le"))
        data = data[stop:]
    return found


def _tagged(body: bytes) -> Iterator[str]:
    """Python's clients of 2021 post `<0><the length's decimal digits, a byte each><0xff><packet>…`."""
    while body:
        end = body.index(b"\xff")
        stop = end + 1 + int("".join(map(str, body[1:end])))
        yield body[end + 1 : stop].decode()
        body = body[stop:]


class Session:
    """A client. What is put into it is sent by whichever way the client has."""

    def __init__(self, revision: int, interval_s: float, timeout_s: float) -> None:
        """Both sides expect a sign of life within `interval_s` and `timeout_s` more."""
        self.sid = secrets.token_hex(10)
        self.revision = revision
        self.user = "pulse-test-user"
        self.joined = False
        self.gone = asyncio.Event()
        self.ended = False
        self._interval_s, self._timeout_s = interval_s, timeout_s
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._heard = asyncio.Event()
        self._socket: web.WebSocketResponse | None = None

    def opening(self, *, upgrade: bool) -> str:
        """Return the first packet."""
        return "0" + json.dumps(
            {
                "sid": self.sid,
                "upgrades": ["websocket"] if upgrade else [],
                "pingInterval": round(self._interval_s * 1000),
                "pingTimeout": round(self._timeout_s * 1000),
                **({"maxPayload": 1_000_000} if self.revision == 4 else {}),
            },
            separators=(",", ":"),
        )

    def join(self) -> None:
        """Let it into the default namespace."""
        self.joined = True
        self.put("40" + (json.dumps({"sid": self.sid}) if self.revision == 4 else ""))

    def emit(self, event: str, payload: Any) -> None:
        """Send an event; its payload is text, as all of veCharge's are."""
        text = payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))  # fmt: skip
        self.put("42" + json.dumps([event, text]))

    def end(self) -> None:
        """Tell the client that it is over; it is the client that hangs up."""
        self.ended = True
        self.put("41")
        if self.revision == 3:
            self.put("1")  # or Python's client of 2021 waits for ever

    async def drop(self) -> None:
        """Lose the connection."""
        self.gone.set()
        if self._socket is not None:
            await self._socket.close()

    def put(self, packet: str) -> None:
        """Queue a packet."""
        self._outbox.put_nowait(packet)

    async def poll(self) -> bytes:
        """Wait for packets, and return them as a body."""
        waiting = asyncio.create_task(self._outbox.get())
        gone = asyncio.create_task(self.gone.wait())
        await asyncio.wait([waiting, gone], timeout=self._interval_s + self._timeout_s, return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        gone.cancel()
        if not waiting.done():
            waiting.cancel()
            return pack(self.revision, ["6"])
        packets = [waiting.result()]
        while not self._outbox.empty():
            packets.append(self._outbox.get_nowait())
        return pack(self.revision, packets)

    def take(self, packet: str) -> None:
        """Take a packet of the client."""
        self._heard.set()
        if packet.startswith("2") and self.revision == 3:
            self.put("3" + packet[1:])
        elif packet.startswith("40") and self.revision == 4 and not self.joined:
            self.join()
        elif packet.startswith(("41", "1")):
            self.gone.set()

    async def watch(self, *, pings: bool) -> None:
        """Call the client gone when it has not been heard of; with revision 4 ask it."""
        while not self.gone.is_set():
            self._heard.clear()
            if pings and self.revision == 4:
                self.put("2")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self.gone.wait()
            if not self._heard.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._timeout_s):
                        await self._heard.wait()
            if not self._heard.is_set():
                await self.drop()

    async def serve(self, request: web.Request, *, probe: bool) -> web.WebSocketResponse:  # fmt: skip
        """Serve it over a WebSocket; with `probe`, as the upgrade of a connection that polls."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if probe:
            if (await socket.receive()).data != "2probe":
                return socket
            await socket.send_str("3probe")
            self.put("6")  # for a poll that waits
            if (await socket.receive()).data != "5":
                return socket
        self._socket = socket
        writing = asyncio.create_task(self._write(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.take(message.data)
        finally:
            writing.cancel()
            self.gone.set()
        return socket

    async def _write(self, socket: web.WebSocketResponse) -> None:
        with suppress(ConnectionError):
            while True:
                await socket.send_str(await self._outbox.get())
