"""Socket.IO for clients of 2021 next to those of today, on one path.

python-socketio 5 speaks Engine.IO 4 only. The classes below keep its events, rooms and sessions and change what is
different on the wire for clients that say `EIO=3` (JavaScript 1.x and 2.x, Python 4.x): who pings, how polling bodies
are laid out, and that the default namespace is joined without being asked. Of both generations they take only what
`incoming` lets pass: whoever says anything else is disconnected.

They override names that the libraries call private, hence the pinned versions in pyproject.toml; the tests with the real
clients of both generations say when one of them has moved.

Sources: Engine.IO protocol revisions 3 and 4, Socket.IO protocol revisions 4 and 5 (the socket.io project's own documents).
"""

import asyncio
import time
from typing import Any

from aiohttp import web
import engineio
from engineio import async_socket, exceptions, packet
import socketio
from socketio import packet as events

from ... import engineio3
from . import incoming

_PROTOCOL = "kickwatt.engineio_protocol"
JOIN_S = 20.0  # for a client of revision 4 to say who it is; one of revision 3 has to at once


def encode_payload(packets: list[packet.Packet]) -> bytes:
    """Lay packets out as every client of revision 3 reads them."""
    return engineio3.join(each.encode() for each in packets)


class _Frames:
    """A WebSocket of which nonsense is as good as its end."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.close = socket.close
        self.send = socket.send

    async def wait(self) -> str:
        try:
            return incoming.checked(await self._socket.wait())
        except incoming.NonsenseError as error:
            raise OSError(*error.args) from error


class Eio4Socket(async_socket.AsyncSocket):  # type: ignore[misc]
    """One client of revision 4."""

    revision = 4

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take a polling body. Raises UnknownPacketError, which ends the connection."""
        try:
            body = await _body(environ["aiohttp.request"])
            for each in incoming.packets(body, self.revision):
                await self.receive(packet.Packet(encoded_packet=each))
        except incoming.NonsenseError as error:
            raise exceptions.UnknownPacketError(*error.args) from error

    async def close(
        self, wait: bool = False, abort: bool = False, reason: str | None = None
    ) -> None:
        """Close the connection, without waiting until the client has fetched all, or hangs up: it may never do."""
        was_open = not self.closed
        await super().close(wait=False, abort=abort, reason=reason)
        if was_open:
            self.queue.put_nowait(
                None
            )  # after what is left to send, the WebSocket ends

    async def _websocket_handler(self, socket: Any) -> None:
        await super()._websocket_handler(_Frames(socket))


class Eio3Socket(Eio4Socket):
    """One client of revision 3."""

    revision = 3
    last_ping: float | None

    def schedule_ping(self) -> None:
        """Do nothing: in this revision the client pings."""

    async def check_ping_timeout(self) -> bool:
        """Whether the client has been heard of lately; it is closed if not."""
        if self.closed:
            raise exceptions.SocketIsClosedError
        patience_s = self.server.ping_interval + self.server.ping_timeout
        if time.time() - (self.last_ping or 0.0) <= patience_s:
            return True
        self.last_ping = time.time()  # lets close() send its CLOSE packet
        await self.close(reason=self.server.reason.PING_TIMEOUT)
        return False

    async def receive(self, received: packet.Packet) -> None:
        """Take a packet."""
        self.last_ping = time.time()
        if received.packet_type == packet.PING:
            await self.send(packet.Packet(packet.PONG, received.data))
        else:
            await super().receive(received)

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """Answer a poll, or serve a WebSocket."""
        answer = await super().handle_get_request(environ)
        return self.server.polled(answer) if isinstance(answer, list) else answer


