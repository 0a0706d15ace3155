"""The live connection: docs/api.md, "Live".

One task reads what the client sends, one writes. Results and events wait in queues of their own: events may be
replaced by a snapshot when a client reads too slowly, results never.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import lru_cache
import logging
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMsgType, web
import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..bus import (
    ChargerChanged,
    ChargerRemoved,
    Event,
    Guarded,
    Listener,
    SessionCorrected,
    SessionEnded,
    SessionStarted,
)
from ..fleet import Entry
from ..model import Order, OrderState, Scope
from ..pricing import Definition
from ..security import tokens
from ..security.access import Principal
from ..store import StoreError, UnavailableError
from . import bodies, shapes, tariff
from .change import apply
from .context import CONTEXT, Context
from .errors import ApiError, parse

_LOGGER = logging.getLogger(__name__)

MAX_MESSAGE = 64 * 1024
PING_S = 30.0
AUTH_S = 10.0
SEND_S = 60.0  # for one frame; a client that takes nothing for so long is gone
RESULTS = 64  # that may wait to be sent before the client has to listen
COMMANDS = 32  # of one client that may be waiting for their results

CLOSE_AUTH = 4401

CONNECTIONS: web.AppKey[set[Live]] = web.AppKey("connections", set)


class _Auth(Struct, tag="auth"):
    token: str


class _Resume(Struct):
    run: str
    number: int


class _Subscribe(Struct, tag="subscribe"):
    id: int
    resume: _Resume | None = None


class _Command(Struct, tag="command"):
    id: int
    command: Literal[
        "set_relay",
        "set_settings",
        "rename",
        "set_mode",
        "charge_once",
        "set_tariff",
        "post_prices",
    ]
    charger: str | UnsetType = UNSET
    relay: Literal["on", "off"] | UnsetType = UNSET
    settings: bodies.Settings | UnsetType = UNSET
    name: bodies.Name | UnsetType = UNSET
    mode: bodies.Mode | UnsetType = UNSET
    tariff: Definition | UnsetType = UNSET
    prices: list[bodies.PriceInterval] | UnsetType = UNSET


class _Id(Struct):
    id: int


type _Message = _Auth | _Subscribe | _Command

_MESSAGE: msgspec.json.Decoder[_Message] = msgspec.json.Decoder(
    _Auth | _Subscribe | _Command
)
_ID = msgspec.json.Decoder(_Id)


class CommandError(Exception):
    """A command came to nothing."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str | None = None,
        field: str | None = None,
    ) -> None:
        """`code` and `reason` are those of docs/api.md."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.field = field


async def live(request: web.Request) -> web.WebSocketResponse:
    """Serve one client until it leaves or the hub stops."""
    socket = web.WebSocketResponse(
        max_msg_size=MAX_MESSAGE, heartbeat=PING_S, compress=False
    )
    await socket.prepare(request)
    connection = Live(request, socket)
    connections = request.app[CONNECTIONS]
    connections.add(connection)
    try:
        await connection.serve()
    finally:
        connections.discard(connection)
    return socket


async def close_all(app: web.Application) -> None:
    """Tell every client that the hub goes away."""
    closing = [connection.go_away() for connection in app[CONNECTIONS]]
    await asyncio.gather(*closing, return_exceptions=True)


class Live:
    """One client."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        """`socket` is prepared for this request."""
        self._hub: Context = request.app[CONTEXT]
        self._socket = socket
        self._remote = request.remote
        transport = request.transport
        self._abort: Callable[[], None] = transport.abort if transport else _nothing
        self._principal: Principal | None = None
        self._listener: Listener | None = None
        self._wake = asyncio.Event()
        self._results: deque[str] = deque()
        self._missed: deque[Event] = deque()
        self._room = asyncio.Event()
        self._room.set()
        self._commands: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Greet, let the client prove itself, then answer until it leaves."""
        await self._send(
            {"type": "hello", **shapes.info(self._hub.store.hub_id, self._hub.name)}
        )
        if not await self._authenticate():
            return
        writer = asyncio.create_task(self._write())
        writer.add_done_callback(lambda _: self._room.set())
        self._hub.access.on_change.append(self._recheck)
        try:
            await self._read(writer)
        finally:
            self._hub.access.on_change.remove(self._recheck)
            for task in (writer, *self._commands):
                task.cancel()
            await asyncio.gather(writer, *self._commands, return_exceptions=True)
            if self._listener is not None:
                self._listener.close()

    async def go_away(self) -> None:
        """Close because the hub stops."""
        async with asyncio.timeout(1):
            await self._socket.close(
                code=WSCloseCode.GOING_AWAY, message=b"The hub is stopping"
            )

    # --- authentication --------------------------------------------------------------------------------------------

    async def _authenticate(self) -> bool:
        try:
            async with asyncio.timeout(AUTH_S):
                message = await self._socket.receive()
        except TimeoutError:
            await self._reject("There was no token within ten seconds.")
            return False
        if message.type is not WSMsgType.TEXT:
            if not self._socket.closed:
                await self._reject("The first message must be the token.")
            return False
        try:
            first = parse(_MESSAGE, message.data)
        except ApiError:
            first = None
        if not isinstance(first, _Auth):
            await self._reject("The first message must be the token.")
            return False
        self._principal = await self._hub.access.identify(
            tokens.from_header(f"Bearer {first.token}")
        )
        if self._principal is not None and not tokens.may(
            self._principal.scope, Scope.read
        ):
            await self._reject("This token is for its holder's own meters only.")
            return False
        if self._principal is None:
            limited = await self._hub.strangers.failed(self._remote)
            await self._reject(
                "Too many attempts: try again in a minute."
                if limited
                else "This token is not valid."
            )
            return False
        await self._send({"type": "auth_ok", "scope": self._principal.scope.name})
        return True

    async def _reject(self, message: str) -> None:
        await self._send({"type": "auth_failed", "message": message})
        await self._socket.close(code=CLOSE_AUTH, message=message.encode())

    def _recheck(self) -> None:
        """Tokens have changed: a client whose token is gone must go, too."""
        if self._principal and self._hub.access.still(self._principal.digest) is None:
            task = asyncio.create_task(
                self._reject("This token is not valid any more.")
            )
            self._commands.add(task)
            task.add_done_callback(self._commands.discard)

    # --- what the client says --------------------------------------------------------------------------------------

    async def _read(self, writer: asyncio.Task[None]) -> None:
        async for message in self._socket:
            # Who does not fetch answers is not asked for more; its pings go unanswered then, and that ends it.
            await self._room.wait()
            if writer.done():
                return
            if message.type is not WSMsgType.TEXT:
                await self._socket.close(
                    code=WSCloseCode.UNSUPPORTED_DATA, message=b"Text only"
                )
                return
            try:
                said = parse(_MESSAGE, message.data)
            except ApiError as error:
                self._fail(
                    _id_of(message.data),
                    CommandError("invalid", str(error), field=error.field),
                )
                continue
            if isinstance(said, _Subscribe):
                self._subscribe(said)
            elif isinstance(said, _Command):
                self._begin(said)
            else:
                self._fail(
                    None, CommandError("invalid", "You are authenticated already.")
                )

    def _subscribe(self, wanted: _Subscribe) -> None:
        bus = self._hub.bus
        if self._listener is not None:
            self._listener.close()
        self._listener = bus.listen(self._wake)
        resume = wanted.resume
        missed = None if resume is None else bus.since(resume.run, resume.number)
        self._missed = deque(missed or ())
        if resume is None or missed is None:
            self._reply(self._snapshot(wanted.id))
            return
        self._reply(
            {
                "type": "resumed",
                "id": wanted.id,
                "run": bus.run,
                "number": resume.number,
                "to": bus.number,
            }
        )

    def _snapshot(self, subscribe_id: int | None) -> dict[str, Any]:
        bus = self._hub.bus
        chargers = [shapes.charger(each) for each in self._hub.fleet.snapshot()]
        known = {} if subscribe_id is None else {"id": subscribe_id}
        return {
            "type": "snapshot",
            **known,
            "run": bus.run,
            "number": bus.number,
            "chargers": chargers,
        }

    # --- commands --------------------------------------------------------------------------------------------------

    def _begin(self, command: _Command) -> None:
        if len(self._commands) >= COMMANDS:
            self._fail(
                command.id,
                CommandError("busy", "Too many commands are waiting already."),
            )
            return
        task = asyncio.create_task(self._run(command))
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    async def _run(self, command: _Command) -> None:
        try:
            result = await self._obey(command)
        except CommandError as error:
            self._fail(command.id, error)
        except ApiError as error:
            self._fail(
                command.id, CommandError("invalid", str(error), field=error.field)
            )
        except UnavailableError as error:
            self._fail(command.id, CommandError("unavailable", str(error)))
        except StoreError as error:
            self._fail(command.id, CommandError("not_found", str(error)))
        except Exception:
            _LOGGER.exception("Unexpected error in the command %s", command.command)
            self._fail(
                command.id, CommandError("internal", "Something went wrong in the hub.")
            )
        else:
            self._reply(
                {"type": "result", "id": command.id, "ok": True, "result": result}
            )

    async def _obey(self, command: _Command) -> dict[str, Any]:
        if self._principal is None or not tokens.may(
            self._principal.scope, Scope.control
        ):
            raise CommandError(
                "forbidden", "This needs a token with the scope control."
            )
        if command.command == "set_tariff":
            if isinstance(command.tariff, UnsetType):
                raise _required("tariff")
            return await tariff.choose(self._hub, command.tariff, None)
        if command.command == "post_prices":
            return await tariff.post(self._hub, _given(command.prices, "prices"))
        entry = self._hub.fleet.find(_given(command.charger, "charger"))
        if entry is None:
            raise CommandError("not_found", "There is no such charger.")
        if command.command == "set_relay":
            return await self._set_relay(entry, _given(command.relay, "relay") == "on")
        if command.command == "charge_once":
            return await self._charge_once(entry)
        if command.command == "rename":
            change = bodies.ChargerChange(name=_given(command.name, "name"))
        elif command.command == "set_mode":
            change = bodies.ChargerChange(mode=_given(command.mode, "mode"))
        else:
            change = bodies.ChargerChange(settings=_given(command.settings, "settings"))
        return shapes.charger(await apply(self._hub, entry, change))

    async def _charge_once(self, entry: Entry) -> dict[str, Any]:
        _insist_on_switch(entry)
        if not entry.charger.online:
            raise CommandError(
                "offline",
                f"{entry.charger.name} is silent, so it cannot be switched on now.",
            )
        return shapes.charger(await self._hub.scheduler.charge_once(entry))

    async def _set_relay(self, entry: Entry, relay_on: bool) -> dict[str, Any]:
        name = entry.charger.name
        _insist_on_switch(entry)
        online = entry.charger.online
        if relay_on and not online:
            raise CommandError(
                "offline", f"{name} is silent, so it cannot be switched on now."
            )
        order = await self._hub.control.order(entry, relay_on)
        if not online:
            raise CommandError(
                "offline",
                f"{name} is silent; it will be switched off when it is heard again.",
            )
        return shapes.order(_done(name, await self._hub.control.settled(entry, order)))

    # --- what goes to the client -----------------------------------------------------------------------------------

    def _reply(self, message: dict[str, Any]) -> None:
        self._results.append(_encode(message))
        if len(self._results) >= RESULTS:
            self._room.clear()
        self._wake.set()

    def _fail(self, command_id: int | None, error: CommandError) -> None:
        self._reply(
            {
                "type": "result",
                "id": command_id,
                "ok": False,
                "error": {
                    "code": error.code,
                    "message": str(error),
                    "reason": error.reason,
                    "field": error.field,
                },
            }
        )

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (frame := self._next_frame()) is not None:
                try:
                    async with asyncio.timeout(SEND_S):
                        await self._socket.send_str(frame)
                except TimeoutError:
                    # Closing would wait until it takes what is under way, which it does not.
                    self._abort()
                    return

    def _next_frame(self) -> str | None:
        """Return what to send next: results first, then events, or the present state for those that were dropped."""
        if self._results:
            return self._results.popleft()
        self._room.set()
        if self._missed:
            return _frame(self._missed.popleft())
        if self._listener is None:
            return None
        if self._listener.missed:
            self._listener.restart()
            return _encode(self._snapshot(None))
        event = self._listener.next()
        return None if event is None else _frame(event)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_str(_encode(message))


