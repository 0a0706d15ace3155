"""The live events: who holds which charger, and what they are told.

    connect ──▶ chargerConnected ──▶ statusChanged, newLog … ──▶ statusChanged OFF, and the end

Whoever connects holds the charger until they leave or its power goes off. The end is a DISCONNECT packet after which it is the
client that closes the connection: a server that closes it makes clients of 2021 come back at once, and claim the
charger again.
"""

import asyncio
from dataclasses import dataclass, field
import json
import time
from typing import Any

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from ...bus import ChargerChanged, ChargerRemoved
from ...model import Charger, Scope
from ...security.access import Principal
from ..context import CONTEXT, Context
from . import documents, incoming
from .door import identify
from .eio3 import SocketServer
from .watchers import Watchers

HELD = "Charger already connected to other device"
UNKNOWN = "Invalid Charger ID"
_MOST_WAITING = (
    100  # packets for one client; a log more than these is not worth sending
)


@dataclass(slots=True)
class Holder:
    """A client and the charger that it holds."""

    sid: str
    charger_id: str
    principal: Principal
    since_ms: int
    hold: documents.Hold
    on: bool
    told_ms: int = 0
    """Time of the newest reading that it was told of."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Events to one client keep their order."""


class Events:
    """veCharge's Socket.IO surface."""

    def __init__(self, hub: Context) -> None:
        """Nothing is served before `attach`."""
        self._hub = hub
        self._holders: dict[str, Holder] = {}
        """By charger."""
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = SocketServer(
            async_mode="aiohttp",
            ping_interval=15,
            ping_timeout=15,
            max_http_buffer_size=incoming.MAX_BYTES,
            logger=False,
            engineio_logger=False,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._left)
        self._server.on("connect_to_thing", _ignore)
        self._watchers = Watchers(hub, self._server)

    def attach(self, app: web.Application) -> None:
        """Serve on `/socket.io/` of an application, for as long as it runs."""
        self._server.attach(app, socketio_path="socket.io")
        app.cleanup_ctx.append(self._run)

    def holder(self, charger_id: str) -> Holder | None:
        """Return who holds a charger."""
        return self._holders.get(charger_id)

    def held_by(self, user: str) -> list[str]:
        """Return the ids of the chargers that a user holds."""
        return [
            each.charger_id
            for each in self._holders.values()
            if each.principal.user == user
        ]

    async def release(self, charger_id: str) -> None:
        """End the connection of whoever holds a charger."""
        if (holder := self._holders.get(charger_id)) is not None:
            await self._end(holder)

    # --- coming and going ------------------------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        request: web.Request = environ["aiohttp.request"]
        given = auth if isinstance(auth, dict) else {}
        principal = await identify(
            self._hub, request, given.get("token"), Scope.control
        )
        charger_id = request.query.get("chargerId") or given.get("chargerId")
        entry = self._hub.fleet.find(str(charger_id))
        if entry is None:
            raise Refused(UNKNOWN)
        # When this has returned the client is told that it is connected, and only then may it be told more.
        if entry.charger.id in self._holders:
            self._soon(self._refuse(sid))
            return
        holder = Holder(
            sid,
            entry.charger.id,
            principal,
            time.time_ns() // 1_000_000,
            documents.Hold.of(entry.charger, principal.user),
            bool(entry.charger.relay_on),
        )
        self._holders[holder.charger_id] = holder
        self._soon(self._welcome(holder))

    async def _welcome(self, holder: Holder) -> None:
        entry = self._hub.fleet.find(holder.charger_id)
        if entry is None:
            await self._end(holder)
            return
        place = (await self._hub.store.places.all()).get(holder.charger_id)
        connected = documents.connected(
            entry.charger, place, holder.hold, holder.since_ms
        )
        async with holder.turn:
            await self._tell(holder, "chargerConnected", connected)
        await self._tell_change(entry.charger)

    async def _refuse(self, sid: str) -> None:
        await self._server.emit("error", HELD, to=sid)
        await self._server.disconnect(sid)

    async def _left(self, sid: str, _reason: str) -> None:
        for holder in list(self._holders.values()):
            if holder.sid == sid:
                del self._holders[holder.charger_id]

    async def _end(self, holder: Holder) -> None:
        self._holders.pop(holder.charger_id, None)
        await self._server.disconnect(holder.sid)

    # --- telling ---------------------------------------------------------------------------------------------------

    async def _run(self, _app: web.Application) -> Any:
        listener = self._hub.bus.listen(self._wake)
        self._hub.access.on_change.append(self._see_who_may_stay)
        listening = asyncio.create_task(self._listen(listener))
        yield
        self._hub.access.on_change.remove(self._see_who_may_stay)
        listener.close()
        for holder in list(self._holders.values()):
            await self._end(holder)
        for task in (listening, *self._tasks):
            task.cancel()
        await asyncio.gather(listening, *self._tasks, return_exceptions=True)
        await self._watchers.close()
        await self._server.shutdown()

    async def _listen(self, listener: Any) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if listener.missed:
                listener.restart()
                for charger in self._hub.fleet.snapshot():
                    await self._tell_change(charger)
            while (event := listener.next()) is not None:
                if isinstance(event.what, ChargerChanged):
                    await self._tell_change(event.what.charger)
                elif isinstance(event.what, ChargerRemoved):
                    await self.release(event.what.charger_id)

    async def _tell_change(self, charger: Charger) -> None:
        holder = self._holders.get(charger.id)
        if holder is None:
            return
        async with holder.turn:
            on = bool(charger.relay_on)
            switched, holder.on = on != holder.on, on
            if switched:
                await self._tell(
                    holder, "statusChanged", {"status": documents.status(on)}
                )
            reading = charger.reading
            if on and reading is not None and reading.time_ms > holder.told_ms:
                holder.told_ms = reading.time_ms
                if not self._is_slow(holder):
                    told = documents.log(charger, reading, holder.hold)
                    await self._tell(holder, "newLog", told)
        if switched and not on:
            await self._end(holder)

    async def _tell(self, holder: Holder, event: str, payload: dict[str, Any]) -> None:
        # A string: these clients parse it themselves, and one of them adds it to another string.
        await self._server.emit(
            event, json.dumps(payload, separators=(",", ":")), to=holder.sid
        )

    def _is_slow(self, holder: Holder) -> bool:
        eio_sid = self._server.manager.eio_sid_from_sid(holder.sid, "/")
        socket = self._server.eio.sockets.get(eio_sid)
        return socket is not None and socket.queue.qsize() > _MOST_WAITING

    def _see_who_may_stay(self) -> None:
        for holder in list(self._holders.values()):
            if not self._hub.access.may_stay(holder.principal):
                self._soon(self._end(holder))
        self._soon(self._watchers.see_who_may_stay())

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _ignore(*_: Any) -> None:
    """Apps of 2021 say which charger they want once more."""


EVENTS = web.AppKey("vecharge events", Events)


def attach(app: web.Application) -> None:
    """Serve veCharge's live events on an application."""
    events = Events(app[CONTEXT])
    app[EVENTS] = events
    events.attach(app)
