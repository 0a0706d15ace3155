"""The device port: S1 and the seed's format, nothing else. It may be forwarded to the internet.

Thousands of messages a second pass through here, so it is aiohttp's server without its application: three paths need
no router, and refusals no middleware.
"""

import asyncio
from collections.abc import Callable
import logging
from typing import cast

from aiohttp import web

from ..ingest import NotS1Error, StrangerError
from ..sources import gsm
from ..store import UnavailableError
from .context import Context
from .errors import RETRY_AFTER_S
from .plain import JSON, OCTETS, TEXT, Answer

_LOGGER = logging.getLogger(__name__)

BODY_S = 60.0  # 16 kB at the 9.6 kbit/s of a bad GSM cell take 14 s

_S1 = "/s1/"
_LATER = f"Retry-After: {RETRY_AFTER_S}\r\n"


def server(hub: Context, heard: Callable[[web.RequestHandler], None]) -> web.Server:
    """Return what answers devices; `heard` is told of each connection that has asked for something."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        heard(request.protocol)
        # An Answer is all of a response that aiohttp's server uses.
        return cast(web.StreamResponse, await _answer(hub, request))

    return web.Server(
        answer,
        access_log=None,
        # The S1 MAC is over the bytes as they came: nothing may unpack them on the way.
        auto_decompress=False,
        # Ingest wants to be seen through when a device hangs up.
        handler_cancellation=False,
    )


async def _answer(hub: Context, request: web.BaseRequest) -> Answer:
    """Answer, and say in one short line what is refused unsigned."""
    try:
        return await _route(hub, request)
    except StrangerError:
        if await hub.strangers.failed(request.remote):
            return _refusal(429, "Too Many Requests", _LATER)
        return _refusal(401, "Unauthorized")
    except NotS1Error:
        return _refusal(400, "Not an S1 message")
    except gsm.LegacyNotJsonError as error:
        return _refusal(400, str(error))
    except gsm.LegacyError as error:
        return _refusal(422, str(error))
    except TimeoutError:
        return _refusal(400, "Too slow")
    except UnavailableError:
        return _refusal(503, "Not now", _LATER)
    except ConnectionError:
        # It hung up in the middle of its message, as happens in every dead spot: nobody will read this.
        return _refusal(400, "Incomplete")
    except web.HTTPException as error:
        return _refusal(error.status, error.reason)
    except Exception:
        _LOGGER.exception(
            "Unexpected error while answering a device at %s", request.path
        )
        return _refusal(500, "Internal Server Error")


async def _route(hub: Context, request: web.BaseRequest) -> Answer:
    path, method = request.path, request.method
    charger_id = path.removeprefix(_S1)
    if charger_id != path and charger_id and "/" not in charger_id:
        if method == "POST":
            return await _s1(hub, request, charger_id)
        return _not_allowed("POST")
    if path != "/":
        return _refusal(404, "Not Found")
    if method == "POST":
        return await _legacy(hub, request)
    if method in ("GET", "HEAD"):
        return await _legacy_latest(hub, request)
    if method == "OPTIONS":
        return Answer(200, headers=_allow("GET, HEAD, OPTIONS, POST"))
    return _not_allowed("GET, HEAD, OPTIONS, POST")


async def _s1(hub: Context, request: web.BaseRequest, charger_id: str) -> Answer:
    body = await _body(request, gsm.MAX_BODY)
    reply = await hub.ingest.s1(charger_id, body)
    return Answer(reply.status, reply.body, OCTETS)


async def _legacy(hub: Context, request: web.BaseRequest) -> Answer:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body = await _body(request, gsm.MAX_LEGACY)
    await hub.ingest.legacy(request.headers.get("api_key"), body)
    return Answer(204)


async def _legacy_latest(hub: Context, request: web.BaseRequest) -> Answer:
    """Return the newest row in the seed's format."""
    row = await hub.ingest.legacy_latest(request.headers.get("api_key"))
    if row is None:
        raise web.HTTPNotFound
    return Answer(200, row, JSON)


async def _body(request: web.BaseRequest, most: int) -> bytes:
    """Read the body, but never more of it than `most` bytes."""
    content = request.content
    if content.is_eof():  # it came with the head, as short ones do
        body = content.read_nowait()
        if len(body) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(body))
        return body
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts = bytearray()
    async with asyncio.timeout(BODY_S):
        async for part in content.iter_any():
            parts += part
            if len(parts) > most:
                raise web.HTTPRequestEntityTooLarge(most, len(parts))
    return bytes(parts)


def _refusal(status: int, line: str, headers: str = "") -> Answer:
    return Answer(status, line.encode(), TEXT + headers)


def _not_allowed(methods: str) -> Answer:
    return _refusal(405, "Method Not Allowed", _allow(methods))


def _allow(methods: str) -> str:
    return f"Allow: {methods}\r\n"
