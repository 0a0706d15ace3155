"""veCharge's REST calls: switching, checking, releasing and finding chargers."""

from collections.abc import Awaitable, Callable
from functools import wraps
import math
from typing import Annotated, Any, Literal

from aiohttp import web
import msgspec
from msgspec import Meta, Struct

from ...control import NotSwitchableError
from ...entry import Entry
from ...model import Place, Scope
from ...security import tokens
from ...store import UnavailableError
from ..context import CONTEXT, PRINCIPAL
from ..errors import ApiError, parse
from ..ingress import identify
from ..requests import read_whole
from .documents import location, status
from .events import EVENTS, HELD, UNKNOWN

type Handler = Callable[[web.Request], Awaitable[web.Response]]

_PAYMENT = "Kickwatt takes no payments."
_ACCOUNTS = "Kickwatt has accounts of its own: POST /api/v1/login."
ANYTHING = "{call:(?s:.*)}"
"""In a path: slashes, question marks and ends of lines as well."""
ELSEWHERE = (
    ("POST", f"/api/v1/payment/{ANYTHING}", _PAYMENT),
    ("GET", f"/api/v1/payment/{ANYTHING}", _PAYMENT),
    ("POST", f"/api/v1/email/{ANYTHING}", "Kickwatt sends no e-mail."),
    ("POST", "/api/v1/users/loginWithGoogle", _ACCOUNTS),
    ("POST", "/api/v1/users/signupWithGoogle", _ACCOUNTS),
    (
        "PATCH",
        "/api/v1/users/me",
        "An account is changed by the hub's administrator.",
    ),
)


class DesiredState(Struct, frozen=True, rename="camel"):
    """PATCH /api/v1/charger/chargerDesiredState."""

    status: Literal["ON", "OFF"]
    charger_id: Annotated[str, Meta(max_length=32)]


class Near(Struct, frozen=True, rename="camel"):
    """POST /api/v1/charger/nearestChargers."""

    coordinates: tuple[
        Annotated[float, Meta(ge=-180, le=180)], Annotated[float, Meta(ge=-90, le=90)]
    ]
    """Longitude and latitude."""
    is_active: bool | None = None


_NEAR = msgspec.json.Decoder(Near)
_EARTH_M = 6_371_008.8  # mean radius (IUGG)
_DESIRED = msgspec.json.Decoder(DesiredState)


class Fail(Exception):
    """A refusal in veCharge's envelope."""

    def __init__(self, code: int, message: str) -> None:
        """`message` is one sentence for the client's user."""
        super().__init__(message)
        self.code = code


def routes(*, get_disconnects: bool) -> list[web.RouteDef]:
    """Return the calls. `get_disconnects`: a GET may switch mains power off, as the old app's did."""
    release = _guarded(disconnect)
    path = "/api/v1/charger/removeChargerFromUser/{id}"
    found = [
        web.patch("/api/v1/charger/chargerDesiredState", _guarded(set_desired)),
        web.get("/api/v1/charger/check/{id}", _guarded(check)),
        web.post(path, release),
        web.get(path, release if get_disconnects else _guarded(no_get)),
        web.post("/api/v1/charger/nearestChargers", _guarded(nearest)),
        web.post("/api/v1/charger/nearestChargers/", _guarded(nearest)),
        web.get("/api/v1/users/me", _guarded(me)),
    ]
    for method, elsewhere, sentence in ELSEWHERE:
        found.append(web.route(method, elsewhere, _not_here(sentence)))
    return found


async def set_desired(request: web.Request) -> web.Response:
    """Order a charger on or off."""
    hub = request.app[CONTEXT]
    body = await _body(request, _DESIRED)
    entry = _entry(request, body.charger_id)
    _refuse_held(request, entry)
    try:
        order = await hub.control.order(entry, body.status == "ON")
    except NotSwitchableError:
        raise Fail(409, "This charger takes no orders.") from None
    charger = entry.charger
    return _success(
        {
            "chargerId": charger.id,
            "desiredState": body.status,
            "reportedState": status(bool(charger.relay_on)),
            "order": order.id,
        }
    )


async def check(request: web.Request) -> web.Response:
    """Say whether there is a charger of this id."""
    return _success({"_id": _entry(request, request.match_info["id"]).charger.id})


async def disconnect(request: web.Request) -> web.Response:
    """Switch a charger off and release it."""
    entry = _entry(request, request.match_info["id"])
    _refuse_held(request, entry)
    try:
        await request.app[CONTEXT].control.order(entry, relay_on=False)
    except NotSwitchableError:
        raise Fail(409, "This charger takes no orders.") from None
    await request.app[EVENTS].release(entry.charger.id)
    return _success({"_id": entry.charger.id})


