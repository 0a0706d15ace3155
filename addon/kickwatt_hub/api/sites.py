"""Sites: docs/api.md, "Meters and sites"."""

from aiohttp import web

from ..meters.site import Site
from ..model import Scope
from . import metershapes as shapes
from .context import CONTEXT
from .errors import ApiError, answer
from .requests import find_entry, needs


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    charger = "/api/v1/sites/{id}/chargers/{charger}"
    return [
        web.get("/api/v1/sites", needs(Scope.read, list_sites)),
        web.get("/api/v1/sites/{id}", needs(Scope.read, get_site)),
        web.put(charger, needs(Scope.admin, put_charger)),
        web.delete(charger, needs(Scope.admin, take_charger)),
    ]


async def list_sites(request: web.Request) -> web.Response:
    """All locations that have a site meter or chargers."""
    sites = request.app[CONTEXT].sites.snapshot()
    return answer(200, [shapes.site(each) for each in sites])


async def get_site(request: web.Request) -> web.Response:
    """One of them."""
    return answer(200, shapes.site(_named(request)))


async def put_charger(request: web.Request) -> web.Response:
    """Say that a charger stands at a location, and nowhere else."""
    hub = request.app[CONTEXT]
    entry = find_entry(hub, request.match_info["charger"])
    await hub.store.sites.put(entry.pk, _key(request))
    await hub.sites.refresh()
    return answer(200, shapes.site(_named(request)))


async def take_charger(request: web.Request) -> web.Response:
    """Say that a charger does not stand there."""
    hub = request.app[CONTEXT]
    entry = find_entry(hub, request.match_info["charger"])
    if entry.charger.id not in _named(request).chargers:
        raise ApiError(404, "This charger does not stand there.")
    await hub.store.sites.put(entry.pk, None)
    await hub.sites.refresh()
    return web.Response(status=204)


def _named(request: web.Request) -> Site:
    found = request.app[CONTEXT].sites.find(_key(request))
    if found is None:
        raise ApiError(404, "There is no such site.")
    return found


def _key(request: web.Request) -> int:
    text = request.match_info["id"]
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise ApiError(404, "There is no such site.")
    return int(text)
