"""Where clients come in, and how they are sent away."""

import asyncio

from aiohttp import web

from .connection import MAX_MESSAGE, PING_S, Connection

CONNECTIONS: web.AppKey[set[Connection]] = web.AppKey("connections", set)


async def live(request: web.Request) -> web.WebSocketResponse:
    """Serve one client until it leaves or the hub stops."""
    socket = web.WebSocketResponse(
        max_msg_size=MAX_MESSAGE, heartbeat=PING_S, compress=False
    )
    await socket.prepare(request)
    connection = Connection(request, socket)
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
