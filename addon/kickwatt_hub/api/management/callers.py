"""Who calls, and what they may."""

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from ...model import Scope
from ...security.access import Principal
from .. import ingress
from ..context import CONTEXT, PRINCIPAL
from .refusals import detail, forbidden, throttled, unauthenticated

_SAFE = ("GET", "HEAD")

type Handler = Callable[[web.Request], Awaitable[web.Response]]


def anybody(handler: Handler) -> Handler:
    """Let everybody with a valid token call this; one that may only read changes nothing."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.Response:
        principal = await identify(request)
        if request.method not in _SAFE and principal.scope is Scope.read:
            raise forbidden()
        return await handler(request)

    return guarded


def administrator(handler: Handler) -> Handler:
    """Let administrators call this."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.Response:
        if (await identify(request)).scope is not Scope.admin:
            raise forbidden()
        return await handler(request)

    guarded.scope = Scope.admin  # type: ignore[attr-defined]
    return guarded


async def identify(request: web.Request) -> Principal:
    """Return whose token came with the request. Raises Refusal, 401 and 429."""
    hub = request.app[CONTEXT]
    principal = await ingress.identify(request)
    if principal is None:
        if await hub.strangers.failed(request.remote):
            raise throttled()
        if "Authorization" not in request.headers:
            raise unauthenticated()
        raise detail(401, "Invalid token.")
    request[PRINCIPAL] = principal
    return principal
