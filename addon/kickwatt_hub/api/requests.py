"""How requests to the main port are read, and who may make them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web
import msgspec

from ..entry import Entry
from ..model import Scope
from ..security import tokens
from . import shapes
from .context import CONTEXT, PRINCIPAL, Context
from .errors import ApiError, parse
from .ingress import identify

BODY_S = 30.0
EVER = (0, 253_402_300_799_000)
"""All of time, in milliseconds: until the year 9999."""

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BodyError(Exception):
    """A body did not arrive whole: the status that says so, and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        """Each API refuses in a shape of its own."""
        super().__init__(message)
        self.status = status


def needs(scope: Scope, handler: Handler) -> Handler:
    """Let a handler be called with a token of this scope only."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        hub = request.app[CONTEXT]
        principal = await identify(request)
        if principal is None:
            if await hub.strangers.failed(request.remote):
                raise ApiError(
                    429,
                    "Too many requests without a valid token: try again in a minute.",
                )
            raise ApiError(
                401, "A valid token is needed: Authorization: Bearer <token>."
            )
        if not tokens.may(principal.scope, scope):
            raise ApiError(403, f"This needs a token with the scope {scope.name}.")
        if any("\x00" in each for each in request.match_info.values()):
            raise ApiError(404, "There is nothing here.")  # no database holds it
        request[PRINCIPAL] = principal
        return await handler(request)

    guarded.scope = scope  # type: ignore[attr-defined]
    return guarded


async def read_body[T](request: web.Request, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body, decoded and validated. Raises ApiError."""
    if request.content_type != "application/json":
        raise ApiError(415, "The body must be application/json.")
    return parse(decoder, await read_whole(request))


async def read_whole(request: web.Request) -> bytes:
    """Return the body. Raises ApiError."""
    try:
        return await whole_body(request)
    except BodyError as error:
        raise ApiError(error.status, str(error)) from None


async def whole_body(request: web.Request) -> bytes:
    """Return the body. Raises BodyError."""
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError:
        raise BodyError(408, "The body did not arrive in time.") from None
    except web.RequestPayloadError:
        encoding = "The body is not in the Content-Encoding that it says."
        raise BodyError(400, encoding) from None


def named_entry(request: web.Request) -> Entry:
    """Return the charger that the path names. Raises ApiError."""
    return find_entry(request.app[CONTEXT], request.match_info["id"])


def find_entry(hub: Context, charger_id: str) -> Entry:
    """Return a charger. Raises ApiError."""
    entry = hub.fleet.find(charger_id)
    if entry is None:
        raise ApiError(404, "There is no such charger.")
    return entry


def span(request: web.Request) -> tuple[int, int]:
    """Return start and end in milliseconds; without them all of time."""
    return _time(request, "start", EVER[0]), _time(request, "end", EVER[1])


def _time(request: web.Request, name: str, default_ms: int) -> int:
    text = request.query.get(name)
    return default_ms if text is None else when(text, name)


def when(text: str, field: str) -> int:
    """Return a time in milliseconds. Raises ApiError that names the field."""
    try:
        return shapes.parse_when(text)
    except ValueError, OverflowError:
        raise ApiError(
            422, "Expected a time such as 2026-11-21T07:45:00Z.", field=field
        ) from None


def limit(request: web.Request, least: int, most: int, usual: int) -> int:
    """Return how many the query asks for. Raises ApiError."""
    return _number(request, "limit", least, most) or usual


def points(request: web.Request, least: int, most: int) -> int | None:
    """Return to how many points the query wants the answer reduced; None: it does not. Raises ApiError."""
    return _number(request, "points", least, most)


def _number(request: web.Request, name: str, least: int, most: int) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if (
        not text.isascii()
        or not text.isdecimal()
        or not least <= int(text[:18]) <= most
    ):
        raise ApiError(
            422, f"Expected a whole number of {least} to {most}.", field=name
        )
    return int(text)
