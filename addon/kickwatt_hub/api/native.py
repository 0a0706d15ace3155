"""The native REST API: docs/api.md, "REST"."""

import asyncio
import time

from aiohttp import web
import msgspec
from msgspec.structs import replace

from .. import onboarding
from ..control import NotSwitchableError
from ..fleet import Entry
from ..model import Kind, LegacyFormat, Reading, Scope, Session, Token, User
from ..security import tokens
from ..security.access import Principal
from ..store.rollups import Bucket
from . import bodies, charging, insights, place, relay, shapes, tariff
from .change import apply
from .context import CONTEXT, PRINCIPAL, Context
from .errors import ApiError, answer
from .logins import LoginError, TooManyLoginsError, log_in
from .requests import find_entry, limit, named_entry, needs, points, read_body, span

MAX_BODY = 64 * 1024
READINGS = (1, 10_000, 1_000)  # least, most and usual number in one answer
SESSIONS = (1, 1_000, 100)
POINTS = (2, 10_000)
LOGIN_DAYS = 365

_NEW_CHARGER = msgspec.json.Decoder(bodies.NewCharger)
_CHARGER_CHANGE = msgspec.json.Decoder(bodies.ChargerChange)
_DESIRED = msgspec.json.Decoder(bodies.Desired)
_NEW_USER = msgspec.json.Decoder(bodies.NewUser)
_LOGIN = msgspec.json.Decoder(bodies.Login)
_NEW_TOKEN = msgspec.json.Decoder(bodies.NewToken)


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    read, control, admin = Scope.read, Scope.control, Scope.admin
    return [
        web.get("/healthz", healthz),
        web.get("/api/v1/info", info),
        web.get("/api/v1/relay", needs(read, relay.relay)),
        web.post("/api/v1/login", login),
        web.get("/api/v1/me", needs(read, me)),
        web.get("/api/v1/chargers", needs(read, list_chargers)),
        web.post("/api/v1/chargers", needs(admin, add_charger)),
        web.get("/api/v1/chargers/{id}", needs(read, get_charger)),
        web.patch("/api/v1/chargers/{id}", needs(control, change_charger)),
        web.delete("/api/v1/chargers/{id}", needs(admin, remove_charger)),
        web.put("/api/v1/chargers/{id}/desired", needs(control, set_desired)),
        web.get("/api/v1/chargers/{id}/readings", needs(read, list_readings)),
        web.get("/api/v1/chargers/{id}/sessions", needs(read, list_sessions)),
        web.get("/api/v1/users", needs(admin, list_users)),
        web.post("/api/v1/users", needs(admin, add_user)),
        web.delete("/api/v1/users/{name}", needs(admin, remove_user)),
        web.get("/api/v1/tokens", needs(admin, list_tokens)),
        web.post("/api/v1/tokens", needs(admin, add_token)),
        web.delete("/api/v1/tokens/{id}", needs(admin, remove_token)),
        *charging.routes(),
        *insights.routes(),
        *place.routes(),
        *tariff.routes(),
    ]


# --- the hub itself --------------------------------------------------------------------------------------------------


async def healthz(request: web.Request) -> web.Response:
    """Whether the hub can do its work."""
    hub = request.app[CONTEXT]
    if await hub.store.can_write():
        return answer(200, {"status": "ok", **relay.health(hub.relay)})
    raise ApiError(503, "The hub cannot write to its database.")


async def info(request: web.Request) -> web.Response:
    """What this is."""
    hub = request.app[CONTEXT]
    return answer(200, shapes.info(hub.store.hub_id, hub.name))


async def me(request: web.Request) -> web.Response:
    """Whose token this is."""
    principal = request[PRINCIPAL]
    return answer(200, {"user": principal.user, "scope": principal.scope.name})


# --- chargers ----------------------------------------------------------------------------------------------------------


async def list_chargers(request: web.Request) -> web.Response:
    """All chargers."""
    return answer(
        200, [shapes.charger(each) for each in request.app[CONTEXT].fleet.snapshot()]
    )


async def add_charger(request: web.Request) -> web.Response:
    """Add a charger; its key is told this once."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _NEW_CHARGER)
    added = await onboarding.add_charger(
        hub.store,
        hub.secret,
        charger_id=body.id,
        name=body.name,
        kind=Kind(body.kind),
        simulated=body.simulated,
        legacy=LegacyFormat(),
    )
    await hub.fleet.refresh()
    entry = find_entry(hub, body.id)
    url = f"http://{request.url.host or 'hub.example'}:{hub.device_port}"
    if hub.relay is not None:
        url = hub.relay.status.device_url or url
    return answer(
        201,
        {
            "charger": shapes.charger(entry.charger),
            "key": added.key,
            "settings_toml": onboarding.settings_toml(added, url),
        },
    )


async def get_charger(request: web.Request) -> web.Response:
    """One charger."""
    return answer(200, shapes.charger(named_entry(request).charger))


async def change_charger(request: web.Request) -> web.Response:
    """Rename a charger or change its settings."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    body = await read_body(request, _CHARGER_CHANGE)
    return answer(200, shapes.charger(await apply(hub, entry, body)))


