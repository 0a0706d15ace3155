"""A relay for every test that wants one, and a hub that is reached through it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.hub_process import RunningHub, running_hub
from tests.support.relay_process import RunningRelay, running_relay
from tests.support.s1_device import S1Device


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[RunningRelay]:
    """A relay with TLS on real sockets."""
    async with running_relay(tmp_path) as running:
        yield running


@pytest.fixture
async def home(tmp_path: Path, relay: RunningRelay) -> AsyncIterator[RunningHub]:
    """A hub that has dialled in as `home`."""
    async with running_hub(tmp_path / "home", **relay.hub("home")) as running:
        await relay.connected("home")
        yield running


@pytest.fixture
async def scooter(
    relay: RunningRelay, home: RunningHub, http: aiohttp.ClientSession
) -> S1Device:
    """A board of that hub which knows only the relay."""
    return S1Device(
        relay.device_url("home"),
        "scooter",
        await home.add_charger("scooter"),
        session=http,
    )
