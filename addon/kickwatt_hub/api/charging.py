"""Charge once, and what if: docs/api.md, "Modes and plans"."""

from dataclasses import replace

from aiohttp import web
import msgspec

from ..charging.mode import Mode
from ..control import NotSwitchableError
from ..model import Scope
from . import bodies, shapes
from .change import Facts, check_target, merged
from .context import CONTEXT
from .errors import ApiError, answer
from .requests import named_entry, needs, read_body

_PLAN_QUESTION = msgspec.json.Decoder(bodies.PlanQuestion)


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    return [
        web.post("/api/v1/chargers/{id}/charge", needs(Scope.control, charge_once)),
        web.post("/api/v1/chargers/{id}/plan", needs(Scope.read, plan)),
    ]


async def charge_once(request: web.Request) -> web.Response:
    """Charge until full, now, whatever the mode."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    try:
        charger = await hub.scheduler.charge_once(entry)
    except NotSwitchableError:
        raise ApiError(
            409, "This charger cannot be switched: its device takes no orders."
        ) from None
    return answer(202, shapes.charger(charger))


async def plan(request: web.Request) -> web.Response:
    """When a charge would run that began now, and what it would cost; nothing is changed."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    question = await read_body(request, _PLAN_QUESTION)
    settings = merged(entry.charger.mode, question, "")
    if settings.ready_by is None:
        raise ApiError(422, "A plan needs a time such as 07:00.", field="ready_by")
    by_hours = settings.hours is not None and question.hours is not msgspec.UNSET
    if by_hours or settings.mode is not Mode.cheapest_hours:
        mode = Mode.cheapest_hours if by_hours else Mode.ready_by
        settings = replace(settings, mode=mode)
    check_target(settings, Facts.of(entry), "")
    ready_ms = hub.plans.ready_ms(entry, settings)
    found = await hub.plans.what_if(entry, settings, ready_ms)
    return answer(200, {"ready": shapes.when(ready_ms), **shapes.plan(found)})
