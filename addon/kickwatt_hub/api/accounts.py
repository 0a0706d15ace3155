"""Users, their tokens, and logging in: docs/api.md, "REST"."""

import time

from aiohttp import web
import msgspec
from msgspec import UNSET

from ..model import Scope, Token, User
from ..security import tokens
from ..security.access import Principal
from . import bodies, shapes
from .context import CONTEXT, PRINCIPAL, Context
from .errors import ApiError, answer
from .logins import LoginError, TooManyLoginsError, log_in
from .requests import needs, read_body

LOGIN_DAYS = 365

_NEW_USER = msgspec.json.Decoder(bodies.NewUser)
_USER_CHANGE = msgspec.json.Decoder(bodies.UserChange)
_NEW_PASSWORD = msgspec.json.Decoder(bodies.NewPassword)
_LOGIN = msgspec.json.Decoder(bodies.Login)
_NEW_TOKEN = msgspec.json.Decoder(bodies.NewToken)


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    own, read, admin = Scope.own, Scope.read, Scope.admin
    return [
        web.post("/api/v1/login", login),
        web.post("/api/v1/logout", needs(own, logout)),
        web.get("/api/v1/me", needs(read, me)),
        web.put("/api/v1/me/password", needs(own, change_password)),
        web.get("/api/v1/users", needs(admin, list_users)),
        web.post("/api/v1/users", needs(admin, add_user)),
        web.patch("/api/v1/users/{name}", needs(admin, change_user)),
        web.delete("/api/v1/users/{name}", needs(admin, remove_user)),
        web.get("/api/v1/tokens", needs(admin, list_tokens)),
        web.post("/api/v1/tokens", needs(admin, add_token)),
        web.delete("/api/v1/tokens/{id}", needs(admin, remove_token)),
    ]


# --- oneself -----------------------------------------------------------------------------------------------------------


async def me(request: web.Request) -> web.Response:
    """Whose token this is."""
    principal = request[PRINCIPAL]
    told = {"user": principal.user, "scope": principal.scope.name}
    return answer(
        200, {**told, "simulator": request.app[CONTEXT].simulator is not None}
    )


async def login(request: web.Request) -> web.Response:
    """Trade a password for a token."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _LOGIN)
    return await _logged_in(hub, await _prove(request, body.name, body.password))


async def logout(request: web.Request) -> web.Response:
    """End the token that came with the request."""
    hub = request.app[CONTEXT]
    if (digest := request[PRINCIPAL].digest) is not None:
        await hub.store.accounts.remove_digest(digest)
        await hub.access.load()
    return web.Response(status=204)


async def change_password(request: web.Request) -> web.Response:
    """Change one's password; every token from logging in ends, and a new one is the answer."""
    hub, principal = request.app[CONTEXT], request[PRINCIPAL]
    body = await read_body(request, _NEW_PASSWORD)
    try:
        user = await _prove(request, principal.user, body.old)
    except ApiError as error:
        if error.status != 401:
            raise
        raise ApiError(422, "This is not the password.", field="old") from None
    password = await hub.passwords.hash(body.new)
    await hub.store.accounts.change_user(principal.user_pk, None, password)
    return await _logged_in(hub, user)


async def _prove(request: web.Request, name: str, password: str) -> User:
    try:
        return await log_in(request.app[CONTEXT], request.remote, name, password)
    except TooManyLoginsError:
        raise ApiError(429, "Too many failed logins: try again in a minute.") from None
    except LoginError:
        raise ApiError(401, "User or password is wrong.") from None


async def _logged_in(hub: Context, user: User) -> web.Response:
    expires_ms = _now_ms() + LOGIN_DAYS * 86_400_000
    secret, _ = await _give_token(hub, user.name, "login", user.scope, expires_ms)
    return answer(
        200,
        {"token": secret, "scope": user.scope.name, "expires": shapes.when(expires_ms)},
    )


# --- users -------------------------------------------------------------------------------------------------------------


async def list_users(request: web.Request) -> web.Response:
    """Everybody."""
    return answer(
        200,
        [
            shapes.user(each)
            for each in await request.app[CONTEXT].store.accounts.users()
        ],
    )


async def add_user(request: web.Request) -> web.Response:
    """Add a user."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _NEW_USER)
    who = User(
        name=body.name,
        email=body.email,
        scope=Scope.admin if body.admin else Scope.control,
        created_ms=_now_ms(),
    )
    await hub.store.accounts.add_user(who, await hub.passwords.hash(body.password))
    return answer(201, shapes.user(who))


async def change_user(request: web.Request) -> web.Response:
    """Change a user's address, password or rights; a new password ends their tokens from logging in."""
    hub, name = request.app[CONTEXT], request.match_info["name"]
    body = await read_body(request, _USER_CHANGE)
    member = await hub.store.accounts.named(name)
    if member is None:
        raise ApiError(404, f"There is no user {name}.")
    if body.admin is False and member.id == request[PRINCIPAL].user_pk:
        raise ApiError(409, "Somebody else has to take your rights.", field="admin")
    password = None
    if body.password is not UNSET:
        password = await hub.passwords.hash(body.password)
    email = None if body.email is UNSET else body.email
    await hub.store.accounts.change_user(member.id, email, password)
    if body.admin is not UNSET:
        await hub.store.accounts.grant(
            member.id, Scope.admin if body.admin else Scope.control
        )
    await hub.access.load()
    now = await hub.store.accounts.named(name)
    return answer(200, shapes.user((now or member).user))


async def remove_user(request: web.Request) -> web.Response:
    """Remove a user and their tokens."""
    hub = request.app[CONTEXT]
    await hub.store.accounts.remove_user(request.match_info["name"])
    await hub.access.load()
    return web.Response(status=204)


# --- tokens ------------------------------------------------------------------------------------------------------------


async def list_tokens(request: web.Request) -> web.Response:
    """All tokens, without their secrets."""
    stored = await request.app[CONTEXT].store.accounts.tokens()
    return answer(200, [shapes.token(each.token) for each in stored])


async def add_token(request: web.Request) -> web.Response:
    """Make a token, for whoever asks or for another user; its secret is told this once."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _NEW_TOKEN)
    principal: Principal = request[PRINCIPAL]
    secret, token = await _give_token(
        hub, body.user or principal.user, body.name, Scope[body.scope], None
    )
    return answer(201, {**shapes.token(token), "token": secret})


async def remove_token(request: web.Request) -> web.Response:
    """Revoke a token."""
    hub = request.app[CONTEXT]
    token_id = request.match_info["id"]
    if not token_id.isascii() or not token_id.isdecimal() or len(token_id) > 18:
        raise ApiError(404, "There is no such token.")
    await hub.store.accounts.remove_token(int(token_id))
    await hub.access.load()
    return web.Response(status=204)


async def _give_token(
    hub: Context, user: str, name: str, scope: Scope, expires_ms: int | None
) -> tuple[str, Token]:
    secret = tokens.new()
    token = Token(
        id=0,
        user=user,
        name=name,
        scope=scope,
        created_ms=_now_ms(),
        expires_ms=expires_ms,
    )
    stored = await hub.store.accounts.add_token(user, tokens.digest(secret), token)
    await hub.access.load()
    return secret, stored


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
