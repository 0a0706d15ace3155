"""All chargers behind veCharge-style servers. With several hubs on one database, only the leader holds connections."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
import logging

import aiohttp
from msgspec.structs import replace

from ...bus import Bus, ChargerChanged, ChargerRemoved, Happening
from ...entry import Entry
from ...fleet import Fleet
from ...ingest import Ingest
from ...model import Kind
from ...security.secret import HubSecret, WrongSecretError
from ...store import NotThereError, Store, UnavailableError
from ...store.links import Link as Stored
from .address import Address, AddressError, address
from .client import Former
from .link import Link

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0


@dataclass(slots=True)
class _Running:
    stored: Stored
    link: Link


class Links:
    """Starts and stops a link for each charger that has one in the store."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        bus: Bus,
        ingest: Ingest,
        secret: HubSecret,
        *,
        lease_s: float,
        now_ms: Callable[[], int],
    ) -> None:
        """`lease_s` is how long power may flow without a word of the server."""
        self._fleet = fleet
        self._store = store
        self._bus = bus
        self._ingest = ingest
        self._secret = secret
        self._lease_s = lease_s
        self._now_ms = now_ms
        self._running: dict[int, _Running] = {}
        self._changed = True
        self._led = False
        self._wake = asyncio.Event()

    def look(self) -> None:
        """Notice that somebody has added, changed or removed a charger."""
        self._changed = True
        self._wake.set()

    async def run(self) -> None:
        """Keep every link running for ever, and what happens to its charger known to it."""
        listener = self._bus.listen(self._wake, concerns=_concerns)
        # No jar: a server's cookies are no business of another charger's.
        http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        )
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
                self._wake.clear()
                if listener.missed:
                    listener.restart()
                    self._changed = True
                    self._wake_all()
                while (event := listener.next()) is not None:
                    if isinstance(event.what, ChargerChanged):
                        self._wake_one(event.what.charger.id)
                    elif isinstance(event.what, ChargerRemoved):
                        self._changed = True
                with suppress(UnavailableError):
                    await self._reconcile(http)
        finally:
            listener.close()
            running = [each.link.stop() for each in self._running.values()]
            await asyncio.gather(*running)
            await http.close()

    def _wake_one(self, charger_id: str) -> None:
        entry = self._fleet.find(charger_id)
        found = None if entry is None else self._running.get(entry.pk)
        if found is not None:
            found.link.wake.set()

    def _wake_all(self) -> None:
        for each in self._running.values():
            each.link.wake.set()

    async def _reconcile(self, http: aiohttp.ClientSession) -> None:
        """Start and stop what is not as it should be."""
        leads = self._store.peers.leads
        if not self._changed and leads == self._led:
            return
        stored = await self._store.links.all() if leads else {}
        self._changed, self._led = False, leads
        known = {each.pk for each in self._fleet.entries()}
        for pk, running in list(self._running.items()):
            if pk not in known or stored.get(pk) != running.stored:
                del self._running[pk]
                await running.link.stop()
        for entry in self._fleet.entries():
            wanted = stored.get(entry.pk)
            if wanted is not None and entry.pk not in self._running:
                await self._start(entry, wanted, http)

    async def _start(
        self, entry: Entry, wanted: Stored, http: aiohttp.ClientSession
    ) -> None:
        where = self._address(entry.charger.id, wanted)
        if where is None or not await self._is_known(entry):
            return
        link = Link(
            entry,
            where,
            fleet=self._fleet,
            ingest=self._ingest,
            http=http,
            revision=wanted.engine_io,
            released=wanted.released,
            let_go=wanted.let_go,
            has_let_go=partial(self._has_let_go, entry.pk),
            former=await self._former(entry.pk),
            opened=partial(self._opened, entry.pk),
            lease_s=self._lease_s,
            now_ms=self._now_ms,
        )
        self._running[entry.pk] = _Running(wanted, link)
        link.start()

    async def _is_known(self, entry: Entry) -> bool:
        """Read a charger anew: the hub that led before may have died between storing something and telling the others.

        False if it was removed meanwhile.
        """
        entry.turn.stale |= self._store.peers.shared
        try:
            async with entry.turn:
                return True
        except NotThereError:
            return False
        except UnavailableError:
            self._changed = True
            raise

    async def _has_let_go(self, pk: int) -> None:
        await self._store.links.has_let_go(pk)
        running = self._running[pk]
        running.stored = replace(running.stored, let_go=True)

    async def _former(self, pk: int) -> Former | None:
        """Return the connection that was open when a hub last noted one."""
        try:
            sealed = await self._store.links.connection(pk)
            if sealed is None:
                return None
            revision, _, sid = self._secret.open(sealed).decode().partition(" ")
        except UnavailableError, WrongSecretError, UnicodeDecodeError:
            return None  # the server's own time-out ends it then
        return Former(int(revision), sid)

    async def _opened(self, pk: int, former: Former) -> None:
        """Note a connection: its id is as good as the token, and sealed like it."""
        sealed = self._secret.seal(f"{former.revision} {former.sid}".encode())
        await self._store.links.note_connection(pk, sealed)

    def _address(self, charger_id: str, stored: Stored) -> Address | None:
        try:
            token = self._secret.open(stored.token).decode()
            return address(stored.url, stored.remote_id, token)
        except WrongSecretError, UnicodeDecodeError, AddressError:
            _LOGGER.error(
                "The token of charger %s was sealed under another hub's secret: remove the charger and add it again",
                charger_id,
            )
            return None


def _concerns(what: Happening) -> bool:
    """Whether it may be about a charger that is behind such a server: of all others there are thousands a second."""
    if isinstance(what, ChargerChanged):
        return what.charger.kind is Kind.vecharge
    return isinstance(what, ChargerRemoved)
