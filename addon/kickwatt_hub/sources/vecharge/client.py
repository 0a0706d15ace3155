"""A client of Socket.IO for servers of 2021 and of today: Engine.IO 3 and 4, found out where nobody has said which.

It opens with a poll, as every client of its kind does: how the answer is laid out tells what the server speaks, and nothing
has to be opened twice, for whoever opens holds the charger. python-socketio's own client speaks revision 4 only, and needs
the larger part of it replaced to speak the other.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import json

import aiohttp

from . import frames
from .address import Address
from .frames import CLOSE, MESSAGE, OPEN, PING, PONG, NonsenseError, Opening, Said
from .transport import (
    LostError,
    Polling,
    Transport,
    body_of,
    message,
    revision_of,
    unpack,
    upgraded,
)

OPEN_S = 20.0
HANG_UP_S = 5.0


class RefusedError(Exception):
    """The server answered, and does not let us in; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Former:
    """A connection that may be open still at the server."""

    revision: int
    sid: str


class Connection:
    """An open connection. Iterate over it for what the server says; it raises LostError when it is gone."""

    def __init__(
        self, transport: Transport, revision: int, opening: Opening, address: Address
    ) -> None:
        """Use `connect`."""
        self.transport = transport
        self.revision = revision
        self._opening = opening
        self._address = address
        self._left = False

    @property
    def former(self) -> Former:
        """What somebody else needs to hang up, if we do not live to do it."""
        return Former(self.revision, self._opening.sid)

    async def said(self) -> AsyncIterator[Said]:
        """Yield what the server says, until it has ended the connection for good.

        Raises LostError, and NonsenseError where it speaks something else.
        """
        pinging = asyncio.create_task(self._ping()) if self.revision == 3 else None
        try:
            if self.revision == 4:
                await self._join()
            while not self._left:
                for packet in await self._receive():
                    if (said := await self._take(packet)) is not None:
                        self._left = isinstance(said, frames.Left)
                        yield said
        finally:
            if pinging is not None:
                pinging.cancel()
                with suppress(asyncio.CancelledError, LostError, aiohttp.ClientError):
                    await pinging

    async def _receive(self) -> list[str]:
        # Whoever pings: something comes once in an interval, and at the latest after the time-out.
        patience_s = self._opening.interval_s + self._opening.timeout_s
        try:
            async with asyncio.timeout(patience_s):
                return await self.transport.receive()
        except TimeoutError:
            raise LostError("the server has fallen silent") from None

    async def _take(self, packet: str) -> Said | None:
        kind, rest = packet[:1], packet[1:]
        if kind == PING:
            await self.transport.send(PONG + rest)
        elif kind == CLOSE:
            raise LostError("the server has closed the connection")
        elif kind == MESSAGE:
            return frames.read(rest)
        return None

    async def _join(self) -> None:
        auth = {
            "token": f"Bearer {self._address.token}",
            "chargerId": self._address.remote_id,
        }
        await self.transport.send(message(f"0{json.dumps(auth)}"))

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._opening.interval_s)
            await self.transport.send(PING)

    async def leave(self) -> None:
        """Say that we go, and go."""
        with suppress(LostError, aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(2):
                await self.transport.send(message("1"))
                await self.transport.send(CLOSE)
        with suppress(aiohttp.ClientError, OSError):
            await self.transport.close()


async def hang_up(
    http: aiohttp.ClientSession, address: Address, former: Former
) -> bool:
    """Close a connection that somebody has lost without a word; whether the server has answered.

    Until then, or its own time-out, it holds the charger for them. Long polling is tied to no TCP connection: whoever knows
    the id may speak, also a hub that leads since. A server that does not know it any more says so, and all is well.
    """
    polling = Polling(http, address, former.revision, former.sid, [])
    try:
        async with asyncio.timeout(HANG_UP_S):
            await polling.send(message("1"))
            await polling.send(CLOSE)
    except LostError, NonsenseError:
        return True
    except aiohttp.ClientError, OSError, TimeoutError:
        return False
    return True


@asynccontextmanager
async def connect(
    http: aiohttp.ClientSession, address: Address, revision: int | None
) -> AsyncIterator[Connection]:
    """Open a connection in a revision, None: in the one that the server speaks. Leaves at the end.

    Raises LostError, RefusedError and NonsenseError.
    """
    connection = None
    try:
        async with asyncio.timeout(OPEN_S):
            connection = await _open(http, address, revision)
        yield connection
    except TimeoutError:
        raise LostError("it does not answer in time") from None
    except aiohttp.ClientError as error:
        raise LostError(_reason(error)) from error
    except OSError as error:
        raise LostError(_reason(error)) from error
    finally:
        if connection is not None:
            await connection.leave()


async def _open(
    http: aiohttp.ClientSession, address: Address, revision: int | None
) -> Connection:
    last: LostError = LostError("it speaks neither Engine.IO 3 nor 4")
    for asked in (4, 3) if revision is None else (revision,):
        url = address.socket(asked, transport="polling", b64="1")
        async with http.get(url, headers=address.headers) as answer:
            if answer.status in (401, 403):
                raise RefusedError("the server does not accept the token or the charger's id")  # fmt: skip
            if answer.status == 400:
                last = LostError(f"the server refuses Engine.IO {asked}")
                continue
            body = await body_of(answer)
        return await _opened(http, address, asked, body)
    raise last


async def _opened(
    http: aiohttp.ClientSession, address: Address, asked: int, body: bytes
) -> Connection:
    packets = unpack(body)
    if not packets or not packets[0].startswith(OPEN):
        raise NonsenseError("Something answers there, but it is no Socket.IO server.")
    opening = frames.opening(packets[0])
    # JavaScript's server of 2021 takes any number and answers as it always did.
    revision = min(asked, revision_of(body))
    first = packets[1:]
    transport: Transport | None = None
    if "websocket" in opening.upgrades:
        transport = await upgraded(http, address, revision, opening, first)
    if transport is None:
        transport = Polling(http, address, revision, opening.sid, first)
    return Connection(transport, revision, opening, address)


def _reason(error: Exception) -> str:
    """Return why there is no connection, without the address, which has the token in it."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(error, aiohttp.ClientSSLError):
        return "its certificate is not accepted"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or "it cannot be connected to"
    return "the connection broke"
