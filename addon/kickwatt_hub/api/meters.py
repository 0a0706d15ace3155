"""Energy meters: docs/api.md, "Meters and sites"."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import tomllib
from typing import Any

from aiohttp import web
import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ..meters import adding, models
from ..meters.adding import NewMeter, UnfitError
from ..meters.model import Meter, Polling
from ..model import Scope
from ..sources.modbus.model import ModelError, parse
from ..store.management import HOST, Row
from . import meterbodies as bodies, metershapes as shapes
from .context import CONTEXT, PRINCIPAL, Context
from .errors import ApiError, answer, invalid
from .requests import limit, needs, points, read_body, read_whole
from .spans import WrongTimeError, span

READINGS = (1, 10_000, 1_000)  # least, most and usual number in one answer
POINTS = (2, 10_000)
_COLUMNS = {
    "host": "ip",
    "port": "port",
    "unit": "slave_address",
    "name": "description",
}
_POLLING = Polling.__struct_fields__

_NEW_METER = msgspec.json.Decoder(bodies.NewMeter)
_METER_CHANGE = msgspec.json.Decoder(bodies.MeterChange)
_MODEL = msgspec.json.Decoder(dict[str, Any])


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    read, admin = Scope.read, Scope.admin
    return [
        web.get("/api/v1/meters", needs(read, list_meters)),
        web.post("/api/v1/meters", needs(admin, add_meter)),
        web.get("/api/v1/meters/{id}", needs(read, get_meter)),
        web.patch("/api/v1/meters/{id}", needs(admin, change_meter)),
        web.delete("/api/v1/meters/{id}", needs(admin, remove_meter)),
        web.get("/api/v1/meters/{id}/history", needs(read, show_history)),
        web.get("/api/v1/meter-models", needs(read, list_models)),
        web.post("/api/v1/meter-models/{name}", needs(admin, add_model)),
    ]


async def list_meters(request: web.Request) -> web.Response:
    """All meters."""
    meters = request.app[CONTEXT].meters.snapshot()
    return answer(200, [shapes.meter(each) for each in meters])


async def get_meter(request: web.Request) -> web.Response:
    """One meter."""
    return answer(200, shapes.meter(_named(request)))


async def add_meter(request: web.Request) -> web.Response:
    """Add a meter; it is asked from now on."""
    hub = request.app[CONTEXT]
    body = await read_body(request, _NEW_METER)
    polling = Polling(**{name: getattr(body, name) for name in _POLLING})
    new = NewMeter(
        host=body.host,
        port=body.port,
        unit=body.unit,
        model=body.model,
        name=body.name,
        site=body.site,
        measurements=body.measurements,
        polling=polling,
    )
    with _named_field():
        key = await adding.add(hub.store, new, request[PRINCIPAL].user_pk)
    return answer(201, shapes.meter(await _fresh(hub, key)))


async def change_meter(request: web.Request) -> web.Response:
    """Change where a meter is, how it is asked, or what is read from it."""
    hub, meter = request.app[CONTEXT], _named(request)
    body = await read_body(request, _METER_CHANGE)
    key = meter.config.id
    changes: Row = {
        column: getattr(body, name)
        for name, column in _COLUMNS.items()
        if getattr(body, name) is not UNSET
    }
    names = None
    with _named_field():
        if body.site is not UNSET:
            user = request[PRINCIPAL].user_pk
            place = await adding.place_of(hub.store, body.site, user)
            changes |= {"location": place["id"], "user": place["user"]}
        wanted = meter.config.model if body.model is UNSET else body.model
        model = changes["meter"] = await adding.model_of(hub.store, wanted)
        if body.measurements is not UNSET:
            names = await adding.measurements_of(hub.store, model, body.measurements)
    await hub.store.management.change(HOST, key, changes)
    polling = {
        name: getattr(body, name)
        for name in _POLLING
        if getattr(body, name) is not UNSET
    }
    if polling:
        await hub.store.meters.set_polling(
            key, replace(meter.config.polling, **polling)
        )
    if names is not None:
        await hub.store.management.unassign(key, None)
        await adding.assign(hub.store, key, names)
    return answer(200, shapes.meter(await _fresh(hub, key)))


async def remove_meter(request: web.Request) -> web.Response:
    """Remove a meter and all it ever measured."""
    hub, meter = request.app[CONTEXT], _named(request)
    await hub.store.management.remove(HOST, meter.config.id)
    await hub.meters.refresh()
    await hub.sites.refresh()
    return web.Response(status=204)


async def show_history(request: web.Request) -> web.Response:
    """What one measurement of a meter was: single readings, or with `points` that many spans at most."""
    history, config = request.app[CONTEXT].store.meter_history, _named(request).config
    name = request.query.get("measurement")
    if not name:
        raise ApiError(422, "This field is required.", field="measurement")
    if name not in config.registers and name not in await history.measurements(
        config.id
    ):
        raise ApiError(404, "This meter has never measured that.", field="measurement")
    try:
        start_ms, end_ms = span(request.query)
    except WrongTimeError as wrong:
        raise ApiError(422, str(wrong), field=wrong.field) from None
    wanted = points(request, *POINTS)
    if wanted is not None:
        spans, step_ms = await history.spans(config.id, name, start_ms, end_ms, wanted)
        return answer(200, shapes.course(config, name, spans, step_ms))
    most = limit(request, *READINGS)
    found, rest_ms = await history.values(config.id, name, start_ms, end_ms, most)
    shown = await asyncio.to_thread(shapes.history, config, name, found, rest_ms)
    return answer(200, shown)


# --- models ------------------------------------------------------------------------------------------------------------


async def list_models(request: web.Request) -> web.Response:
    """The models that a meter can have: those that people made, and those that come with the hub."""
    stored = await request.app[CONTEXT].store.meters.titles()
    shipped = {each.name: shapes.model(each) for each in models.shipped().values()}
    made = {
        name: {"name": name, "title": title}
        for name, title in stored.items()
        if name not in shipped
    }
    return answer(200, [*made.values(), *shipped.values()])


async def add_model(request: web.Request) -> web.Response:
    """Add a meter model: a file as docs/meters.md has it, or the same as JSON."""
    hub = request.app[CONTEXT]
    name = request.match_info["name"]
    try:
        msgspec.convert(name, bodies.ModelName)
        found = parse(name, await _content(request))
    except msgspec.ValidationError as error:
        raise ApiError(422, invalid(error).args[0], field="name") from None
    except ModelError as error:
        raise ApiError(422, f"{error}.".replace("`", "'"), field="model") from None
    await hub.store.meters.adopt(found)
    return answer(201, shapes.model(found))


async def _content(request: web.Request) -> dict[str, Any]:
    """Return what a request's body says, be it TOML or JSON. Raises ModelError and ApiError."""
    if request.content_type != "application/toml":
        return await read_body(request, _MODEL)
    try:
        return tomllib.loads((await read_whole(request)).decode())
    except (ValueError, RecursionError) as error:
        raise ModelError(f"This is not TOML: {error}") from None


# --- how ---------------------------------------------------------------------------------------------------------------


def _named(request: web.Request) -> Meter:
    """Return the meter that the path names. Raises ApiError."""
    text = request.match_info["id"]
    found = None
    if text.isascii() and text.isdecimal() and len(text) <= 18:
        found = request.app[CONTEXT].meters.find(int(text))
    if found is None:
        raise ApiError(404, "There is no such meter.")
    return found


async def _fresh(hub: Context, key: int) -> Meter:
    """Return a meter as it is stored now, polled already."""
    await hub.meters.refresh()
    await hub.sites.refresh()
    found = hub.meters.find(key)
    if found is None:
        raise ApiError(404, "The meter has just been removed.")
    return found


@contextmanager
def _named_field() -> Iterator[None]:
    """Name the field of a choice that is not there."""
    try:
        yield
    except UnfitError as error:
        raise ApiError(422, str(error), field=error.field) from None
