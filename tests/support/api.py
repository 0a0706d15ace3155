"""Calls to a hub's REST API with a token of some scope."""

import json
from typing import Any

import aiohttp

from tests.support.hub_process import RunningHub


class Api:
    """A client; without a token nothing is proved."""

    def __init__(
        self, hub: RunningHub, session: aiohttp.ClientSession, token: str | None
    ) -> None:
        """`session` stays the caller's."""
        self._url = hub.url
        self._session = session
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def call(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> tuple[int, Any]:
        """Return status and JSON (None for an empty body)."""
        status, text = await self.raw(method, path, body, **options)
        found = json.loads(text) if text else None
        if status >= 400:
            assert set(found["error"]) == {"code", "message", "field"}
            assert found["error"]["message"].endswith(".")
        return status, found

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Return the JSON of a call that must succeed."""
        status, found = await self.call(method, path, body, **options)
        assert status < 300, found
        return found

    async def refused(
        self, status: int, method: str, path: str, body: Any = None, **options: Any
    ) -> Any:
        """Return the error of a call that must get this status."""
        got, found = await self.call(method, path, body, **options)
        assert got == status, found
        return found["error"]

    async def raw(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> tuple[int, bytes]:
        """Return status and body."""
        headers = {**self._headers, **options.pop("headers", {})}
        if body is not None:
            options["data"] = body if isinstance(body, bytes) else json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        async with self._session.request(
            method, self._url + path, headers=headers, **options
        ) as response:
            return response.status, await response.read()
