"""The simulation that runs beside the hub, where one does: docs/api.md, "REST"."""

from typing import Any

from aiohttp import web
import msgspec

from ..model import Scope
from ..simulator import RefusedError, SilentError
from .context import CONTEXT
from .errors import ApiError, answer
from .requests import needs, read_body

_WISH = msgspec.json.Decoder(dict[str, Any])
_REFUSALS = frozenset({409, 422})


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    admin, path = Scope.admin, "/api/v1/simulator"
    return [
        web.get(path, needs(admin, state)),
        web.get(f"{path}/catalog", needs(admin, catalog)),
        web.get(f"{path}/dialogue", needs(admin, dialogue)),
        web.post(f"{path}/do", needs(admin, do)),
    ]


async def state(request: web.Request) -> web.Response:
    """How it stands with the simulation."""
    return await _ask(request, "/")


async def catalog(request: web.Request) -> web.Response:
    """Scenarios and faults that there are, in words."""
    return await _ask(request, "/catalog")


async def dialogue(request: web.Request) -> web.Response:
    """What board and modem have said to each other."""
    after = request.query.get("after")
    return await _ask(request, "/dialogue", None if after is None else {"after": after})


async def do(request: web.Request) -> web.Response:
    """Change what happens there; the answer is how it stands then."""
    wish: dict[str, Any] = await read_body(request, _WISH)
    return await _ask(request, "/do", body=wish)


async def _ask(
    request: web.Request,
    path: str,
    query: dict[str, str] | None = None,
    body: object = None,
) -> web.Response:
    simulator = request.app[CONTEXT].simulator
    if simulator is None:
        raise ApiError(404, "No simulation runs beside this hub.")
    try:
        return answer(200, await simulator.ask(path, query, body))
    except SilentError as error:
        raise ApiError(503, str(error)) from None
    except RefusedError as error:
        status = error.status if error.status in _REFUSALS else 503
        raise ApiError(status, str(error), field=error.field) from None
