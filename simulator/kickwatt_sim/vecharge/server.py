"""The server: Socket.IO on `/socket.io/`, and the calls that its clients make.

What is not in the seed's text was chosen so that a client has it hard: a charge's end ends the connection, an order for ON
needs one, and a second client gets an error.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final, Self

from aiohttp import web

from .outlet import Outlet
from .session import Session, unpack

SLOW_S: Final = 3.0
USUAL_TOKEN: Final = "secret"
HELD: Final = "Charger already connected to other device"


class SimulatedServer:
    """A server with one charger. `fault` may be changed while it runs; `connections` and `orders` count."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        revision: int = 3,
        charger_id: str = "test",
        token: str = USUAL_TOKEN,
        log_s: float = 5.0,
        interval_s: float = 25.0,
        timeout_s: float = 20.0,
        fault: str | None = None,
    ) -> None:
        """Nothing listens yet. `log_s` is how often it says `newLog` while the power is on."""
        self.outlet = outlet
        self.fault = fault
        self.connections = 0
        self.orders: list[str] = []
        self.released = 0
        self.host, self.port = "", 0
        self._revision = revision
        self._charger_id = charger_id
        self._token = token
        self._log_s = log_s
        self._beat = (interval_s, timeout_s)
        self._sessions: dict[str, Session] = {}
        self._holder: Session | None = None
        self._logs = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen; port 0 lets the system choose one. Raises OSError."""
        app = web.Application(middlewares=[self._faulty])
        calls = "/api/v1/charger"
        app.add_routes(
            [
                web.route("*", "/socket.io/", self._socket_io),
                web.patch(f"{calls}/chargerDesiredState", self._desired),
                web.get(f"{calls}/removeChargerFromUser/{{id}}", self._remove),
                web.get(f"{calls}/check/{{id}}", self._check),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.host, self.port = self._runner.addresses[0][:2]
        self._soon(self._log_for_ever())
        return self

    async def stop(self) -> None:
        """Close everything."""
        for session in list(self._sessions.values()):
            await session.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        """Listen on a port that the system chooses, unless it does already."""
        return self if self._runner else await self.start()

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        await self.stop()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.host}:{self.port}"

    @property
    def held(self) -> bool:
        """Whether somebody has the charger."""
        return self._holder is not None

    def switch(self, on: bool) -> None:
        """Switch the charger, as somebody would who stands there."""
        if self.fault == "stuck" and not on:
            return
        if self.outlet.switch(on) and self._holder is not None:
            self._tell("statusChanged", {"status": "ON" if on else "OFF"})
            if not on:
                self._holder.end()

    # --- Socket.IO -------------------------------------------------------------------------------------------------

    async def _socket_io(self, request: web.Request) -> web.StreamResponse:
        sid, transport = request.query.get("sid"), request.query.get("transport")
        if sid is not None:
            return await self._known(request, self._sessions.get(sid), transport)
        if request.query.get("EIO") != str(self._revision) and self.fault != "lax":
            return _answer(400, {"code": 5, "message": "Unsupported protocol version"})
        if not self._lets_in(request):
            return _answer(401, "Unauthorized")
        session = Session(self._revision, *self._beat)
        self._sessions[session.sid] = session
        session.put(session.opening(upgrade=self.fault != "polling"))
        self.connections += 1
        self._soon(self._hold(session))
        self._soon(session.watch(pings=self.fault != "silent"))
        if self._revision == 3:
            session.join()
        if transport == "websocket":
            return await session.serve(request, probe=False)
        return _body(await session.poll())

    async def _known(
        self, request: web.Request, session: Session | None, transport: str | None
    ) -> web.StreamResponse:
        if session is None or session.gone.is_set():
            return _answer(400, {"code": 1, "message": "Session ID unknown"})
        if transport == "websocket":
            if self.fault == "polling":
                return _answer(400, {"code": 3, "message": "Bad request"})
            return await session.serve(request, probe=True)
        if request.method == "GET":
            return _body(await session.poll())
        try:
            for packet in unpack(self._revision, await request.read()):
                session.take(packet)
        except ValueError:
            return _answer(400, {"code": 3, "message": "Bad request"})
        return _body(b"ok")

    async def _hold(self, session: Session) -> None:
        """From joining to leaving."""
        while not session.joined and not session.gone.is_set():
            await asyncio.sleep(0.01)
        if self.fault == "held" or self._holder is not None:
            session.emit("error", HELD)
            session.end()
        elif self.fault != "silent":
            self._holder = session
            document = self.outlet.document(self._charger_id, session.user)
            session.emit("chargerConnected", self._connected(document))
            if self.outlet.on:
                self._tell("statusChanged", {"status": "ON"})
        await session.gone.wait()
        self._sessions.pop(session.sid, None)
        if self._holder is session:
            self._holder = None

    def _connected(self, document: dict[str, Any]) -> dict[str, Any]:
        if self.fault == "flat":
            return document | {"price": 0}
        return {
            "$__": {"strictMode": True, "_id": self._charger_id},
            "isNew": False,
            "$locals": {},
            "$op": None,
            "_doc": document,
            "$init": True,
            "energy": 0,
        }

    def _tell(self, event: str, payload: Any) -> None:
        if self._holder is not None and not self._holder.ended:
            self._holder.emit(event, payload)

    async def _log_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._log_s)
            if self.log() is not None and self.fault == "drops":
                await asyncio.sleep(0.05)
                if self._holder is not None:
                    await self._holder.drop()

    def log(self) -> Any:
        """Say `newLog` now to whoever has the charger, while the power is on; return what was said, None for nothing."""
        holder = self._holder
        if holder is None or holder.ended or self.fault == "silent":
            return None
        if not (self.outlet.on or self.fault == "leaky"):
            return None
        self._logs += 1
        said = self._log(holder)
        self._tell("newLog", said)
        return said

    def _log(self, holder: Session) -> Any:
        log = self.outlet.log(self._charger_id, holder.user)
        if self.fault == "nonsense":
            return (
                log,
                "{nonsense",
                log | {"power": "much"},
                log | {"power": "-5.00"},
                log | {"voltage": "NaN"},
                log | {"current": "1e400"},
            )[self._logs % 6]
        if self.fault == "leaky" and not self.outlet.on:
            log |= {"current": "0.71", "power": "90.00"}
        return log

    # --- REST ------------------------------------------------------------------------------------------------------

    async def _desired(self, request: web.Request) -> web.Response:
        if not self._lets_in(request):
            return _answer(401, {"status": "fail", "message": "You are not logged in"})
        try:
            body = await request.json()
            status, charger_id = body["status"], body["chargerId"]
        except ValueError, KeyError, TypeError:
            status = charger_id = None
        if charger_id != self._charger_id or status not in ("ON", "OFF"):
            return _answer(400, {"status": "fail", "message": "Invalid Charger ID"})
        self.orders.append(status)
        if self.fault == "failing":
            return _answer(500, {"status": "error"})
        if status == "ON" and self._holder is None and self.fault != "silent":
            return _answer(400, {"status": "fail", "message": "Charger not connected"})
        if self.fault != "silent":
            self.switch(status == "ON")
        return _answer(200, {"status": "success"})

    async def _remove(self, request: web.Request) -> web.Response:
        if not self._lets_in(request):
            return _answer(401, {"status": "fail", "message": "You are not logged in"})
        self.released += 1
        holder = self._holder
        self.switch(False)
        if holder is not None and not holder.ended:
            holder.end()
        return _answer(200, {"status": "success"})

    async def _check(self, request: web.Request) -> web.Response:
        if request.match_info["id"] == self._charger_id:
            return _answer(200, {"status": "success"})
        return _answer(404, {"status": "fail", "message": "Invalid Charger ID"})

    def _lets_in(self, request: web.Request) -> bool:
        said = request.query.get("token") or request.headers.get("Authorization", "")
        return said == f"Bearer {self._token}" and self.fault != "refuses"

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.fault == "slow":
            await asyncio.sleep(SLOW_S)
        answer: web.StreamResponse = await handler(request)
        return answer

    def _soon(self, work: Any) -> None:
        async def run() -> None:
            with suppress(ConnectionError):
                await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _answer(status: int, body: Any) -> web.Response:
    return web.json_response(body, status=status)


def _body(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/plain", charset="UTF-8")
