"""`/auth/*`: registering, logging in and out, and who one is."""

import time

from aiohttp import web

from ...model import Scope, Token, User
from ...security import tokens
from ...store import AlreadyThereError
from ...store.accounts import Member
from ..context import CONTEXT, PRINCIPAL, Context
from ..ingress import person
from ..logins import LoginError, TooManyLoginsError, log_in
from . import bodies
from .callers import anybody, identify
from .refusals import Refusal, answer, detail, error, throttled

LOGIN_HOURS = 10
LOGIN = "energy monitoring login"
"""Name of the one token that a user has from logging in here: a new login ends the old one."""


def routes() -> list[web.RouteDef]:
    """Return the calls."""
    return [
        web.post("/auth/register", register),
        web.post("/auth/login", login),
        web.post("/auth/logout", anybody(logout)),
        web.get("/auth/info", info),
    ]


async def register(request: web.Request) -> web.Response:
    """Make an account that may manage its own meters, and nothing else."""
    hub = request.app[CONTEXT]
    if not hub.open_registration:
        raise detail(
            403, "Registration is closed: ask this hub's owner for an account."
        )
    if await hub.registrations.failed(request.remote):
        raise throttled()
    return answer(200, await _with_token(hub, await add_member(request, Scope.own)))


async def add_member(request: web.Request, scope: Scope) -> Member:
    """Make an account from a request's body. Raises Refusal."""
    hub = request.app[CONTEXT]
    body = await bodies.read(request, bodies.REGISTER)
    who = User(
        name=str(body["username"]),
        email=str(body["email"]),
        scope=scope,
        created_ms=_now_ms(),
    )
    password = await hub.passwords.hash(str(body["password"]))
    try:
        await hub.store.accounts.add_user(who, password)
    except AlreadyThereError:
        raise await _taken(hub, who) from None
    found = await hub.store.accounts.named(who.name)
    assert found is not None
    return found


async def login(request: web.Request) -> web.Response:
    """Trade a password for a token; the one before is not valid any more."""
    hub = request.app[CONTEXT]
    body = await bodies.read(request, bodies.LOGIN)
    try:
        user = await log_in(
            hub, request.remote, str(body["username"]), str(body["password"])
        )
    except TooManyLoginsError:
        raise throttled() from None
    except LoginError:
        raise Refusal(400, {"non_field_errors": ["Incorrect credentials"]}) from None
    found = await hub.store.accounts.named(user.name)
    if found is None:
        raise Refusal(400, {"non_field_errors": ["Incorrect credentials"]})
    return answer(200, await _with_token(hub, found))


async def logout(request: web.Request) -> web.Response:
    """End the token that came with the request."""
    hub = request.app[CONTEXT]
    if (digest := request[PRINCIPAL].digest) is not None:
        await hub.store.accounts.remove_digest(digest)
    await hub.access.load()
    return web.Response(status=204)


async def info(request: web.Request) -> web.Response:
    """Say who holds the token."""
    hub = request.app[CONTEXT]
    if "Authorization" not in request.headers and await person(request, hub) is None:
        raise error(401, "Permission denied")
    principal = await identify(request)
    member = await hub.store.accounts.member(principal.user_pk)
    if member is None:
        raise detail(401, "Invalid token.")
    return answer(200, shown(member))


def shown(member: Member) -> dict[str, object]:
    """Return a user as this API shows them."""
    user = member.user
    return {"id": member.id, "username": user.name, "email": user.email}


async def _with_token(hub: Context, member: Member) -> dict[str, object]:
    secret = tokens.new()
    now_ms = _now_ms()
    token = Token(
        id=0,
        user=member.user.name,
        name=LOGIN,
        scope=member.user.scope,
        created_ms=now_ms,
        expires_ms=now_ms + LOGIN_HOURS * 3_600_000,
    )
    await hub.store.accounts.replace_token(member.id, tokens.digest(secret), token)
    await hub.access.load()
    return {"user": shown(member), "token": secret}


async def _taken(hub: Context, who: User) -> Refusal:
    if await hub.store.accounts.named(who.name) is not None:
        taken = {"username": ["A user with that username already exists."]}
    else:
        taken = {"email": ["A user with that email already exists."]}
    return Refusal(400, taken)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
