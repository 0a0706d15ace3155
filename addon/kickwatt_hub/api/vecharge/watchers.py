"""Who watches the typed events, and what each of them is told."""

import asyncio
from collections.abc import Iterator
import time
from typing import Any

from aiohttp import web
import msgspec
from socketio.exceptions import ConnectionRefusedError as Refused

from ...bus import ChargerChanged, ChargerRemoved, Listener
from ...model import Charger, Reading, Scope
from ...security.access import Principal
from .. import shapes
from ..context import Context
from .door import identify
from .typed import (
    EVENTS,
    NAMESPACE,
    Connected,
    Removed,
    StatusChanged,
    Told,
    Watch,
    logged,
    state,
)

_SLOW = 100  # packets that wait for a client; then it is told less often
_REST_S = 0.1


class Watchers:
    """All clients of the namespace."""

    def __init__(self, hub: Context, server: Any) -> None:
        """`server` is a socketio.AsyncServer."""
        self._hub = hub
        self._server = server
        self._running: dict[str, tuple[Principal, asyncio.Task[None]]] = {}
        server.on("connect", self._connect, namespace=NAMESPACE)
        server.on("disconnect", self._left, namespace=NAMESPACE)

    async def close(self) -> None:
        """Tell nobody any more."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def see_who_may_stay(self) -> None:
        """End the connections of those whose token is gone."""
        for sid, (principal, _) in list(self._running.items()):
            if not self._hub.access.may_stay(principal):
                await self._server.disconnect(sid, namespace=NAMESPACE)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        request: web.Request = environ["aiohttp.request"]
        watch = _read(auth)
        principal = await identify(self._hub, request, watch.token, Scope.read)
        if watch.charger_id is not None and not self._hub.fleet.find(watch.charger_id):
            raise Refused("There is no such charger.")
        watcher = Watcher(self._hub, self._server, sid, watch)
        self._running[sid] = principal, asyncio.create_task(watcher.run())

    async def _left(self, sid: str, _reason: str) -> None:
        _, task = self._running.pop(sid, (None, None))
        if task is not None:
            task.cancel()


class Watcher:
    """One client. `run` tells it everything until it is cancelled."""

    def __init__(self, hub: Context, server: Any, sid: str, watch: Watch) -> None:
        """Listens from now on."""
        self._hub = hub
        self._server = server
        self._sid = sid
        self._only = watch.charger_id
        self._wake = asyncio.Event()
        self._listener: Listener = hub.bus.listen(self._wake)
        resume = watch.resume
        missed = None if resume is None else hub.bus.since(resume.run, resume.number)
        self._missed = missed or []
        self._resumed = missed is not None
        self._number = resume.number if resume and self._resumed else hub.bus.number
        self._known: dict[str, tuple[str | None, int]] = {}
        if not self._resumed:
            self._learn()

    async def run(self) -> None:
        """Tell what is or was missed, then what happens, for ever."""
        try:
            await self._run()
        finally:
            self._listener.close()

    async def _run(self) -> None:
        await self._tell(self._connected(resumed=self._resumed))
        for missed in self._missed:
            await self._tell_all(self._read(missed.number, missed.what))
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (event := self._listener.next()) is not None:
                await self._tell_all(self._read(event.number, event.what))
            if self._listener.missed:
                self._listener.restart()
                self._number = self._hub.bus.number
                self._learn()
                await self._tell(self._connected(resumed=False))

    def _chargers(self) -> list[Charger]:
        return [
            each for each in self._hub.fleet.snapshot() if self._only in (None, each.id)
        ]

    def _learn(self) -> None:
        """What the client will have been told of with `connected`."""
        for each in self._chargers():
            self._known[each.id] = shapes.on_off(each.relay_on), _time_ms(each.reading)

    def _connected(self, *, resumed: bool) -> Connected:
        return Connected(
            run=self._hub.bus.run,
            number=self._number,
            resumed=resumed,
            chargers=() if resumed else tuple(map(state, self._chargers())),
        )

    def _read(self, number: int, what: object) -> Iterator[Told]:
        """Yield what a happening means to this client."""
        if isinstance(what, ChargerRemoved) and self._only in (None, what.charger_id):
            self._known.pop(what.charger_id, None)
            yield Removed(number=number, previous=self._number, charger_id=what.charger_id)  # fmt: skip
            self._number = number
        if not isinstance(what, ChargerChanged):
            return
        charger = what.charger
        if self._only not in (None, charger.id):
            return
        status, told_ms = self._known.get(charger.id, (None, 0))
        now = shapes.on_off(charger.relay_on)
        reading = charger.reading
        self._known[charger.id] = now, max(told_ms, _time_ms(reading))
        is_new = reading is not None and reading.time_ms > told_ms
        if now is not None and now != status:
            yield StatusChanged(
                # Who hangs up between the two gets both again.
                number=self._number if is_new else number,
                previous=self._number,
                charger_id=charger.id,
                time=shapes.when(time.time_ns() // 1_000_000) or "",
                status="on" if now == "on" else "off",
            )
            self._number = self._number if is_new else number
        if reading is not None and is_new:
            yield logged(number, self._number, charger, reading)
            self._number = number

    async def _tell_all(self, told: Iterator[Told]) -> None:
        for each in told:
            await self._tell(each)

    async def _tell(self, what: Told) -> None:
        while self._waiting() > _SLOW:
            await asyncio.sleep(_REST_S)
        await self._server.emit(
            EVENTS[type(what)],
            msgspec.to_builtins(what),
            to=self._sid,
            namespace=NAMESPACE,
        )

    def _waiting(self) -> int:
        eio_sid = self._server.manager.eio_sid_from_sid(self._sid, NAMESPACE)
        socket = self._server.eio.sockets.get(eio_sid)
        return 0 if socket is None else int(socket.queue.qsize())


def _read(auth: Any) -> Watch:
    """Return what a client wants. Raises Refused."""
    try:
        return msgspec.convert(auth or {}, Watch)
    except msgspec.ValidationError as error:
        raise Refused(f"auth: {error}") from None


def _time_ms(reading: Reading | None) -> int:
    return 0 if reading is None else reading.time_ms
