"""Where the document and its page are served. Anybody may read them: they say nothing about this hub."""

import asyncio

from aiohttp import web
import msgspec

from .document import build
from .page import HEADERS, render


class _Documents:
    """Made once, when somebody first asks."""

    def __init__(self) -> None:
        self._made: asyncio.Future[tuple[bytes, bytes]] | None = None

    async def of(self, app: web.Application) -> tuple[bytes, bytes]:
        """Return the document and the page."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(_make, app))
        return await asyncio.shield(self._made)


def routes() -> list[web.RouteDef]:
    """Return both calls."""
    documents = _Documents()

    async def document(request: web.Request) -> web.Response:
        """This document."""
        made, _ = await documents.of(request.app)
        return web.Response(body=made, content_type="application/json")

    async def page(request: web.Request) -> web.Response:
        """This document as a page."""
        _, made = await documents.of(request.app)
        return web.Response(
            body=made, content_type="text/html", charset="utf-8", headers=HEADERS
        )

    return [
        web.get("/api/v1/openapi.json", document),
        web.get("/api/docs", page),
    ]


def _make(app: web.Application) -> tuple[bytes, bytes]:
    document = build(app)
    return msgspec.json.encode(document), render(document).encode()
