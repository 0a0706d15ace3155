"""Wires a relay together; says in which order it starts and stops."""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
import logging
from pathlib import Path
import socket
import ssl
import time

from aiohttp import WSCloseCode, web

from ..api.idle import Idlers
from ..ports import STOP_S, listen, serve, watch
from . import doors
from .hubs import Hubs
from .switchboard import Switchboard

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0  # how often to look for hubs that were added or removed, and for a renewed certificate
LOOPBACK = "127.0.0.1"


class CertificateError(Exception):
    """The certificate cannot be used; the text is one sentence for the owner."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate chain and its key, two PEM files that somebody else renews."""

    chain: Path
    key: Path

    def stamp(self) -> tuple[int, int]:
        """Return what differs when one of the files was replaced. Raises OSError."""
        return self.chain.stat().st_mtime_ns, self.key.stat().st_mtime_ns

    def load_into(self, tls: ssl.SSLContext) -> None:
        """Use the files for whoever connects from now on. Raises CertificateError."""
        try:
            tls.load_cert_chain(self.chain, self.key)
        except ssl.SSLError as error:
            raise CertificateError(
                f"{self.chain} and {self.key} are no certificate with its key: {error.reason or error}."
            ) from None
        except OSError as error:
            raise CertificateError(
                f"The certificate {self.chain} or its key {self.key} cannot be read: {error.strerror}."
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """How a relay runs. Port 0 lets the system choose one."""

    data: Path
    host: str
    device_port: int
    tunnel_port: int
    status_port: int
    certificate: Certificate | None
    plain_tunnel: bool
    """Whether the tunnel's door without a certificate is open to other machines: to a reverse proxy that does TLS."""
    device_url: str
    proxy: str
    address_rate: str
    hub_rate: str


class Relay:
    """A relay. `start` and `stop` it once."""

    def __init__(self, options: RelayOptions) -> None:
        """Nothing happens before `start`."""
        self.options = options
        self.device_port = self.tunnel_port = self.status_port = 0
        self.tunnel_host = (
            options.host if options.certificate or options.plain_tunnel else LOOPBACK
        )
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Open the doors. Raises CertificateError, hubs.HubsError and ports.PortError; what was begun is undone then."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Answer what is in flight, then hang up; takes at most 5 s."""
        await self._stack.aclose()

    async def _start(self) -> None:
        options = self.options
        board = Switchboard(
            Hubs(options.data),
            now_s=time.monotonic,
            address_rate=options.address_rate,
            hub_rate=options.hub_rate,
        )
        tls = await asyncio.to_thread(self._tls)
        places = (
            (options.host, options.device_port),
            (self.tunnel_host, options.tunnel_port),
            (LOOPBACK, options.status_port),
        )
        sockets = [self._stack.enter_context(listen(*place)) for place in places]
        self.device_port, self.tunnel_port, self.status_port = (
            each.getsockname()[1] for each in sockets
        )
        await self._open(doors.status_door(board), sockets[2])
        tunnels = doors.tunnel_door(
            board, options.proxy, options.device_url, self.device_port
        )
        await self._open(tunnels, sockets[1], tls)
        self._stack.push_async_callback(
            board.hang_up_all, WSCloseCode.GOING_AWAY, "the relay stops"
        )
        await self._open(doors.device_door(board, options.proxy), sockets[0])
        watch(self._stack, self._look(board, tls))

    async def _open(
        self,
        app: web.Application,
        listening: socket.socket,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        idlers = Idlers()
        app.middlewares.append(idlers.middleware())
        # The S1 MAC is over the bytes as they came: nothing may unpack them on the way.
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=STOP_S, auto_decompress=False
        )
        await serve(self._stack, runner, idlers, listening, tls)

    def _tls(self) -> ssl.SSLContext | None:
        if self.options.certificate is None:
            return None
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.options.certificate.load_into(tls)
        return tls

    async def _look(self, board: Switchboard, tls: ssl.SSLContext | None) -> None:
        certificate = self.options.certificate
        stamp = certificate.stamp() if certificate else None
        while True:
            await asyncio.sleep(LOOK_S)
            board.refresh()
            if certificate is None or tls is None:
                continue
            # Whoever renews it may be between the two files just now.
            with suppress(OSError, CertificateError):
                now = certificate.stamp()
                if now != stamp:
                    await asyncio.to_thread(certificate.load_into, tls)
                    stamp = now
                    _LOGGER.info(
                        "The renewed certificate %s is in use", certificate.chain
                    )