def _nothing() -> None:
    """Abort a connection that is gone already."""


def _insist_on_switch(entry: Entry) -> None:
    if not entry.charger.switchable:
        raise CommandError(
            "invalid",
            f"{entry.charger.name} cannot be switched: its device takes no orders.",
            field="charger",
        )


def _given[T](value: T | UnsetType, field: str) -> T:
    if isinstance(value, UnsetType):
        raise _required(field)
    return value


def _required(field: str) -> CommandError:
    return CommandError("invalid", "This field is required.", field=field)


def _done(name: str, order: Order | None) -> Order:
    """Return an order that was obeyed. Raises CommandError."""
    if order is None:
        raise CommandError("timeout", f"{name} has not answered in time.")
    if order.state is OrderState.refused:
        raise CommandError(
            "refused", f"{name} refused to switch on.", reason=order.reason
        )
    if order.reason == "removed":
        raise CommandError("not_found", f"{name} was removed.")
    if order.state is OrderState.expired:
        raise CommandError("superseded", "A newer order took its place.")
    return order


def _id_of(text: str) -> int | None:
    try:
        return _ID.decode(text).id
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        return None


@lru_cache(maxsize=512)
def _frame(event: Event) -> str:
    """Return an event as text; all clients get the same."""
    return _encode({"type": "event", "number": event.number, **_happening(event)})


