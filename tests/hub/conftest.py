"""A hub, a token and a board for every test that wants them."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """A hub on real sockets with a real database."""
    async with running_hub(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client session without a token."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def board(hub: RunningHub, http: aiohttp.ClientSession) -> S1Device:
    """A board that the hub knows as `scooter`."""
    return S1Device(
        hub.device_url, "scooter", await hub.add_charger("scooter"), session=http
    )
