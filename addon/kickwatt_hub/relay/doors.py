"""The relay's three doors: for devices (plain HTTP), for hubs (the tunnel), and for whoever watches it."""

import asyncio
import logging

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler
from yarl import URL

from ..security import tokens
from ..sources.gsm import MAX_BODY
from . import metrics
from .frames import (
    MAX_FRAME,
    PATH,
    PROTOCOL,
    SIGNED,
    UNREADABLE,
    FrameError,
    Welcome,
    encode,
    for_relay,
)
from .switchboard import Switchboard
from .tunnel import Caller

_LOGGER = logging.getLogger(__name__)

BODY_S = 30.0  # 16 kB at the 9.6 kbit/s of a bad GSM cell take 14 s
HEARTBEAT_S = 20.0  # shorter than the minute after which a home's router forgets a silent connection
CLOSE_S = 2.0
RETRY_AFTER_S = 30

SWITCHBOARD = web.AppKey("switchboard", Switchboard)
DEVICE_URL = web.AppKey("device_url", str)
DEVICE_PORT = web.AppKey("device_port", int)
PROXY = web.AppKey("proxy", str)


def device_door(board: Switchboard, proxy: str) -> web.Application:
    """Return what devices may call; `proxy` is the address of a reverse proxy before it, "" without one."""
    app = web.Application(middlewares=[_in_one_line])
    app[SWITCHBOARD], app[PROXY] = board, proxy
    app.add_routes([web.post("/h/{hub}/s1/{charger}", s1)])
    return app


def tunnel_door(
    board: Switchboard, proxy: str, device_url: str, device_port: int
) -> web.Application:
    """Return what hubs may call; `device_url` is the device door as boards reach it, "" when nobody said."""
    app = web.Application(middlewares=[_in_one_line])
    app[SWITCHBOARD], app[PROXY] = board, proxy
    app[DEVICE_URL], app[DEVICE_PORT] = device_url, device_port
    app.add_routes([web.get(PATH, tunnel)])
    return app


def status_door(board: Switchboard) -> web.Application:
    """Return what a container's health check and Prometheus may call."""
    app = web.Application(middlewares=[_in_one_line])
    app[SWITCHBOARD] = board
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", show_metrics)])
    return app


@web.middleware
async def _in_one_line(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what is refused in one short line, and never with a traceback."""
    try:
        return await handler(request)
    except TimeoutError:
        return _line(400, "Too slow")
    except web.HTTPException as error:
        kept = {
            name: error.headers[name] for name in ("Allow",) if name in error.headers
        }
        return _line(error.status, error.reason, kept)
    except Exception:
        _LOGGER.exception("Unexpected error while answering %s", request.path)
        return _line(500, "Internal Server Error")


# --- devices -------------------------------------------------------------------------------------------------------------


async def s1(request: web.Request) -> web.Response:
    """Take an S1 message for the hub that is named in the path."""
    body = await _body(request)
    answer = await request.app[SWITCHBOARD].pass_on(
        _remote(request),
        request.match_info["hub"],
        request.match_info["charger"],
        body,
    )
    if answer.status in SIGNED:
        return web.Response(
            status=answer.status,
            body=answer.body,
            content_type="application/octet-stream",
        )
    again = {"Retry-After": str(RETRY_AFTER_S)} if answer.status in (429, 503) else {}
    return web.Response(
        status=answer.status, body=answer.body, headers=again, content_type="text/plain"
    )


async def _body(request: web.Request) -> bytes:
    """Read the body, but never more of it than an S1 message has."""
    body = bytearray()
    async with asyncio.timeout(BODY_S):
        async for part in request.content.iter_any():
            body += part
            if len(body) > MAX_BODY:
                raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
    return bytes(body)


def _remote(request: web.Request) -> str | None:
    """Return the address that limits count for; what a proxy adds to the header is its last element."""
    if request.remote == request.app[PROXY]:
        chain = request.headers.get("X-Forwarded-For", "")
        return chain.rpartition(",")[2].strip() or request.remote
    return request.remote


# --- hubs ----------------------------------------------------------------------------------------------------------------


async def tunnel(request: web.Request) -> web.StreamResponse:
    """Let a hub dial in."""
    board = request.app[SWITCHBOARD]
    token = tokens.from_header(request.headers.get("Authorization"))
    board.refresh()
    hub = board.hubs.owner(token)
    if hub is None:
        board.outcomes["wrong_token"] += 1
        if await board.strangers.failed(_remote(request)):
            return _line(429, "Too Many Requests", {"Retry-After": str(RETRY_AFTER_S)})
        return _line(401, "Unauthorized")
    ws = web.WebSocketResponse(
        protocols=(PROTOCOL,),
        heartbeat=HEARTBEAT_S,
        max_msg_size=MAX_FRAME,
        compress=False,
        timeout=CLOSE_S,
    )
    ready = ws.can_prepare(request)
    if not ready.ok or ready.protocol != PROTOCOL:
        return _line(400, f"A WebSocket with the subprotocol {PROTOCOL} is wanted here")
    await ws.prepare(request)
    caller = Caller(
        hub,
        board.hubs.token_hash(hub) or "",
        ws.send_bytes,
        lambda code, reason: ws.close(code=code, message=reason.encode()),
    )
    await ws.send_bytes(encode(Welcome(hub, f"{_device_url(request)}/h/{hub}")))
    mine = board.connect(caller)
    try:
        async for message in ws:
            if message.type is WSMsgType.ERROR:  # no pong came, or the line broke
                break
            if message.type is not WSMsgType.BINARY:
                raise FrameError("not binary")  # noqa: TRY301
            mine.hear(for_relay(message.data))
    except FrameError as error:
        _LOGGER.warning("Hub %s sent what is no frame: %s", hub, error)
        await ws.close(code=UNREADABLE, message=b"not a frame")
    finally:
        board.disconnect(mine)
    return ws


def _device_url(request: web.Request) -> str:
    """Return the device door as boards reach it; when nobody said, at the host where the hub has found the tunnel."""
    found = URL.build(
        scheme="http",
        host=request.url.host or "relay.example",
        port=request.app[DEVICE_PORT],
    )
    return request.app[DEVICE_URL] or str(found)


# --- whoever watches -----------------------------------------------------------------------------------------------------


async def healthz(request: web.Request) -> web.Response:
    """Whether it runs, and how many of its hubs are there."""
    board = request.app[SWITCHBOARD]
    return web.json_response(
        {
            "status": "ok",
            "hubs": len(board.hubs.all()),
            "connected": len(board.tunnels),
        }
    )


async def show_metrics(request: web.Request) -> web.Response:
    """What happened so far."""
    return web.Response(
        body=metrics.text(request.app[SWITCHBOARD]).encode(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


def _line(
    status: int, line: str, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(status=status, text=line, headers=headers)
