"""Who comes through Home Assistant's sidebar: the Supervisor has let them in, and says who they are."""

from contextlib import suppress
import re
import time

from aiohttp import web

from ..model import Scope, User
from ..security import tokens
from ..security.access import Principal
from ..store import AlreadyThereError
from .context import CONTEXT, Context

_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_.@+-]+")


async def identify(request: web.Request) -> Principal | None:
    """Return who makes a request, by its token or because the Supervisor says so; None: nobody that is known."""
    hub = request.app[CONTEXT]
    if "Authorization" not in request.headers:
        return await person(request, hub)
    return await hub.access.identify(
        tokens.from_header(request.headers["Authorization"])
    )


async def person(request: web.BaseRequest, hub: Context) -> Principal | None:
    """Return who the Supervisor says it is, None for everybody else.

    A proxy's headers can be made up by anybody, so what counts is where the connection itself comes from.
    """
    if hub.ingress_from is None or request.remote != hub.ingress_from:
        return None
    headers = request.headers
    given = headers.get("X-Remote-User-Name") or headers.get("X-Remote-User-Id") or ""
    name = _NOT_A_NAME.sub("_", given)[:150]
    if not name:
        return None
    accounts = hub.store.accounts
    member = await accounts.named(name)
    if member is None:
        who = User(
            name=name,
            email=None,
            scope=Scope.control,
            created_ms=time.time_ns() // 1_000_000,
        )
        with suppress(AlreadyThereError):
            await accounts.add_user(who, None)
        member = await accounts.named(name)
    if member is None:
        return None
    return Principal(
        user=name,
        user_pk=member.id,
        scope=hub.ingress_scope,
        digest=None,
        expires_ms=None,
    )