async def remove_charger(request: web.Request) -> web.Response:
    """Remove a charger and all it ever measured."""
    hub = request.app[CONTEXT]
    await hub.store.chargers.remove(request.match_info["id"])
    await hub.fleet.refresh()
    return web.Response(status=204)


async def set_desired(request: web.Request) -> web.Response:
    """Order a relay on or off."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    body = await read_body(request, _DESIRED)
    try:
        order = await hub.control.order(entry, body.relay == "on")
    except NotSwitchableError:
        raise ApiError(
            409, "This charger cannot be switched: its device takes no orders."
        ) from None
    return answer(202, shapes.order(order))


async def list_readings(request: web.Request) -> web.Response:
    """What a charger measured."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    start_ms, end_ms = span(request)
    wanted = points(request, *POINTS)
    if wanted is not None:
        buckets, step_ms = await hub.store.history.points(
            entry.pk, start_ms, end_ms, wanted
        )
        return await asyncio.to_thread(_points_page, buckets, step_ms)
    most = limit(request, *READINGS)
    readings, rest_ms = await hub.store.history.readings(
        entry.pk, start_ms, end_ms, most
    )
    # Ten thousand readings are two megabytes: too long a piece of work for the event loop.
    return await asyncio.to_thread(_readings_page, readings, rest_ms)


def _points_page(buckets: list[Bucket], step_ms: int) -> web.Response:
    shown = [shapes.point(each) for each in buckets]
    return answer(200, {"points": shown, "step_s": step_ms // 1000})


def _readings_page(readings: list[Reading], rest_ms: int | None) -> web.Response:
    highest = 0.0
    shown = []
    for reading in readings:
        if reading.energy_wh is not None:
            # Two samples whose messages took unlike long may be dated the wrong way round, by seconds.
            highest = max(highest, reading.energy_wh)
            reading = replace(reading, energy_wh=highest)
        shown.append(shapes.reading(reading))
    return answer(200, {"readings": shown, "next": shapes.when(rest_ms)})


async def list_sessions(request: web.Request) -> web.Response:
    """The charges of a charger."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    start_ms, end_ms = span(request)
    most = limit(request, *SESSIONS)
    found = await hub.store.history.sessions(entry.pk, start_ms, end_ms, most)
    costs = await hub.store.tariffs.costs([each.id for each in found])
    return answer(
        200,
        {
            "sessions": [
                shapes.session(_fresh(entry, each), costs.get(each.id))
                for each in found
            ]
        },
    )


def _fresh(entry: Entry, session: Session) -> Session:
    """The running session is stored when it begins and when it ends; what it is at now is in memory."""
    now = entry.charger.session
    return now if now is not None and now.id == session.id else session


# --- users and tokens --------------------------------------------------------------------------------------------------


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


async def remove_user(request: web.Request) -> web.Response:
    """Remove a user and their tokens."""
    hub = request.app[CONTEXT]
    await hub.store.accounts.remove_user(request.match_info["name"])
    await hub.access.load()
    return web.Response(status=204)


async def login(request: web.Request) -> web.Response:
    """Trade a password for a token."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _LOGIN)
    try:
        user = await log_in(hub, request.remote, body.name, body.password)
    except TooManyLoginsError:
        raise ApiError(429, "Too many failed logins: try again in a minute.") from None
    except LoginError:
        raise ApiError(401, "User or password is wrong.") from None
    expires_ms = _now_ms() + LOGIN_DAYS * 86_400_000
    secret, _ = await _give_token(hub, user.name, "login", user.scope, expires_ms)
    return answer(
        200,
        {"token": secret, "scope": user.scope.name, "expires": shapes.when(expires_ms)},
    )


async def list_tokens(request: web.Request) -> web.Response:
    """All tokens, without their secrets."""
    stored = await request.app[CONTEXT].store.accounts.tokens()
    return answer(200, [shapes.token(each.token) for each in stored])


async def add_token(request: web.Request) -> web.Response:
    """Make a token for whoever asks; its secret is told this once."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _NEW_TOKEN)
    principal: Principal = request[PRINCIPAL]
    secret, token = await _give_token(
        hub, principal.user, body.name, Scope[body.scope], None
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
