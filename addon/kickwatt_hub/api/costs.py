"""What charges took and cost, and what they would have cost otherwise: docs/api.md, "Modes and tariffs"."""

import asyncio
from datetime import timedelta
from fractions import Fraction

from aiohttp import web
import msgspec

from ..charging.cost import Tariff, cost
from ..charging.periods import Charged, Period, totals
from ..costing import PLACES, energy_curve
from ..model import Scope
from ..pricing import find_zone, tariff_of
from . import bodies, shapes
from .context import CONTEXT
from .errors import ApiError, answer, convert
from .history import find_history, find_session
from .requests import EVER, needs, read_body, span, when
from .tariff import check

COUNTED = 100_000
"""Sessions in one answer: of two a day, a hundred years."""
COMPARED = 100
"""Sessions that are priced anew at once, the newest of a time."""
AROUND = 24
"""Half-hours before and after its own begin at which a charge is priced."""
HALF_HOUR_MS = timedelta(minutes=30) // timedelta(milliseconds=1)

_OTHERWISE = msgspec.json.Decoder(bodies.Otherwise)

type Curve = list[tuple[int, float]]


def routes() -> list[web.RouteDef]:
    """Return the calls with the scope that each needs."""
    charger, read = "/api/v1/chargers/{id}", Scope.read
    return [
        web.get(f"{charger}/energy", needs(read, energy)),
        web.post(f"{charger}/cost", needs(read, otherwise)),
        web.get(f"{charger}/sessions/{{session}}/cost", needs(read, session_cost)),
    ]


async def energy(request: web.Request) -> web.Response:
    """Energy and cost by the day, week, month or year in which each charge began."""
    hub, pk = request.app[CONTEXT], await find_history(request)
    start_ms, end_ms = span(request)
    period = convert(Period, request.query.get("by", "week"), "by")
    zone = hub.zone
    if (name := request.query.get("zone")) is not None:
        found = find_zone(name)
        if found is None:
            raise ApiError(
                422,
                "There is no such time zone: expected a name such as Europe/Warsaw.",
                field="zone",
            )
        zone = found
    sessions = await hub.store.history.sessions(pk, start_ms, end_ms, COUNTED)
    costs = {}
    for first in range(0, len(sessions), 500):
        some = [each.id for each in sessions[first : first + 500]]
        costs.update(await hub.store.tariffs.costs(some))
    charged = []
    for each in sessions:
        if each.start_ms < start_ms:
            continue
        known = costs.get(each.id)
        charged.append(
            Charged(
                each.start_ms,
                each.energy_wh,
                known.amount if known else None,
                known.currency if known else None,
            )
        )
    found_totals = await asyncio.to_thread(totals, charged, period, zone)
    return answer(
        200,
        {
            "by": period,
            "zone": zone.key,
            "periods": [shapes.total(each) for each in found_totals],
        },
    )


async def otherwise(request: web.Request) -> web.Response:
    """What the charges of a time have cost, and would have cost under another tariff."""
    hub, pk = request.app[CONTEXT], await find_history(request)
    body = await read_body(request, _OTHERWISE)
    check(body.tariff, "tariff.")
    start_ms = EVER[0] if body.start is None else when(body.start, "start")
    end_ms = EVER[1] if body.end is None else when(body.end, "end")
    sessions = await hub.store.history.sessions(pk, start_ms, end_ms, COMPARED)
    curves = [await energy_curve(hub.store, pk, each) for each in sessions]
    curves = [each for each in curves if len(each) > 1]
    first_ms = min((each[0][0] for each in curves), default=0)
    last_ms = max((each[-1][0] for each in curves), default=0)
    known = tuple(await hub.store.tariffs.prices(first_ms, last_ms))
    held = await hub.tariffs.between(first_ms, last_ms)
    other = tariff_of(body.tariff, hub.zone, known)
    now = await asyncio.to_thread(_sum, curves, held)
    then = await asyncio.to_thread(_sum, curves, other)
    return answer(
        200,
        {
            "sessions": len(curves),
            "energy_wh": round(sum(each[-1][1] - each[0][1] for each in curves), 1),
            "held": {"currency": hub.tariffs.currency(last_ms), **now},
            "otherwise": {"currency": body.tariff.currency, **then},
        },
    )


async def session_cost(request: web.Request) -> web.Response:
    """What a charge cost, and would have cost had it begun up to twelve hours earlier or later."""
    hub, pk = request.app[CONTEXT], await find_history(request)
    session = await find_session(request, pk)
    curve = await energy_curve(hub.store, pk, session)
    began = []
    if len(curve) > 1:
        reach_ms = AROUND * HALF_HOUR_MS
        tariff = await hub.tariffs.between(
            curve[0][0] - reach_ms, curve[-1][0] + reach_ms
        )
        began = await asyncio.to_thread(_elsewhen, curve, tariff)
    known = (await hub.store.tariffs.costs([session.id])).get(session.id)
    return answer(
        200,
        {
            "session": session.id,
            "energy_wh": None
            if session.energy_wh is None
            else round(session.energy_wh, 1),
            "cost": None if known is None else float(round(known.amount, 4)),
            "currency": hub.tariffs.currency(session.start_ms),
            "began": began,
        },
    )


def _sum(curves: list[Curve], tariff: Tariff) -> dict[str, float]:
    costs = [cost(each, tariff) for each in curves]
    amount = sum((each.amount for each in costs), Fraction(0))
    unpriced = sum((each.unpriced_wh for each in costs), Fraction(0))
    return {
        "cost": round(float(amount), PLACES),
        "unpriced_wh": round(float(unpriced), 1),
    }


def _elsewhen(curve: Curve, tariff: Tariff) -> list[dict[str, object]]:
    """Return when a charge might have begun, with its cost; null where a price is not known."""
    found: list[dict[str, object]] = []
    for half_hours in range(-AROUND, AROUND + 1):
        moved_ms = half_hours * HALF_HOUR_MS
        then = [(time_ms + moved_ms, wh) for time_ms, wh in curve]
        priced = cost(then, tariff)
        amount = None if priced.unpriced_wh else float(priced.rounded(4))
        found.append({"start": shapes.when(then[0][0]), "cost": amount})
    return found
