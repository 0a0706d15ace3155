"""A reverse proxy that puts a path before the hub's, as the Supervisor's ingress does."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

type _Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse

PREFIX: Final = "/api/hassio_ingress/an-ingress-token"

# RFC 9110 section 7.6.1: what belongs to one connection only; and what aiohttp says itself.
_HOP: Final = {
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "upgrade",
    "content-encoding",
}


@contextmanager
def ingress(
    target: str, port: int, headers: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve `target` below PREFIX on a port of the loopback address; yields the address to open.

    `headers` are added to every request, as those by which the Supervisor says who it is.
    """
    started, loop = asyncio.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            app = web.Application()
            app.router.add_route(
                "*", PREFIX + "/{path:.*}", _proxy(session, target, headers or {})
            )
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            started.set()
            await stop.wait()
            await runner.cleanup()

    thread = Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(started.wait(), loop).result(10)
    try:
        yield f"http://127.0.0.1:{port}{PREFIX}/"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def _proxy(
    session: aiohttp.ClientSession, target: str, added: Mapping[str, str]
) -> Handler:
    async def pass_on(request: web.Request) -> web.StreamResponse:
        url = f"{target}/{request.match_info['path']}"
        if request.query_string:
            url += f"?{request.query_string}"
        headers = {
            **{
                name: value
                for name, value in request.headers.items()
                if name.lower() not in _HOP
            },
            "X-Ingress-Path": PREFIX,
            **added,
        }
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _join(session, request, url, headers)
        try:
            async with session.request(
                request.method, url, headers=headers, data=await request.read()
            ) as answer:
                kept = {
                    name: value
                    for name, value in answer.headers.items()
                    if name.lower() not in _HOP - {"content-encoding"}
                }
                return web.Response(
                    status=answer.status, headers=kept, body=await answer.read()
                )
        except aiohttp.ClientError:
            return web.Response(status=502, text="502: Bad Gateway")

    return pass_on


async def _join(
    session: aiohttp.ClientSession,
    request: web.Request,
    url: str,
    headers: Mapping[str, str],
) -> web.StreamResponse:
    own = {
        name: value
        for name, value in headers.items()
        if not name.lower().startswith("sec-websocket")
    }
    try:
        inner = await session.ws_connect(url, headers=own)
    except aiohttp.ClientError:
        return web.Response(status=502, text="502: Bad Gateway")
    outer = web.WebSocketResponse()
    await outer.prepare(request)
    async with asyncio.TaskGroup() as both:
        both.create_task(_copy(outer, inner))
        both.create_task(_copy(inner, outer))
    return outer


async def _copy(source: _Socket, sink: _Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT and not sink.closed:
            await sink.send_str(message.data)
    await sink.close()