def _happening(event: Event) -> dict[str, Any]:
    what = event.what
    match what:
        case ChargerChanged(charger):
            return {"event": "charger", "charger": shapes.charger(charger)}
        case ChargerRemoved(charger_id):
            return {"event": "charger_removed", "charger_id": charger_id}
        case SessionStarted(charger_id, time_ms, session):
            return _edge("session_started", charger_id, time_ms) | {
                "session": shapes.session(session)
            }
        case SessionEnded(charger_id, time_ms, session):
            return _edge("session_ended", charger_id, time_ms) | {
                "session": shapes.session(session)
            }
        case Guarded(charger_id, time_ms, reason, energy_wh, closed_s):
            return _edge("guard", charger_id, time_ms) | {
                "reason": reason,
                "energy_wh": energy_wh,
                "closed_s": closed_s,
            }
        case SessionCorrected(charger_id, time_ms, session, removed):
            return _edge("session_corrected", charger_id, time_ms) | {
                "session": shapes.session(session),
                "removed": removed,
            }
    return _edge("tripped", what.charger_id, what.time_ms) | {"trips": what.trips}


def _edge(event: str, charger_id: str, time_ms: int) -> dict[str, Any]:
    return {"event": event, "charger_id": charger_id, "time": shapes.when(time_ms)}


def _encode(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()
