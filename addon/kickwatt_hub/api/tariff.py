"""Tariffs and prices: docs/api.md, "Tariffs"."""

from decimal import Decimal

from aiohttp import web
import msgspec

from ..charging.cost import Price
from ..model import Scope
from ..pricing import Definition, TimeOfUseTable, find_zone
from . import bodies, shapes
from .context import CONTEXT, Context
from .errors import ApiError, answer
from .requests import needs, read_body, span, when

MOST_MS = 400 * 86_400_000
"""That one price may hold, and that may be asked about at once."""

_DEFINITION: msgspec.json.Decoder[Definition] = msgspec.json.Decoder(Definition)
_PRICES = msgspec.json.Decoder(bodies.Prices)


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    read, control = Scope.read, Scope.control
    return [
        web.get("/api/v1/tariff", needs(read, get_tariff)),
        web.put("/api/v1/tariff", needs(control, set_tariff)),
        web.get("/api/v1/tariff/prices", needs(read, get_prices)),
        web.post("/api/v1/tariff/prices", needs(control, post_prices)),
    ]


async def get_tariff(request: web.Request) -> web.Response:
    """The tariff that holds now, and all that have held."""
    return answer(200, shapes.tariffs(request.app[CONTEXT].tariffs.chosen))


async def set_tariff(request: web.Request) -> web.Response:
    """Let a tariff hold, from now on or from a given time."""
    hub = request.app[CONTEXT]
    from_ms = None
    if (text := request.query.get("from")) is not None:
        from_ms = when(text, "from")
    return answer(
        200, await choose(hub, await read_body(request, _DEFINITION), from_ms)
    )


async def choose(
    hub: Context, definition: Definition, from_ms: int | None
) -> dict[str, object]:
    """Choose a tariff and return all of them. Raises ApiError and the store's errors."""
    check(definition)
    await hub.tariffs.choose(definition, from_ms)
    return shapes.tariffs(hub.tariffs.chosen)


def check(definition: Definition, where: str = "") -> None:
    """Refuse a tariff that does not make sense; `where` precedes the fields' names. Raises ApiError."""
    if definition.zone is not None and find_zone(definition.zone) is None:
        raise ApiError(
            422,
            "There is no such time zone: expected a name such as Europe/Warsaw.",
            field=f"{where}zone",
        )
    if isinstance(definition, TimeOfUseTable):
        starts = [season.start for season in definition.seasons]
        for index, season in enumerate(definition.seasons):
            if starts.index(season.start) != index:
                raise ApiError(
                    422,
                    f"Two seasons start on {season.start}.",
                    field=f"{where}seasons[{index}].start",
                )


async def get_prices(request: web.Request) -> web.Response:
    """The prices of a time, whatever the kind of tariff."""
    hub = request.app[CONTEXT]
    start_ms, end_ms = span(request)
    if not start_ms < end_ms:
        raise ApiError(422, "Expected a time after the start.", field="end")
    if end_ms - start_ms > MOST_MS:
        raise ApiError(422, "Expected at most 400 days from the start.", field="end")
    found = await hub.tariffs.between(start_ms, end_ms)
    return answer(
        200,
        {
            "currency": hub.tariffs.currency(start_ms),
            "prices": [shapes.price(each) for each in found.prices(start_ms, end_ms)],
        },
    )


async def post_prices(request: web.Request) -> web.Response:
    """Take prices of a feed."""
    body = await read_body(request, _PRICES)
    return answer(200, await post(request.app[CONTEXT], body.prices))


async def post(
    hub: Context, intervals: list[bodies.PriceInterval]
) -> dict[str, object]:
    """Store prices and say how many. Raises ApiError and the store's errors."""
    prices = [_price(index, each) for index, each in enumerate(intervals)]
    await hub.tariffs.post(prices)
    return {"stored": len(prices)}


def _price(index: int, each: bodies.PriceInterval) -> Price:
    start_ms = when(each.start, f"prices[{index}].start")
    end_ms = when(each.end, f"prices[{index}].end")
    if not 0 < end_ms - start_ms <= MOST_MS:
        raise ApiError(
            422,
            "Expected a time after the start, and within 400 days of it.",
            field=f"prices[{index}].end",
        )
    return Price(start_ms, end_ms, Decimal(repr(each.per_kwh)))
