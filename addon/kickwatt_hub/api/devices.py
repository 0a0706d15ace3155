"""The device port: S1 and the seed's format, nothing else. It may be forwarded to the internet."""

from functools import partial
import logging

from ..ingest import NotS1Error, StrangerError
from ..sources import gsm
from ..store import UnavailableError
from .answer import JSON, OCTETS, TEXT, Answer
from .context import Context
from .errors import RETRY_AFTER_S
from .wire import Request, Wire

_LOGGER = logging.getLogger(__name__)

_S1 = "/s1/"
_LATER = f"Retry-After: {RETRY_AFTER_S}\r\n"
_METHODS = "GET, HEAD, OPTIONS, POST"


def server(hub: Context) -> Wire:
    """Return what answers devices."""
    return Wire(partial(_answer, hub), _most)


def _most(path: str) -> int:
    return gsm.MAX_LEGACY if path == "/" else gsm.MAX_BODY


async def _answer(hub: Context, request: Request) -> Answer:
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
    except UnavailableError:
        return _refusal(503, "Not now", _LATER)
    except Exception:
        _LOGGER.exception(
            "Unexpected error while answering a device at %s", request.path
        )
        return _refusal(500, "Internal Server Error")


async def _route(hub: Context, request: Request) -> Answer:
    path, method = request.path, request.method
    charger_id = path.removeprefix(_S1)
    if charger_id != path and charger_id and "/" not in charger_id:
        if method == b"POST":
            reply = await hub.ingest.s1(charger_id, request.body)
            return Answer(reply.status, reply.body, OCTETS)
        return _not_allowed("POST")
    if path != "/":
        return _refusal(404, "Not Found")
    if method == b"POST":
        return await _legacy(hub, request)
    if method in (b"GET", b"HEAD"):
        return await _legacy_latest(hub, request)
    if method == b"OPTIONS":
        return Answer(200, headers=_allow(_METHODS))
    return _not_allowed(_METHODS)


async def _legacy(hub: Context, request: Request) -> Answer:
    kind = request.headers.get(b"content-type", b"").partition(b";")[0]
    if kind.strip().lower() != b"application/json":
        return _refusal(415, "Unsupported Media Type")
    await hub.ingest.legacy(_api_key(request), request.body)
    return Answer(204)


async def _legacy_latest(hub: Context, request: Request) -> Answer:
    """Return the newest row in the seed's format."""
    row = await hub.ingest.legacy_latest(_api_key(request))
    return _refusal(404, "Not Found") if row is None else Answer(200, row, JSON)


def _api_key(request: Request) -> str | None:
    key = request.headers.get(b"api_key")
    return None if key is None else key.decode("latin-1")


def _refusal(status: int, line: str, headers: str = "") -> Answer:
    return Answer(status, line.encode(), TEXT + headers)


def _not_allowed(methods: str) -> Answer:
    return _refusal(405, "Method Not Allowed", _allow(methods))


def _allow(methods: str) -> str:
    return f"Allow: {methods}\r\n"
