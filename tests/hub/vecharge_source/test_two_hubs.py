"""Two hubs on one database, and a charger behind a server: one of them holds the connection."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kickwatt_hub.model import Charger
from tests.support.hub_process import running_hub
from tests.support.postgresql import NEEDS, Cluster

from .conftest import PATIENCE_S, Far, add, server

pytestmark = pytest.mark.needs(NEEDS[0], package=NEEDS[1])


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "hub.secret").write_text("5e" * 32)
    (path / "hub.secret").chmod(0o600)
    return path


async def _comes(far: Far, expected: Callable[[Charger], Any]) -> Charger:
    """Wait until a hub that may not even know of the charger yet shows it so."""
    fleet = far.hub.hub.context.fleet
    async with asyncio.timeout(PATIENCE_S):
        while (entry := fleet.find("far")) is None or not expected(entry.charger):
            await asyncio.sleep(0.02)
    return entry.charger


async def test_only_the_leader_connects_and_the_next_one_goes_on(
    tmp_path: Path, postgresql: Cluster
) -> None:
    """An order at the other hub reaches the server; after the leader's end the same order holds."""
    url = postgresql.new()
    folders = [_folder(tmp_path / name) for name in ("a", "b")]
    async with (
        server() as simulated,
        running_hub(folders[0], database=url) as first,
        running_hub(folders[1], database=url) as second,
    ):
        one, other = Far(first, simulated), Far(second, simulated)
        await add(first, simulated.url)
        await second.hub.context.fleet.refresh()
        await one.connects()
        given = await second.hub.context.control.order(other.entry, relay_on=True)
        await _comes(other, lambda each: each.relay_on and each.reading)
        assert (simulated.connections, simulated.orders) == (1, ["ON"])
        await first.hub.stop()
        on = await _comes(
            other, lambda each: each.relay_on and simulated.connections == 2
        )
        assert on.order is not None
        assert on.order.id == given.id
        assert simulated.outlet.on
