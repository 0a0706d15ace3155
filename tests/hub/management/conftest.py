"""A hub with open registration, and people who call it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.hub_process import RunningHub, running_hub

PASSWORD = "strong-password"
PLACE = {
    "street": "SunnyStreet",
    "number": "62",
    "city": "SilliconCity",
    "zip_code": "11-420",
}


@dataclass
class Caller:
    """Somebody with a token, or without."""

    hub: RunningHub
    http: aiohttp.ClientSession
    token: str | None = None
    id: int = 0

    async def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Return status and JSON (None for an empty body)."""
        if self.token is not None:
            headers.setdefault("Authorization", f"Token {self.token}")
        given = {} if body is None else {"json": body}
        async with self.http.request(
            method, self.hub.url + path, headers=headers, **given
        ) as response:
            text = await response.text()
            return response.status, await response.json() if text else None

    async def get(self, path: str) -> Any:
        """Return what a successful GET answers."""
        status, data = await self("GET", path)
        assert status == 200, data
        return data

    async def add(self, path: str, body: Any, status: int = 201) -> Any:
        """Return what a successful POST answers."""
        answered, data = await self("POST", path, body)
        assert answered == status, data
        return data


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """A hub at which anybody may register."""
    async with running_hub(tmp_path / "data", open_registration=True) as running:
        yield running


@pytest.fixture
def stranger(hub: RunningHub, http: aiohttp.ClientSession) -> Caller:
    """Somebody without a token."""
    return Caller(hub, http)


async def _registered(stranger: Caller, name: str) -> Caller:
    data = await stranger.add(
        "/auth/register",
        {"username": name, "email": f"{name}@example.com", "password": PASSWORD},
        status=200,
    )
    return Caller(stranger.hub, stranger.http, data["token"], data["user"]["id"])


@pytest.fixture
async def john(stranger: Caller) -> Caller:
    """Somebody who has registered."""
    return await _registered(stranger, "johndoe")


@pytest.fixture
async def jane(stranger: Caller) -> Caller:
    """Somebody else."""
    return await _registered(stranger, "jane")


@pytest.fixture
async def admin(hub: RunningHub, http: aiohttp.ClientSession) -> Caller:
    """The administrator, who was made on the command line."""
    await hub.add_user("chief", PASSWORD, admin=True)
    chief = Caller(hub, http)
    credentials = {"username": "chief", "password": PASSWORD}
    data = await chief.add("/auth/login", credentials, status=200)
    return Caller(hub, http, data["token"], data["user"]["id"])


@pytest.fixture
async def sdm630(admin: Caller) -> dict[str, Any]:
    """A meter model with two registers."""
    meter: dict[str, Any] = await admin.add(
        "/admin/meters", {"name": "sdm630", "type": 2}
    )
    for name, address, unit in (("voltage_ac", 0, "V"), ("active_power", 52, "W")):
        await admin.add("/admin/measurements", {"measurement": name, "type": 1})
        await admin.add(
            "/admin/registers",
            {
                "address": address,
                "measurement": name,
                "unit": unit,
                "type": 3,
                "function_code": 4,
                "meter": meter["id"],
            },
        )
    return meter
