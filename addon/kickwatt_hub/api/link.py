"""Chargers behind veCharge-style servers: docs/api.md, "REST"."""

from aiohttp import web

from .. import onboarding
from ..model import Scope
from ..sources.vecharge.address import AddressError, address
from . import bodies, shapes
from .context import CONTEXT, Context
from .errors import ApiError, answer
from .requests import find_entry, named_entry, needs


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    path = "/api/v1/chargers/{id}"
    return [
        web.post(f"{path}/release", needs(Scope.control, release)),
        web.post(f"{path}/claim", needs(Scope.control, claim)),
    ]


def is_wanted(body: bodies.NewCharger) -> bool:
    """Whether such a charger is to be added. Raises ApiError where kind and link contradict each other."""
    if (body.kind == "vecharge") != (body.vecharge is not None):
        raise ApiError(
            422,
            "A charger of the kind vecharge needs url, token and remote_id of its server, and no other has them.",
            field="vecharge",
        )
    return body.vecharge is not None


async def add(hub: Context, body: bodies.NewCharger, charger_id: str) -> web.Response:
    """Add one; there is nothing to put on a board."""
    assert body.vecharge is not None
    given = body.vecharge
    try:
        where = address(given.url, given.remote_id, given.token)
    except AddressError as error:
        raise ApiError(422, str(error), field=f"vecharge.{error.field}") from None
    await onboarding.add_link(
        hub.store,
        hub.secret,
        charger_id=charger_id,
        name=body.name,
        address=where,
        engine_io=given.engine_io,
    )
    await hub.fleet.refresh()
    hub.links.look()
    charger = shapes.charger(find_entry(hub, charger_id).charger)
    return answer(201, {"charger": charger, "key": None, "settings_toml": None})


async def release(request: web.Request) -> web.Response:
    """Switch a charger off at its server, let go of it, and do not take it again."""
    return await _let_go(request, released=True)


async def claim(request: web.Request) -> web.Response:
    """Take it again."""
    return await _let_go(request, released=False)


async def _let_go(request: web.Request, *, released: bool) -> web.Response:
    hub, entry = request.app[CONTEXT], named_entry(request)
    await hub.store.links.release(entry.charger.id, released=released)
    hub.links.look()
    return answer(202, shapes.charger(entry.charger))