async def no_get(_request: web.Request) -> web.Response:
    """Say that a GET must not switch mains power."""
    sentence = "Use POST: a GET must not switch anything. The hub's owner may allow it (option vecharge_get_disconnect)."
    refusal = _answer(405, {"status": "fail", "message": sentence})
    refusal.headers["Allow"] = "POST"
    return refusal


async def nearest(request: web.Request) -> web.Response:
    """Return chargers by their distance from a point: `?page=1&limit=10`."""
    hub = request.app[CONTEXT]
    body = await _body(request, _NEAR)
    page, limit = _number(request, "page", 1), _number(request, "limit", 10)
    places = await hub.store.places.all()
    found = []
    for charger in hub.fleet.snapshot():
        place = places.get(charger.id)
        if place is None or body.is_active not in (None, charger.online):
            continue
        found.append(
            {
                "_id": charger.id,
                "address": place.address,
                "distance": round(_distance_m(body.coordinates, place), 1),
                "location": location(place),
            }
        )
    found.sort(key=lambda each: (each["distance"], each["_id"]))
    start = (page - 1) * limit
    return _success({"nearestChargers": found[start : start + limit]})


async def me(request: web.Request) -> web.Response:
    """Say who one is, and which chargers one holds."""
    principal = request[PRINCIPAL]
    held = request.app[EVENTS].held_by(principal.user)
    return _success(
        {
            "_id": str(principal.user_pk),
            "username": principal.user,
            "connectedCharger": [{"_id": charger_id} for charger_id in held],
        }
    )


# --- how ---------------------------------------------------------------------------------------------------------------


def _guarded(handler: Handler) -> Handler:
    """Let a handler be called with a token that may control chargers, and answer what it raises."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.Response:
        try:
            await _let_in(request)
            return await handler(request)
        except Fail as fail:
            return _answer(fail.code, {"status": "fail", "message": str(fail)})
        except UnavailableError as error:
            return _answer(503, {"status": "fail", "message": str(error)})

    guarded.scope = Scope.control  # type: ignore[attr-defined]
    return guarded


async def _let_in(request: web.Request) -> None:
    hub = request.app[CONTEXT]
    principal = await identify(request)
    if principal is None:
        if await hub.strangers.failed(request.remote):
            raise Fail(
                429, "Too many requests without a valid token: try again in a minute."
            )
        raise Fail(401, "A valid token is needed: Authorization: Bearer <token>.")
    if not tokens.may(principal.scope, Scope.control):
        raise Fail(403, "This needs a token with the scope control.")
    request[PRINCIPAL] = principal


async def _body[T](request: web.Request, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return parse(decoder, await read_whole(request))
    except ApiError as error:
        named = f"{error.field}: " if error.field else ""
        raise Fail(error.status, f"{named}{error}") from None


def _number(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name, str(usual))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= 1000:
        raise Fail(422, f"{name}: Expected a whole number of 1 to 1000.")
    return int(text)


def _distance_m(point: tuple[float, float], place: Place) -> float:
    """Return the distance on a sphere (haversine)."""
    longitude, latitude = (math.radians(each) for each in point)
    there = math.radians(place.latitude)
    half = (
        math.sin((there - latitude) / 2) ** 2
        + math.cos(there)
        * math.cos(latitude)
        * math.sin((math.radians(place.longitude) - longitude) / 2) ** 2
    )
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def _entry(request: web.Request, charger_id: str) -> Entry:
    entry = request.app[CONTEXT].fleet.find(charger_id)
    if entry is None:
        raise Fail(404, UNKNOWN)
    return entry


def _refuse_held(request: web.Request, entry: Entry) -> None:
    """Whoever holds a charger is the only one to switch it here; an administrator may always."""
    holder = request.app[EVENTS].holder(entry.charger.id)
    principal = request[PRINCIPAL]
    if (
        holder is not None
        and holder.principal.user != principal.user
        and principal.scope is not Scope.admin
    ):
        raise Fail(409, HELD)


def _not_here(sentence: str) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        return _answer(501, {"status": "fail", "message": sentence})

    return handler


def _success(data: dict[str, Any]) -> web.Response:
    return _answer(200, {"status": "success", "data": data})


def _answer(code: int, body: dict[str, Any]) -> web.Response:
    return web.Response(
        status=code, body=msgspec.json.encode(body), content_type="application/json"
    )
