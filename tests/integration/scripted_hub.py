"""A hub that says only what a test tells it to say.

For what a real hub never does: to be something else, to speak another API, to repeat or skip an event, to hang up at
a given word. Everything that a real hub can show is tested with the real one.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import WSMsgType, web
from yarl import URL

HUB_ID = "0123456789abcdef0123456789abcdef"
PATIENCE_S = 60
TOKEN = "c0ffee" * 10 + "c0de"  # 64 digits, as the hub's are

CHARGER: dict[str, Any] = {
    "id": "scooter",
    "name": "Garage scooter",
    "kind": "s1",
    "simulated": False,
    "online": True,
    "last_seen": "2026-11-21T07:45:02Z",
    "firmware": "0.1.0",
    "signal_dbm": -79,
    "supply_v": 4.01,
    "clock_off_s": None,
    "state": "charging",
    "trips": [],
    "relay": {"reported": "on", "desired": "on", "pending": False, "reason": "order"},
    "reading": {
        "time": "2026-11-21T07:45:00Z",
        "voltage_v": 230.1,
        "current_a": 0.712,
        "power_w": 91.2,
        "apparent_power_va": 163.8,
        "power_factor": 0.56,
        "energy_wh": 12345.0,
    },
    "session": {
        "id": 3,
        "start": "2026-11-21T06:30:00Z",
        "end": None,
        "energy_wh": 120.4,
        "peak_power_w": 95.1,
        "end_reason": None,
        "cost": 0.0361,
        "currency": "EUR",
        "unpriced_wh": 0.0,
    },
    "charge": {
        "phase": "constant_current",
        "full": {
            "expected": "2026-11-21T09:12:40Z",
            "earliest": "2026-11-21T08:50:10Z",
            "latest": "2026-11-21T09:40:00Z",
            "learned": True,
            "as_of": "2026-11-21T07:45:00Z",
        },
    },
    "settings": {
        "cutoff_w": 11.5,
        "hold_s": 300,
        "max_hours": 12,
        "max_wh": 2000,
        "max_a": 3.0,
        "rule": "robust",
        "balance_min": 0,
        "pending": False,
    },
    "mode": {
        "name": "ready_by",
        "target_wh": None,
        "target_percent": 80,
        "hours": None,
        "ready_by": "07:00",
        "zone": "Europe/Warsaw",
        "prefer": "cheap",
        "probe": False,
        "learned_caps": False,
    },
    "progress": {
        "step": "charging",
        "why": "planned",
        "wish": "on",
        "since": "2026-11-21T06:30:00Z",
        "ready": "2026-11-22T06:00:00Z",
        "plan": None,
    },
}


class Line:
    """The hub's end of one live connection."""

    def __init__(self, ws: web.WebSocketResponse, hello: Mapping[str, Any]) -> None:
        """Take over a connection that has just been opened."""
        self.ws = ws
        self.hello = hello
        self.over = asyncio.Event()

    async def say(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        await self.ws.send_json({"type": kind, **fields})

    async def hear(self, kind: str) -> dict[str, Any]:
        """Wait for the client's next message, which has to be of that type."""
        async with asyncio.timeout(PATIENCE_S):
            data: dict[str, Any] = await self.ws.receive_json()
        assert data["type"] == kind, data
        return data

    async def greet(self, scope: str = "control") -> dict[str, Any]:
        """Let the client in; return what it sent to subscribe."""
        await self.say("hello", **self.hello)
        assert (await self.hear("auth"))["token"] == TOKEN
        await self.say("auth_ok", scope=scope)
        return await self.hear("subscribe")

    async def welcome(
        self, *chargers: Mapping[str, Any], run: str = "a", number: int = 10
    ) -> dict[str, Any]:
        """Let the client in and show it all chargers; return what it sent to subscribe."""
        request = await self.greet()
        await self.say(
            "snapshot",
            id=request["id"],
            run=run,
            number=number,
            chargers=chargers or [CHARGER],
        )
        return request

    async def show(self, run: str = "a", number: int = 10, **things: Any) -> None:
        """Let the client in and show it the charger, and meters or sites."""
        request = await self.greet()
        await self.say(
            "snapshot",
            id=request["id"],
            run=run,
            number=number,
            chargers=[CHARGER],
            **things,
        )

    async def happened(self, number: int, event: str, **fields: Any) -> None:
        """Send an event that is about no charger."""
        await self.say("event", number=number, event=event, **fields)

    async def change(self, number: int, **changes: Any) -> None:
        """Send the event that something about the charger changed."""
        await self.say(
            "event", number=number, event="charger", charger=CHARGER | changes
        )

    async def happen(self, number: int, event: str, **fields: Any) -> None:
        """Send the event that something happened to the charger."""
        await self.say(
            "event",
            number=number,
            event=event,
            charger_id=CHARGER["id"],
            time="2026-11-21T08:00:00Z",
            **fields,
        )

    async def hang_up(self, code: int = 1001) -> None:
        """Close the connection."""
        await self.ws.close(code=code)
        self.over.set()


class ScriptedHub:
    """A server on a port of its own; its attributes are what it answers."""

    def __init__(self) -> None:
        """Answer as a good hub does, until a test says otherwise."""
        self.info: Any = {
            "product": "kickwatt",
            "hub_id": HUB_ID,
            "name": "Kickwatt",
            "version": "0.1.0",
            "api": 1,
            "firmware": "0.1.0",
        }
        self.info_status = 200
        self.me: Any = {"user": "owner", "scope": "control"}
        self.me_status = 200
        self.live_status = 101
        self.health: Any = {
            "charges": 9,
            "needed": 5,
            "whole_charges": 7,
            "capacity_percent": 96.4,
            "trend_percent_per_year": -3.1,
            "trend_low": -5.0,
            "trend_high": -1.2,
            "tail_share": 0.21,
        }
        self.health_status = 200
        self.health_asked = 0
        self.tariff: Any = {"tariff": None}
        self.tariff_status = 200
        self.tariff_asked = 0
        self.content_type = "text/html"
        self.tokens_seen: list[str] = []
        self.port = 0
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._open: set[Line] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> URL:
        """The hub's base URL."""
        return URL.build(scheme="http", host="127.0.0.1", port=self.port)

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Start, on the same port as before."""
        app = web.Application()
        app.router.add_get("/api/v1/info", self._answer_info)
        app.router.add_get("/api/v1/me", self._answer_me)
        app.router.add_get("/api/v1/chargers/{id}/health", self._answer_health)
        app.router.add_get("/api/v1/tariff", self._answer_tariff)
        app.router.add_get("/api/v1/tariff/prices", self._answer_prices)
        app.router.add_get("/api/v1/live", self._answer_live)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop, and drop every line without a word."""
        assert self._runner is not None
        for line in list(self._open):
            line.over.set()
        await self._runner.cleanup()

    async def accept(self) -> Line:
        """Wait for the next live connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._lines.get()

    async def _answer_info(self, request: web.Request) -> web.Response:
        """Answer who it is."""
        return self._answer(self.info_status, self.info)

    async def _answer_me(self, request: web.Request) -> web.Response:
        """Answer what a token may do."""
        self.tokens_seen.append(request.headers["Authorization"])
        return self._answer(self.me_status, self.me)

    async def _answer_health(self, request: web.Request) -> web.Response:
        """Answer how a battery ages."""
        self.health_asked += 1
        return self._answer(self.health_status, self.health)

    async def _answer_tariff(self, request: web.Request) -> web.Response:
        """Answer which tariff holds."""
        self.tariff_asked += 1
        return self._answer(self.tariff_status, self.tariff)

    async def _answer_prices(self, request: web.Request) -> web.Response:
        """Answer that no price is known."""
        return self._answer(200, {"prices": []})

    def _answer(self, status: int, data: Any) -> web.Response:
        """Answer JSON, or text as it is."""
        if isinstance(data, str):
            return web.Response(
                status=status, text=data, content_type=self.content_type
            )
        return web.json_response(data, status=status)

    async def _answer_live(self, request: web.Request) -> web.StreamResponse:
        """Open a live connection and leave it to the test."""
        if self.live_status != 101:
            return web.Response(status=self.live_status)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        line = Line(ws, self.info)
        self._open.add(line)
        self._lines.put_nowait(line)
        await line.over.wait()
        self._open.discard(line)
        return ws


async def gone(line: Line) -> bool:
    """Wait until the client has closed the line."""
    async with asyncio.timeout(PATIENCE_S):
        return (await line.ws.receive()).type in (
            WSMsgType.CLOSE,
            WSMsgType.CLOSED,
            WSMsgType.CLOSING,
        )
