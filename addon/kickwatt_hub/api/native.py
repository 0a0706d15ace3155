"""The native REST API: docs/api.md, "REST"."""

from aiohttp import web
import msgspec

from .. import onboarding
from ..control import NotSwitchableError
from ..model import Kind, LegacyFormat, Scope
from ..store.retired import RetiredCharger
from . import (
    accounts,
    asyncapi,
    bodies,
    charging,
    costs,
    history,
    insights,
    link,
    meters,
    place,
    relay,
    shapes,
    simulator,
    sites,
    tariff,
)
from .change import apply
from .context import CONTEXT, Context
from .errors import ApiError, answer
from .requests import find_entry, named_entry, needs, read_body

MAX_BODY = 64 * 1024
_NEW_CHARGER = msgspec.json.Decoder(bodies.NewCharger)
_CHARGER_CHANGE = msgspec.json.Decoder(bodies.ChargerChange)
_DESIRED = msgspec.json.Decoder(bodies.Desired)
_NEW_KEY = msgspec.json.Decoder(bodies.NewKey)
_KEEP = msgspec.json.Decoder(bodies.Keep)


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    read, control, admin = Scope.read, Scope.control, Scope.admin
    return [
        web.get("/healthz", healthz),
        web.get("/api/v1/info", info),
        web.get("/api/v1/asyncapi.json", asyncapi.served),
        web.get("/api/v1/relay", needs(read, relay.relay)),
        web.get("/api/v1/chargers", needs(read, list_chargers)),
        web.post("/api/v1/chargers", needs(admin, add_charger)),
        web.get("/api/v1/chargers/{id}", needs(read, get_charger)),
        web.patch("/api/v1/chargers/{id}", needs(control, change_charger)),
        web.delete("/api/v1/chargers/{id}", needs(admin, remove_charger)),
        web.put("/api/v1/chargers/{id}/desired", needs(control, set_desired)),
        web.post("/api/v1/chargers/{id}/key", needs(admin, renew_key)),
        web.get("/api/v1/chargers/{id}/keep", needs(read, get_keep)),
        web.put("/api/v1/chargers/{id}/keep", needs(admin, set_keep)),
        web.get("/api/v1/removed", needs(read, list_removed)),
        web.post("/api/v1/removed/{id}/restore", needs(admin, restore)),
        web.delete("/api/v1/removed/{id}", needs(admin, remove_for_good)),
        *accounts.routes(),
        *charging.routes(),
        *costs.routes(),
        *history.routes(),
        *insights.routes(),
        *link.routes(),
        *meters.routes(),
        *place.routes(),
        *simulator.routes(),
        *sites.routes(),
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
    if link.is_wanted(body):
        return await link.add(hub, body, await _new_id(hub, body))
    added = await onboarding.add_charger(
        hub.store,
        hub.secret,
        charger_id=await _new_id(hub, body),
        name=body.name,
        kind=Kind(body.kind),
        simulated=body.simulated,
        legacy=msgspec.convert(body.legacy, LegacyFormat, from_attributes=True),
    )
    await hub.fleet.refresh()
    return _told_once(request, added, body.url, 201)


async def _new_id(hub: Context, body: bodies.NewCharger) -> str:
    if body.id is not msgspec.UNSET:
        return body.id
    if body.name is None:
        raise ApiError(422, "Give an id, or a name that suggests one.", field="id")
    taken = {each.id for each in hub.fleet.snapshot()}
    taken.update(each.id for each in await hub.store.retired.all())
    return onboarding.id_from_name(body.name, taken)


def _told_once(
    request: web.Request, added: onboarding.Added, url: str | None, status: int
) -> web.Response:
    """Answer with a charger, its key, and the lines for its board."""
    hub = request.app[CONTEXT]
    entry = find_entry(hub, added.id)
    if url is None and hub.relay is not None:
        url = hub.relay.status.device_url
    if url is None:
        url = f"http://{request.url.host or 'hub.example'}:{hub.device_port}"
    return answer(
        status,
        {
            "charger": shapes.charger(entry.charger),
            "key": added.key,
            "settings_toml": onboarding.settings_toml(added, url.rstrip("/")),
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
    """Remove a charger and all it ever measured; with `?history=keep` what it measured stays."""
    hub, charger_id = request.app[CONTEXT], request.match_info["id"]
    kept = request.query.get("history", "remove")
    if kept not in ("keep", "remove"):
        raise ApiError(422, "Expected keep or remove.", field="history")
    if kept == "keep":
        await onboarding.retire(hub.store, hub.secret, charger_id)
    else:
        if await hub.store.retired.find(charger_id) is not None:
            raise ApiError(404, "There is no such charger.")
        await hub.store.chargers.remove(charger_id)
    await hub.fleet.refresh()
    return web.Response(status=204)


async def renew_key(request: web.Request) -> web.Response:
    """Give a charger a new key, told this once: for its board, or for another board in its place."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    body = await read_body(request, _NEW_KEY)
    await hub.control.forget_order(entry)
    charger = entry.charger
    added = await onboarding.renew_key(hub.store, hub.secret, charger.id, charger.kind)
    await hub.fleet.refresh()
    return _told_once(request, added, body.url, 200)


async def get_keep(request: web.Request) -> web.Response:
    """For how many days single readings are kept; minutes and quarters of an hour stay for ever."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    days = await hub.store.chargers.raw_days(entry.charger.id)
    return answer(200, {"raw_days": days})


async def set_keep(request: web.Request) -> web.Response:
    """Say for how many days single readings are kept; null: for ever."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    body = await read_body(request, _KEEP)
    await hub.store.chargers.keep(entry.charger.id, body.raw_days)
    return answer(200, {"raw_days": body.raw_days})


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


# --- chargers that were removed while their history was kept -----------------------------------------------------------


async def list_removed(request: web.Request) -> web.Response:
    """The chargers that were removed while their history was kept, the latest first."""
    found = await request.app[CONTEXT].store.retired.all()
    return answer(200, [shapes.retired(each) for each in found])


async def restore(request: web.Request) -> web.Response:
    """Bring one back, with a new key that is told this once."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _NEW_KEY)
    found = await _removed(request)
    added = await onboarding.revive(hub.store, hub.secret, found.id, found.kind)
    await hub.fleet.refresh()
    return _told_once(request, added, body.url, 200)


async def remove_for_good(request: web.Request) -> web.Response:
    """Remove what was kept."""
    found = await _removed(request)
    await request.app[CONTEXT].store.chargers.remove(found.id)
    return web.Response(status=204)


async def _removed(request: web.Request) -> RetiredCharger:
    found = await request.app[CONTEXT].store.retired.find(request.match_info["id"])
    if found is None:
        raise ApiError(404, "No charger of this id was removed with its history kept.")
    return found
