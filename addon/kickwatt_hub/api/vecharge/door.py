"""Who comes over Socket.IO."""

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from ...model import Scope
from ...security import tokens
from ...security.access import Principal
from ..context import Context


async def identify(
    hub: Context, request: web.Request, given: object, scope: Scope
) -> Principal:
    """Return who it is that may do so much, by the token in the query, as `given`, or in the header. Raises Refused."""
    said = request.query.get("token") or given
    authorization = request.headers.get("Authorization")
    if isinstance(said, str) and said.strip():
        bare = said.strip()
        authorization = bare if " " in bare else f"Bearer {bare}"
    principal = await hub.access.identify(tokens.from_header(authorization))
    if principal is None:
        await hub.strangers.failed(request.remote)
        raise Refused("A valid token is needed.")
    if not tokens.may(principal.scope, scope):
        raise Refused(f"This needs a token with the scope {scope.name}.")
    return principal
