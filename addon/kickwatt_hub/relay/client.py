"""The hub's end of the tunnel: it dials out to its relay, stays connected, and answers what devices ask there."""

import asyncio
from contextlib import suppress
import logging
from pathlib import Path
import random
import ssl
import time

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType
from msgspec import Struct
from msgspec.structs import replace

from ..ingest import Ingest, NotS1Error, StrangerError
from ..settings import Settings
from ..store import UnavailableError
from . import backoff
from .address import tunnel_url
from .frames import (
    MAX_FRAME,
    PROTOCOL,
    REPLACED,
    REVOKED,
    Answer,
    Ask,
    FrameError,
    Welcome,
    encode,
    for_hub,
)

_LOGGER = logging.getLogger(__name__)

CONNECT_S = 20.0
HEARTBEAT_S = 20.0
CLOSE_S = 2.0
STOP_S = 1.0  # for messages that are being answered
STEADY_S = 60.0  # a tunnel that held so long was a good one
MOST_AT_ONCE = 128  # twice what a relay hands over; more of it waits in the socket

_REASONS = {
    REPLACED: "Another hub uses the same token: each needs its own",
    REVOKED: "The relay does not know this hub's token any more",
    1001: "The relay was stopped",
}


class RelayStatus(Struct, frozen=True):
    """How it stands with the relay. `device_url` is what boards need as KICKWATT_URL."""

    url: str
    connected: bool
    since_ms: int
    hub: str | None = None
    device_url: str | None = None
    error: str | None = None


class RelayClient:
    """Keeps one hub reachable through its relay."""

    @classmethod
    def of(cls, settings: Settings, ingest: Ingest) -> RelayClient | None:
        """Return the client that the settings ask for; they have been checked."""
        if settings.relay is None or settings.relay_token is None:
            return None
        url = tunnel_url(settings.relay, plain=settings.relay_plain)
        return cls(settings.relay, url, settings.relay_token, settings.relay_ca, ingest)

    def __init__(
        self,
        shown_url: str,
        url: str,
        token: str,
        authority: Path | None,
        ingest: Ingest,
    ) -> None:
        """`authority` is a file of certificates to trust instead of the system's."""
        self.status = RelayStatus(shown_url, connected=False, since_ms=_now_ms())
        self._url = url
        self._token = token
        self._authority = authority
        self._ingest = ingest
        self._rng = random.Random()
        self._task: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    def start(self) -> None:
        """Begin to dial."""
        self._task = asyncio.create_task(self._stay_connected())

    async def stop(self) -> None:
        """Answer what has come, then hang up."""
        if self._task is None:
            return
        if self._answering:
            await asyncio.wait(self._answering, timeout=STOP_S)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        # The store closes next. What it has not stored by now, the board repeats.
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _stay_connected(self) -> None:
        failures = 0
        async with aiohttp.ClientSession() as session:
            while True:
                begun_s = time.monotonic()
                error = await self._converse(session)
                held_s = time.monotonic() - begun_s
                failures = (
                    1 if self.status.connected and held_s >= STEADY_S else failures + 1
                )
                self._down(error)
                await asyncio.sleep(backoff.pause_s(failures, self._rng))

    async def _converse(self, session: aiohttp.ClientSession) -> str:
        """Dial, and stay for as long as it lasts; return in one sentence why it ended."""
        try:
            async with asyncio.timeout(CONNECT_S) as dialling:
                tls = await asyncio.to_thread(self._tls)
                async with session.ws_connect(
                    self._url,
                    headers={"Authorization": f"Bearer {self._token}"},
                    protocols=(PROTOCOL,),
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=MAX_FRAME,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
                    ssl=tls,
                ) as ws:
                    await self._welcome(ws)
                    dialling.reschedule(None)
                    return await self._listen(ws)
        except aiohttp.WSServerHandshakeError as error:
            return _refusal(error.status)
        except aiohttp.ClientConnectorCertificateError as error:
            return f"The relay's certificate is not trusted: {_certificate(error)}"
        except aiohttp.ClientSSLError:
            return "Something answers at the relay's address, but not with TLS; the tunnel port is wanted"
        except (aiohttp.ClientError, OSError) as error:
            return f"The relay cannot be reached: {_reason(error)}"
        except FrameError:
            return "Something answers at this address, but it is not a relay of this version"
        except Exception:
            # Whatever it is, a hub that gives up dialling is lost to its boards.
            _LOGGER.exception("Unexpected error in the tunnel to the relay")
            return "The tunnel to the relay ended unexpectedly"

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authority)

    async def _welcome(self, ws: ClientWebSocketResponse) -> None:
        message = await ws.receive()
        frame = for_hub(message.data) if message.type is WSMsgType.BINARY else None
        if not isinstance(frame, Welcome):
            raise FrameError("no welcome")
        self.status = replace(
            self.status,
            connected=True,
            since_ms=_now_ms(),
            hub=frame.hub,
            device_url=frame.device_url,
            error=None,
        )
        _LOGGER.info(
            "Connected to the relay %s as %s: boards reach this hub at %s",
            self.status.url,
            frame.hub,
            frame.device_url,
        )

    async def _listen(self, ws: ClientWebSocketResponse) -> str:
        async for message in ws:
            if message.type is WSMsgType.ERROR:  # no pong came, or the line broke
                break
            if message.type is not WSMsgType.BINARY:
                raise FrameError("not binary")
            frame = for_hub(message.data)
            if isinstance(frame, Ask):
                # While there is no room, the relay's messages wait in the socket.
                await self._room.acquire()
                task = asyncio.create_task(self._answer(ws, frame))
                self._answering.add(task)
                task.add_done_callback(self._answered)
        return _REASONS.get(ws.close_code or 0, "The tunnel to the relay was cut")

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._room.release()

    async def _answer(self, ws: ClientWebSocketResponse, ask: Ask) -> None:
        status, body = await self._status_and_body(ask)
        # When the tunnel is gone, the board repeats its message.
        with suppress(ConnectionError):
            await ws.send_bytes(encode(Answer(ask.number, status, body)))

    async def _status_and_body(self, ask: Ask) -> tuple[int, bytes]:
        """Answer as the hub's own device port does."""
        try:
            reply = await self._ingest.s1(ask.charger, ask.body)
        except StrangerError:
            return 401, b"Unauthorized"
        except NotS1Error:
            return 400, b"Not an S1 message"
        except UnavailableError:
            return 503, b"Not now"
        except Exception:
            _LOGGER.exception("Unexpected error while answering a device at the relay")
            return 500, b"Internal Server Error"
        return reply.status, reply.body

    def _down(self, error: str) -> None:
        """Say it once, however often it is tried."""
        if self.status.error != error:
            _LOGGER.warning("%s. Trying again until it works", error)
        since_ms = _now_ms() if self.status.connected else self.status.since_ms
        self.status = replace(
            self.status, connected=False, since_ms=since_ms, error=error
        )


def _refusal(status: int) -> str:
    if status in (401, 403):
        return "The relay does not know this hub's token"
    if status == 429:
        return "The relay has had too many wrong tokens from this address"
    return f"Something answers at the relay's address, but with status {status} and not as a relay"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]


def _certificate(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    return (getattr(cause, "verify_message", None) or str(cause)).rstrip(".")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
