"""How the main port says no: always the same JSON, never a traceback."""

import logging
import re

from aiohttp import web
from aiohttp.typedefs import Handler
import msgspec

from ..store import AlreadyThereError, NotThereError, UnavailableError

_LOGGER = logging.getLogger(__name__)

RETRY_AFTER_S = 30

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many",
    503: "unavailable",
}
_AT = re.compile(r" - at `\$\.?(.*)`\Z")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")


class ApiError(Exception):
    """A refusal: status, one sentence, and the field that is wrong."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        field: str | None = None,
        code: str | None = None,
    ) -> None:
        """`code` is the usual one of the status unless it is given."""
        super().__init__(message)
        self.status = status
        self.code = code or _CODES[status]
        self.field = field

    def json(self) -> dict[str, str | None]:
        """Return the inner object of the answer."""
        return {"code": self.code, "message": str(self), "field": self.field}


def parse[T](decoder: msgspec.json.Decoder[T], data: bytes | str) -> T:
    """Decode and validate. Raises ApiError 400 when it is not JSON, 422 when a field is wrong."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        raise ApiError(400, "This is not JSON.") from None


def convert[T](kind: type[T], data: object, field: str) -> T:
    """Validate what came in a query. Raises ApiError 422 that names the field."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        what = str(error).replace("`", "'")
        raise ApiError(422, f"{what}.", field=field) from None


def invalid(error: msgspec.ValidationError) -> ApiError:
    """Turn msgspec's sentence into field and expectation."""
    text = str(error)
    at = _AT.search(text)
    what = text[: at.start()] if at else text
    path = at[1] if at else ""
    named = _MISSING.match(what) or _UNKNOWN.match(what)
    if named:
        path = f"{path}.{named[1]}" if path else named[1]
        what = (
            "This field is required"
            if _MISSING.match(what)
            else "There is no such field"
        )
    return ApiError(422, what.replace("`", "'") + ".", field=path or None)


def answer(
    status: int, data: object, headers: dict[str, str] | None = None
) -> web.Response:
    """Return JSON."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(data),
        content_type="application/json",
        headers=headers,
    )


@web.middleware
async def errors(
    request: web.Request,
    handler: Handler,
) -> web.StreamResponse:
    """Answer everything that was raised."""
    headers: dict[str, str] = {}
    try:
        return await handler(request)
    except ApiError as error:
        refusal = error
    except NotThereError as error:
        refusal = ApiError(404, str(error))
    except AlreadyThereError as error:
        refusal = ApiError(409, str(error))
    except UnavailableError as error:
        refusal = ApiError(503, str(error))
        headers["Retry-After"] = str(RETRY_AFTER_S)
    except web.HTTPException as error:
        refusal = _from_http(error)
        headers.update(_kept(error))
    except Exception:
        _LOGGER.exception(
            "Unexpected error while answering %s %s", request.method, request.path
        )
        refusal = ApiError(
            500, "Something went wrong here; the hub's log says what.", code="internal"
        )
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(refusal.status, {"error": refusal.json()}, headers)


async def leave(request: web.Request, response: web.StreamResponse) -> None:
    """Tell whoever sent a body that cannot be read that this connection ends: where the next request begins, nobody knows."""
    if request.content.exception() is not None:
        response.force_close()
        response.headers["Connection"] = "close"


def _from_http(error: web.HTTPException) -> ApiError:
    messages = {
        404: "There is nothing here.",
        405: "This method is not allowed here.",
        413: "This is too large.",
    }
    message = messages.get(error.status, f"{error.reason}.")
    return ApiError(error.status, message, code=_CODES.get(error.status, "error"))


def _kept(error: web.HTTPException) -> dict[str, str]:
    return {name: error.headers[name] for name in ("Allow",) if name in error.headers}