async def _body(request: web.Request) -> bytes:
    """Return a body, also of a client that does not say how long it is. Raises NonsenseError."""
    body = b""
    try:
        while more := await request.content.read(incoming.MAX_BYTES):
            body += more
            if len(body) > incoming.MAX_BYTES:
                raise incoming.NonsenseError("Too long")
    except web.RequestPayloadError as error:
        raise incoming.NonsenseError("Not in its Content-Encoding") from error
    return body


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]
    """An Engine.IO server for revisions 3 and 4."""

    _async: dict[str, Any]
    start_service_task: bool

    def __init__(self, **options: Any) -> None:
        """`options` are those of engineio.AsyncServer."""
        super().__init__(**options)
        translate = self._async["translate_request"]

        def translate_request(request: Any) -> dict[str, Any]:
            environ: dict[str, Any] = translate(request)
            environ[_PROTOCOL] = request.query.get("EIO", "4")
            if environ[_PROTOCOL] == "3":
                # The server checks the revision in the query string itself.
                query = environ["QUERY_STRING"].replace("EIO=3", "v=3")
                environ["QUERY_STRING"] = query + "&EIO=4"
            return environ

        self._async = self._async | {"translate_request": translate_request}

    async def handle_request(self, request: web.Request) -> Any:
        """Answer one request."""
        sid, length = request.query.get("sid"), request.content_length or 0
        if length > incoming.MAX_BYTES:
            await self.disconnect(sid or "")
            raise web.HTTPRequestEntityTooLarge(incoming.MAX_BYTES, length)
        if sid in self.sockets and self.sockets[sid].closed:
            del self.sockets[sid]
        return await super().handle_request(request)

    def _log_error_once(self, message: str, message_key: str) -> None:
        """Say nothing: whoever is refused is told, and the log is not for strangers to write in."""

    def polled(self, packets: list[packet.Packet]) -> dict[str, Any]:
        """Return the answer to a poll of revision 3."""
        return {
            "status": "200 OK",
            "headers": [("Content-Type", "text/plain; charset=UTF-8")],
            "response": encode_payload(packets),
        }

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        if self.start_service_task:
            self.start_service_task = False
            self.service_task_handle = self.start_background_task(self._service_task)
        is_old = environ[_PROTOCOL] == "3"
        sid = self.generate_id()
        self.sockets[sid] = socket = (Eio3Socket if is_old else Eio4Socket)(self, sid)
        opening = {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
        }
        if not is_old:
            opening["maxPayload"] = incoming.MAX_BYTES
        await socket.send(packet.Packet(packet.OPEN, opening))
        refusal = await self._trigger_event("connect", sid, environ, run_async=False)
        if refusal is not None and refusal is not True:
            self.sockets.pop(sid, None)
            return self._unauthorized(refusal or None)
        socket.schedule_ping()
        if transport == "websocket":
            answer = await socket.handle_get_request(environ)
            if socket.closed:
                self.sockets.pop(sid, None)
            return answer
        socket.connected = True
        first = await socket.poll()
        return (
            self.polled(first) if is_old else self._ok(first, jsonp_index=jsonp_index)
        )


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server for clients of both generations."""

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    def _is_old(self, eio_sid: str) -> bool:
        return isinstance(self.eio.sockets.get(eio_sid), Eio3Socket)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        await super()._handle_eio_connect(eio_sid, environ)
        if not self._is_old(eio_sid):
            asyncio.get_running_loop().call_later(JOIN_S, self._see_who_it_is, eio_sid)
            return None
        await self._handle_connect(eio_sid, "/", None)
        if self.manager.sid_from_eio_sid(eio_sid, "/"):
            return None
        del self.environ[eio_sid]
        return "Unauthorized"

    def _see_who_it_is(self, eio_sid: str) -> None:
        """End the connection of whoever has joined nothing in time."""
        spaces = list(self.manager.get_namespaces())
        if not any(self.manager.sid_from_eio_sid(eio_sid, each) for each in spaces):
            self._ending = self.start_background_task(self.eio.disconnect, eio_sid)

    async def _send_packet(self, eio_sid: str, sent: events.Packet) -> None:
        if not self._is_old(eio_sid):
            await super()._send_packet(eio_sid, sent)
            return
        if sent.packet_type in (events.CONNECT, events.DISCONNECT):
            sent.data = None  # JavaScript 2.x rejects an object here
        elif sent.packet_type == events.CONNECT_ERROR and isinstance(sent.data, dict):
            sent.data = sent.data["message"]
        await super()._send_packet(eio_sid, sent)
        if sent.packet_type == events.DISCONNECT and sent.namespace in (None, "/"):
            # In the same payload, or the client takes the end for a lost connection, and comes back.
            await self.eio.send_packet(eio_sid, packet.Packet(packet.CLOSE))
