"""The device port: S1 and the seed's format, nothing else. It may be forwarded to the internet."""

import asyncio
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from ..ingest import NotS1Error, StrangerError
from ..sources import gsm
from ..store import UnavailableError
from .context import CONTEXT
from .errors import RETRY_AFTER_S

_LOGGER = logging.getLogger(__name__)

BODY_S = 60.0  # 16 kB at the 9.6 kbit/s of a bad GSM cell take 14 s


def routes() -> list[web.RouteDef]:
    """Return what devices may call."""
    return [
        web.post("/s1/{id}", s1),
        web.get("/", legacy_latest),
        web.post("/", legacy),
        web.options("/", legacy_options),
    ]


@web.middleware
async def refusals(
    request: web.Request,
    handler: Handler,
) -> web.StreamResponse:
    """Answer what is refused unsigned, in one short line."""
    try:
        return await handler(request)
    except StrangerError:
        if await request.app[CONTEXT].strangers.failed(request.remote):
            return _refusal(
                429, "Too Many Requests", {"Retry-After": str(RETRY_AFTER_S)}
            )
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
        return _refusal(503, "Not now", {"Retry-After": str(RETRY_AFTER_S)})
    except web.HTTPException as error:
        kept = {
            name: error.headers[name] for name in ("Allow",) if name in error.headers
        }
        return _refusal(error.status, error.reason, kept)
    except Exception:
        _LOGGER.exception(
            "Unexpected error while answering a device at %s", request.path
        )
        return _refusal(500, "Internal Server Error")


async def s1(request: web.Request) -> web.Response:
    """Take an S1 message."""
    body = await _body(request, gsm.MAX_BODY)
    reply = await request.app[CONTEXT].ingest.s1(request.match_info["id"], body)
    return web.Response(
        status=reply.status, body=reply.body, content_type="application/octet-stream"
    )


async def legacy(request: web.Request) -> web.Response:
    """Take rows in the seed's format."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body = await _body(request, gsm.MAX_LEGACY)
    await request.app[CONTEXT].ingest.legacy(request.headers.get("api_key"), body)
    return web.Response(status=204)


async def legacy_latest(request: web.Request) -> web.Response:
    """Return the newest row in the seed's format."""
    row = await request.app[CONTEXT].ingest.legacy_latest(
        request.headers.get("api_key")
    )
    if row is None:
        raise web.HTTPNotFound
    return web.Response(body=row, content_type="application/json")


async def legacy_options(_request: web.Request) -> web.Response:
    """Say which methods there are."""
    return web.Response(headers={"Allow": "GET, HEAD, OPTIONS, POST"})


async def _body(request: web.Request, most: int) -> bytes:
    """Read the body, but never more of it than `most` bytes."""
    body = bytearray()
    async with asyncio.timeout(BODY_S):
        async for part in request.content.iter_any():
            body += part
            if len(body) > most:
                raise web.HTTPRequestEntityTooLarge(most, len(body))
    return bytes(body)


def _refusal(
    status: int, line: str, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(status=status, text=line, headers=headers)
