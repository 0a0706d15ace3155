"""One client: one task reads what it sends, one writes.

Results and events wait in queues of their own: events may be replaced by a snapshot when a client reads too slowly,
results never.
"""

import asyncio
from collections import deque
from collections.abc import Callable
import logging
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from ...bus import Event, Listener
from ...model import Scope
from ...security import tokens
from ...security.access import Principal
from ...store import StoreError, UnavailableError
from .. import shapes
from ..context import CONTEXT, Context
from ..errors import ApiError, parse
from ..ingress import person
from . import topics
from .commands import COMMANDS, CommandError, Work
from .messages import MESSAGE, Auth, Command, Subscribe, id_of

_LOGGER = logging.getLogger(__name__)

MAX_MESSAGE = 64 * 1024
PING_S = 30.0
AUTH_S = 10.0
SEND_S = 60.0  # for one frame; a client that takes nothing for so long is gone
RESULTS = 64  # that may wait to be sent before the client has to listen
COMMANDS_AT_ONCE = 32  # of one client that may be waiting for their results

CLOSE_AUTH = 4401


class Connection:
    """One client."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        """`socket` is prepared for this request."""
        self._hub: Context = request.app[CONTEXT]
        self._socket = socket
        self._request = request
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
            first = parse(MESSAGE, message.data)
        except ApiError:
            first = None
        if not isinstance(first, Auth):
            await self._reject("The first message must be the token.")
            return False
        if first.token is None:
            self._principal = await person(self._request, self._hub)
        else:
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
        if self._principal and not self._hub.access.may_stay(self._principal):
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
                said = parse(MESSAGE, message.data)
            except ApiError as error:
                self._fail(
                    id_of(message.data),
                    CommandError("invalid", str(error), field=error.field),
                )
                continue
            if isinstance(said, Subscribe):
                self._subscribe(said)
            elif isinstance(said, Command):
                self._begin(said, message.data)
            else:
                self._fail(
                    None, CommandError("invalid", "You are authenticated already.")
                )

    def _subscribe(self, wanted: Subscribe) -> None:
        bus = self._hub.bus
        if self._listener is not None:
            self._listener.close()
        self._listener = bus.listen(self._wake)
        resume = wanted.resume
        missed = None if resume is None else bus.since(resume.run, resume.number)
        self._missed = deque(missed or ())
        if resume is None or missed is None:
            self._reply(topics.snapshot(self._hub, wanted.id))
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

    # --- commands --------------------------------------------------------------------------------------------------

    def _begin(self, command: Command, message: str) -> None:
        if len(self._commands) >= COMMANDS_AT_ONCE:
            self._fail(
                command.id,
                CommandError("busy", "Too many commands are waiting already."),
            )
            return
        try:
            work = self._understand(command, message)
        except CommandError as error:
            self._fail(command.id, error)
            return
        task = asyncio.create_task(self._run(command, work))
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    def _understand(self, command: Command, message: str) -> Work:
        """Return what is to be done. Raises CommandError."""
        known = COMMANDS.get(command.command)
        if known is None:
            raise CommandError("invalid", "There is no such command.", field="command")
        try:
            fields = parse(known.decoder, message)
        except ApiError as error:
            raise CommandError("invalid", str(error), field=error.field) from None
        if self._principal is None or not tokens.may(
            self._principal.scope, known.scope
        ):
            raise CommandError(
                "forbidden", f"This needs a token with the scope {known.scope.name}."
            )
        return known.act(self._hub, fields)

    async def _run(self, command: Command, work: Work) -> None:
        try:
            result = await work
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

    # --- what goes to the client -----------------------------------------------------------------------------------

    def _reply(self, message: dict[str, Any]) -> None:
        self._results.append(topics.encode(message))
        if len(self._results) >= RESULTS:
            self._room.clear()
        self._wake.set()

    def _fail(self, command_id: int | None, error: CommandError) -> None:
        self._reply(
            {
                "type": "result",
                "id": command_id,
                "ok": False,
                "error": error.json(),
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
            return topics.frame(self._missed.popleft())
        if self._listener is None:
            return None
        if self._listener.missed:
            self._listener.restart()
            return topics.encode(topics.snapshot(self._hub, None))
        event = self._listener.next()
        return None if event is None else topics.frame(event)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_str(topics.encode(message))


def _nothing() -> None:
    """Abort a connection that is gone already."""
