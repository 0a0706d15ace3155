"""How this API says no. Its clients know four shapes: per field, `non_field_errors`, `error` and `detail`."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler
import msgspec

from ...store import AlreadyThereError, NotThereError, StoreError, UnavailableError
from ..errors import RETRY_AFTER_S

_LOGGER = logging.getLogger(__name__)

PREFIXES = ("/auth/", "/user/", "/meters", "/admin/", "/influx_api/")

type Errors = dict[str, list[str]]


class Refusal(Exception):
    """A status and the JSON that goes with it."""

    def __init__(self, status: int, body: object) -> None:
        """`body` is one of the shapes that clients know."""
        super().__init__(status)
        self.status = status
        self.body = body


def detail(status: int, text: str) -> Refusal:
    """Return a refusal of the whole request."""
    return Refusal(status, {"detail": text})


def error(status: int, text: str) -> Refusal:
    """Return a refusal that concerns one thing."""
    return Refusal(status, {"error": text})


def unauthenticated() -> Refusal:
    """Return the refusal of a call without a token."""
    return detail(401, "Authentication credentials were not provided.")


def forbidden() -> Refusal:
    """Return the refusal of what the caller may not do."""
    return detail(403, "You do not have permission to perform this action.")


def throttled() -> Refusal:
    """Return the refusal of one attempt too many."""
    return detail(429, "Request was throttled. Expected available in 60 seconds.")


def answer(status: int, data: object) -> web.Response:
    """Return JSON."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(data),
        content_type="application/json",
    )


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what was raised below this API's paths, in its own shapes."""
    if not request.path.startswith(PREFIXES):
        return await handler(request)
    headers = {}
    try:
        return await handler(request)
    except Refusal as refusal:
        status, body = refusal.status, refusal.body
    except UnavailableError as unavailable:
        status, body = 503, {"detail": str(unavailable)}
        headers["Retry-After"] = str(RETRY_AFTER_S)
    except NotThereError as gone:
        status, body = 404, {"error": str(gone)}
    except AlreadyThereError as conflict:
        status, body = 409, {"error": str(conflict)}
    except StoreError as other:
        _LOGGER.error("%s %s: %s", request.method, request.path, other)
        status, body = 503, {"detail": str(other)}
    except web.HTTPException as http:
        status, body = http.status, {"detail": _sentence(request, http)}
        if "Allow" in http.headers:
            headers["Allow"] = http.headers["Allow"]
    if status == 401:
        headers["WWW-Authenticate"] = "Token"
    refused = answer(status, body)
    refused.headers.update(headers)
    return refused


def _sentence(request: web.Request, http: web.HTTPException) -> str:
    if http.status == 404:
        return "Not found."
    if http.status == 405:
        return f'Method "{request.method}" not allowed.'
    if http.status == 413:
        return "Request is too large."
    return f"{http.reason}."
