"""What hosts say and have said, and how often they are asked: what the contract lacked."""

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web
from msgspec.structs import asdict, replace

from ...meters.model import Meter, Polling
from ...store.management import Row
from .. import metershapes
from ..context import CONTEXT
from ..spans import WrongTimeError, span
from . import bodies, fields, things
from .callers import administrator
from .fields import Field
from .own import owned
from .refusals import Errors, Refusal, answer, error

READINGS = 1_000
"""In one answer, unless somebody says otherwise."""
MOST = 10_000

POLLING = {
    "interval_s": Field(fields.between(1, 3600)),
    "raw_days": Field(fields.whole(1, 36_500), nullable=True),
    "site_meter": Field(fields.flag),
}

type Shown = Callable[[web.Request, Row], Awaitable[web.Response]]


def routes() -> list[web.RouteDef]:
    """Return the calls: for the owner of a host, and for an administrator."""
    found = []
    for who, guard in (("user", _as_owner), ("admin", _as_administrator)):
        host = f"/{who}/hosts/{{id}}"
        found += [
            web.get(f"{host}/values", guard(get_values)),
            web.get(f"{host}/polling", guard(get_polling)),
            web.patch(f"{host}/polling", guard(change_polling)),
            web.get(
                f"{host}/measurements/{{measurement}}/readings", guard(list_readings)
            ),
        ]
    return found


async def get_values(request: web.Request, host: Row) -> web.Response:
    """What a host said last, and how it stands with it."""
    meter = await _meter(request, host)
    limit, offset = things.page(request)
    found = sorted(metershapes.values(meter).items())
    shown = found[offset : None if limit is None else offset + limit]
    return answer(
        200,
        {
            "host": meter.config.id,
            **metershapes.status(meter),
            "values": [{"measurement": name, **each} for name, each in shown],
            "missing": meter.state.missing,
        },
    )


async def get_polling(request: web.Request, host: Row) -> web.Response:
    """How often it is asked, and how long what it said is kept."""
    polling = await request.app[CONTEXT].store.meters.polling(things.key_of(host))
    return answer(200, asdict(polling))


async def change_polling(request: web.Request, host: Row) -> web.Response:
    """Have it asked more or less often."""
    hub = request.app[CONTEXT]
    changes = await bodies.read(request, POLLING, partial=True)
    before = await hub.store.meters.polling(things.key_of(host))
    polling: Polling = replace(before, **changes)
    await hub.store.meters.set_polling(things.key_of(host), polling)
    hub.meters.wake()
    hub.sites.wake()
    return answer(200, asdict(polling))


async def list_readings(request: web.Request, host: Row) -> web.Response:
    """What one measurement of a host was: single readings, or with `points` that many spans at most."""
    history = request.app[CONTEXT].store.meter_history
    config = (await _meter(request, host)).config
    name = request.match_info["measurement"]
    start_ms, end_ms = _span(request)
    points = _number(request, "points", 2)
    if points is not None:
        spans, step_ms = await history.spans(config.id, name, start_ms, end_ms, points)
        return answer(200, metershapes.course(config, name, spans, step_ms))
    limit = _number(request, "limit", 1) or READINGS
    found, rest_ms = await history.values(config.id, name, start_ms, end_ms, limit)
    return answer(200, metershapes.history(config, name, found, rest_ms))


# --- how ---------------------------------------------------------------------------------------------------------------


def _as_owner(handler: Shown) -> Callable[..., Awaitable[web.Response]]:
    return owned(things.HOST, handler)


def _as_administrator(handler: Shown) -> Callable[..., Awaitable[web.Response]]:
    @wraps(handler)
    async def guarded(request: web.Request) -> web.Response:
        return await handler(request, await things.named(request, things.HOST))

    return administrator(guarded)


async def _meter(request: web.Request, host: Row) -> Meter:
    """Return a host as it is polled. Raises Refusal, 404 where it has just been removed."""
    meters, key = request.app[CONTEXT].meters, things.key_of(host)
    if meters.find(key) is None:
        await meters.refresh()  # it has just been added
    found = meters.find(key)
    if found is None:
        raise error(404, f"Host with id {key} does not exist")
    return found


def _span(request: web.Request) -> tuple[int, int]:
    try:
        return span(request.query)
    except WrongTimeError as wrong:
        raise Refusal(400, {wrong.field: [str(wrong)]}) from None


def _number(request: web.Request, name: str, least: int) -> int | None:
    if name not in request.query:
        return None
    try:
        return int(str(fields.whole(least, MOST)(request.query[name])))
    except fields.WrongError as wrong:
        errors: Errors = {name: [str(wrong)]}
        raise Refusal(400, errors) from None
