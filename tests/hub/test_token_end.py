"""A token that ends by its own time: whoever came with it has to go, wherever they are connected."""

import asyncio
import json
import time

import aiohttp
import pytest

from kickwatt_hub.model import Scope, Token
from kickwatt_hub.security import tokens
from tests.support.hub_process import RunningHub

HOUR_MS = 3_600_000


async def _token(hub: RunningHub) -> str:
    """Return a token that ends in an hour."""
    await hub.add_token("control")
    now_ms = time.time_ns() // 1_000_000
    secret = tokens.new()
    ends = Token(id=0, user="owner", name="login", scope=Scope.control, created_ms=now_ms, expires_ms=now_ms + HOUR_MS)  # fmt: skip
    accounts = hub.hub.context.store.accounts
    await accounts.add_token("owner", tokens.digest(secret), ends)
    await hub.hub.context.access.load()
    return secret


async def test_every_connection_ends_with_its_token(
    hub: RunningHub, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The live connection, veCharge's clients and those of its typed events; and no call is answered any more."""
    await hub.add_charger("scooter")
    token = await _token(hub)
    query = {"EIO": "4", "transport": "websocket", "token": f"Bearer {token}", "chargerId": "scooter"}  # fmt: skip
    socket_io = f"{hub.url}/socket.io/"
    async with (
        http.ws_connect(f"{hub.url}/api/v1/live") as live,
        http.ws_connect(socket_io, params=query) as holder,
        http.ws_connect(socket_io, params=query) as watcher,
        asyncio.timeout(60),
    ):
        await live.send_json({"type": "auth", "token": token})
        await holder.send_str("40")
        await watcher.send_str("40/events," + json.dumps({"token": token}))
        await _until(holder, '42["chargerConnected"')
        await _until(watcher, '42/events,["connected"')
        assert (await live.receive_json())["type"] == "hello"
        assert (await live.receive_json())["type"] == "auth_ok"

        later_ms = time.time_ns() // 1_000_000 + 2 * HOUR_MS
        monkeypatch.setattr(hub.hub.context.access, "_now_ms", lambda: later_ms)
        assert (await live.receive_json())["type"] == "auth_failed"
        assert (await live.receive()).type is aiohttp.WSMsgType.CLOSE
        await _until(holder, "41")
        await _until(watcher, "41/events,")
    headers = {"Authorization": f"Bearer {token}"}
    async with http.get(f"{hub.url}/api/v1/me", headers=headers) as answer:
        assert answer.status == 401


async def _until(socket: aiohttp.ClientWebSocketResponse, beginning: str) -> None:
    """Wait for a packet; an end before that is an error."""
    while not (await socket.receive_str()).startswith(beginning):
        pass
