"""Connections that never ask for anything.

aiohttp closes a connection that is idle between two requests, but waits for ever for the first one. Whoever opens
connections and sends nothing, or half a header, would use up the hub's file descriptors.
"""

import asyncio
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

PATIENCE_S = 60.0  # a GPRS connection may need ten seconds for its first packet


class Idlers:
    """Finds connections without a request and closes them."""

    def __init__(self) -> None:
        """Nothing is open yet; `watch` says whose connections they are."""
        self._server: web.Server | None = None
        self._asked: set[web.RequestHandler] = set()
        self._since: dict[web.RequestHandler, float] = {}
        self._room = 1000

    def middleware(self) -> Middleware:
        """Return what notes that a connection has asked for something."""

        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.heard(request.protocol)
            return await handler(request)

        return note

    def heard(self, connection: web.RequestHandler) -> None:
        """Note that a connection has asked for something."""
        self._asked.add(connection)
        if len(self._asked) > self._room:
            self._forget_closed()

    async def watch(self, server: web.Server) -> None:
        """Close those that have waited too long, for as long as the server runs."""
        self._server = server
        while True:
            await asyncio.sleep(PATIENCE_S / 4)
            now = time.monotonic()
            for connection in self._forget_closed() - self._asked:
                if now - self._since.setdefault(connection, now) >= PATIENCE_S:
                    connection.force_close()

    def _forget_closed(self) -> set[web.RequestHandler]:
        """Keep and return only what is open; aiohttp's connections allow no weak references."""
        open_now = set(self._server.connections) if self._server else set()
        self._asked &= open_now
        self._since = {
            each: since for each, since in self._since.items() if each in open_now
        }
        self._room = 1000 + 2 * len(open_now)
        return open_now
