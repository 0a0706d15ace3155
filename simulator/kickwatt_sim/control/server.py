"""The control's HTTP server: in a thread of its own, since the world has the main one.

    GET    /                 how it stands
    GET    /catalog          scenarios and faults
    GET    /dialogue         ?after=NUMBER: the AT dialogue since then
    POST   /do               one request of `requests`, answered with how it stands then
    GET    /boards           the chargers that are played here
    PUT    /boards/CHARGER   `{"key": "…"}`: play this one, too
    DELETE /boards/CHARGER   no longer

`?charger=CHARGER` chooses whose world is meant; without it, that of the board that the process was started with.
Whoever reaches the port may do all of this, so it belongs on the loopback address. Errors are `{"error": {"message", "field"}}`.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
import re
import socket
import threading
from typing import Any, Self

from aiohttp import web
import msgspec

from .boards import Boards
from .catalog import catalog
from .errors import WrongError
from .panel import Panel
from .requests import Play, Request

ANSWER_S = 10.0
MAX_BODY = 16 * 1024

_REQUEST: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_PLAY = msgspec.json.Decoder(Play)
_BOARD = "/boards/{charger:[a-z0-9][a-z0-9_-]{0,31}}"
_ADDRESS = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:]+\]|[^\s:]+):)?(?P<port>\d{1,5})")
_AT = re.compile(r" - at `\$\.?(.*)`\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 lets the system choose one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `[HOST:]PORT`. Raises ValueError."""
        found = _ADDRESS.fullmatch(text)
        if found is None or int(found["port"]) > 65_535:
            raise ValueError(f"'{text}' is not like 8424 or 127.0.0.1:8424")
        return cls((found["host"] or "127.0.0.1").strip("[]"), int(found["port"]))


def listen(address: Address) -> socket.socket:
    """Open the door. Raises OSError."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    return socket.create_server((address.host, address.port), family=family)


@contextmanager
def serving(boards: Boards, listening: socket.socket) -> Iterator[int]:
    """Serve as long as the block runs; yield the port."""
    stop = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(boards, listening, stop)), daemon=True
    )
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        thread.join()


async def _serve(
    boards: Boards, listening: socket.socket, stop: threading.Event
) -> None:
    app = web.Application(middlewares=[_errors], client_max_size=MAX_BODY)
    asked = _Asked(boards)
    app.add_routes(
        [
            web.get("/", asked.state),
            web.get("/catalog", asked.catalog),
            web.get("/dialogue", asked.dialogue),
            web.post("/do", asked.do),
            web.get("/boards", asked.boards),
            web.put(_BOARD, asked.play),
            web.delete(_BOARD, asked.stop),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    await asyncio.to_thread(stop.wait)
    await runner.cleanup()


class _Asked:
    """The calls. What is asked of a board is answered by its world, between two of its happenings."""

    def __init__(self, boards: Boards) -> None:
        self._boards = boards

    async def state(self, request: web.Request) -> web.Response:
        panel = self._panel(request)
        return _json(200, await _in_world(panel, panel.state))

    async def catalog(self, _request: web.Request) -> web.Response:
        return _json(200, catalog())

    async def dialogue(self, request: web.Request) -> web.Response:
        panel = self._panel(request)
        text = request.query.get("after", "0")
        if not re.fullmatch(r"[0-9]{1,15}", text):
            raise WrongError(422, "Expected the number of a line.", "after")
        after = int(text)
        return _json(200, await _in_world(panel, lambda: panel.dialogue(after)))

    async def do(self, request: web.Request) -> web.Response:
        panel, body = self._panel(request), await _body(request, _REQUEST)
        return _json(200, await _in_world(panel, lambda: panel.do(body)))

    async def boards(self, _request: web.Request) -> web.Response:
        return _json(200, self._boards.all())

    async def play(self, request: web.Request) -> web.Response:
        charger, body = request.match_info["charger"], await _body(request, _PLAY)
        return _json(200, await asyncio.to_thread(self._boards.play, charger, body.key))

    async def stop(self, request: web.Request) -> web.Response:
        charger = request.match_info["charger"]
        return _json(200, await asyncio.to_thread(self._boards.stop, charger))

    def _panel(self, request: web.Request) -> Panel:
        return self._boards.panel(request.query.get("charger"))


async def _in_world(panel: Panel, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    answer: Future[dict[str, Any]] = Future()

    def work() -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(call())
        except Exception as error:  # noqa: BLE001  raised in the thread that asked
            answer.set_exception(error)

    panel.device.world.arrive(work)
    try:
        async with asyncio.timeout(ANSWER_S):
            return await asyncio.wrap_future(answer)
    except TimeoutError:
        raise WrongError(503, "The simulation does not get on.") from None


async def _body[T](request: web.Request, decoder: msgspec.json.Decoder[T]) -> T:
    # No page of another site can send this without being asked first.
    if request.content_type != "application/json":
        raise WrongError(415, "The body must be application/json.")
    try:
        return decoder.decode(await request.read())
    except msgspec.ValidationError as error:
        text = str(error)
        at = _AT.search(text)
        what = (text[: at.start()] if at else text).replace("`", "'")
        raise WrongError(422, f"{what}.", at[1] if at else None) from None
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        raise WrongError(400, "This is not JSON.") from None


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Any]
) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except WrongError as error:
        told = {"message": str(error), "field": error.field}
        return _json(error.status, {"error": told})
    except web.HTTPException as error:
        told = {"message": f"{error.reason}.", "field": None}
        return _json(error.status, {"error": told})
    return response


def _json(status: int, data: object) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(data), content_type="application/json"
    )
