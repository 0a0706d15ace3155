"""Where a charger stands: docs/api.md, "REST"."""

from aiohttp import web
import msgspec

from ..model import Place, Scope
from . import bodies
from .context import CONTEXT
from .errors import ApiError, answer
from .requests import named_entry, needs, read_body

_PLACE = msgspec.json.Decoder(bodies.NewPlace)


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    path = "/api/v1/chargers/{id}/place"
    return [
        web.get(path, needs(Scope.read, get_place)),
        web.put(path, needs(Scope.control, set_place)),
        web.delete(path, needs(Scope.control, remove_place)),
    ]


async def get_place(request: web.Request) -> web.Response:
    """Where it stands."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    place = (await hub.store.places.all()).get(entry.charger.id)
    if place is None:
        raise ApiError(404, "Nobody has said where this charger stands.")
    return answer(200, place)


async def set_place(request: web.Request) -> web.Response:
    """Say where it stands."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    body = await read_body(request, _PLACE)
    place = Place(
        address=body.address, longitude=body.longitude, latitude=body.latitude
    )
    await hub.store.places.set(entry.pk, place)
    return answer(200, place)


async def remove_place(request: web.Request) -> web.Response:
    """Forget where it stands."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    await hub.store.places.set(entry.pk, None)
    return web.Response(status=204)
