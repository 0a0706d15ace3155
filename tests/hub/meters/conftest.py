"""A hub, people who call it, and meters to poll."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kickwatt_sim.energy_meter import House, SimulatedMeter
from tests.hub.management.conftest import Caller
from tests.support.hub_process import RunningHub, running_hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """A hub at which anybody may register."""
    async with running_hub(tmp_path / "data", open_registration=True) as running:
        yield running


@pytest.fixture
async def owner(hub: RunningHub, http: aiohttp.ClientSession) -> Caller:
    """An administrator."""
    return Caller(hub, http, await hub.add_token("admin"))


@pytest.fixture
async def sdm630() -> AsyncIterator[SimulatedMeter]:
    """A simulated SDM630 with a house behind it."""
    async with SimulatedMeter(House()) as meter:
        yield meter


def new(meter: SimulatedMeter, **fields: Any) -> dict[str, Any]:
    """Return the body that adds a meter, asked every second."""
    return {
        "host": meter.host,
        "port": meter.port,
        "model": "sdm630",
        "interval_s": 1,
        **fields,
    }
