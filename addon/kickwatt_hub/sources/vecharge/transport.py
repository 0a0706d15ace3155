"""How packets travel: long polling, which every server has, and WebSocket where both sides get that far."""

import asyncio
import re
from typing import Protocol

import aiohttp

from ... import engineio3
from .address import Address
from .frames import MESSAGE, PING, PONG, SEPARATOR, UPGRADE, NonsenseError, Opening

MAX_BYTES = 1_000_000
PROBE_S = 10.0

_REVISION_3 = re.compile(rb"\d+:|[\x00\x01]")


class LostError(Exception):
    """The connection is gone, or there never was one; the text says why."""


class Transport(Protocol):
    """Carries packets of text."""

    name: str

    async def receive(self) -> list[str]:
        """Wait for packets. Raises LostError."""

    async def send(self, packet: str) -> None:
        """Send one. Raises LostError."""

    async def close(self) -> None:
        """Hang up."""


def revision_of(body: bytes) -> int:
    """Return the revision in which a polling body is laid out, whichever was asked for."""
    return 3 if _REVISION_3.match(body) else 4


def unpack(body: bytes) -> list[str]:
    """Return the packets of a polling body of either revision; binary ones are no concern of ours.

    Raises NonsenseError.
    """
    try:
        if revision_of(body) == 3:
            return [each for each in engineio3.split(body) if isinstance(each, str)]
        return [each for each in body.decode().split(SEPARATOR) if each]
    except ValueError as error:
        raise NonsenseError("A polling body cannot be read.") from error


class Polling:
    """Asks again and again."""

    name = "polling"

    def __init__(
        self,
        http: aiohttp.ClientSession,
        address: Address,
        revision: int,
        sid: str,
        first: list[str],
    ) -> None:
        """`first` came with the opening, as `sid` did."""
        self._http = http
        self._url = address.socket(revision, transport="polling", sid=sid, b64="1")  # fmt: skip
        self._headers = address.headers
        self._revision = revision
        self._first = first

    async def receive(self) -> list[str]:
        """Wait for packets."""
        if self._first:
            first, self._first = self._first, []
            return first
        async with self._http.get(self._url, headers=self._headers) as answer:
            body = await body_of(answer)
        return unpack(body) if body else []

    async def send(self, packet: str) -> None:
        """Send one."""
        body = engineio3.join([packet]) if self._revision == 3 else packet.encode()
        kind = {"Content-Type": "text/plain; charset=UTF-8"}
        async with self._http.post(
            self._url, data=body, headers={**self._headers, **kind}
        ) as answer:
            await body_of(answer)

    async def close(self) -> None:
        """Do nothing: no connection stays open."""


class Socket:
    """A WebSocket."""

    name = "websocket"

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, first: list[str]) -> None:
        """`first` came with the opening."""
        self._ws = ws
        self._first = first

    async def receive(self) -> list[str]:
        """Wait for a packet."""
        if self._first:
            first, self._first = self._first, []
            return first
        message = await self._ws.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return [message.data]
        if message.type is aiohttp.WSMsgType.BINARY:
            return []
        raise LostError("the server has closed the connection")

    async def send(self, packet: str) -> None:
        """Send one."""
        await self._ws.send_str(packet)

    async def close(self) -> None:
        """Hang up."""
        await self._ws.close()


async def upgraded(
    http: aiohttp.ClientSession,
    address: Address,
    revision: int,
    opening: Opening,
    first: list[str],
) -> Socket | None:
    """Take a connection that polling has opened to a WebSocket; None where that does not work."""
    ws = None
    try:
        async with asyncio.timeout(PROBE_S):
            ws = await http.ws_connect(
                address.socket(revision, transport="websocket", sid=opening.sid),
                headers=address.headers,
                max_msg_size=MAX_BYTES,
            )
            await ws.send_str(f"{PING}probe")
            if await ws.receive_str() == f"{PONG}probe":
                await ws.send_str(UPGRADE)
                return Socket(ws, first)
    except aiohttp.ClientError, OSError, TypeError:
        pass  # aiohttp raises TypeError for a frame that is no text
    if ws is not None:
        await ws.close()
    return None


async def body_of(answer: aiohttp.ClientResponse) -> bytes:
    """Return the body of an answer. Raises LostError for one that refuses, NonsenseError for one that never ends."""
    if answer.status != 200:
        raise LostError(f"the server answers with status {answer.status}")
    body = await answer.content.read(MAX_BYTES + 1)
    while len(body) <= MAX_BYTES and (more := await answer.content.read(MAX_BYTES)):
        body += more
    if len(body) > MAX_BYTES:
        raise NonsenseError("An answer is too long.")
    return body


def message(text: str) -> str:
    """Return the packet that carries a message."""
    return MESSAGE + text
