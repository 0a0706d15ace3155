"""`/user/*` and `/meters*`: what belongs to whoever calls, and the meter models that there are."""

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from ...store.management import ASSIGNMENT, HOST, LOCATION, METER, Row
from ..context import CONTEXT, PRINCIPAL
from . import bodies, things
from .callers import anybody
from .refusals import answer, error, forbidden

type Shown = Callable[[web.Request, Row], Awaitable[web.Response]]


def routes() -> list[web.RouteDef]:
    """Return the calls."""
    location, host = "/user/locations/{id}", "/user/hosts/{id}"
    return [
        web.get("/user/locations", anybody(list_locations)),
        web.post("/user/locations", anybody(add_location)),
        web.get(location, owned(things.LOCATION, get_location)),
        web.patch(location, owned(things.LOCATION, change_location)),
        web.delete(location, owned(things.LOCATION, remove_location)),
        web.get("/user/hosts", anybody(list_hosts)),
        web.post("/user/hosts", anybody(add_host)),
        web.get(host, owned(things.HOST, get_host)),
        web.patch(host, owned(things.HOST, change_host)),
        web.delete(host, owned(things.HOST, remove_host)),
        web.get(host + "/measurements", owned(things.HOST, list_assigned)),
        web.post(host + "/measurements", owned(things.HOST, assign)),
        web.delete(host + "/measurements", owned(things.HOST, unassign)),
        web.get("/meters", anybody(list_meters)),
        web.get("/meters/{id}", anybody(get_meter)),
        web.get("/meters/{id}/measurements", anybody(list_measurements)),
    ]


# --- locations ---------------------------------------------------------------------------------------------------------


async def list_locations(request: web.Request) -> web.Response:
    """The caller's locations."""
    return await things.listed(request, LOCATION, {"user": request[PRINCIPAL].user_pk})


async def add_location(request: web.Request) -> web.Response:
    """Add a location of the caller's."""
    body = await _of_the_caller(request)
    return answer(201, await things.add(request, things.LOCATION, body))


async def get_location(request: web.Request, location: Row) -> web.Response:
    """One of the caller's locations."""
    return answer(200, location)


async def change_location(request: web.Request, location: Row) -> web.Response:
    """Change where it is; the contract answers with what can be changed."""
    changes = await bodies.read(request, bodies.PLACE, partial=True)
    changed = await things.change(request, things.LOCATION, location, changes)
    return answer(201, {name: changed[name] for name in bodies.PLACE})


async def remove_location(request: web.Request, location: Row) -> web.Response:
    """Remove it."""
    return await things.removed(request, things.LOCATION, location)


# --- hosts -------------------------------------------------------------------------------------------------------------


async def list_hosts(request: web.Request) -> web.Response:
    """The caller's hosts."""
    return await things.listed(request, HOST, {"user": request[PRINCIPAL].user_pk})


async def add_host(request: web.Request) -> web.Response:
    """Add a host at one of the caller's locations."""
    body = await _of_the_caller(request)
    return answer(201, await things.add(request, things.HOST, body))


async def get_host(request: web.Request, host: Row) -> web.Response:
    """One of the caller's hosts."""
    return answer(200, host)


async def change_host(request: web.Request, host: Row) -> web.Response:
    """Change it; it stays the caller's."""
    wanted = {name: each for name, each in bodies.HOST.items() if name != "user"}
    changes = await bodies.read(request, wanted, partial=True)
    return answer(200, await things.change(request, things.HOST, host, changes))


async def remove_host(request: web.Request, host: Row) -> web.Response:
    """Remove it, and what is assigned to it."""
    return await things.removed(request, things.HOST, host)


# --- what is read from a host ------------------------------------------------------------------------------------------


async def list_assigned(request: web.Request, host: Row) -> web.Response:
    """The measurements that are read from a host, by name."""
    rows = await request.app[CONTEXT].store.management.rows(
        ASSIGNMENT, {"host": host["id"]}
    )
    return answer(200, sorted(rows, key=lambda row: str(row["measurement"])))


async def assign(request: web.Request, host: Row) -> web.Response:
    """Have more measurements read from a host."""
    return answer(201, await things.assign(request, host))


async def unassign(request: web.Request, host: Row) -> web.Response:
    """Have the measurements that are named not read any more; without a body none at all."""
    names = await things.measurement_names(request) if request.body_exists else None
    await request.app[CONTEXT].store.management.unassign(things.key_of(host), names)
    return web.Response(status=200)


# --- meter models ------------------------------------------------------------------------------------------------------


async def list_meters(request: web.Request) -> web.Response:
    """Every meter model."""
    return await things.listed(request, METER, {})


async def get_meter(request: web.Request) -> web.Response:
    """One meter model, by id or name."""
    meter = await things.meter(request)
    if meter is None:
        raise error(404, f"Meter with id {things.asked_for(request)} does not exist")
    return answer(200, meter)


async def list_measurements(request: web.Request) -> web.Response:
    """What a meter model measures."""
    meter = await things.meter(request)
    found = []
    if meter is not None:
        management = request.app[CONTEXT].store.management
        found = await management.measurements_of(things.key_of(meter))
    if not found:
        asked = things.asked_for(request)
        raise error(404, f"Cannot find measurements for meter with id {asked}")
    return answer(200, [things.measurement_shown(row) for row in found])


# --- how ---------------------------------------------------------------------------------------------------------------


def owned(
    thing: things.Thing, handler: Shown
) -> Callable[..., Awaitable[web.Response]]:
    """Call a handler with the thing that the path names, if it is the caller's."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.Response:
        row = await things.named(request, thing)
        if row["user"] != request[PRINCIPAL].user_pk:
            raise error(403, "Permission denied")
        return await handler(request, row)

    return anybody(guarded)


async def _of_the_caller(request: web.Request) -> dict[str, object]:
    """Return a body whose `user` is the caller; the contract wants it said."""
    body = await bodies.json(request)
    user = body.setdefault("user", request[PRINCIPAL].user_pk)
    if isinstance(user, bool) or user != request[PRINCIPAL].user_pk:
        raise forbidden()
    return body
