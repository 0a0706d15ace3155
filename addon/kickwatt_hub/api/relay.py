"""What the native API says of the hub's relay: docs/api.md, docs/relay.md."""

from typing import Any

from aiohttp import web

from ..relay.client import RelayClient
from .context import CONTEXT
from .errors import answer
from .shapes import when


async def relay(request: web.Request) -> web.Response:
    """How it stands with the relay."""
    client = request.app[CONTEXT].relay
    return answer(200, {"relay": None if client is None else _status(client)})


def health(client: RelayClient | None) -> dict[str, str]:
    """Return what the health check says of the relay; nothing where there is none."""
    if client is None:
        return {}
    return {"relay": "connected" if client.status.connected else "not connected"}


def _status(client: RelayClient) -> dict[str, Any]:
    status = client.status
    return {
        "url": status.url,
        "connected": status.connected,
        "since": when(status.since_ms),
        "hub": status.hub,
        "device_url": status.device_url,
        "error": status.error,
    }
