"""A charger that obeys, and the clients that veCharge's users have."""

import asyncio
from collections.abc import AsyncIterator
import json
from pathlib import Path
import sys
from typing import Any, Self

import aiohttp
import pytest

from tests.support.hub_process import ROOT, HubProcess, RunningHub
from tests.support.s1_device import S1Device

CLIENTS = Path(__file__).parent / "clients"
OLD_PYTHON = ROOT / ".venv-clients/bin/python"
NODE = ROOT / ".venv-clients/bin/node"
PATIENCE_S = 60


class Client:
    """A client in a process of its own, and what it says."""

    def __init__(self, *command: str | Path) -> None:
        """Begins with `async with`."""
        self._command = [str(part) for part in command]
        self._process: asyncio.subprocess.Process
        self.heard: list[tuple[str, Any]] = []
        self._asked: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """Start it."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdout=asyncio.subprocess.PIPE, cwd=CLIENTS
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it, if it has not ended by itself."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def says(self, text: str) -> None:
        """Wait until it has said this."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            await self._process.stdout.readuntil(text.encode())

    async def hears(self, event: str) -> Any:
        """Wait until it hears of an event that was not asked for yet, and return what came with it.

        Python's clients handle each event in a thread of its own: their order means nothing.
        """
        while True:
            for index in range(self._asked.get(event, 0), len(self.heard)):
                if self.heard[index][0] == event:
                    self._asked[event] = index + 1
                    return self.heard[index][1]
            await self._hear()

    async def ends(self) -> list[str]:
        """Wait until it has ended by itself, and return the events that it has heard."""
        assert self._process.stdout is not None
        while not self._process.stdout.at_eof():
            await self._hear()
        assert await asyncio.wait_for(self._process.wait(), PATIENCE_S) == 0
        return [event for event, _ in self.heard]

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)
        if line:
            event, data = json.loads(line)
            if isinstance(data, str) and data.startswith("{"):
                data = json.loads(data)
            self.heard.append((event, data))
        else:
            assert self._process.stdout.at_eof()


class Outlet:
    """A board that does as it is told."""

    def __init__(
        self, hub: RunningHub | HubProcess, board: S1Device, token: str
    ) -> None:
        """`token` may control chargers."""
        self.hub = hub
        self.board = board
        self.token = token

    @property
    def url(self) -> str:
        """What a client connects to, as the published script writes it."""
        return f"{self.hub.url}?token=Bearer%20{self.token}&chargerId=test"

    async def call(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        """Call the REST API and return status and JSON."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        given = {} if body is None else {"json": body}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.request(method, f"{self.hub.url}/api/v1{path}", **given) as response,
        ):
            return response.status, await response.json()

    async def switch(self, status: str) -> None:
        """Order it on or off, and let the board hear of it, obey, and tell."""
        path, body = "/charger/chargerDesiredState", {"chargerId": "test"}
        code, data = await self.call("PATCH", path, {**body, "status": status})
        assert (code, data["status"]) == (200, "success")
        await self.board.report(0.0)
        on = status == "ON"
        self.board.state = "charging" if on else "off"
        await self.board.report(90.0 if on else 0.0)


@pytest.fixture
async def outlet(hub: RunningHub, http: aiohttp.ClientSession) -> Outlet:
    """An outlet that has reported once."""
    key = await hub.add_charger("test", name="Rohini")
    board = S1Device(hub.device_url, "test", key, session=http)
    await board.report(0.0)
    return Outlet(hub, board, await hub.add_token("control"))


@pytest.fixture
async def real_outlet(
    tmp_path: Path, http: aiohttp.ClientSession
) -> AsyncIterator[Outlet]:
    """The same at the hub as a process of its own."""
    with HubProcess(tmp_path / "data") as hub:
        key = await asyncio.to_thread(hub.add_charger, "test")
        token = await asyncio.to_thread(hub.add_token)
        board = S1Device(hub.device_url, "test", key, session=http)
        await board.report(0.0)
        yield Outlet(hub, board, token)
        assert "Traceback" not in hub.log()


def clients(named: str = "") -> list[Any]:
    """Return each client so named with each transport: a command that takes the address and the transport."""
    if not OLD_PYTHON.exists():
        return [
            pytest.param(
                (), marks=pytest.mark.skip(reason="scripts/setup makes the clients")
            )
        ]
    kinds = {
        "python-socketio 4.6.1": lambda url, transport: (
            OLD_PYTHON,
            CLIENTS / "watch.py",
            url,
            *(() if transport == "both" else (transport,)),
        ),
        **{
            f"socket.io-client {generation}": lambda url, transport, it=generation: (
                NODE,
                CLIENTS / "watch.js",
                it,
                url,
                transport,
            )
            for generation in ("2", "4")
        },
        "python-socketio 5": lambda url, transport: (
            sys.executable,
            CLIENTS / "watch.py",
            url,
            *(() if transport == "both" else (transport,)),
        ),
    }
    return [
        pytest.param((command, transport), id=f"{name}, {transport}")
        for name, command in kinds.items()
        if name.startswith(named)
        for transport in ("polling", "websocket", "both")
    ]
