"""Telling Home Assistant that the hub is here: through the Supervisor, and on the local network.

Both carry the hub's own id, so that Home Assistant knows one hub by it whichever way it hears of it.
"""

import asyncio
from contextlib import suppress
import ipaddress
import logging
from typing import Any

import aiohttp
from zeroconf import InterfaceChoice, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from . import API_VERSION, __version__
from .own_address import own_address

_LOGGER = logging.getLogger(__name__)

SERVICE = "kickwatt"
ZEROCONF_TYPE = "_kickwatt._tcp.local."
RETRY_S = (
    2,
    5,
    15,
    30,
    60,
)  # the Supervisor may start later than the app, and the last pause repeats


class SupervisorAnnouncement:
    """Tells the Supervisor, which tells Home Assistant, and keeps the message until the app is removed."""

    def __init__(self, url: str, token: str, config: dict[str, Any]) -> None:
        """`config` is what the integration gets; `token` is the Supervisor's own."""
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._config = config
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to try."""
        self._task = asyncio.create_task(self._announce())

    async def stop(self) -> None:
        """Stop trying."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _announce(self) -> None:
        attempt = 0
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(
            headers=self._headers, timeout=timeout
        ) as session:
            while not await self._post(session):
                await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1

    async def _post(self, session: aiohttp.ClientSession) -> bool:
        message = {"service": SERVICE, "config": self._config}
        try:
            async with session.post(f"{self._url}/discovery", json=message) as response:
                if response.ok:
                    _LOGGER.info("Home Assistant has been told of this hub")
                    return True
                # The Supervisor's answer says why; it never holds what was sent.
                _LOGGER.warning(
                    "The Supervisor answered %s to the announcement", response.status
                )
        except aiohttp.ClientError, TimeoutError:
            _LOGGER.warning("The Supervisor cannot be reached; trying again")
        return False


class ZeroconfAnnouncement:
    """Answers on the local network that there is a hub, and withdraws that when it stops."""

    def __init__(
        self,
        hub_id: str,
        name: str,
        port: int,
        interfaces: list[str] | InterfaceChoice = InterfaceChoice.Default,
    ) -> None:
        """`interfaces` are addresses of this machine; by default all."""
        self._interfaces = interfaces
        self._hub_id = hub_id
        self._name = name
        self._port = port
        self._zeroconf: AsyncZeroconf | None = None
        self._info: AsyncServiceInfo | None = None

    async def start(self) -> None:
        """Begin to answer; a machine without multicast is no reason not to run."""
        try:
            self._zeroconf = AsyncZeroconf(
                interfaces=self._interfaces, ip_version=IPVersion.V4Only
            )
            self._info = self._service()
            # Its probes take most of a second; nobody has to wait for that.
            await self._zeroconf.async_register_service(
                self._info, allow_name_change=True
            )
        except (OSError, RuntimeError) as error:
            _LOGGER.warning(
                "The hub cannot be announced on the local network: %s", error
            )
            await self.stop()

    async def stop(self) -> None:
        """Withdraw the announcement."""
        if self._zeroconf is None:
            return
        zeroconf, self._zeroconf = self._zeroconf, None
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                await zeroconf.async_unregister_all_services()
                await zeroconf.async_close()

    def _service(self) -> AsyncServiceInfo:
        short = self._hub_id[:8]
        return AsyncServiceInfo(
            ZEROCONF_TYPE,
            f"{self._name} {short}.{ZEROCONF_TYPE}",
            addresses=[address.packed for address in self._addresses()],
            port=self._port,
            properties={
                "id": self._hub_id,
                "version": __version__,
                "api": str(API_VERSION),
            },
            server=f"kickwatt-{short}.local.",
        )

    def _addresses(self) -> list[ipaddress.IPv4Address]:
        if isinstance(self._interfaces, list):
            return [ipaddress.IPv4Address(each) for each in self._interfaces]
        return [own_address()]
