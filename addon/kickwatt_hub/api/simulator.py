"""The simulation that runs beside the hub, where one does: docs/api.md, "REST"."""

from typing import Any
from urllib.parse import quote

from aiohttp import web
import msgspec

from ..model import Scope
from ..simulator import RefusedError, SilentError
from .context import CONTEXT
from .errors import ApiError, answer
from .requests import named_entry, needs, read_body

_WISH = msgspec.json.Decoder(dict[str, Any])
_REFUSALS = frozenset({404, 409, 422})


def routes() -> list[web.RouteDef]:
    """Return every call with the scope it needs."""
    admin, path = Scope.admin, "/api/v1/simulator"
    return [
        web.get(path, needs(admin, state)),
        web.get(f"{path}/catalog", needs(admin, catalog)),
        web.get(f"{path}/dialogue", needs(admin, dialogue)),
        web.post(f"{path}/do", needs(admin, do)),
        web.get(f"{path}/boards", needs(admin, boards)),
        web.put(f"{path}/boards/{{id}}", needs(admin, play)),
        web.delete(f"{path}/boards/{{id}}", needs(admin, stop)),
    ]


async def state(request: web.Request) -> web.Response:
    """How it stands with a simulated charger."""
    return await _ask(request, "GET", "/")


async def catalog(request: web.Request) -> web.Response:
    """Scenarios and faults that there are, in words."""
    return await _ask(request, "GET", "/catalog")


async def dialogue(request: web.Request) -> web.Response:
    """What board and modem have said to each other."""
    return await _ask(request, "GET", "/dialogue")


async def do(request: web.Request) -> web.Response:
    """Change what happens there; the answer is how it stands then."""
    wish: dict[str, Any] = await read_body(request, _WISH)
    return await _ask(request, "POST", "/do", wish)


async def boards(request: web.Request) -> web.Response:
    """The chargers that the simulator plays."""
    return await _ask(request, "GET", "/boards")


async def play(request: web.Request) -> web.Response:
    """Let the simulator play a charger, with a board of its own; the answer is all that it plays then."""
    entry = named_entry(request)
    if not entry.charger.simulated:
        raise ApiError(409, "This charger has a board of its own: only one that was added as simulated can be played.")  # fmt: skip
    # The key goes from here to the simulator; whoever asks never sees it.
    return await _ask(request, "PUT", _board(request), {"key": entry.key.hex()})


async def stop(request: web.Request) -> web.Response:
    """Let the simulator play a charger no longer; the answer is what it plays then."""
    return await _ask(request, "DELETE", _board(request))


def _board(request: web.Request) -> str:
    return f"/boards/{quote(request.match_info['id'], safe='')}"


async def _ask(
    request: web.Request, method: str, path: str, body: object = None
) -> web.Response:
    simulator = request.app[CONTEXT].simulator
    if simulator is None:
        raise ApiError(404, "No simulation runs beside this hub.")
    query = {
        name: request.query[name]
        for name in ("charger", "after")
        if name in request.query
    }
    try:
        return answer(200, await simulator.ask(method, path, query, body))
    except SilentError as error:
        raise ApiError(503, str(error)) from None
    except RefusedError as error:
        status = error.status if error.status in _REFUSALS else 503
        raise ApiError(status, str(error), field=error.field) from None
